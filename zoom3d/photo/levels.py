"""Samples of 16 bits, 32 bits and floating point, as 8 bits."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Uint8

log = logging.getLogger(__name__)

_STRIP_ROWS = 256


def to_eight_bit(samples: NDArray[np.generic], name: str, bits: int | None = None) -> Uint8:
    """``samples``, (H, W) or (H, W, C), scaled so that white becomes 255.

    White is the largest value of the type in unsigned samples of 16 bits (of ``bits`` where fewer are used), and the least of
    1 (floating point only), 255, 65535 and the largest value there is in all other types, which do not tell.
    """
    if samples.dtype.kind == "u" and samples.dtype.itemsize <= 2:
        white = float(2 ** (bits if bits and 8 < bits < 16 else 8 * samples.dtype.itemsize) - 1)
    else:
        white = _guess_white(samples)
        log.warning("%s has samples of type %s, which are read as brightness from 0 to %g", name, samples.dtype.name, white)
    scaled = np.empty(samples.shape, np.uint8)
    for top in range(0, len(samples), _STRIP_ROWS):
        exact = np.nan_to_num(samples[top : top + _STRIP_ROWS].astype(np.float64), nan=0.0, posinf=white, neginf=0.0)
        strip = exact * (255.0 / white)
        scaled[top : top + _STRIP_ROWS] = np.clip(strip + 0.5, 0.0, 255.0).astype(np.uint8)
    return scaled


def _guess_white(samples: NDArray[np.generic]) -> float:
    finite = samples[np.isfinite(samples)]
    largest = float(finite.max()) if finite.size else 1.0
    scales = (255.0, 65535.0) if samples.dtype.kind in "iu" else (1.0, 255.0, 65535.0)
    return next((scale for scale in scales if largest <= scale), largest)
