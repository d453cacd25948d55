"""OpenCV's fast marching fill ("An Image Inpainting Technique Based on the Fast Marching Method", Telea, 2004), fenced in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.inpaint._canvas import bounding_box, grown, mean_colour, only_source, pasted, usable_source

if TYPE_CHECKING:
    from numpy.typing import NDArray

RADIUS_PX = 4.0
FENCE_PX = 6
FINENESS = 256.0
"""OpenCV adds up to 1.5 to what it paints, whatever the scale (8-bit pictures: up to 7); so the scale is made large."""
HOLE_LIMIT_PX = 60_000
"""Larger holes are painted in a reduced picture: the method costs about 2 µs a painted pixel and has no detail to lose."""


def fill(
    rgb: NDArray[np.uint8], hole: NDArray[np.bool_], source: NDArray[np.bool_], disparity: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Paint the hole from its rim inwards; see ``zoom3d.inpaint`` for the arguments. ``disparity`` is not looked at.

    The method reads all that is not masked. So what is neither hole nor source is first replaced by the nearest source
    pixel, and a fence of it around the hole is masked as well: a foreground colour is not there to be read.
    """
    if hole.all():
        return mean_colour(rgb)
    if not hole.any():
        return np.copy(rgb)
    source = usable_source(hole, source)
    clean = only_source(rgb, source)
    unknown = grown(hole, FENCE_PX) & ~source
    box = bounding_box(unknown, FENCE_PX + 2)
    painted = clean.copy()
    painted[box] = _march(clean[box], unknown[box])
    return pasted(rgb, hole, painted)


def _march(clean: NDArray[np.uint8], unknown: NDArray[np.bool_]) -> NDArray[np.uint8]:
    height, width = unknown.shape
    scale = min(1.0, (HOLE_LIMIT_PX / np.count_nonzero(unknown)) ** 0.5)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(clean, size, interpolation=cv2.INTER_AREA).astype(np.float32) * FINENESS
    mask = cv2.resize(unknown.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    planes = [cv2.inpaint(np.ascontiguousarray(small[:, :, c]), mask, RADIUS_PX, cv2.INPAINT_TELEA) for c in range(3)]
    painted = cv2.resize(cv2.merge(planes), (width, height), interpolation=cv2.INTER_LINEAR)
    values: NDArray[np.uint8] = np.clip(np.rint(painted / FINENESS), 0, 255).astype(np.uint8)
    return values
