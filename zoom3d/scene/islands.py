"""Patches on a silhouette that a guessed map puts neither on its near nor on its far side.

A network's map is coarser than the photograph, and some of its cells on a silhouette lie half-way between its two sides. Torn,
each is a surface of its own: the one behind it comes to lie at its distance, in rows of teeth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.opencv import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32, Uint8

_THICKEST = 0.008  # of the picture's longer side: about two cells of a network's map
_LONGEST = 12  # times as long: what goes on farther is a thing
_SIDES = 0.2  # of what surrounds a patch, that each side must be at least
_RING_PX = 3
_SPECK_PX = 4  # what is smaller is no surface to be torn, and noisy maps are full of it
_STEPS = 10_000  # that disparity is told apart in


def join(disparity: Float32, rgb: Uint8, jump: float) -> Float32:
    """``disparity`` in which every such patch goes on as the side of the silhouette does whose colours it has.

    disparity: (H, W) float32 in [0, 1]; rgb: (H, W, 3) uint8; jump: the least step of disparity between two surfaces.
    """
    thickest = max(3.0, _THICKEST * max(disparity.shape))
    marked = np.rint(disparity * _STEPS).astype(np.int16)
    cv2.filterSpeckles(marked, -1, round(_LONGEST * thickest**2), round(jump * _STEPS))
    small = (marked == -1).view(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(small, connectivity=8)
    joined = disparity.copy()
    for label in range(1, count):
        left, top, width, height, area = boxes[label]
        if area < _SPECK_PX:
            continue
        part = (
            slice(max(0, top - _RING_PX), top + height + _RING_PX),
            slice(max(0, left - _RING_PX), left + width + _RING_PX),
        )
        patch = labels[part] == label
        ring = (_widened(patch) > 0) & (small[part] == 0)
        around, own = disparity[part], disparity[part][patch]
        sides = ring & (around > own.max() + jump), ring & (around < own.min() - jump)
        if min(side.sum() for side in sides) <= _SIDES * ring.sum() or _thickness(patch) > thickest:
            continue
        colours = rgb[part].astype(np.float32)
        mean = colours[patch].mean(0)
        alike = min(sides, key=lambda side: float(np.abs(colours[side].mean(0) - mean).sum()))
        to_side = nearest(alike)
        joined[part][patch] = around.ravel()[to_side.place[to_side.label[patch]]]
    return joined


def _widened(patch: NDArray[np.bool_]) -> Uint8:
    side = 2 * _RING_PX + 1
    return np.asarray(cv2.dilate(patch.view(np.uint8), np.ones((side, side), np.uint8)), np.uint8)


def _thickness(patch: NDArray[np.bool_]) -> float:
    padded = np.pad(patch.view(np.uint8), 1)
    return 2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())
