"""The smooth continuation of a background behind what stands before it, kept apart by disparity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]

CELL_COUNT = 45_000
"""The grid has about that many cells a bin, each at least two pixels wide: what is smooth needs no more."""
BIN_COUNT = 24
RELAXATIONS = 4
"""Passes, on every level, in which unknown cells become more like their neighbours: without them the rim shows."""
FULL_WEIGHT = 1.0
"""What a cell must hold, in pixels, before the coarser level has no say in it."""


def continued(rgb: Float32, source: NDArray[np.bool_], disparity: Float32) -> Float32:
    """A smooth (H, W, 3) float32 picture in which every pixel has the mean colour of the source around it at its disparity.

    Push-pull interpolation ("The Lumigraph", Gortler et al., 1996) in a bilateral grid (Chen, Paris and Durand, 2007) whose
    third axis is disparity: what lies near in the picture but at another distance has no say while there is anything else.
    rgb: (H, W, 3) float32; source: (H, W) bool, not empty; disparity: (H, W) float32, finite.
    """
    height, width = source.shape
    cell_px = max(2, round((height * width / CELL_COUNT) ** 0.5))
    shape = (-(-height // cell_px), -(-width // cell_px))
    low, high = float(disparity.min()), float(disparity.max())
    place = (disparity - low) * ((BIN_COUNT - 1) / max(high - low, 1e-9))
    grid = _pulled(_splat(rgb, source, place, shape, cell_px))
    return _slice(grid, place, cell_px)


def _splat(rgb: Float32, source: NDArray[np.bool_], place: Float32, shape: tuple[int, int], cell_px: int) -> Float32:
    rows, columns = np.nonzero(source)
    lower = np.minimum(place[rows, columns].astype(np.intp), BIN_COUNT - 2)
    part = place[rows, columns] - lower
    cell = (rows // cell_px) * shape[1] + columns // cell_px
    grid = np.zeros((BIN_COUNT, shape[0] * shape[1], 4), np.float32)
    for offset, weight in ((0, 1.0 - part), (1, part)):
        index = (lower + offset) * (shape[0] * shape[1]) + cell
        for channel in range(4):
            value = weight * rgb[rows, columns, channel] if channel < 3 else weight
            summed = np.bincount(index, weights=value, minlength=BIN_COUNT * shape[0] * shape[1])
            grid[:, :, channel] += summed.reshape(BIN_COUNT, -1)
    return grid.reshape(BIN_COUNT, *shape, 4)


def _pulled(grid: Float32) -> Float32:
    """Means (bins, h, w, 3) of sums and weights (bins, h, w, 4): empty cells take those of the coarser level."""
    bins, height, width, _ = grid.shape
    total = np.maximum(grid[..., 3:], 1e-12)
    if min(height, width) <= 1:
        mean = grid.sum(axis=(1, 2), keepdims=True)
        for _ in range(bins):
            if (mean[..., 3] > 0).all():
                break
            mean = np.where(mean[..., 3:] > 0, mean, _neighbouring_bins(mean))
        mean = np.broadcast_to(mean[..., :3] / np.maximum(mean[..., 3:], 1e-12), (bins, height, width, 3))
    else:
        size = -(-width // 2), -(-height // 2)
        padded = np.pad(grid, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)))
        coarse = np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in padded])
        coarse = 3.6 * coarse + 0.2 * _neighbouring_bins(coarse)
        below = _pulled(coarse)
        mean = np.stack([cv2.resize(plane, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_LINEAR) for plane in below])
        mean = mean[:, :height, :width]
    known = np.minimum(total / FULL_WEIGHT, 1.0)
    own = grid[..., :3] / total
    blended = mean + known * (own - mean)
    for _ in range(RELAXATIONS):
        around = np.empty_like(blended)
        for plane, blurred in zip(blended, around, strict=True):
            cv2.blur(plane, (3, 3), dst=blurred, borderType=cv2.BORDER_REPLICATE)
        blended = around + known * (own - around)
    return blended


def _neighbouring_bins(grid: Float32) -> Float32:
    summed = np.zeros_like(grid)
    summed[1:] += grid[:-1]
    summed[:-1] += grid[1:]
    return summed


def _slice(grid: Float32, place: Float32, cell_px: int) -> Float32:
    height, width = place.shape
    lower = np.minimum(place.astype(np.intp), BIN_COUNT - 2)
    part = (place - lower)[:, :, None]
    y, x = (np.arange(height) + 0.5) / cell_px - 0.5, (np.arange(width) + 0.5) / cell_px - 0.5
    y0, x0 = np.clip(y.astype(np.intp), 0, None)[:, None], np.clip(x.astype(np.intp), 0, None)[None, :]
    fy, fx = np.clip(y - y0[:, 0], 0, 1)[:, None, None], np.clip(x - x0[0], 0, 1)[None, :, None]
    y1, x1 = np.minimum(y0 + 1, grid.shape[1] - 1), np.minimum(x0 + 1, grid.shape[2] - 1)
    out = np.zeros((height, width, 3), np.float32)
    for offset, weight in ((0, 1.0 - part), (1, part)):
        plane = lower + offset
        upper = (1 - fx) * grid[plane, y0, x0] + fx * grid[plane, y0, x1]
        under = (1 - fx) * grid[plane, y1, x0] + fx * grid[plane, y1, x1]
        out += weight * ((1 - fy) * upper + fy * under)
    return out
