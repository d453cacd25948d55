"""The smooth continuation of a background behind what stands before it, kept apart by disparity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.strips import each, strips

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
    sliced = each(lambda rows: _slice(grid, place[rows], rows.start, cell_px), strips(height, width))
    return np.concatenate(sliced)


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
    if min(height, width) <= 1:
        mean = grid.sum(axis=(1, 2), keepdims=True)
        for _ in range(bins):
            if (mean[..., 3] > 0).all():
                break
            mean = np.where(mean[..., 3:] > 0, mean, _neighbouring_bins(mean))
        mean = mean[..., :3] / np.maximum(mean[..., 3:], 1e-12)
        below = np.broadcast_to(mean, (bins, height, width, 3))
    else:
        size = -(-width // 2), -(-height // 2)
        padded = np.pad(grid, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)))
        coarse = np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in padded])
        coarse = 3.6 * coarse + 0.2 * _neighbouring_bins(coarse)
        below = _pulled(coarse)

    def blended(some: slice) -> Float32:
        return np.stack([_blended(*pair) for pair in zip(grid[some], below[some], strict=True)])

    return np.concatenate(each(blended, strips(bins, height * width)))


def _blended(plane: Float32, below: Float32) -> Float32:
    """Means (h, w, 3) of one bin's sums and weights (h, w, 4), with the coarser level's means where it is empty."""
    height, width = plane.shape[:2]
    total = np.maximum(cv2.merge([plane[..., 3]] * 3), np.float32(1e-12))
    own, known = plane[..., :3] / total, np.minimum(total / np.float32(FULL_WEIGHT), 1)
    if below.shape[:2] != (height, width):
        size = 2 * below.shape[1], 2 * below.shape[0]
        below = cv2.resize(below, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
    blended = below + known * (own - below)
    for _ in range(RELAXATIONS):
        around = cv2.blur(blended, (3, 3), borderType=cv2.BORDER_REPLICATE)
        blended = around + known * (own - around)
    return blended


def _neighbouring_bins(grid: Float32) -> Float32:
    summed = np.zeros_like(grid)
    summed[1:] += grid[:-1]
    summed[:-1] += grid[1:]
    return summed


def _slice(grid: Float32, place: Float32, top: int, cell_px: int) -> Float32:
    """The grid at each pixel of the rows from ``top`` on."""
    height, width = place.shape
    lower = np.minimum(place.astype(np.intp), BIN_COUNT - 2)
    part = (place - lower)[:, :, None]
    y, x = (np.arange(top, top + height) + 0.5) / cell_px - 0.5, (np.arange(width) + 0.5) / cell_px - 0.5
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
