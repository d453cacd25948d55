"""From a photograph to what a network wants to see, by the official rules."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from zoom3d.depth.families import Fit, Model

if TYPE_CHECKING:
    from zoom3d.types import Float32, Uint8

log = logging.getLogger(__name__)

LONGEST = 4
"""The longer side of an input is at most this many times the network's own size: attention grows with its square."""

_SPARSE_FROM = 48
"""From this ratio of pixels read to pixels made on, OpenCV is the slower of the two ways (measured)."""

_CUBIC_A = np.float32(-0.75)


def prepare(rgb: Uint8, model: Model) -> Float32:
    """(H, W, 3) uint8 -> (3, h, w) float32: RGB in [0, 1], resized, normalised."""
    height, width = input_size(rgb.shape[0], rgb.shape[1], model)
    resized = resize_cubic(rgb, height, width) / 255.0
    normalised = (resized - model.mean) / model.std
    return np.ascontiguousarray(normalised.transpose(2, 0, 1), dtype=np.float32)


def input_size(height_px: int, width_px: int, model: Model) -> tuple[int, int]:
    """Height and width at which the network sees a photograph of ``height_px`` x ``width_px``."""
    size = model.input_px
    if model.fit == "square":
        return size, size
    by_height, by_width = size / height_px, size / width_px
    scale = {
        "upper_bound": min(by_height, by_width),
        "lower_bound": max(by_height, by_width),
        "minimal": by_width if abs(1 - by_width) < abs(1 - by_height) else by_height,
    }[model.fit]
    longest = scale * max(height_px, width_px)
    fit = model.fit
    if longest > LONGEST * size:
        log.warning("the photograph is so long that %s sees it at a lower resolution", model.name)
        scale, fit = scale * LONGEST * size / longest, "minimal"
    return _rounded(height_px * scale, model, fit), _rounded(width_px * scale, model, fit)


def _rounded(length_px: float, model: Model, bound: Fit) -> int:
    """A side's length rounded to a multiple (half to even), but not across the bound."""
    multiple = model.multiple_px
    units = round(length_px / multiple)
    if bound == "upper_bound" and units * multiple > model.input_px:
        units = math.floor(length_px / multiple)
    if bound == "lower_bound" and units * multiple < model.input_px:
        units = math.ceil(length_px / multiple)
    return max(units, 1) * multiple


def resize_cubic(rgb: Uint8, height: int, width: int) -> NDArray[np.float64]:
    """What ``cv2.resize(rgb.astype(float64), (width, height), interpolation=INTER_CUBIC)`` gives, to rounding.

    OpenCV must be handed the whole photograph as float64: 24 bytes a pixel. But a cubic reads 4 x 4 pixels for each that it
    makes, so of a large photograph only those are converted here: 12 megapixels become 256 x 192 in a fifth of the time.
    """
    if rgb.size < _SPARSE_FROM * height * width * 3:
        return np.asarray(cv2.resize(rgb.astype(np.float64), (width, height), interpolation=cv2.INTER_CUBIC))
    return _resize_sparsely(rgb, height, width)


def _resize_sparsely(rgb: Uint8, height: int, width: int) -> NDArray[np.float64]:
    rows, row_weights = _taps(rgb.shape[0], height)
    columns, column_weights = _taps(rgb.shape[1], width)
    read = rgb.take(rows.ravel(), axis=0).take(columns.ravel(), axis=1).reshape(height, 4, width * 12)
    down = np.zeros((height, width * 12))
    for tap in range(4):
        down += read[:, tap] * row_weights[:, tap, None]
    return np.asarray(np.einsum("hwtc,wt->hwc", down.reshape(height, width, 4, 3), column_weights))


def _taps(source: int, target: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Which four samples of ``source`` make each of ``target``, and their weights: (target, 4) each.

    Keys' cubic with a = -0.75 on pixel centres, the border repeated. Positions and weights are rounded to float32 on the
    way, as OpenCV does.
    """
    position = ((np.arange(target) + 0.5) * (source / target) - 0.5).astype(np.float32)
    first = np.floor(position)
    x = position - first
    a, one = _CUBIC_A, np.float32(1)
    weights = np.empty((target, 4), np.float32)
    weights[:, 0] = ((a * (x + one) - 5 * a) * (x + one) + 8 * a) * (x + one) - 4 * a
    weights[:, 1] = ((a + 2) * x - (a + 3)) * x * x + one
    weights[:, 2] = ((a + 2) * (one - x) - (a + 3)) * (one - x) * (one - x) + one
    weights[:, 3] = one - weights[:, 0] - weights[:, 1] - weights[:, 2]
    taps = first.astype(np.intp)[:, None] + np.arange(-1, 3)
    return taps.clip(0, source - 1), weights.astype(np.float64)
