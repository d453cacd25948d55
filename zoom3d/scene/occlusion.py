"""The surfaces behind depth edges: which pixels hide one, and how it goes on there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.opencv import nearest
from zoom3d.scene._smooth import reduced
from zoom3d.scene.edges import room_px
from zoom3d.strips import each, strips, tiles, widened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.scene._smooth import Reduced
    from zoom3d.scene.edges import DepthEdges
    from zoom3d.types import Float32

    Mask = NDArray[np.bool_]


_BACKGROUND = 0.25  # of the way from a hidden surface to the one in front: what is no nearer belongs to the background


@dataclass(frozen=True, eq=False)
class Hidden:
    """What lies behind the near sides of the depth edges.

    mask: (H, W) bool, where the front surface hides it within reach.
    disparity: (H, W) float32, the hidden surface inside ``mask``, the visible one elsewhere; between them, where it cannot be
        seen, it rises gently, so that a mesh of it stays coarse and has no holes.
    """

    mask: Mask
    disparity: Float32


def continue_behind(found: DepthEdges, reach_px: float, scale: float) -> Hidden:
    """Continue the far side of every edge under its near side, as far as a move can open it.

    The surface goes on as the plane that fits its visible part best: a tilted floor stays tilted. It never comes nearer than
    half-way to the surface in front of it.
    """
    front = found.disparity
    bevel = 14 * scale
    zone = np.zeros(front.shape, np.uint8)  # 1 = hides within reach, 2, 3 = at most one and two bevels beyond it

    def measure(rows: slice) -> None:
        over = found.inside[rows] > 0
        step = front[rows] - found.far_side.beside(rows)
        beyond = found.inside[rows] + 0.5 - step * reach_px - 4 * scale
        for index, limit in ((3, 2 * bevel), (2, bevel), (1, 0.0)):
            zone[rows][over & (beyond <= limit)] = index

    each(measure, strips(*front.shape))
    disparity = _continued(found, (zone == 1) | (zone == 2), scale)
    gentle = reduced(lambda rows: [disparity[rows]], front.shape, bevel / 3).blurred(bevel / 3)

    def rise(tile: tuple[slice, slice]) -> None:
        beyond = zone[tile] >= 2
        if beyond.any():
            (risen,) = gentle.over(tile)
            np.copyto(disparity[tile], np.minimum(risen, front[tile]), where=beyond)

    each(rise, tiles(*front.shape))
    return Hidden(zone == 1, disparity)


def keep_beside(gap: Mask, found: DepthEdges, hidden: Hidden, scale: float) -> None:
    """Have the surface that is seen through ``gap`` go on beyond it in ``hidden``: as it is, and behind what is nearer.

    A narrow surface between two others, as hair between a face and a wall, hides the one with its outer half and is seen behind
    the other on its inner half, up to the very line where the gap ends. There the one that lies far behind would show. It would
    also where the nearer surface is narrow, or where all three meet.
    """
    reach = round(room_px(scale))
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    height, width = gap.shape

    def keep(tile: tuple[slice, slice]) -> None:
        (down, own_down), (right, own_right) = widened(tile[0], reach, height), widened(tile[1], reach, width)
        opened = gap[down, right]
        if not (opened.any() and hidden.mask[tile].any()):
            return
        through = cv2.dilate(np.where(opened, found.disparity[down, right], np.float32(-2)), window)[own_down, own_right]
        own, behind = found.disparity[tile], hidden.disparity[tile]
        nearer = own - through >= found.threshold
        same = hidden.mask[tile] & ~nearer
        under = hidden.mask[tile] & nearer & (through - behind > found.threshold)
        hidden.mask[tile][same] = False
        behind[same], behind[under] = own[same], through[under]

    each(keep, tiles(height, width))


def _continued(found: DepthEdges, mask: Mask, scale: float) -> Float32:
    """The disparity, with that of the surfaces behind it in ``mask``.

    The planes that go on are only seen smoothed: in large pictures they are worked out at every second pixel.
    """
    front = found.disparity
    step = _step(scale)
    slopes = _slopes(found, mask, 8 * scale)
    disparity = front.copy()

    def planes(rows: slice) -> list[Float32]:
        part = slice(rows.start, rows.stop, step), slice(None, None, step)
        taken = (mask[rows] | found.far[rows]).view(np.uint8)
        asked = cv2.dilate(taken, np.ones((step, step), np.uint8), anchor=(0, 0))[::step, ::step]
        values, weight = np.zeros(asked.shape, np.float32), asked.astype(np.float32)
        at = np.nonzero(asked)
        label = found.far_side.label[part][at]
        beside, foot = found.far_side.disparity[label], np.divmod(found.far_side.place[label], np.int32(front.shape[1]))
        slope_x, slope_y, certain = slopes.at(*foot)
        certain += np.float32(1e-4)
        rise = slope_x / certain * (step * at[1] - foot[1]) + slope_y / certain * (step * at[0] + rows.start - foot[0])
        values[at] = np.clip(beside + rise, 0.0, _ceiling(beside, front[part][at]))
        return [values, weight]

    smooth = reduced(planes, front.shape, 5 * scale, step).blurred(5 * scale)

    def settle(tile: tuple[slice, slice]) -> None:
        if mask[tile].any():
            total, weight = smooth.over(tile)
            limit = _ceiling(found.far_side.beside(tile), front[tile])
            np.copyto(disparity[tile], np.minimum(total / np.maximum(weight, 1e-6), limit), where=mask[tile])

    each(settle, tiles(*front.shape))
    return disparity


def _ceiling(beside: Float32, front: Float32) -> Float32:
    """Half-way to the surface in front."""
    return np.asarray(beside + (front - beside) / 2, np.float32)


def _step(scale: float) -> int:
    """Which pixels speak for their neighbours: every one, every second one in large pictures."""
    return 2 if scale >= 2 else 1


def background_near(hole: Mask, found: DepthEdges, hidden: Hidden, scale: float) -> Mask:
    """Pixels that may be looked at to paint ``hole``: those much nearer to the hidden surface there than to what hides it.

    In large pictures, where holes are wide, every second pixel of it speaks for its neighbours.
    """
    step = _step(scale)
    sparse = np.ascontiguousarray(hole[::step, ::step])
    to_hole = nearest(sparse)
    rows, columns = (step * axis for axis in np.divmod(to_hole.place, np.int32(sparse.shape[1])))
    opening = found.near_side.beside((rows, columns)) - found.far_side.beside((rows, columns))
    limit = hidden.disparity[rows, columns] + np.maximum(_BACKGROUND * opening, found.threshold / 4)
    source = np.empty(hole.shape, bool)

    def compare(rows: slice) -> None:
        near_by = limit[to_hole.label[rows.start // step : -(-rows.stop // step)]]
        if step > 1:
            near_by = near_by.repeat(step, axis=0).repeat(step, axis=1)[: rows.stop - rows.start, : hole.shape[1]]
        source[rows] = (found.disparity[rows] <= near_by) & ~hole[rows]

    each(compare, strips(hole.shape[0], hole.shape[1], step))
    return source


def _slopes(found: DepthEdges, mask: Mask, sigma: float) -> Reduced:
    """Mean slopes of the visible surfaces, across and down, times the third plane, their weight.

    They are never measured across an edge or on what is taken off.
    """
    limit = found.threshold / 4

    def planes(rows: slice) -> list[Float32]:
        around, own = widened(rows, 1, len(mask))
        taken = (found.near[around] | found.far[around] | mask[around]).view(np.uint8)
        solid = (cv2.dilate(taken, np.ones((3, 3), np.uint8))[own] == 0).astype(np.float32)
        made = []
        for order in ((1, 0), (0, 1)):
            gradient = cv2.Sobel(found.disparity[around], cv2.CV_32F, *order, ksize=3, scale=1 / 8)[own]
            made.append(np.asarray(np.clip(gradient, -limit, limit) * solid, np.float32))
        return [*made, solid]

    return reduced(planes, mask.shape, sigma).blurred(sigma)
