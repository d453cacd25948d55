"""Gaussian means of whole pictures, worked out in a copy as small as their smoothness allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32

_SIGMA = 1.5  # pixels of the reduced copy: below that it would show
_LINE = 1024


def blurred_at(plane: Float32, sigma: float, at: tuple[NDArray[np.intp], ...]) -> Float32:
    """(N,): the Gaussian mean of ``plane`` (H, W) around the pixels ``at``, rows and columns."""
    small, factor = _reduced(plane, sigma)
    return small[at] if factor == 1 else sample(small, factor, at)


def sample(small: Float32, factor: int, at: tuple[NDArray[np.intp], ...]) -> Float32:
    """(N,): a picture reduced by ``factor`` at the pixels ``at`` of the full one, interpolated linearly."""
    rows, columns = (_lines(((axis + 0.5) / factor - 0.5).astype(np.float32)) for axis in at)
    values = cv2.remap(small, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values.ravel()[: len(at[0])], np.float32)


def _reduced(plane: Float32, sigma: float) -> tuple[Float32, int]:
    factor = max(1, int(sigma / _SIGMA))
    if factor > 1:
        bottom, right = -plane.shape[0] % factor, -plane.shape[1] % factor
        plane = np.asarray(cv2.copyMakeBorder(plane, 0, bottom, 0, right, cv2.BORDER_REPLICATE), np.float32)
        size = plane.shape[1] // factor, plane.shape[0] // factor
        plane = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma / factor), np.float32), factor


def _lines(values: Float32) -> Float32:
    """(N,) as a rectangle: what OpenCV looks up may not be longer than 32767."""
    filled = np.zeros(-(-len(values) // _LINE) * _LINE, np.float32)
    filled[: len(values)] = values
    return filled.reshape(-1, _LINE)
