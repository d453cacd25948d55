"""Triangle meshes as coarse as a layer's disparity allows.

A right-triangulated irregular network (Evans, Kirkpatrick, Townsend, "Right-Triangulated Irregular Networks", 2001) over the
whole canvas: every triangle is right-angled and is split at the middle of its hypotenuse while the disparity there is off by
more than the tolerance. A vertex belongs to the triangles on both sides of its hypotenuse, so both split or neither does:
there are no cracks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32, Layer, Uint8

    Cells = TypeVar("Cells", Uint8, NDArray[np.bool_])

_ROOT = 32  # cells along a root square; a power of two
_MIXED = 2  # cells along the largest square that may mix opaque and transparent

LARGE = 0.3
"""Disparity from one surface to another that is a large step: triangles between the two show nothing that is there."""


def _none() -> NDArray[np.uint32]:
    return np.zeros((0, 3), np.uint32)


@dataclass(frozen=True, eq=False)
class Mesh:
    """The visible triangles of a layer.

    vertices: (V, 3) float32: x and y in pixels of the canvas, disparity.
    opaque, matte: (T, 3) uint32 triangles; ``opaque`` touch no pixel with alpha below 255, ``matte`` do and are sorted far to
        near; triangles without anything of their own to show are in neither.
    torn: (T, 3) uint32 triangles that are left out because they would be drawn out between two surfaces.
    """

    vertices: Float32
    opaque: NDArray[np.uint32]
    matte: NDArray[np.uint32] = field(default_factory=_none)
    torn: NDArray[np.uint32] = field(default_factory=_none)


@dataclass(frozen=True, eq=False)
class Lattice:
    """A layer at the points between which triangles can lie.

    heights: (rows + 1, columns + 1) disparity, and visible: whether anything of the layer lies around the point.
    lowest, highest: least and most alpha of cells of 1, 2, 4, .. _ROOT points a side.
    mixed: of such cells, those both opaque and transparent; None where all that is drawn is opaque.
    step: across and down, in pixels of the canvas, from point to point.
    """

    heights: Float32
    visible: NDArray[np.bool_]
    lowest: list[Uint8]
    highest: list[Uint8]
    mixed: list[NDArray[np.bool_]] | None
    step: tuple[float, float]


def sample(layer: Layer, step_px: float, *, spare: NDArray[np.bool_] | None = None, backstop: bool = False) -> Lattice:
    """Look at ``layer`` as closely as ``build`` wants to know.

    step_px: size of the smallest triangles, in pixels of the canvas.
    spare: (H, W), what the layer behind shows as well: triangles that reach beyond the layer's edge from there are left out.
    backstop: nothing lies behind the layer: its triangles are opaque, also those that reach beyond its edge.
    """
    height, width = layer.disparity.shape
    rows, columns = (_ROOT * max(1, round(side / (_ROOT * step_px))) for side in (height, width))
    heights, visible, least_alpha, most_alpha = _sample_lattice(layer, spare, rows, columns)
    lowest = _pyramid(least_alpha, np.minimum)
    highest = _pyramid(most_alpha, np.maximum)
    mixed = None if backstop else [(low < 255) & (high > 0) for low, high in zip(lowest, highest, strict=True)]
    return Lattice(heights, visible, lowest, highest, mixed, (width / columns, height / rows))


def build(lattice: Lattice, weight: Float32, tolerance: float, parting: Float32 | None = None) -> Mesh:
    """Mesh of a layer whose disparity, times ``weight``, errs by at most ``tolerance`` at the visible points of ``lattice``.

    weight: (h, w), what an error of disparity costs, coarsely over the canvas; 0 where no triangles are needed.
    parting: (h, w), how far a step of disparity parts two surfaces, in pixels of the canvas per unit: triangles between the two
        that are drawn out by half their size are left out; None = none is.
    """
    heights = lattice.heights
    cost = cv2.resize(weight, heights.shape[::-1], interpolation=cv2.INTER_NEAREST) * lattice.visible
    error = _split_errors(heights, cost, lattice.mixed)
    corners, solid = _refine(lattice, error, tolerance, _pyramid(_around(cost > 0), np.maximum))
    needed = np.zeros(heights.size, bool)
    needed[corners] = True
    used = np.flatnonzero(needed)
    index = np.cumsum(needed, dtype=np.uint32) - 1
    triangles = index[corners].astype(np.uint32)
    row, column = np.divmod(used, heights.shape[1])
    disparity = heights.ravel()[used]
    vertices = np.stack([column * lattice.step[0], row * lattice.step[1], disparity], 1).astype(np.float32)
    torn = np.zeros(len(corners), bool) if parting is None else _drawn_out(lattice, corners, parting)
    matte = triangles[~solid]
    distance = disparity[matte[:, 0]] + disparity[matte[:, 1]] + disparity[matte[:, 2]]
    return Mesh(vertices, triangles[solid & ~torn], matte[np.argsort(distance, kind="stable")], triangles[torn])


def _drawn_out(lattice: Lattice, corners: NDArray[np.int64], parting: Float32) -> NDArray[np.bool_]:
    """(T,): which triangles lie between two surfaces and are drawn out by half when these part."""
    heights, ring = lattice.heights, np.ones((3, 3), np.uint8)
    between = (cv2.dilate(heights, ring) - cv2.erode(heights, ring) > LARGE).ravel()[corners].any(axis=1)
    corners = corners[between]
    row, column = np.divmod(corners, heights.shape[1])
    size = np.maximum(np.ptp(row, axis=1), np.ptp(column, axis=1)) * max(lattice.step)
    part = row * parting.shape[0] // heights.shape[0], column * parting.shape[1] // heights.shape[1]
    between[between] = np.ptp(heights.ravel()[corners], axis=1) * parting[part].max(1) > size / 2
    return between


def _sample_lattice(
    layer: Layer, spare: NDArray[np.bool_] | None, rows: int, columns: int
) -> tuple[Float32, NDArray[np.bool_], Uint8, Uint8]:
    """Disparity and visibility at the lattice points (pixel corners), least and most alpha in the cells between them.

    Alpha counts one pixel further than it is drawn, for bilinear filtering reads that far; the most leaves out what is spare.
    """
    height, width = layer.disparity.shape
    x = np.linspace(0, width, columns + 1, dtype=np.float32) - 0.5
    y = np.linspace(0, height, rows + 1, dtype=np.float32) - 0.5
    grid_x, grid_y = np.meshgrid(x, y)
    heights = cv2.remap(layer.disparity, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = np.ascontiguousarray(layer.rgba[..., 3])
    if alpha.min() == 255:
        full = np.full((rows, columns), 255, np.uint8)
        return heights, np.ones(heights.shape, bool), full, full
    reach = 2 * int(np.ceil(max(width / columns, height / rows) / 2)) + 3
    window = np.ones((reach, reach), np.uint8)
    at = (
        np.clip((np.arange(rows) + 0.5) * height / rows, 0, height - 1).astype(int)[:, None],
        np.clip((np.arange(columns) + 0.5) * width / columns, 0, width - 1).astype(int)[None, :],
    )
    nearest = np.clip(np.rint(grid_y), 0, height - 1).astype(int), np.clip(np.rint(grid_x), 0, width - 1).astype(int)
    around = np.ones((2 * reach - 1, 2 * reach - 1), np.uint8)  # a point counts if a triangle that ends there may be seen
    visible = cv2.dilate(alpha, around)[nearest] > 0
    own = alpha if spare is None else np.where(spare, np.uint8(0), alpha)
    return heights, visible, cv2.erode(alpha, window)[at], cv2.dilate(own, window)[at]


def _around(points: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the cells between lattice points, those with one that is set at a corner."""
    rowwise = points[1:] | points[:-1]
    return rowwise[:, 1:] | rowwise[:, :-1]


