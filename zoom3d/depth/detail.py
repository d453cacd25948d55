"""Detail that a network sees only from near: parts of the photograph are looked at too, and what they show is added to the map.

A network has one size of input. The whole photograph shows it what is before what, a part shows edges and thin things
(Miangoleh et al., "Boosting Monocular Depth Estimation Models to High-Resolution via Content-Adaptive Multi-Resolution
Merging", CVPR 2021). There a second network merges the two; here each has its own band of frequencies. What the whole resolves
stays as it is, so that parts, each with a scale and a drift of its own, need not agree; what is finer comes from them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from zoom3d.depth.normalise import standardise

if TYPE_CHECKING:
    from zoom3d.types import Float32, Uint8

log = logging.getLogger(__name__)

STEPS = np.arange(0, 3) / 4
"""Where parts begin, in fractions of the photograph's side. Each is half as long, so that all but the border is seen twice."""

WORTH = 1.5
"""How many times larger than the network's input a photograph must be to have detail that the network misses."""

BLURS_PX = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
"""Deviations of Gaussians, one of which makes a part as blurred as the whole, in pixels of the part."""

FINE_PX = 4.0
"""What a Gaussian of this deviation takes away tells which."""

WINDOW = 1 / 16
"""Deviation of the Gaussian within which a part is brought to the whole's scale, in longer sides of the part."""

STEADINESS = 0.1
"""Weight, in variances of the part, of its scale overall where the scale is found in a window."""


def predict(look: Callable[[Sequence[Uint8]], Sequence[Float32]], rgb: Uint8) -> Float32:
    """A map of twice the network's resolution, from ten looks: (H, W, 3) uint8 -> (2 h, 2 w) float32.

    look: the network, from photographs to maps (h, w), each affine in disparity in a way of its own. A photograph that it sees
    at nearly full size has no more to show: the map is that of the one look, (h, w), and a warning is logged.
    """
    height, width = rgb.shape[:2]
    (whole,) = look([rgb])
    h, w = whole.shape
    if min(height / h, width / w) < WORTH:
        log.warning("the photograph is little larger than the network sees it: looking from near would show no more")
        return whole
    corners = [(top, left) for top in STEPS for left in STEPS]
    maps = look([rgb[_half(top, height), _half(left, width)] for top, left in corners])
    coarse = standardise(cv2.resize(whole, (2 * w, 2 * h), interpolation=cv2.INTER_CUBIC))
    places = [(_half(top, 2 * h), _half(left, 2 * w)) for top, left in corners]
    parts = [
        _Part(standardise(cv2.resize(one, (w, h), interpolation=cv2.INTER_LINEAR)), coarse[place])
        for one, place in zip(maps, places, strict=True)
    ]
    blur_px = min(BLURS_PX, key=lambda blur_px: sum(part.misfit(blur_px) for part in parts))
    detail, weights = np.zeros_like(coarse), np.zeros_like(coarse)
    weight = np.outer(_hann(h), _hann(w))  # the border of a part is where a network errs
    for part, place in zip(parts, places, strict=True):
        detail[place] += weight * part.finer(blur_px)
        weights[place] += weight
    return coarse + detail / weights


@dataclass(frozen=True, eq=False)
class _Part:
    """The map of a part, from near and as the whole has it: (h, w) each."""

    near: Float32
    far: Float32

    def misfit(self, blur_px: float) -> float:
        """How little the map from near, blurred so much, is like the one from far, in what is fine."""
        blurred = _blur(self.near, blur_px)
        difference = self.far - self._scale(blurred) * blurred
        return float(np.square(difference - _blur(difference, FINE_PX)).mean())

    def finer(self, blur_px: float) -> Float32:
        """What the map from near shows beyond such a blur, in the units of the one from far."""
        blurred = _blur(self.near, blur_px)
        return self._scale(blurred) * (self.near - blurred)

    def _scale(self, blurred: Float32) -> Float32:
        """The slope of ``far`` on ``blurred`` by least squares in a window around each pixel, drawn to the slope overall.

        Where one does not rise with the other, 0: they show different things.
        """

        def slope(mean: Callable[[Float32], Any], near: Any, far: Any, steady: float, overall: float) -> Any:
            variance = mean(blurred * blurred) - near**2
            covariance = mean(blurred * self.far) - near * far
            return (covariance + steady * overall) / (variance + steady)

        overall = slope(np.mean, np.mean(blurred), np.mean(self.far), 1e-6, 0.0)
        steady = STEADINESS * float(blurred.var()) + 1e-6
        return np.maximum(slope(_around, _around(blurred), self._far_around, steady, overall), 0)

    @cached_property
    def _far_around(self) -> Float32:
        return _around(self.far)


def _around(values: Float32) -> Float32:
    """The mean in the window around each pixel."""
    return _blur(values, WINDOW * max(values.shape))


def _blur(values: Float32, deviation_px: float) -> Float32:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), deviation_px, borderType=cv2.BORDER_REFLECT), np.float32)


def _half(begin: float, side: int) -> slice:
    """Half of ``side`` pixels, from the fraction ``begin`` of it."""
    start = int(begin * side)
    return slice(start, start + side // 2)


def _hann(length: int) -> Float32:
    return np.sin(np.pi * (np.arange(length, dtype=np.float32) + 0.5) / length) ** 2
