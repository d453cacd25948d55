"""What every source of depth ends in: disparity in [0, 1], whatever the scale and the outliers it came with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zoom3d.opencv import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32

LOW_PERCENTILE, HIGH_PERCENTILE = 0.1, 99.9
FLAT = 0.5
"""The disparity of a map that has no depth in it: as good as any, and halfway is where the subject is looked for."""

_SAMPLES = 1 << 20


def normalise(values: NDArray[np.generic]) -> Float32:
    """``values``, (h, w) of any real type, as float32 in [0, 1], the same order: larger stays nearer.

    Affine from the percentiles 0.1 and 99.9 to 0 and 1, and clipped, so that a few wild pixels do not flatten the rest. Where
    those percentiles are equal (all but a few pixels have one value), from the smallest to the largest value; where these
    are equal too, 0.5 everywhere. NaN and infinite pixels are unknown: they take the value of the nearest known pixel, and
    0.5 where nothing is known.
    """
    exact = values.astype(np.float64)
    known = np.isfinite(exact)
    if not known.any():
        return np.full(values.shape, FLAT, np.float32)
    low, high = _range(exact if known.all() else exact[known])
    if not high > low:
        return np.full(values.shape, FLAT, np.float32)
    # Halved before the difference: the range of a 64-bit map can be larger than its type's largest number.
    scaled = ((exact / 2 - low / 2) / (high / 2 - low / 2)).clip(0.0, 1.0).astype(np.float32)
    return scaled if known.all() else fill_unknown(scaled, known)


def standardise(values: Float32) -> Float32:
    """Mean 0, deviation 1; what is flat stays so."""
    return np.asarray((values - values.mean()) / (values.std() + 1e-4), np.float32)


def fill_unknown(values: Float32, known: NDArray[np.bool_]) -> Float32:
    """``values`` with every pixel that is not ``known`` replaced by its nearest known one; at least one is known."""
    return values.ravel()[nearest(known).index]


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    flat = values.reshape(-1)
    sample = flat[:: max(1, flat.size // _SAMPLES)]
    low, high = np.percentile(sample, (LOW_PERCENTILE, HIGH_PERCENTILE))
    return (float(low), float(high)) if high > low else (float(flat.min()), float(flat.max()))
