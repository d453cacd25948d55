"""What is seen where the farthest layer ends or is torn: its lower surfaces, continued behind its higher ones.

A layer has one surface everywhere. Where it goes on behind two things at once, as behind a collar and behind the neck in front
of the collar, one of its surfaces stands next to the other, and triangles between them are drawn out when the camera passes, in
streaks that grow and go. They are left out, and this is seen instead. It is coarse: all of it is a guess about a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.opencv import nearest
from zoom3d.render.mesh import LARGE, Mesh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32, Layer, Uint8

    Mask = NDArray[np.bool_]

_CELLS = 64  # along the longer side
_PARTS = 4  # of a cell's side, by which it is known whether the cell is needed
_REDUCTION = 3  # of the canvas, if that is of two megapixels
_STEP = LARGE / 2  # disparity: what is so much higher may hide something
_MIXED = 2  # pixels of the reduced picture: so far beside a higher surface there may be some of its colour


@dataclass(frozen=True, eq=False)
class Backdrop:
    """A sheet behind the farthest layer.

    rgba: (h, w, 4) uint8 sRGB, opaque, over the whole canvas.
    vertices: (V, 3) float32 as a mesh has them, on a regular grid.
    ends: (rows * _PARTS, columns * _PARTS) bool, where within the grid's cells the layer ends.
    """

    rgba: Uint8
    vertices: Float32
    ends: Mask

    @property
    def disparity(self) -> Float32:
        """(rows + 1, columns + 1), that of ``vertices``."""
        return self.vertices[:, 2].reshape(self.ends.shape[0] // _PARTS + 1, -1)


def make(layer: Layer, reach_px: float) -> Backdrop:
    """The backdrop of ``layer``, the farthest, of which a full step of disparity uncovers ``reach_px`` pixels at most."""
    height, width = layer.disparity.shape
    factor = max(1, round(_REDUCTION * (height * width / 2e6) ** 0.5))
    rgb, disparity = _continued(layer, factor, reach_px / factor)
    cell = max(height, width) / _CELLS
    rows, columns = (max(1, round(side / cell)) for side in (height, width))
    reach = 2 * int(1.5 * cell / factor) + 1
    lowest = cv2.erode(disparity, np.ones((reach, reach), np.uint8))
    grid_x, grid_y = np.meshgrid(np.linspace(0, width, columns + 1), np.linspace(0, height, rows + 1))
    at = (np.minimum(grid // factor, side - 1).astype(int) for grid, side in zip((grid_y, grid_x), lowest.shape, strict=True))
    vertices = np.stack([grid_x.ravel(), grid_y.ravel(), lowest[tuple(at)].ravel()], 1).astype(np.float32)
    parts = columns * _PARTS, rows * _PARTS
    ends = cv2.resize((layer.rgba[..., 3] < 255).astype(np.float32), parts, interpolation=cv2.INTER_AREA) > 0
    return Backdrop(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA), np.uint8), vertices, ends)


def build(backdrop: Backdrop, inside: Mask, layer: Mesh, parting_px: float) -> Mesh:
    """What of ``backdrop`` may be seen behind the mesh of the farthest ``layer``.

    inside: (h, w), where the path has it in the frame, hidden or not: it lies lower than the layer, and is uncovered farther.
    parting_px: how far a full step of disparity parts two surfaces at most, in pixels of the canvas.
    """
    rows, columns = (side // _PARTS for side in backdrop.ends.shape)
    parts = cv2.resize(inside.view(np.uint8), backdrop.ends.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    seen = (parts & (backdrop.ends | _opened(backdrop, layer, parting_px))).view(np.uint8)
    around = np.ones((_PARTS + 1, _PARTS + 1), np.uint8)  # half a cell: the sheet lies somewhat behind the layer
    needed = cv2.dilate(seen, around).reshape(rows, _PARTS, columns, _PARTS).any((1, 3))
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns))[needed]
    below = corner + columns + 1
    triangles = np.concatenate([np.stack([corner, corner + 1, below], 1), np.stack([corner + 1, below + 1, below], 1)])
    return Mesh(backdrop.vertices, triangles.astype(np.uint32))


def _opened(backdrop: Backdrop, layer: Mesh, parting_px: float) -> Mask:
    """Like ``ends``: how far ``layer`` may open around its torn triangles."""
    opened = np.zeros(backdrop.ends.shape, np.uint8)
    if not len(layer.torn):
        return opened > 0
    part_px = backdrop.vertices[-1, :2] / opened.shape[::-1]
    place = layer.vertices[layer.torn[:, 0], :2] / part_px
    column, row = np.minimum(place, np.subtract(opened.shape[::-1], 1)).astype(int).T
    opened[row, column] = 1
    across, down = (2 * np.ceil(parting_px / part_px).astype(int) + 1).tolist()
    return np.asarray(cv2.dilate(opened, np.ones((down, across), np.uint8)) > 0)


def _continued(layer: Layer, factor: int, reach_px: float) -> tuple[Uint8, Float32]:
    """(h, w, 3) colours and (h, w) disparity of ``layer``, reduced, as if nothing stood before anything in it.

    Behind what is higher the nearest lower pixel goes on. reach_px: in pixels of the reduced picture.
    """
    height, width = layer.disparity.shape
    size = width // factor, height // factor
    block = np.ones((factor, factor), np.uint8)
    low, high = (
        cv2.resize(extreme(layer.disparity, block), size, interpolation=cv2.INTER_NEAREST)
        for extreme in (cv2.erode, cv2.dilate)
    )
    rgb = cv2.cvtColor(cv2.resize(layer.rgba, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGBA2RGB)
    hidden = high - low > _STEP
    for count in range(1, int(1 / _STEP) + 1):  # what is so much higher than anything as near as it can uncover
        step = np.float32(_STEP * count)
        hidden |= high - cv2.erode(low, _square(max(1, int(step * reach_px)))) > step
    above = np.where(hidden, high, np.float32(0))
    beside = cv2.dilate(above, _square(_MIXED)) - low > _STEP / 2
    feet = (cv2.dilate(above, _square(_MIXED + 1)) - low > _STEP / 2) & ~beside & ~hidden
    if not feet.any():
        return rgb, low
    at = np.flatnonzero(hidden | beside)
    to_feet = nearest(feet)
    foot = to_feet.place[to_feet.label.ravel()[at]]
    colours, disparity = rgb.reshape(-1, 3), low.ravel()
    colours[at], disparity[at] = colours[foot], np.minimum(disparity[foot], disparity[at])
    return rgb, low


def _square(radius: int) -> Uint8:
    return np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
