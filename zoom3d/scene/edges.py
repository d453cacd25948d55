"""Where the picture is torn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32

    Mask = NDArray[np.bool_]

OPENING_PX = 1.5
"""A depth edge is torn where a move would open it by more than this, in a picture of up to two megapixels."""

_SHORTEST = 20  # pixels at two megapixels: shorter edges are speckle, unless
_STRONG = 5  # times the threshold is reached somewhere


_WIDE = np.ones((5, 5), np.uint8)  # of cells of one radius: with the radius that the extremes reach already, three of them


@dataclass(frozen=True, eq=False)
class Nearest:
    """For every pixel the nearest one of a mask: (H, W) float32 distance to it, (H, W) int32 flat index of it."""

    distance: Float32
    seed: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class DepthEdges:
    """Depth edges of a disparity map.

    disparity: (H, W) float32, the map with its edges one pixel wide.
    near, far: (H, W) bool, the pixels on the two sides of an edge.
    to_near, to_far: where the nearest pixel of each side is, from everywhere.
    threshold: the smallest step of disparity that counts.
    """

    disparity: Float32
    near: Mask
    far: Mask
    to_near: Nearest
    to_far: Nearest
    threshold: float


def find(disparity: Float32, parallax_px: float, scale: float) -> DepthEdges | None:
    """Depth edges that a parallax of ``parallax_px`` for a full step of disparity opens; None where there are none.

    scale: pixels here for one pixel of a two-megapixel picture.
    """
    threshold = OPENING_PX * max(1.0, scale) / parallax_px
    sharp = sharpen(disparity, threshold, radius=max(2, round(4 * scale)))
    for _ in range(3):
        near, far = _sides(sharp, threshold)
        between = near & far  # a pixel half-way up an edge: neither side may begin with it
        low, high = _extremes(sharp, 1)
        sharp = np.where(between, np.where(sharp - low > high - sharp, high, low), sharp)
    strong = _sides(sharp, _STRONG * threshold)
    keep = _long_enough(near | far, strong[0] | strong[1], max(6, round(_SHORTEST * scale)))
    near, far = near & keep, far & keep
    if not far.any():
        return None
    return DepthEdges(sharp, near, far, nearest(near), nearest(far), threshold)


def sharpen(disparity: Float32, threshold: float, radius: int) -> Float32:
    """Move every pixel on a blurred step to the nearer end of it (toggle contrast, Kramer and Bruckner 1975).

    A step keeps its height when the window is tripled, a slope triples it: that tells them apart, and slopes stay slopes. A
    step that most of its height is climbed within a pixel or two stays as it is, and so do flat pixels beside one.
    """
    low, high = _extremes(disparity, radius)
    rise = high - low
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


def nearest(mask: Mask) -> Nearest:
    """For every pixel the nearest one of ``mask``, which is not empty."""
    distance, labels = cv2.distanceTransformWithLabels(
        (~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    seeds = np.flatnonzero(mask)
    index = np.zeros(int(labels.max()) + 1, np.int32)
    index[labels.ravel()[seeds]] = seeds
    return Nearest(np.asarray(distance, np.float32), index[labels])


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


def _long_enough(mask: Mask, strong: Mask, shortest: int) -> Mask:
    """The connected parts of ``mask`` that are long or have a strong step somewhere; the rest is speckle."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= 2 * shortest
    keep[np.bincount(labels[strong & mask], minlength=count) >= 4] = True
    keep[0] = False
    return keep[labels]
