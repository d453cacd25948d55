"""Moves the jumps of a disparity map onto the photograph's own edges, pixel by pixel.

Near a jump every pixel belongs either to the near or to the far surface. Which of the two is decided by where it stands and by
whose colour it has, the colours of both surfaces being means over the neighbourhood: the two-colour reasoning of image matting,
with a sharp answer.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]

_SMALLEST_JUMP = 0.05
_FULL_JUMP = 0.1
_NEIGHBOURHOOD = 5  # px: how far around a jump the colours of its two sides are taken
_COLOUR_NOISE = 32.0  # 8-bit levels: sides that differ by less say little
_TILE = 512


@dataclass(frozen=True, eq=False)
class Sides:
    """The two surfaces that every pixel could belong to.

    near, far: (h, w) float32, their disparities; equal away from jumps.
    toward_near: (h, w, 4) float32: colour @ toward_near[..., :3] + toward_near[..., 3] is +1 for the near side's mean colour
        and -1 for the far side's, and nearer 0 the less the two differ. Colour in 8-bit levels.
    """

    near: Float32
    far: Float32
    toward_near: Float32


def sides(disparity: Float32, rgb: NDArray[np.uint8], reach: int) -> Sides:
    """The surfaces within ``reach`` px of each pixel. disparity: (h, w) float32; rgb: (h, w, 3) uint8."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near, far = cv2.dilate(disparity, kernel), cv2.erode(disparity, kernel)
    place = (disparity - far) / np.maximum(near - far, 1e-6)
    colour = rgb.astype(np.float32)
    near_colour = _mean_colour(colour, (place > 0.8).astype(np.float32))
    far_colour = _mean_colour(colour, (place < 0.2).astype(np.float32))
    direction = near_colour - far_colour
    toward_near = np.empty((*disparity.shape, 4), np.float32)
    scale = 2 / (_sum_of_channels(direction * direction)[..., None] + _COLOUR_NOISE**2)
    toward_near[..., :3] = direction * scale
    toward_near[..., 3] = _sum_of_channels(toward_near[..., :3] * (near_colour + far_colour)) / -2
    return Sides(near, far, toward_near)


def _sum_of_channels(values: Float32) -> Float32:
    """(h, w, 3) -> (h, w); numpy's own sum over so short an axis takes ten times as long."""
    return np.asarray(cv2.transform(values, np.ones((1, 3), np.float32)))


def _mean_colour(colour: Float32, mask: Float32) -> Float32:
    size = (2 * _NEIGHBOURHOOD + 1, 2 * _NEIGHBOURHOOD + 1)
    total = cv2.boxFilter(colour * mask[..., None], -1, size)
    return np.asarray(total / (cv2.boxFilter(mask, -1, size)[..., None] + 1e-4), np.float32)


def choose(disparity: Float32, rgb: NDArray[np.uint8], either: Sides, smoothing: float) -> Float32:
    """Each pixel on one of its two sides; all arrays of one size. ``smoothing``: standard deviation in px, against speckle."""
    gap = either.near - either.far
    decision = (2 * disparity - either.near - either.far) / np.maximum(gap, 1e-6)
    weights = either.toward_near
    agreement = weights[..., 3].copy()
    for channel in range(3):
        agreement += weights[..., channel] * rgb[..., channel]
    decision += np.clip(agreement, -1, 1)
    decision = cv2.GaussianBlur(decision, (0, 0), smoothing)
    weight = np.clip((gap - _SMALLEST_JUMP) / (_FULL_JUMP - _SMALLEST_JUMP), 0, 1)
    return np.asarray(disparity + weight * (np.where(decision > 0, either.near, either.far) - disparity), np.float32)


def enlarge(disparity: Float32, guide: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> Float32:
    """``disparity`` at the size of ``rgb``, jumps on its pixels. guide: the photograph at the size of ``disparity``.

    Smooth parts are interpolated; tiles with jumps are decided pixel by pixel, two at a time.
    """
    height, width = rgb.shape[:2]
    either = sides(disparity, guide, 2)
    result: Float32 = cv2.resize(disparity, (width, height), interpolation=cv2.INTER_LINEAR)
    scale_x, scale_y = width / disparity.shape[1], height / disparity.shape[0]
    smoothing = 0.8 * max(scale_x, scale_y, 1.5)
    margin = int(4 * smoothing) + 1
    jumps = cv2.resize(
        (either.near - either.far > _SMALLEST_JUMP).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
    )

    def decide(corner: tuple[int, int]) -> None:
        top, left = corner
        bottom, right = min(top + _TILE, height), min(left + _TILE, width)
        if not jumps[top:bottom, left:right].any():
            return
        outer_top, outer_left = max(top - margin, 0), max(left - margin, 0)
        outer = np.s_[outer_top : min(bottom + margin, height), outer_left : min(right + margin, width)]
        crop = rgb[outer]
        shift_x, shift_y = (outer_left + 0.5) / scale_x - 0.5, (outer_top + 0.5) / scale_y - 0.5
        move = np.array([[1 / scale_x, 0, shift_x], [0, 1 / scale_y, shift_y]], np.float32)

        def cut(values: Float32) -> Float32:
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            return np.asarray(cv2.warpAffine(values, move, crop.shape[1::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE))

        chosen = choose(cut(disparity), crop, Sides(cut(either.near), cut(either.far), cut(either.toward_near)), smoothing)
        inner = chosen[top - outer_top : bottom - outer_top, left - outer_left : right - outer_left]
        result[top:bottom, left:right] = inner

    corners = [(top, left) for top in range(0, height, _TILE) for left in range(0, width, _TILE)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(decide, corners))
    return result