def _pyramid(cells: Cells, pick: np.ufunc) -> list[Cells]:
    """``cells`` and its halvings up to the root squares, joined by ``pick`` (minimum or maximum)."""
    levels = [cells]
    while 2 ** (len(levels) - 1) < _ROOT:
        fine = levels[-1]
        levels.append(pick(pick(fine[::2, ::2], fine[1::2, ::2]), pick(fine[::2, 1::2], fine[1::2, 1::2])))
    return levels


def _split_errors(heights: Float32, cost: Float32, mixed: list[NDArray[np.bool_]] | None) -> Float32:
    """For every lattice point the largest error that splitting its hypotenuse (and all below it) takes away."""
    error = np.zeros(heights.shape, np.float32)
    size = 2
    while size <= _ROOT:
        half = size // 2
        own = mixed[size.bit_length() - 1] if mixed and size > _MIXED else None
        _edge_errors(error, heights, cost, size, own)
        _edge_errors(error.T, heights.T, cost.T, size, None if own is None else own.T)
        corner = heights[::size, ::size]
        main = (corner[:-1, :-1] + corner[1:, 1:]) / 2
        anti = (corner[:-1, 1:] + corner[1:, :-1]) / 2
        parity = np.add.outer(np.arange(main.shape[0]), np.arange(main.shape[1])) % 2 == 0
        centre = slice(half, None, size)
        off = np.abs(heights[centre, centre] - np.where(parity, main, anti)) * cost[centre, centre]
        across, down = error[::size, centre], error[centre, ::size]
        for below in (across[:-1], across[1:], down[:, :-1], down[:, 1:]):
            np.maximum(off, below, out=off)
        if own is not None:
            off[own] = np.inf
        error[centre, centre] = off
        size *= 2
    return error


