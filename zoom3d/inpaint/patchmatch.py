"""Exemplar-based painting: the texture of the background, copied patch by patch over its smooth continuation.

Coarse to fine, the hole is filled with what suits it best in the source ("Space-Time Completion of Video", Wexler et al.,
2007; "PatchMatch", Barnes et al., 2009), from similar disparity, with the slow changes of colour left to the smooth
continuation ("Image Melding", Darabi et al., 2012). Large pictures are solved in a reduced copy, and the detail that it lacks
comes from where the match lies in the photograph, so the result is as sharp as its surroundings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.inpaint import _matching
from zoom3d.inpaint._canvas import grown, mean_colour, usable_source
from zoom3d.inpaint._continuation import continued
from zoom3d.inpaint._detail import enlarged
from zoom3d.inpaint._matching import Field, Level
from zoom3d.strips import blocks, each, tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Index = NDArray[np.intp]
    Uint8 = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

HOLE_BUDGET_PX = 20_000
PIXEL_BUDGET_PX = 400_000
"""The reduced copy has about that many pixels to paint, and not many more than that altogether."""
RIM_PX = 2
EPSILON = 1e-6
COARSEST_DEPTH_PX = 3.0
COARSEST_SIDE_PX = 24
SEARCH_RADIUS = 0.15
"""How far around it a pixel looks for its match, as a share of the longer side."""
LOCAL_MEAN_PX = 6.0
"""Standard deviation of the local means that a copied colour is compared with, in pixels of its level."""
VOTER_PX = 2
"""How far beside the hole patches have a say in it."""
SOLID_SHARE = 0.2
"""The share of the source that must be left for matches to be asked to have nothing but source around them."""
PULL_PX = 4.0
"""What changes more slowly than this, in pixels of the finest level, may follow the smooth continuation."""
COARSE_VOTE, FINE_VOTE, NARROW_VOTE = (3, 0.014), (2, 0.014), (1, 0.5)
"""How far the patches reach that vote, and how fast their votes lose weight: where shapes are found, where they are kept."""
CRISPNESS = 0.4
"""How much of the detail that averaging takes is given back, where the picture is not reduced."""


def fill(rgb: Uint8, hole: Mask, source: Mask, disparity: Float32) -> Uint8:
    """Paint the hole with texture of the source; see ``zoom3d.inpaint`` for the arguments."""
    if hole.all():
        return mean_colour(rgb)
    if not hole.any():
        return np.copy(rgb)
    source = usable_source(hole, source)
    reduction = _reduction(hole)
    level = _first_level(rgb, hole, source, disparity, reduction)
    if not level.target.any():  # specks that vanish in the reduced copy
        return _at_full_size(rgb, hole, source, level, None, reduction)
    level, field = _solve(level)
    return _at_full_size(rgb, hole, source, _pulled(level, field), field, reduction)


def _reduction(hole: Mask) -> int:
    by_hole = (np.count_nonzero(hole) / HOLE_BUDGET_PX) ** 0.5
    by_size = (hole.size / PIXEL_BUDGET_PX) ** 0.5
    return max(1, round(by_hole), int(by_size))


def _first_level(rgb: Uint8, hole: Mask, source: Mask, disparity: Float32, reduction: int) -> Level:
    """The finest level that is solved: the picture reduced by a whole number, its disparity brought to about [0, 1]."""
    size = -(-hole.shape[0] // reduction), -(-hole.shape[1] // reduction)
    colour, depth = np.zeros((*size, 3), np.float32), np.empty(size, np.float32)
    known, asked, beside, behind = (np.zeros(size, np.float32) for _ in range(4))

    def mean(tile: tuple[slice, slice]) -> None:
        at = blocks(tile[0], reduction), blocks(tile[1], reduction)
        seen, wanted = source[tile], hole[tile]
        depth[at] = _reduced(disparity[tile], reduction)
        if seen.all():
            colour[at], known[at], beside[at] = _reduced(rgb[tile].astype(np.float32), reduction), 1, depth[at]
            return
        for mask, share, values in ((seen, known, beside), (wanted, asked, behind)):
            if mask.any():
                part = mask.astype(np.float32)
                share[at], values[at] = _reduced(part, reduction), _reduced(disparity[tile] * part, reduction)
        if seen.any():
            own = cv2.bitwise_and(rgb[tile], rgb[tile], mask=seen.view(np.uint8))
            colour[at] = _reduced(own.astype(np.float32), reduction)

    each(mean, tiles(hole.shape[0], hole.shape[1], reduction))
    colour /= np.maximum(known, EPSILON)[:, :, None]
    usable = (known >= 0.5) | ((known > 0) & (asked == 0))
    if not usable.any():
        usable = known > 0
    beside, behind = beside / np.maximum(known, EPSILON), behind / np.maximum(asked, EPSILON)
    depth = np.where(usable, beside, np.where(asked > 0, behind, depth))
    low, high = np.percentile(depth, (2, 98))
    depth = ((depth - low) / max(float(high - low), EPSILON)).astype(np.float32)
    smooth = continued(colour, usable, depth)
    target = grown(asked > 0, RIM_PX) & ~usable
    return _level(np.where(usable[:, :, None], colour, smooth), smooth, usable, target, depth)


def _level(rgb: Float32, smooth: Float32, source: Mask, target: Mask, disparity: Float32) -> Level:
    solid = source
    for reach in (_matching.PATCH_PX // 2, 1):
        narrow = ~grown(~source, reach)
        if np.count_nonzero(narrow) > SOLID_SHARE * np.count_nonzero(source):
            solid = narrow
            break
    voters = target | (grown(target, VOTER_PX) & source)
    return Level(rgb, smooth, source, target, disparity, solid, voters, _matching.reading_order(voters))


def _reduced(picture: Float32, reduction: int) -> Float32:
    """Means of blocks of ``reduction`` x ``reduction`` pixels; the last ones may be smaller."""
    if reduction == 1:
        return picture
    height, width = picture.shape[:2]
    bottom, right = -height % reduction, -width % reduction
    padded = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    size = (width + right) // reduction, (height + bottom) // reduction
    return cv2.resize(padded, size, interpolation=cv2.INTER_AREA)


def _coarser(level: Level) -> Level:
    known = _reduced(level.source.astype(np.float32), 2)
    wanted = _reduced(level.target.astype(np.float32), 2)
    weight = np.maximum(known, 1e-6)
    source = (known >= 0.5) & (wanted < 0.5)
    colour = _reduced(level.rgb * level.source[:, :, None], 2) / weight[:, :, None]
    smooth = _reduced(level.smooth, 2)
    depth = np.where(source, _reduced(level.disparity * level.source, 2) / weight, level.disparity[::2, ::2])
    rgb = np.where(source[:, :, None], colour, smooth).astype(np.float32)
    return _level(rgb, smooth, source, (wanted > 0) & ~source, depth.astype(np.float32))


def _solve(finest: Level) -> tuple[Level, Field]:
    """The level with its targets painted, and where each of them comes from."""
    levels = [finest]
    depth_px = float(cv2.distanceTransform(finest.target.astype(np.uint8), cv2.DIST_L2, 5).max())
    while depth_px > COARSEST_DEPTH_PX and min(levels[-1].source.shape) >= 2 * COARSEST_SIDE_PX:
        coarser = _coarser(levels[-1])
        if not (coarser.source.any() and coarser.target.any()):
            break
        levels.append(coarser)
        depth_px /= 2
    index = len(levels) - 1
    solved, field = _refined(levels[index], _scattered(levels[index]), index)
    for index in range(len(levels) - 2, -1, -1):
        field = _inherited(levels[index], solved, field)
        colours = _matching.vote(levels[index], field, *NARROW_VOTE, _correction(levels[index]))
        solved, field = _refined(_with_targets(levels[index], colours), field, index)
    return solved, field


def _pulled(level: Level, field: Field) -> Level:
    """The level with its painted colours drawn slowly to the smooth continuation where copies match badly."""
    excess = np.where(level.target[:, :, None], level.rgb - level.smooth, np.float32(0))
    weight = cv2.GaussianBlur((level.target | level.source).astype(np.float32), (0, 0), PULL_PX)
    slow = cv2.GaussianBlur(excess, (0, 0), PULL_PX) / np.maximum(weight, 1e-3)[:, :, None]
    doubt = np.zeros(level.source.shape, np.float32)
    doubt[level.voters] = _matching.doubt(level, field)
    inside = cv2.GaussianBlur(level.target.astype(np.float32), (0, 0), PULL_PX)
    doubt = cv2.GaussianBlur(doubt * level.target, (0, 0), PULL_PX) / np.maximum(inside, 1e-3)
    return replace(level, rgb=np.where(level.target[:, :, None], level.rgb - slow * doubt[:, :, None], level.rgb))


def _scattered(level: Level) -> Field:
    places = np.flatnonzero(level.solid)
    chosen = places[np.random.default_rng(0).integers(0, len(places), np.count_nonzero(level.voters))]
    row, column = np.divmod(chosen, level.source.shape[1])
    return Field(row, column, np.zeros(len(row), np.float32))


def _inherited(level: Level, coarse: Level, field: Field) -> Field:
    """The coarser level's field, on this level's targets."""
    rows, columns = np.nonzero(level.voters)
    height, width = level.source.shape
    order = coarse.order[rows // 2 + _matching.PAD, columns // 2 + _matching.PAD]
    row = np.minimum(2 * field.row[order] + rows % 2, height - 1)
    column = np.minimum(2 * field.column[order] + columns % 2, width - 1)
    return Field(row, column, np.zeros(len(row), np.float32))


def _with_targets(level: Level, colours: Float32) -> Level:
    rgb = level.rgb.copy()
    rgb[level.target] = colours
    return replace(level, rgb=rgb)


def _refined(level: Level, field: Field, index: int) -> tuple[Level, Field]:
    radius = max(8.0, SEARCH_RADIUS * max(level.source.shape))
    passes = 4 if index > 1 else 3 if index == 1 else 2
    correction = _correction(level)
    for step in range(passes):
        rounds = 3 if step == 0 else 2 if index > 0 else 1
        field = _matching.search(level, field, radius, rounds, np.random.default_rng((index, step)))
        last = index == 0 and step == passes - 1
        reach, fall = NARROW_VOTE if last else FINE_VOTE if index == 0 else COARSE_VOTE
        colours = _matching.vote(level, field, reach, fall, correction)
        level = _with_targets(level, colours)
    return level, field


def _correction(level: Level) -> Float32:
    """What tells a target's colour from a source pixel's in the slow: smooth continuation here, local mean there."""
    weight = cv2.GaussianBlur(level.source.astype(np.float32), (0, 0), LOCAL_MEAN_PX)
    mean = cv2.GaussianBlur(level.rgb * level.source[:, :, None], (0, 0), LOCAL_MEAN_PX)
    mean /= np.maximum(weight, 1e-6)[:, :, None]
    return np.where(level.target[:, :, None], level.smooth, mean).astype(np.float32)


def _at_full_size(rgb: Uint8, hole: Mask, source: Mask, level: Level, field: Field | None, reduction: int) -> Uint8:
    """The photograph with the solution in the hole, and there what the photograph has beyond the solution's resolution."""
    if reduction == 1 and field:
        painted = np.copy(rgb)
        crisp = level.rgb + CRISPNESS * (level.rgb - cv2.GaussianBlur(level.rgb, (0, 0), 1.0))
        painted[hole] = _rounded(crisp[hole])
        return painted
    match = None
    if field:
        match = np.full(level.source.shape, -1, np.intp)
        field = _matching.coherent(level, field)
        match[level.voters] = field.row * level.source.shape[1] + field.column
    return enlarged(level.rgb, reduction, rgb, hole, source, match)


def _rounded(colours: Float32) -> Uint8:
    values: Uint8 = np.clip(np.rint(colours), 0, 255).astype(np.uint8)
    return values
