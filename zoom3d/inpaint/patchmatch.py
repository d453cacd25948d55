"""Exemplar-based painting: the texture of the background, copied patch by patch over its smooth continuation.

Coarse to fine, the hole is filled with what suits it best in the source ("Space-Time Completion of Video", Wexler et al.,
2007; "PatchMatch", Barnes et al., 2009), from similar disparity, with the slow changes of colour left to the smooth
continuation ("Image Melding", Darabi et al., 2012). Large pictures are solved in a reduced copy, and the detail that the copy lacks
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
from zoom3d.inpaint._matching import Field, Level

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Uint8 = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

HOLE_BUDGET_PX = 14_000
PIXEL_BUDGET_PX = 400_000
"""The reduced copy has about that many pixels to paint, and not many more than that altogether."""
RIM_PX = 2
COARSEST_DEPTH_PX = 3.0
COARSEST_SIDE_PX = 24
SEARCH_RADIUS = 0.15
"""How far around it a pixel looks for its match, as a share of the longer side."""
LOCAL_MEAN_PX = 6.0
DETAIL_PX = 0.0
DETAIL_GAIN = np.float32(1.0)
VOTER_PX = 2
SOLID_SHARE = 0.2


def fill(rgb: Uint8, hole: Mask, source: Mask, disparity: Float32) -> Uint8:
    """Paint the hole with texture of the source; see ``zoom3d.inpaint`` for the arguments."""
    if hole.all():
        return mean_colour(rgb)
    painted = np.copy(rgb)
    if not hole.any():
        return painted
    source = usable_source(hole, source)
    reduction = _reduction(hole)
    level = _first_level(rgb, hole, source, disparity, reduction)
    level, field = _solve(level)
    level = _pulled(level)
    painted[hole] = _at_full_size(rgb, hole, source, level, field, reduction)
    return painted


def _reduction(hole: Mask) -> int:
    by_hole = (np.count_nonzero(hole) / HOLE_BUDGET_PX) ** 0.5
    by_size = (hole.size / PIXEL_BUDGET_PX) ** 0.5
    return max(1, round(by_hole), int(by_size))


def _first_level(rgb: Uint8, hole: Mask, source: Mask, disparity: Float32, reduction: int) -> Level:
    """The finest level that is solved: the picture reduced by a whole number, its disparity brought to about [0, 1]."""
    known = _reduced(source.astype(np.float32), reduction)
    colour = _reduced(rgb * source[:, :, None].astype(np.float32), reduction) / np.maximum(known, 1e-6)[:, :, None]
    wanted = _reduced(hole.astype(np.float32), reduction) > 0
    usable = (known >= 0.5) | ((known > 0) & ~wanted)
    near = _reduced(disparity * source, reduction) / np.maximum(known, 1e-6)
    sampled = _reduced(disparity * hole, reduction) / np.maximum(_reduced(hole.astype(np.float32), reduction), 1e-6)
    depth = np.where(usable, near, np.where(wanted, sampled, _reduced(disparity, reduction)))
    low, high = np.percentile(depth, (2, 98))
    depth = ((depth - low) / max(float(high - low), 1e-6)).astype(np.float32)
    smooth = continued(colour.astype(np.float32), usable, depth)
    target = grown(wanted, RIM_PX) & ~usable
    return _level(np.where(usable[:, :, None], colour, smooth).astype(np.float32), smooth, usable, target, depth)


def _level(rgb: Float32, smooth: Float32, source: Mask, target: Mask, disparity: Float32) -> Level:
    solid = source
    for reach in (_matching.PATCH_PX // 2, 1):
        narrow = ~grown(~source, reach)
        if np.count_nonzero(narrow) > SOLID_SHARE * np.count_nonzero(source):
            solid = narrow
            break
    return Level(rgb, smooth, source, target, disparity, solid, target | (grown(target, VOTER_PX) & source))


def _reduced(picture: Float32, reduction: int) -> Float32:
    """Means of blocks of ``reduction`` x ``reduction`` pixels; the last ones may be smaller."""
    if reduction == 1:
        return picture
    height, width = picture.shape[:2]
    bottom, right = -height % reduction, -width % reduction
    padded = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    size = (width + right) // reduction, (height + bottom) // reduction
    return cv2.resize(padded, size, interpolation=cv2.INTER_AREA)  # type: ignore[no-any-return]


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
    field: Field | None = None
    for index in range(len(levels) - 1, -1, -1):
        level = levels[index]
        if field is None:
            field = _scattered(level)
        else:
            field = _inherited(level, solved, field)
            level = _with_targets(level, _matching.vote(level, field, INIT_REACH, INIT_SHARP, _correction(level)))
        solved, field = _refined(level, field, index)
    assert field is not None
    return solved, field


PULL = 0.0
PULL_PX = 4.0
PULL_LIMIT = 1000.0


def _pulled(level: Level) -> Level:
    """The level with the slow part of its painted colours drawn towards the smooth continuation."""
    if PULL == 0:
        return level
    excess = np.where(level.target[:, :, None], level.rgb - level.smooth, np.float32(0))
    weight = cv2.GaussianBlur((level.target | level.source).astype(np.float32), (0, 0), PULL_PX)
    slow = cv2.GaussianBlur(excess, (0, 0), PULL_PX) / np.maximum(weight, 1e-3)[:, :, None]
    return replace(level, rgb=np.where(level.target[:, :, None], level.rgb - PULL * np.clip(slow, -PULL_LIMIT, PULL_LIMIT), level.rgb))


def _scattered(level: Level) -> Field:
    places = np.flatnonzero(level.solid)
    chosen = places[np.random.default_rng(0).integers(0, len(places), np.count_nonzero(level.voters))]
    row, column = np.divmod(chosen, level.source.shape[1])
    return Field(row, column, np.zeros(len(row), np.float32))


def _inherited(level: Level, coarse: Level, field: Field) -> Field:
    """The coarser level's field, on this level's targets."""
    rows, columns = np.nonzero(level.voters)
    height, width = level.source.shape
    order = _matching.reading_order(coarse.voters)[rows // 2 + _matching.PAD, columns // 2 + _matching.PAD]
    row = np.minimum(2 * field.row[order] + rows % 2, height - 1)
    column = np.minimum(2 * field.column[order] + columns % 2, width - 1)
    return Field(row, column, np.zeros(len(row), np.float32))


def _with_targets(level: Level, colours: Float32) -> Level:
    rgb = level.rgb.copy()
    rgb[level.target] = colours
    return replace(level, rgb=rgb)


FINAL_REACH = 1
INIT_REACH = 1
INIT_SHARP = 0.5
FINE_REACH = 2
COARSE_REACH = 3
VOTE_SHARP = 0.014
FINAL_SHARPNESS = 0.5


def _refined(level: Level, field: Field, index: int) -> tuple[Level, Field]:
    radius = max(8.0, SEARCH_RADIUS * max(level.source.shape))
    passes = 4 if index > 1 else 3 if index == 1 else 2
    correction = _correction(level)
    for step in range(passes):
        rounds = 3 if step == 0 else 2 if index > 0 else 1
        field = _matching.search(level, field, radius, rounds, np.random.default_rng((index, step)))
        last = index == 0 and step == passes - 1
        colours = _matching.vote(level, field, FINAL_REACH if last else FINE_REACH if index == 0 else COARSE_REACH, FINAL_SHARPNESS if last else VOTE_SHARP, correction)
        level = _with_targets(level, colours)
    return level, field


def _correction(level: Level) -> Float32:
    """What tells a target's colour from a source pixel's in the slow: smooth continuation here, local mean there."""
    weight = cv2.GaussianBlur(level.source.astype(np.float32), (0, 0), LOCAL_MEAN_PX)
    mean = cv2.GaussianBlur(level.rgb * level.source[:, :, None], (0, 0), LOCAL_MEAN_PX)
    mean /= np.maximum(weight, 1e-6)[:, :, None]
    return np.where(level.target[:, :, None], level.smooth, mean).astype(np.float32)


def _at_full_size(rgb: Uint8, hole: Mask, source: Mask, level: Level, field: Field, reduction: int) -> Uint8:
    """(M, 3) uint8 for the hole's pixels in reading order: the solution, and what the photograph has beyond its resolution."""
    rows, columns = np.nonzero(hole)
    height, width = hole.shape
    order = _matching.reading_order(level.voters)[rows // reduction + _matching.PAD, columns // reduction + _matching.PAD]
    copied = order >= 0
    row = np.where(copied, field.row[order] * reduction + rows % reduction, rows)
    column = np.where(copied, field.column[order] * reduction + columns % reduction, columns)
    row, column = np.minimum(row, height - 1), np.minimum(column, width - 1)
    if reduction == 1 and DETAIL_PX == 0:
        return np.clip(np.rint(level.rgb[rows, columns]), 0, 255).astype(np.uint8)
    enlarged = _enlarged(level.rgb, hole.shape, reduction)
    known = source[row, column]
    detail = (rgb[row, column].astype(np.float32) - enlarged[row, column]) * (DETAIL_GAIN * known[:, None])
    return np.clip(np.rint(enlarged[rows, columns] + detail), 0, 255).astype(np.uint8)


def _enlarged(picture: Float32, shape: tuple[int, ...], reduction: int) -> Float32:
    if reduction == 1:
        return cv2.GaussianBlur(picture, (0, 0), DETAIL_PX)  # type: ignore[no-any-return]
    size = picture.shape[1] * reduction, picture.shape[0] * reduction
    return cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)[: shape[0], : shape[1]]  # type: ignore[no-any-return]
