"""The numerical parts of the refinement: how blurred a map is, and the sharp map that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]

_FIDELITY = 40.0
_SLOPE = 2.0  # disparity over the shorter side that may still be a slanted surface
_STEPS = 40
_EDGE_REACH = 4
_EDGE_MIN_COUNT = 5
_EDGE_PERCENTILE = 15
_SAMPLING_VARIANCE = 1 / 6  # of a step, area-sampled (1/12) and then differenced (1/12)


def _edge_variances(disparity: Float32) -> NDArray[np.float64]:
    """Variance, across the edge and in px², of every clean isolated horizontal step."""
    window = 2 * _EDGE_REACH + 1
    slope = np.diff(disparity.astype(np.float64), axis=1)
    if slope.shape[1] < window:
        return np.zeros(0)
    row_slope = np.zeros_like(slope)
    row_slope[1:-1] = ((disparity[2:, 1:] - disparity[:-2, 1:]) + (disparity[2:, :-1] - disparity[:-2, :-1])) / 4
    candidates = np.abs(slope[:, _EDGE_REACH : slope.shape[1] - _EDGE_REACH]) > 0.01
    rows, columns = np.nonzero(candidates)
    profile = np.lib.stride_tricks.sliding_window_view(slope, window, axis=1)[rows, columns]
    profile = profile * np.sign(profile[:, _EDGE_REACH])[:, None]
    peak = profile[:, _EDGE_REACH]
    tilt = np.abs(row_slope[rows, columns + _EDGE_REACH]) / peak
    clean = (peak >= profile.max(1)) & (profile.min(1) > -0.03 * peak) & (profile.sum(1) > 0.06)
    clean &= (np.maximum(profile[:, 0], profile[:, -1]) < 0.06 * peak) & (tilt < 0.5)
    profile, tilt = profile[clean], tilt[clean]
    position = np.arange(window) - _EDGE_REACH
    weight = profile / profile.sum(1, keepdims=True)
    centre = (weight * position).sum(1)
    return np.asarray((weight * (position - centre[:, None]) ** 2).sum(1) / (1 + tilt**2))


def edge_blur(disparity: Float32) -> float | None:
    """Standard deviation, in px of the map, of the blur that its sharpest steps show; None where it has too few steps.

    disparity: (h, w) float32. Second moment of the slope across isolated steps, obliqueness and sampling taken out;
    a low percentile, since slanted surfaces and neighbouring steps only ever widen it. Steps wider than the window are looked
    for at half the size.
    """
    variances = np.concatenate([_edge_variances(disparity), _edge_variances(np.ascontiguousarray(disparity.T))])
    if len(variances) < _EDGE_MIN_COUNT:
        halved = disparity.shape[1] // 2, disparity.shape[0] // 2
        if min(halved) <= 2 * _EDGE_REACH:
            return None
        wider = edge_blur(cv2.resize(disparity, halved, interpolation=cv2.INTER_AREA))
        return None if wider is None else 2 * wider
    return float(np.sqrt(max(float(np.percentile(variances, _EDGE_PERCENTILE)) - _SAMPLING_VARIANCE, 0.0)))


def snap(smooth: Float32, near: Float32, far: Float32) -> Float32:
    """``near`` where ``smooth`` lies in the upper half of [far, near], else ``far``; left alone where the two hardly differ."""
    weight = np.clip((near - far - 0.04) / 0.04, 0, 1)
    choice = np.where(2 * smooth > near + far, near, far)
    return np.asarray(smooth + weight * (choice - smooth), np.float32)


def local_range(disparity: Float32, radius: int) -> tuple[Float32, Float32]:
    """Largest and smallest value within ``radius`` px."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(disparity, kernel), cv2.erode(disparity, kernel)


