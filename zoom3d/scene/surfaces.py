"""Takes off a guessed map what is not the scene's: narrow slits, and relief that only copies the photograph's texture.

Networks and edge-aware refinement leave small steps on smooth slopes, wherever the photograph has contrast. In motion they make
the texture swim, and a mesh has to follow every one of them. Where two things meet, a dark line between them is often taken for
a gap: opened, it shows what was never there.
"""

from __future__ import annotations

import cv2
import numpy as np

from zoom3d.scene import islands
from zoom3d.scene._smooth import reduced
from zoom3d.strips import each, strips, widened
from zoom3d.types import DepthMap, Photo

_SIGMA = 0.003  # of the longer side
_SMALLEST_SIGMA_PX = 3.0
_RELIEF = 0.01  # disparity: no point moves farther
_JUMP = 0.05  # disparity within a few pixels: two surfaces, which stay as they are for as far around

_STRIP_PX = 400_000  # each needs four radii more


def smooth(depth: DepthMap, photo: Photo) -> DepthMap:
    """``depth`` with smooth surfaces between the same jumps, without slits narrower than ``_SIGMA``, and without islands.

    No other value changes by more than a hundredth.
    """
    sigma = max(_SMALLEST_SIGMA_PX, _SIGMA * max(depth.disparity.shape))
    radius = round(sigma)
    slit = 2 * (radius // 2) + 1
    closed = cv2.morphologyEx(depth.disparity, cv2.MORPH_CLOSE, np.ones((slit, slit), np.uint8))
    disparity = np.where(closed - depth.disparity > _JUMP, closed, depth.disparity)
    disparity = islands.join(disparity, photo.rgb, _JUMP)
    ring = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    height, width = disparity.shape
    inside, smoothed = np.empty_like(disparity), np.empty_like(disparity)

    def keep_apart(rows: slice) -> None:
        around, own = widened(rows, 2 * radius, height)
        jump = cv2.dilate(disparity[around], ring) - cv2.erode(disparity[around], ring) > _JUMP
        inside[rows] = cv2.dilate(jump.view(np.uint8), ring)[own] == 0

    def level(rows: slice) -> None:
        own = disparity[rows]
        mean = np.clip(total[rows] / np.maximum(weight[rows], 1e-6), own - _RELIEF, own + _RELIEF)
        smoothed[rows] = np.clip(np.where(inside[rows] > 0, mean, own), 0, 1)

    each(keep_apart, strips(height, width, pixels=_STRIP_PX))
    sums = reduced(lambda rows: [disparity[rows] * inside[rows], inside[rows]], (height, width), sigma).blurred(sigma)
    total, weight = sums.whole((height, width))
    each(level, strips(height, width))
    return DepthMap(smoothed, depth.source)
