"""Where the picture is torn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.opencv import nearest
from zoom3d.strips import each, strips, tiles, widened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.opencv import Nearest
    from zoom3d.types import Float32

    Mask = NDArray[np.bool_]

OPENING_PX = 1.5
"""A depth edge is torn where a move would open it by more than this, in a picture of up to two megapixels."""

_SHORTEST = 20  # pixels at two megapixels: shorter edges are speckle, unless
_STRONG = 5  # times the threshold is reached somewhere
_SHOWN = 0.03  # disparity times contrast: what a stretched step shows is as long as the one and as strong as the other
_LARGE = 0.3  # disparity: what is torn all the same, or the picture folds over
_BESIDE = 24  # pixels at two megapixels: so near to an edge, one that is less than
_MINOR = 0.2  # times as high is not torn: the two would share one surface behind them
_SLIVER = 6  # pixels at two megapixels: so far beside a silhouette an estimate may hold what is neither before nor behind it


_TILE_PX = 300_000  # each needs four radii more on all sides
_STRIP_PX = 600_000  # each needs as much as a sliver is wide more on both sides

_CROSS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
_SQUARE = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1))

_WIDE = np.ones((5, 5), np.uint8)  # of cells of one radius: with the radius that the extremes reach already, three of them


@dataclass(frozen=True, eq=False)
class Side:
    """One side of the edges: for every pixel the nearest of its pixels, (H, W) int32 label of it.

    place, disparity: (K,) int32 flat index and float32 disparity of the pixel that has a label, from 1 on.
    """

    label: NDArray[np.int32]
    place: NDArray[np.int32]
    disparity: Float32

    def beside(self, part: slice | tuple[slice, slice] | tuple[NDArray[np.intp], ...]) -> Float32:
        """The disparity of the nearest pixel of this side, in some rows or at some pixels."""
        return np.take(self.disparity, self.label[part])


@dataclass(frozen=True, eq=False)
class DepthEdges:
    """Depth edges of a disparity map.

    disparity: (H, W) float32, the map with its edges one pixel wide.
    near, far: (H, W) bool, the pixels on the two sides of an edge.
    near_side, far_side: the same two, as seen from all pixels.
    inside: (H, W) float32, signed distance from the silhouette in pixels, positive on the near side; inf where neither the
        nearest far side lies behind nor the nearest near side before.
    threshold: the smallest step of disparity that counts.
    sliver_px: how far beside an edge a third disparity is noise; 0 where the map is exact.
    """

    disparity: Float32
    near: Mask
    far: Mask
    near_side: Side
    far_side: Side
    inside: Float32
    threshold: float
    sliver_px: int


def find(
    disparity: Float32, parallax_px: float, scale: float, *, estimated: bool = False, contrast: Float32 | None = None
) -> DepthEdges | None:
    """Depth edges that a parallax of ``parallax_px`` for a full step of disparity opens; None where there are none.

    scale: pixels here for one pixel of a two-megapixel picture.
    estimated: the map is a guess, with slivers of other disparities along its edges.
    contrast: (H, W) in [0, 1], of the photograph around each pixel: what hardly shows is not torn; None = all is.
    """
    threshold = OPENING_PX * max(1.0, scale) / parallax_px
    radius = max(2, round(4 * scale))
    halo = (4 - -4 // radius) * radius
    height, width = disparity.shape
    sharp = np.copy(disparity)
    near, far = np.zeros(disparity.shape, bool), np.zeros(disparity.shape, bool)

    def tear(tile: tuple[slice, slice]) -> None:
        (down, own_down), (right, own_right) = map(widened, tile, (halo, halo), (height, width))
        around = np.ascontiguousarray(disparity[down, right])
        if not _steps(around, threshold, radius):
            return
        part = _thinned(sharpen(around, threshold, radius), threshold)
        own = own_down, own_right
        sharp[tile], near[tile], far[tile] = part.disparity[own], part.near[own], part.far[own]

    each(tear, tiles(height, width, radius, pixels=_TILE_PX))
    if estimated:
        _keep_major(near, far, sharp, max(1, round(_BESIDE * scale)))
    if contrast is not None:
        at = np.flatnonzero(near | far)
        steps = np.abs(_climbs(sharp, at)).max(axis=0)
        whole = at[(steps < _LARGE) & (steps * contrast.ravel()[at] < _SHOWN)]
        near.ravel()[whole] = far.ravel()[whole] = False
    keep = _long_enough(near | far, sharp, _STRONG * threshold, max(6, round(_SHORTEST * scale)))
    near &= keep
    far &= keep
    if not far.any():
        return None
    to_near, to_far = each(nearest, (near, far))
    sliver_px = max(2, round(_SLIVER * scale)) if estimated else 0
    near_side = _side(to_near, near, sharp, threshold, sliver_px)
    far_side = _side(to_far, far, sharp, -threshold, sliver_px)
    inside = to_far.distance  # its memory

    def measure(rows: slice) -> None:
        own, distance = sharp[rows], inside[rows]
        under, over = near_side.beside(rows) - own, own - far_side.beside(rows)
        beyond = np.maximum(to_near.distance[rows] - np.float32(0.5), np.float32(0.5))
        outside = np.where(under > threshold / 2, -beyond, np.float32(np.inf))
        # What lies between the two, as on a slope, belongs to the closer one; so does a ledge, the near side of one edge and
        # the far side of another.
        near = over > np.maximum(under, np.float32(threshold / 2))
        inside[rows] = np.where(near, np.maximum(distance - np.float32(0.5), np.float32(0.5)), outside)

    each(measure, strips(*disparity.shape))
    return DepthEdges(sharp, near, far, near_side, far_side, inside, threshold, sliver_px)


def _keep_major(near: Mask, far: Mask, disparity: Float32, reach: int) -> None:
    """Take out of ``near`` and ``far`` what lies within ``reach`` pixels of an edge that is several times as high.

    What goes on behind the lower edge, a fold of a sleeve, would else hide what goes on behind the higher one, the wall behind
    the arm, and be drawn out to it in streaks.
    """
    at = np.flatnonzero(near | far)
    climbs = _climbs(disparity, at)
    cell = max(1, reach // 6)
    place = tuple(axis // cell for axis in np.divmod(at, disparity.shape[1]))
    heights = np.zeros([-(-size // cell) for size in disparity.shape], np.float32)
    np.maximum.at(heights, place, np.abs(climbs).max(axis=0))
    side = 2 * (reach // cell) + 1
    least = np.float32(_MINOR) * cv2.dilate(heights, np.ones((side, side), np.uint8))[place]
    near.ravel()[at[climbs.max(axis=0) < least]] = False
    far.ravel()[at[-climbs.min(axis=0) < least]] = False


def room_px(scale: float) -> float:
    """How wide a strip is in which some triangles find room, whatever lies on either side of it."""
    return max(4.0, 6.0 * scale)


def _side(side: Nearest, mask: Mask, disparity: Float32, threshold: float, sliver_px: int) -> Side:
    """The side of the edges that is ``mask``; where a pixel of it much nearer lies within ``sliver_px``, with that one's.

    threshold: what much is; negative = farther instead of nearer.
    """
    own = disparity.ravel()[side.place]
    if not sliver_px:
        return Side(side.label, side.place, own)
    sign, height, width = np.float32(np.sign(threshold)), *mask.shape
    window = np.ones((2 * sliver_px + 1, 2 * sliver_px + 1), np.uint8)

    def raise_(rows: slice) -> None:
        first, last = 1 + np.searchsorted(side.place[1:], (rows.start * width, rows.stop * width))
        if first == last:
            return
        around, inner = widened(rows, sliver_px, height)
        nearest_by = cv2.dilate(np.where(mask[around], sign * disparity[around], np.float32(-2)), window)[inner].ravel()
        most, part = sign * nearest_by[side.place[first:last] - rows.start * width], own[first:last]
        own[first:last] = np.where(sign * (most - part) > abs(threshold), most, part)

    each(raise_, strips(height, width, pixels=_STRIP_PX))
    return Side(side.label, side.place, own)


def _steps(disparity: Float32, threshold: float, radius: int) -> bool:
    """Whether any window of ``radius`` around a pixel can hold a step: from the extremes of cells of that size."""
    height, width = disparity.shape
    down, right = np.arange(0, height, radius), np.arange(0, width, radius)
    low = np.minimum.reduceat(np.minimum.reduceat(disparity, down, axis=0), right, axis=1)
    high = np.maximum.reduceat(np.maximum.reduceat(disparity, down, axis=0), right, axis=1)
    around = np.ones((3, 3), np.uint8)
    return bool((cv2.dilate(high, around) - cv2.erode(low, around) > threshold).any())


def sharpen(disparity: Float32, threshold: float, radius: int) -> Float32:
    """Move every pixel on a blurred step to the nearer end of it (toggle contrast, Kramer and Bruckner 1975).

    A step keeps its height when the window is tripled, a slope triples it: that tells them apart, and slopes stay slopes. A
    step that most of its height is climbed within a pixel or two stays as it is, and so do flat pixels beside one.
    """
    low, high = _extremes(disparity, radius)
    rise = high - low
    if not (rise > threshold).any():
        return disparity
    beside_low, beside_high = _extremes(disparity, 1)
    slope = beside_high - beside_low
    steepest = cv2.dilate(slope, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))
    at = np.nonzero((rise > threshold) & (slope > 0.1 * rise) & (steepest < 0.8 * rise))
    if not len(at[0]):
        return disparity
    wide_low = cv2.erode(low[radius // 2 :: radius, radius // 2 :: radius], _WIDE)
    wide_high = cv2.dilate(high[radius // 2 :: radius, radius // 2 :: radius], _WIDE)
    wide_rise = _clamped(wide_high - wide_low, (at[0] // radius, at[1] // radius))
    low, high, rise = low[at], high[at], rise[at]
    on_step = rise - np.maximum(wide_rise - rise, 0) / 2 > threshold
    rows, columns = at[0][on_step], at[1][on_step]
    low, high = low[on_step], high[on_step]
    vote = cv2.GaussianBlur(disparity, (0, 0), radius / 4)[rows, columns]
    result = disparity.copy()
    result[rows, columns] = np.where(vote - low > high - vote, high, low)
    return result


@dataclass(frozen=True, eq=False)
class _Thinned:
    """Disparity with edges one pixel wide, and the pixels of the two sides of each."""

    disparity: Float32
    near: Mask
    far: Mask


def _thinned(disparity: Float32, threshold: float) -> _Thinned:
    """A pixel half-way up an edge joins one of its sides: neither may begin with it."""
    disparity = disparity.copy()
    flat, shape = disparity.ravel(), disparity.shape
    near, far = _sides(disparity, threshold)
    between = np.flatnonzero(near & far)
    for last in (False, False, True):
        own, window = flat[between], flat[_moved(between, shape, _SQUARE)]
        low, high = window.min(axis=0), window.max(axis=0)
        flat[between] = np.where(own - low > high - own, high, low)
        if last or not len(between):
            break
        touched = np.zeros(flat.shape, bool)
        touched[_moved(between, shape, _CROSS)] = True
        changed = np.flatnonzero(touched)
        steps = _climbs(disparity, changed)
        near.ravel()[changed] = (steps > threshold).any(axis=0)
        far.ravel()[changed] = (steps < -threshold).any(axis=0)
        between = changed[near.ravel()[changed] & far.ravel()[changed]]
    return _Thinned(disparity, near, far)


def _moved(at: NDArray[np.intp], shape: tuple[int, ...], steps: tuple[tuple[int, int], ...]) -> NDArray[np.intp]:
    """(K, N): flat indices of the pixels that lie those K steps down and right from N others, or at the picture's rim."""
    rows, columns = np.divmod(at, shape[1])
    return np.stack(
        [np.clip(rows + down, 0, shape[0] - 1) * shape[1] + np.clip(columns + right, 0, shape[1] - 1) for down, right in steps]
    )


