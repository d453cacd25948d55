"""The built-in depth estimator: classical cues, no weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORKING_SIZE = 320


def estimate(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Disparity guessed from position and saliency.

    rgb: (H, W, 3) uint8. Returns (h, w) float32 in [0, 1], 1 = nearest, at most ``WORKING_SIZE`` on the long side.
    """
    scale = min(1.0, WORKING_SIZE / max(rgb.shape[:2]))
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    row, column = np.mgrid[0:height, 0:width].astype(np.float32)
    row, column = (row + 0.5) / height, (column + 0.5) / width
    bump = np.exp(-(((column - 0.5) / 0.25) ** 2) - ((row - 0.55) / 0.3) ** 2)
    return (0.6 * row + 0.4 * bump).astype(np.float32)
