"""The transfer curve of sRGB (IEC 61966-2-1), both ways."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Values = TypeVar("Values", NDArray[np.float32], NDArray[np.float64])


def linear(code: Values) -> Values:
    """Linear light in [0, 1] of codes in [0, 1], in their type."""
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(code.dtype)


def light(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Linear light in [0, 1] of codes of 8 bits."""
    return linear(np.asarray(np.arange(256) / 255, np.float32))[picture]


def coded(light: Values) -> Values:
    """Codes in [0, 1] of linear light in [0, 1], in its type."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055).astype(light.dtype)