def fit_blur(sharp: Float32, coarse: Float32) -> float:
    """Standard deviation, in px of ``coarse``, of the Gaussian that turns ``sharp`` into ``coarse`` after area averaging."""
    averaged = cv2.resize(sharp, coarse.shape[::-1], interpolation=cv2.INTER_AREA)
    sigmas = np.arange(0.2, 1.5, 0.05)
    errors = [float(np.abs(cv2.GaussianBlur(averaged, (0, 0), float(sigma)) - coarse).mean()) for sigma in sigmas]
    return float(sigmas[int(np.argmin(errors))])


@dataclass(frozen=True)
class Edges:
    """How readily the map may jump between neighbours: 1 = inside a surface, towards 0 on the photograph's edges.

    right, down: (H, W) float32, towards the right and the lower neighbour.
    """

    right: Float32
    down: Float32


def photograph_edges(rgb: NDArray[np.uint8], contrast: float = 4.0, floor: float = 0.02) -> Edges:
    """Jump costs exp(-|difference| / ``contrast``), difference in CIE Lab, never below ``floor``."""
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 0.6).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    right, down = np.ones(lab.shape[:2], np.float32), np.ones(lab.shape[:2], np.float32)
    right[:, :-1] = np.maximum(np.exp(_length(np.diff(lab, axis=1)) / -contrast), floor)
    down[:-1] = np.maximum(np.exp(_length(np.diff(lab, axis=0)) / -contrast), floor)
    return Edges(right, down)


def _length(vectors: Float32) -> Float32:
    """(h, w, 3) -> (h, w)."""
    return np.asarray(cv2.sqrt(cv2.transform(vectors * vectors, np.ones((1, 3), np.float32))))


def explain(coarse: Float32, start: Float32, edges: Edges, sigma: float) -> Float32:
    """The map with the least edge-weighted variation that, averaged and blurred, gives back ``coarse``.

    coarse: (h, w); start: (H, W), a first guess. Minimises  fidelity/2 |A x - coarse|² + sum of weight · huber(x's
    differences), A = area average to (h, w), then a Gaussian of ``sigma`` px there; small differences count as slope, so
    slanted planes stay planes. Primal-dual steps of Chambolle & Pock, "A First-Order Primal-Dual Algorithm" (JMIV 2011),
    algorithm 1; the weighting follows Ferstl et al., "Image Guided Depth Upsampling using Anisotropic Total
    Generalized Variation" (ICCV 2013).
    """
    size, coarse_size = start.shape[::-1], coarse.shape[::-1]
    primal = float(np.sqrt(0.002 / 8.5))
    dual = 1 / 8.5 / primal
    rounding = dual * _SLOPE / min(size)
    shrink_right, shrink_down = 1 / (1 + rounding / edges.right), 1 / (1 + rounding / edges.down)
    left, up = -edges.right, -edges.down
    x: Float32 = start.copy()
    ahead = start.copy()
    across, along, data = np.zeros_like(start), np.zeros_like(start), np.zeros_like(coarse)
    for _ in range(_STEPS):
        across[:, :-1] += dual * (ahead[:, 1:] - ahead[:, :-1])
        along[:-1] += dual * (ahead[1:] - ahead[:-1])
        across *= shrink_right
        along *= shrink_down
        np.maximum(np.minimum(across, edges.right, out=across), left, out=across)  # a fifth of the time of np.clip
        np.maximum(np.minimum(along, edges.down, out=along), up, out=along)
        seen = cv2.GaussianBlur(cv2.resize(ahead, coarse_size, interpolation=cv2.INTER_AREA), (0, 0), sigma)
        data = (data + dual * (seen - coarse)) / (1 + dual / _FIDELITY)
        change = -cv2.resize(cv2.GaussianBlur(data, (0, 0), sigma), size, interpolation=cv2.INTER_LINEAR)
        change += across
        change[:, 1:] -= across[:, :-1]
        change += along
        change[1:] -= along[:-1]
        change *= primal
        ahead = x + 2 * change
        x += change
    return np.asarray(x)
