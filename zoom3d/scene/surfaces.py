"""Takes the relief off surfaces that only copies the photograph's texture.

Networks and edge-aware refinement leave small steps on smooth slopes, wherever the photograph has contrast. In motion they make
the texture swim, and a mesh has to follow every one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.types import DepthMap

if TYPE_CHECKING:
    from zoom3d.types import Float32

_SIGMA = 0.003  # of the longer side
_SMALLEST_SIGMA_PX = 3.0
_RELIEF = 0.01  # disparity: no point moves farther
_JUMP = 0.05  # disparity within a few pixels: two surfaces, which stay as they are for as far around


def smooth(depth: DepthMap) -> DepthMap:
    """``depth`` with smooth surfaces between the same jumps; no value changes by more than a hundredth."""
    disparity = depth.disparity
    sigma = max(_SMALLEST_SIGMA_PX, _SIGMA * max(disparity.shape))
    ring = np.ones((2 * round(sigma) + 1,) * 2, np.uint8)
    jump = cv2.dilate(disparity, ring) - cv2.erode(disparity, ring) > _JUMP
    inside = (cv2.dilate(jump.astype(np.uint8), ring) == 0).astype(np.float32)
    mean = _blur(disparity * inside, sigma) / np.maximum(_blur(inside, sigma), 1e-6)
    smoothed = np.where(inside > 0, np.clip(mean, disparity - _RELIEF, disparity + _RELIEF), disparity)
    return DepthMap(np.clip(smoothed, 0, 1).astype(np.float32), depth.source)


def _blur(plane: Float32, sigma: float) -> Float32:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)