def _edge_errors(error: Float32, heights: Float32, cost: Float32, size: int, mixed: NDArray[np.bool_] | None) -> None:
    """Errors at the middles of the horizontal edges of the squares of ``size`` cells, written into ``error``."""
    half, quarter = size // 2, size // 4
    at = (slice(None, None, size), slice(half, None, size))
    row = heights[::size, ::size]
    off = np.abs(heights[at] - (row[:, :-1] + row[:, 1:]) / 2) * cost[at]
    if quarter:
        centres = error[quarter::half, quarter::half]  # of the squares of half the size
        rowwise = np.maximum(centres[:, ::2], centres[:, 1::2])
        np.maximum(off[:-1], rowwise[::2], out=off[:-1])
        np.maximum(off[1:], rowwise[1::2], out=off[1:])
    if mixed is not None:
        off[:-1][mixed] = np.inf
        off[1:][mixed] = np.inf
    error[at] = off


def _refine(
    lattice: Lattice, error: Float32, tolerance: float, needed: list[NDArray[np.bool_]]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Split the root triangles while the error at their hypotenuse's middle is above ``tolerance``.

    needed: whether anything of cells of 1, 2, 4, .. points a side is shown.

    Returns (T, 3) for every triangle that shows something the two ends of the hypotenuse and the apex, by their places in the
    lattice, and (T,) whether it is opaque. All triangles of a round are of one size: two rounds make squares half as large.
    """
    rows, columns = error.shape
    top, left = np.meshgrid(np.arange(rows // _ROOT), np.arange(columns // _ROOT), indexing="ij")
    near = _ROOT * (top * columns + left).ravel()
    far, beside, below = near + _ROOT * (columns + 1), near + _ROOT, near + _ROOT * columns
    even = (top + left).ravel() % 2 == 0
    start, end = np.where(even, near, beside), np.where(even, far, below)
    one, other = np.where(even, beside, near), np.where(even, below, far)
    active = np.concatenate([np.stack([start, end, one], 1), np.stack([start, end, other], 1)])
    corners, solid = [], []
    for turn in range(2 * _ROOT.bit_length() - 1):
        level = _ROOT.bit_length() - 1 - turn // 2
        start, end, apex = active.T
        middle = (start + end - (0 if level else columns + 1)) // 2  # of the smallest, the corner of their cell
        split = error.ravel()[middle] > tolerance if level else np.zeros(len(active), bool)
        row, column = np.divmod((apex if turn % 2 else middle)[~split], columns)  # inside the cell that it is a part of
        cell = row >> level, column >> level
        low, high = lattice.lowest[level][cell], lattice.highest[level][cell]
        if level == 1:  # the largest with a matte count by the cells they lie in: one that leads into a gap would be a sliver
            inner = row, column
            ends = [np.divmod(point[~split], columns) for point in active.T[: 2 if turn % 2 else 3]]
            own = [tuple(map(np.minimum, inner, end)) for end in ends]
            high = np.maximum.reduce([lattice.highest[0][each] for each in own])
        shown = needed[level][cell] & ((high > 0) | (low == 255))
        corners.append(active[~split][shown])
        solid.append(((low == 255) | (lattice.mixed is None))[shown])
        start, end, apex, middle = start[split], end[split], apex[split], middle[split]
        active = np.concatenate([np.stack([start, apex, middle], 1), np.stack([apex, end, middle], 1)])
    return np.concatenate(corners), np.concatenate(solid)
