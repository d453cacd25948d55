"""Moves the soft steps of a map onto the photograph's edges, calms what lies between them, and keeps the map's own values.

Weighted least squares (Farbman et al., SIGGRAPH 2008), solved in both directions at once: smoothing row by row and column by
column, which is quicker, draws streaks over fur, grass and faces. Three things differ from the usual. A map is trusted little
where it steps: a network knows the surfaces on either side, not where one ends. An edge counts by how far it stands out of the
texture around it, in a photograph that a mean shift (Comaniciu & Meer, PAMI 2002) has flattened into surfaces. And what is
taken for one subject holds together wherever the map itself is flat, whatever it is painted with, and what stands upright also
where it is not.

A floor has no steps, whatever is painted on it: from the lower border on, a map that rises evenly stays as it is.

Smoothing moves whole surfaces. What it took from each is put back by a filter that stops at the settled map's own steps
(domain transform, Gastal & Oliveira, SIGGRAPH 2011): so the order of the surfaces stays that of the map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Mask = NDArray[np.bool_]
    Hold = tuple[Float32, float, float]
    """What holds together, 0 to 1; how strongly; and the deviations between two pixels that loosen them."""

_SMOOTHNESS = 8000.0
_STEP, _STEP_RADIUS = 0.15, 4  # deviations of the map within so many px: where it is trusted half as much
_LEAST_TRUST = 0.01
_EDGE_CONTRAST, _TEXTURE_SHARE, _TEXTURE_SIZE = 3.0, 0.5, 12.0  # 8-bit steps, share of the mean step around, px
_HOLD, _FLAT = 0.1, 0.02  # how strongly a subject's pixels hold together, and the deviations between two that loosen them
_BODY_HOLD, _BODY_FLAT = 4.0, 0.4  # the same of those within what stands upright: no chin is torn from its neck
_OUTLINE = 8  # px of what stands upright that are left to the edges
_CALM, _SMALL_STEP = np.float32(1000), np.float32(0.07)  # then steps below so many deviations are smoothed so much
_LONG = 12.0  # px: what smoothing changed over more than that is put back, or floors would lie flat
_STRENGTHEN = np.float32(0.3)  # share by which what is smaller than that grows, for an unsure network draws steps low
_SURFACE, _OTHER_SURFACE = 32.0, 0.07  # px and deviations over which what smoothing changed of a surface is put back
_PATCH, _LIKENESS = 8, 24.0  # px and 8-bit steps: what the mean shift takes for one surface
_FINE, _REGION = 2.0, 12.0  # px over which a floor's slope is measured, and the slope of what lies around it
_LEAST_SLOPE, _EVEN = 0.01, 1.6  # deviations a pixel down the picture; times the slope around: what is steeper is a step
_LOWEST, _FADE = 3, 3.0  # rows, one of which a floor reaches; px: deviation of its soft outline
_LEVELS, _ROUNDS = 3, 40  # the solution of half the size starts that of the whole; rounds of conjugate gradients on each


def settle(disparity: Float32, rgb: NDArray[np.uint8], subject: Mask, upright: Mask) -> Float32:
    """``disparity``, (H, W) of deviation about 1, with its steps on the edges of ``rgb``, (H, W, 3).

    subject, upright: of any size, what is one thing in the photograph, and what stands there in one piece, with its outline.
    """
    around = np.ones((2 * _STEP_RADIUS + 1,) * 2, np.uint8)
    step = cv2.dilate(disparity, around) - cv2.erode(disparity, around)
    trust = np.asarray(1 / (1 + (step / _STEP) ** 2) + _LEAST_TRUST, np.float32)
    subject, upright = (
        cv2.resize(mask.astype(np.uint8), disparity.shape[::-1], interpolation=cv2.INTER_NEAREST) for mask in (subject, upright)
    )
    body = cv2.erode(upright, np.ones((2 * _OUTLINE + 1,) * 2, np.uint8))
    holds = (subject.astype(np.float32), _HOLD, _FLAT), (body.astype(np.float32), _BODY_HOLD, _BODY_FLAT)
    settled = _calm(_smooth(disparity, trust, _flattened(rgb), holds))
    settled += cv2.GaussianBlur(disparity - settled, (0, 0), _LONG)
    settled += _by_surface(disparity - settled, trust, settled)
    settled += _STRENGTHEN * (settled - cv2.GaussianBlur(settled, (0, 0), _LONG))
    settled += _floor(disparity) * (disparity - settled)
    return np.asarray(np.clip(settled, disparity.min(), disparity.max()), np.float32)  # nothing lies behind the sky


def _smooth(disparity: Float32, trust: Float32, rgb: NDArray[np.uint8], holds: Sequence[Hold]) -> Float32:
    """``disparity`` where it is trusted, alike where pixels are linked: coarse to fine."""
    height, width = disparity.shape
    settled: Float32 | None = None
    for level in reversed(range(_LEVELS)):
        size = max(8, width >> level), max(8, height >> level)
        start, weight = (cv2.resize(values, size, interpolation=cv2.INTER_AREA) for values in (disparity, trust))
        right, down = _links(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), _TEXTURE_SIZE / 2**level)
        for whole, strength, flat in holds:
            part = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
            _hold(right, start, part, 1, strength, flat * 2**level)
            _hold(down, start, part, 0, strength, flat * 2**level)
        smoothness = np.float32(_SMOOTHNESS / 4**level)
        guess = start if settled is None else cv2.resize(settled, size, interpolation=cv2.INTER_LINEAR)
        settled = _solve(start, weight, smoothness * right, smoothness * down, np.asarray(guess, np.float32))
    assert settled is not None
    return settled


def _hold(links: Float32, disparity: Float32, part: Float32, axis: int, strength: float, flat: float) -> None:
    """Strengthens, in place, those of ``links`` along ``axis`` that lie within ``part`` and where the map is ``flat``."""
    ahead, behind = (np.delete(part, end, axis) for end in (0, -1))
    slope = np.diff(disparity, axis=axis) / np.float32(flat)
    np.maximum(links, np.float32(strength) * np.minimum(ahead, behind) * np.exp(-(slope**2)), out=links)


def _by_surface(change: Float32, trust: Float32, settled: Float32) -> Float32:
    """The mean of ``change``, weighted by ``trust``, over what of ``settled`` lies around each pixel without a step between."""
    layers = np.stack([change * trust, trust, trust], 2)  # the filter takes one channel or three
    weighted = cv2.ximgproc.dtFilter(settled, layers, _SURFACE, _OTHER_SURFACE)
    return np.asarray(weighted[..., 0] / np.maximum(weighted[..., 1], 1e-6), np.float32)


def _floor(disparity: Float32) -> Float32:
    """How surely each pixel is a floor's: what comes nearer downwards, evenly, as far as the lower border."""
    fine = cv2.GaussianBlur(disparity, (0, 0), _FINE, borderType=cv2.BORDER_REFLECT)
    down, right = np.gradient(fine)
    around = cv2.GaussianBlur(np.maximum(down, 0), (0, 0), _REGION, borderType=cv2.BORDER_REFLECT)
    even = (around > _LEAST_SLOPE) & (np.hypot(down, right) < _EVEN * around) & (down > np.abs(right))
    _, parts = cv2.connectedComponents(even.astype(np.uint8), connectivity=4)
    floor = even & np.isin(parts, parts[-_LOWEST:])
    return np.asarray(cv2.GaussianBlur(floor.astype(np.float32), (0, 0), _FADE), np.float32)


