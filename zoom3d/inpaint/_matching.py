"""Nearest-neighbour fields between the pixels to paint and the source: PatchMatch, all pixels at once.

"PatchMatch" (Barnes et al., 2009) with the jumps of a parallel machine instead of a scan. A patch is not compared pixel by
pixel but by the leading coefficients of its cosine transform, which come from separable filters over the whole picture;
disparity and place are further coefficients, so that a near-by patch at the same distance is preferred to a strange one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from zoom3d.strips import each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Index = NDArray[np.intp]
    Mask = NDArray[np.bool_]

PATCH_PX = 7
LUMINANCE_WAVES = ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0))
COLOUR_WAVES = ((0, 0), (0, 1), (1, 0))
DISPARITY_WEIGHT = 200.0
"""Grey levels of difference that a disparity difference of all the picture's range counts for."""
PLACE_WEIGHT = 5.5
"""Grey levels of difference that a displacement by the search radius counts for."""
NEVER = 1e5
CONFIDENCE_FALL = 1.3
"""By what trust in a voter is divided with each pixel of distance from what is known."""
COHERENCE_PASSES = 8
VOTE_PERCENTILE = 75
"""The share of voters, in per cent, whose mismatch counts as usual."""
BIAS_LIMIT = 20.0
"""Grey levels by which a copied colour may be shifted towards the smooth continuation."""
TRUSTED_SHARE = 0.1
"""The share of a patch's contrast that may be mismatched before the smooth continuation is believed as much as the patch."""
STEPS = ((0, 1), (0, -1), (1, 0), (-1, 0), (0, 3), (0, -3), (3, 0), (-3, 0))
PAD = 4
_ROW = 1 << 20  # columns that a displacement by a row counts for
VOTES = 8_000
"""So many pixels are voted on at a time."""


@dataclass(frozen=True, eq=False)
class Level:
    """One size of the picture.

    rgb: (h, w, 3) float32 sRGB code values; where it is not source, the present idea of what belongs there.
    smooth: (h, w, 3) float32, the smooth continuation of the source.
    source, target: (h, w) bool, disjoint: what may be copied and what is to be painted.
    solid: (h, w) bool, source with source around it: where a patch may be matched.
    voters: (h, w) bool, the targets and the source beside them: the patches that have a say in what is painted.
    order: their ``reading_order``.
    disparity: (h, w) float32 in about [0, 1].
    """

    rgb: Float32
    smooth: Float32
    source: Mask
    target: Mask
    disparity: Float32
    solid: Mask
    voters: Mask
    order: Index


@dataclass(frozen=True, eq=False)
class Field:
    """For each of N voters, in reading order, the source pixel that it is like.

    row, column: (N,) intp. cost: (N,) float32, squared grey levels.
    """

    row: Index
    column: Index
    cost: Float32


def features(level: Level, radius: float) -> Float32:
    """(h * w, channels) float32 in grey levels: the squared distance of two rows is how unlike two patches are."""
    height, width = level.source.shape
    red, green, blue = (np.ascontiguousarray(level.rgb[:, :, channel]) for channel in range(3))
    planes = []
    for plane, waves in (
        ((red + green + blue) / np.float32(3**0.5), LUMINANCE_WAVES),
        ((red - blue) / np.float32(2**0.5), COLOUR_WAVES),
        ((red - 2 * green + blue) / np.float32(6**0.5), COLOUR_WAVES),
    ):
        planes += [cv2.sepFilter2D(plane, cv2.CV_32F, _wave(x), _wave(y)) for y, x in waves]
    planes.append(level.disparity * np.float32(DISPARITY_WEIGHT))
    per_px = PLACE_WEIGHT / radius
    planes.append(np.broadcast_to(np.arange(height, dtype=np.float32)[:, None] * per_px, (height, width)))
    planes.append(np.broadcast_to(np.arange(width, dtype=np.float32) * per_px, (height, width)))
    return np.asarray(cv2.merge(planes), np.float32).reshape(height * width, len(planes))


def _wave(frequency: int) -> Float32:
    phase = np.pi * (np.arange(PATCH_PX) + 0.5) * frequency / PATCH_PX
    return (np.cos(phase) * (1.0 if frequency == 0 else 2**0.5) / PATCH_PX).astype(np.float32)


def search(level: Level, field: Field, radius: float, rounds: int, random: np.random.Generator) -> Field:
    """A better field: each pixel tries what suits its neighbours, and what lies around its match."""
    height, width = level.source.shape
    table = features(level, radius)
    rows, columns = np.nonzero(level.voters)
    wanted = table[rows * width + columns]
    table[~level.solid.ravel()] = NEVER
    neighbours = [_neighbour(level.order, rows + down, columns + right) for down, right in STEPS]
    best_row, best_column = field.row, field.column

    def cost_of(row: Index, column: Index) -> Float32:
        difference = np.take(table, row * width + column, axis=0)
        difference -= wanted
        return np.einsum("ij,ij->i", difference, difference)

    best = cost_of(best_row, best_column)

    def attempt(row: Index, column: Index) -> None:
        nonlocal best, best_row, best_column
        row, column = np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)
        cost = cost_of(row, column)
        better = cost < best
        best = np.where(better, cost, best)
        best_row, best_column = np.where(better, row, best_row), np.where(better, column, best_column)

    for _ in range(rounds):
        for (down, right), neighbour in zip(STEPS, neighbours, strict=True):
            attempt(best_row[neighbour] - down, best_column[neighbour] - right)
        reach, centre_row, centre_column = radius, rows, columns
        while reach >= 1.5:
            step = (random.random((2, len(rows)), np.float32) * 2 - 1) * np.float32(reach)
            attempt(centre_row + np.rint(step[0]).astype(np.intp), centre_column + np.rint(step[1]).astype(np.intp))
            centre_row, centre_column = best_row, best_column
            reach /= 3
    return Field(best_row, best_column, best)