def _climbs(disparity: Float32, at: NDArray[np.intp]) -> Float32:
    """(5, N): how far the pixels with those flat indices stand before themselves and those beside them."""
    flat = disparity.ravel()
    return np.asarray(flat[at] - flat[_moved(at, disparity.shape, _CROSS)], np.float32)


def _clamped(coarse: Float32, at: tuple[NDArray[np.intp], ...]) -> Float32:
    return coarse[np.minimum(at[0], coarse.shape[0] - 1), np.minimum(at[1], coarse.shape[1] - 1)]


def _extremes(disparity: Float32, radius: int) -> tuple[Float32, Float32]:
    window = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    return cv2.erode(disparity, window), cv2.dilate(disparity, window)


def _sides(disparity: Float32, threshold: float) -> tuple[Mask, Mask]:
    near, far = np.zeros(disparity.shape, bool), np.zeros(disparity.shape, bool)
    for one, other in (
        ((slice(1, None),), (slice(None, -1),)),
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
    ):
        step = disparity[one] - disparity[other]
        near[one] |= step > threshold
        far[other] |= step > threshold
        near[other] |= step < -threshold
        far[one] |= step < -threshold
    return near, far


def _long_enough(mask: Mask, disparity: Float32, strong: float, shortest: int) -> Mask:
    """The connected parts of ``mask`` that are long or have a step beyond ``strong`` somewhere; the rest is speckle."""
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    if count == 1:
        return mask
    at = np.flatnonzero(mask)
    part = labels.ravel()[at]
    keep = np.bincount(part, minlength=count) >= 2 * shortest

    def steep(rows: slice) -> NDArray[np.int32]:
        return part[rows][(np.abs(_climbs(disparity, at[rows])) > strong).any(axis=0)]

    keep[np.bincount(np.concatenate(each(steep, strips(len(at), 1))), minlength=count) >= 4] = True
    kept = np.zeros(mask.shape, bool)
    kept.ravel()[at[keep[part]]] = True
    return kept