def _flattened(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3): each pixel of the colour that is commonest around it among those like its own, without lone pixels."""
    bordered = cv2.copyMakeBorder(rgb, *[2 * _PATCH] * 4, cv2.BORDER_REFLECT)  # OpenCV leaves some pixels along borders alone
    flat = cv2.pyrMeanShiftFiltering(bordered, _PATCH, _LIKENESS, maxLevel=1)
    return np.ascontiguousarray(cv2.medianBlur(flat, 3)[2 * _PATCH : -2 * _PATCH, 2 * _PATCH : -2 * _PATCH])


def _links(rgb: NDArray[np.uint8], texture_size: float) -> tuple[Float32, Float32]:
    """How strongly each pixel holds to its right, (H, W - 1), and lower neighbour, (H - 1, W), in (0, 1]."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).astype(np.float32)
    right, down = (np.abs(np.diff(lab, axis=axis)).max(2) for axis in (1, 0))
    mean = cv2.GaussianBlur(np.pad(right, ((0, 0), (0, 1))) + np.pad(down, ((0, 1), (0, 0))), (0, 0), texture_size) / 2
    usual = _EDGE_CONTRAST + _TEXTURE_SHARE * mean
    return np.exp(-((right / usual[:, :-1]) ** 2)) + np.float32(1e-6), np.exp(-((down / usual[:-1]) ** 2)) + np.float32(1e-6)


def _solve(wanted: Float32, weight: Float32, right: Float32, down: Float32, guess: Float32) -> Float32:
    """Near ``wanted`` where its weight is high, alike where neighbours are linked: conjugate gradients from ``guess``."""
    diagonal = weight + np.pad(right, ((0, 0), (0, 1))) + np.pad(right, ((0, 0), (1, 0)))
    diagonal += np.pad(down, ((0, 1), (0, 0))) + np.pad(down, ((1, 0), (0, 0)))

    def apply(values: Float32) -> Float32:
        result = weight * values
        pull = right * (values[:, :-1] - values[:, 1:])
        result[:, :-1] += pull
        result[:, 1:] -= pull
        pull = down * (values[:-1] - values[1:])
        result[:-1] += pull
        result[1:] -= pull
        return result

    x = guess
    rest = weight * wanted - apply(x)
    scaled = rest / diagonal
    way, error = scaled, _dot(rest, scaled)
    for _ in range(_ROUNDS):
        if error < 1e-9:
            break
        turned = apply(way)
        length = np.float32(error / _dot(way, turned))
        x = x + length * way
        rest = rest - length * turned
        scaled = rest / diagonal
        before, error = error, _dot(rest, scaled)
        way = scaled + np.float32(error / before) * way
    return x


def _calm(settled: Float32) -> Float32:
    """``settled`` with its small steps smoothed away and its large ones left, whatever the photograph shows there."""
    right, down = (_CALM * np.exp(-((np.diff(settled, axis=axis) / _SMALL_STEP) ** 2)) for axis in (1, 0))
    return _solve(settled, np.ones_like(settled), right, down, settled)


def _dot(a: Float32, b: Float32) -> float:
    return float((a * b).sum(dtype=np.float64))