def reading_order(mask: Mask) -> Index:
    """(h + 2 PAD, w + 2 PAD): the how manieth pixel of ``mask`` a pixel is, from 0; -1 where it is none."""
    order = np.full(mask.shape, -1, np.intp)
    order[mask] = np.arange(np.count_nonzero(mask))
    return np.pad(order, PAD, constant_values=-1)


def _neighbour(order: Index, rows: Index, columns: Index) -> Index:
    """Which target lies at ``rows``, ``columns``; a target without such a neighbour is its own."""
    found = order[rows + PAD, columns + PAD]
    return np.where(found >= 0, found, np.arange(len(found)))


def vote(level: Level, field: Field, reach: int, sharpness: float, correction: Float32) -> Float32:
    """(N, 3) float32: what the patches around each target pixel would copy there, averaged.

    "Space-Time Completion of Video" (Wexler et al., 2007): likelier patches count more. ``correction`` (h, w, 3), added to a
    copied source pixel's colour relative to the target's, is the bias of "Image Melding" (Darabi et al., 2012).
    reach: half the width of the patches that vote, at most PAD. sharpness: how fast a vote's weight falls with distance.
    """
    width = level.source.shape[1]
    rows, columns = np.nonzero(level.target)
    order = level.order
    across = width + 2 * PAD
    usual = max(float(np.percentile(field.cost, VOTE_PERCENTILE)), 1e-3)
    weights = np.append(np.exp(-field.cost / (2.0 * usual)) * _confidence(level), np.float32(0))  # the last for order -1
    limits = np.append(BIAS_LIMIT * doubt(level, field), np.float32(0))
    matches = np.append((field.row + PAD) * across + field.column + PAD, PAD * across + PAD)
    planes = [_padded(plane) for plane in (*cv2.split(level.rgb), *cv2.split(correction))]
    copied, known = planes[:3], _padded(level.source.view(np.uint8)).view(bool)
    nothing = level.smooth[level.target]

    def gathered(part: slice) -> Float32:
        centre = (rows[part] + PAD) * across + columns[part] + PAD
        own = [plane[centre] for plane in planes[3:]]
        summed, total = np.zeros((3, len(centre)), np.float32), np.full(len(centre), 1e-12, np.float32)
        for down in range(-reach, reach + 1):
            for right in range(-reach, reach + 1):
                step = down * across + right
                voter = order.ravel()[centre + step]
                place = matches[voter] - step
                weight = weights[voter] * np.float32(np.exp(-sharpness * (down * down + right * right)))
                weight *= known[place]
                limit = limits[voter]
                for channel in range(3):
                    bias = own[channel] - planes[3 + channel][place]
                    np.minimum(bias, limit, out=bias)
                    np.maximum(bias, -limit, out=bias)
                    bias += copied[channel][place]
                    bias *= weight
                    summed[channel] += bias
                total += weight
        return np.where(total > 1e-9, summed / total, nothing[part].T).T

    return np.concatenate(each(gathered, [slice(first, first + VOTES) for first in range(0, len(rows), VOTES)]))


def _padded(plane: NDArray[Any]) -> NDArray[Any]:
    """(h + 2 PAD) * (w + 2 PAD) values: the plane with zeros around it."""
    return np.asarray(cv2.copyMakeBorder(plane, PAD, PAD, PAD, PAD, cv2.BORDER_CONSTANT)).ravel()


def coherent(level: Level, field: Field) -> Field:
    """The field with every displacement replaced by the one that most of the 3 x 3 voters around it share.

    Where neighbours copy from the same place, fine detail would repeat itself like the teeth of a comb.
    """
    height, width = level.source.shape
    rows, columns = np.nonzero(level.voters)
    order = level.order
    around = [_neighbour(order, rows + down, columns + right) for down in (0, -1, 1) for right in (0, -1, 1)]
    moved = (field.row - rows) * _ROW + field.column - columns
    for _ in range(COHERENCE_PASSES):
        before, choices = moved, [moved[near] for near in around]
        support = np.ones((len(choices), len(moved)), np.int8)
        for one, other in combinations(range(len(choices)), 2):
            same = choices[one] == choices[other]
            support[one] += same
            support[other] += same
        most = support.max(axis=0)
        for choice, count in zip(reversed(choices), support[::-1], strict=True):
            moved = np.where(count == most, choice, moved)  # the first of equals
        if np.array_equal(moved, before):
            break
    down, right = np.divmod(moved + _ROW // 2, _ROW)
    return Field(np.clip(rows + down, 0, height - 1), np.clip(columns + right - _ROW // 2, 0, width - 1), field.cost)


def doubt(level: Level, field: Field) -> Float32:
    """(N,) float32 in [0, 1]: how little of its contrast a match explains. Regular patterns match well, flat ones have none."""
    size = (PATCH_PX, PATCH_PX)
    mean = cv2.blur(level.rgb, size)
    contrast = (cv2.sqrBoxFilter(level.rgb, cv2.CV_32F, size) - mean * mean).sum(axis=2)
    copied = np.maximum(contrast[field.row, field.column], 0.0)
    return field.cost / (field.cost + TRUSTED_SHARE * copied + 1e-3)


def _confidence(level: Level) -> Float32:
    """(N,) float32: trust in a voter, falling with its distance from what is known (Wexler et al., section 3.2)."""
    distance = cv2.distanceTransform((~level.source).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return (CONFIDENCE_FALL ** -distance[level.voters]).astype(np.float32)
