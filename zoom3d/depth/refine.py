"""Turns a coarse, blurry disparity map into one whose jumps sit on the photograph's own edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.depth import _follow, _sharpen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]

WORKING_SIZE = 1024
"""Longest side, in px, at which the jumps are found; what is larger is only followed up to its own pixels."""

_USUAL_BLUR = 0.75  # px of the coarse map: what a network's output shows at its own size
_SHARP = 0.6
_OVERSHOOT = 0.1  # of a step, by which a narrow thing may leave the range of its coarse map: blur took that from it
_CALM_RADIUS = 0.006  # of the longer side; with the next: smaller bumps are noise (Gastal & Oliveira 2011)
_CALM_STEP = 0.03  # disparity
_NO_JUMP = 0.02  # a map with less range than this has no jumps to sharpen
_LARGEST_RADIUS = 48


def refine(disparity: NDArray[np.float32], rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Disparity at the photograph's size, with sharp jumps on the photograph's edges.

    disparity: (h, w) float32 in [0, 1], any size. rgb: (H, W, 3) uint8. Returns (H, W) float32 in [0, 1].
    """
    height, width = rgb.shape[:2]
    coarse = np.ascontiguousarray(disparity, np.float32)
    low, high = max(0.0, float(coarse.min())), min(1.0, float(coarse.max()))
    factor = max(width / coarse.shape[1], height / coarse.shape[0])
    if high - low < _NO_JUMP:
        return np.clip(_resize(coarse, (width, height)), low, high)
    blur = _sharpen.edge_blur(coarse)
    if factor <= 1.25 and (blur is None or blur <= _SHARP):
        return np.clip(_resize(coarse, (width, height)), low, high)
    if blur is not None and blur > 1.0:
        shrink = blur / _USUAL_BLUR
        coarse = _resize(coarse, (max(4, round(coarse.shape[1] / shrink)), max(4, round(coarse.shape[0] / shrink))))
    scale = min(1.0, WORKING_SIZE / max(height, width))
    size = max(4, round(width * scale)), max(4, round(height * scale))
    guide = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if scale < 1 else np.ascontiguousarray(rgb)
    sharp = _deblur(coarse, guide)
    if scale < 1:
        sharp = _follow.enlarge(sharp, guide, rgb)
    else:
        sharp = _follow.choose(sharp, guide, _follow.sides(sharp, guide, 2), 1.2)
    return np.clip(sharp, low, high)


def _resize(disparity: Float32, size: tuple[int, int]) -> Float32:
    if disparity.shape == size[::-1]:
        return np.array(disparity)
    shrinks = size[0] < disparity.shape[1]
    return np.asarray(cv2.resize(disparity, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))


def _deblur(coarse: Float32, guide: NDArray[np.uint8]) -> Float32:
    size = guide.shape[1::-1]
    radius = int(np.clip(round(max(size[0] / coarse.shape[1], size[1] / coarse.shape[0])), 1, _LARGEST_RADIUS))
    smooth = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    near, far = _sharpen.local_range(smooth, radius)
    start = _sharpen.snap(smooth, near, far)
    sigma = _sharpen.fit_blur(start, coarse)
    sharp = _sharpen.explain(coarse, start, _sharpen.photograph_edges(guide), max(0.3, sigma))
    room = _OVERSHOOT * (near - far)
    sharp = np.clip(sharp, far - room, near + room)
    linear_near, linear_far = _sharpen.local_range(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), radius)
    tolerance = 1.5 * cv2.dilate(room, np.ones((6 * radius + 1, 6 * radius + 1), np.uint8))
    sharp += _wide(sharp >= linear_near - tolerance, radius) * np.minimum(linear_near - sharp, 0)
    sharp += _wide(sharp <= linear_far + tolerance, radius) * np.maximum(linear_far - sharp, 0)
    return np.asarray(cv2.ximgproc.dtFilter(sharp, sharp, _CALM_RADIUS * max(size), _CALM_STEP))


def _wide(mask: NDArray[np.bool_], radius: int) -> Float32:
    """1 in the parts of ``mask`` at least 3 radii wide and on their seam, fading: overshoot there is ringing, not thinness."""
    window = np.ones((3 * radius, 3 * radius), np.uint8)
    seam = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    wide = cv2.dilate(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, window), seam).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), radius / 2), np.float32)
