"""Turns a coarse, blurry disparity map into one whose jumps sit on the photograph's own edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def refine(disparity: NDArray[np.float32], rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Disparity at the photograph's size, with sharp jumps.

    disparity: (h, w) float32 in [0, 1], any size. rgb: (H, W, 3) uint8. Returns (H, W) float32 in [0, 1].
    """
    height, width = rgb.shape[:2]
    coarse = np.ascontiguousarray(disparity, np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    radius = max(1, round(0.85 * max(width / coarse.shape[1], height / coarse.shape[0])))
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    near, far = cv2.dilate(smooth, kernel), cv2.erode(smooth, kernel)
    snapped = np.where(2 * smooth > near + far, near, far)
    weight = np.clip((near - far - 0.08) / 0.08, 0, 1)
    return np.clip(smooth + weight * (snapped - smooth), coarse.min(), coarse.max()).astype(np.float32)
