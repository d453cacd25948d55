"""The surfaces behind depth edges: which pixels hide one, and how it goes on there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.scene._smooth import blurred_at
from zoom3d.scene.edges import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    distance, seed = found.to_far.distance, found.to_far.seed
    beside = front.ravel()[seed]
    step = front - beside
    depth = distance - step * reach_px - 4 * scale
    bevel = 14 * scale
    hides = step > found.threshold / 2
    mask = hides & (depth <= bevel)
    rows, columns = np.nonzero(mask)
    foot = np.divmod(seed[mask], np.int32(front.shape[1]))
    slope_x, slope_y = _slopes(front, mask, found, 8 * scale, foot)
    rise = slope_x * (columns - foot[1]) + slope_y * (rows - foot[0])
    ceiling = beside[mask] + step[mask] / 2
    continued = np.clip(beside[mask] + rise, 0.0, ceiling)
    disparity = front.copy()
    disparity[mask] = continued
    disparity[mask] = np.minimum(_smooth_at(disparity, mask, found, sigma=5 * scale), ceiling)
    rising = hides & (depth > 0) & (depth <= 2 * bevel)
    disparity[rising] = np.minimum(blurred_at(disparity, bevel / 3, np.nonzero(rising)), front[rising])
    return Hidden(hides & (depth <= 0), disparity)


def background_near(hole: Mask, found: DepthEdges, hidden: Hidden) -> Mask:
    """Pixels that may be looked at to paint ``hole``: those much nearer to the hidden surface there than to what hides it."""
    front = found.disparity.ravel()
    step = front[found.to_near.seed] - front[found.to_far.seed]
    limit = hidden.disparity + np.maximum(_BACKGROUND * step, found.threshold / 4)
    return (found.disparity <= limit.ravel()[nearest(hole).seed]) & ~hole


def _slopes(
    front: Float32, mask: Mask, found: DepthEdges, sigma: float, at: tuple[NDArray[np.intp], ...]
) -> tuple[Float32, Float32]:
    """Mean slopes of the visible surfaces around the pixels ``at``, never measured across an edge or on what is taken off."""
    taken = (found.near | found.far | mask).astype(np.uint8)
    solid = (cv2.dilate(taken, np.ones((3, 3), np.uint8)) == 0).astype(np.float32)
    weight = blurred_at(solid, sigma, at) + np.float32(1e-4)
    limit = found.threshold / 4
    slopes = []
    for order in ((1, 0), (0, 1)):
        gradient = cv2.Sobel(front, cv2.CV_32F, *order, ksize=3, scale=1 / 8)
        gradient = np.asarray(np.clip(gradient, -limit, limit) * solid, np.float32)
        slopes.append((blurred_at(gradient, sigma, at) / weight).astype(np.float32))
    return slopes[0], slopes[1]


def _smooth_at(disparity: Float32, mask: Mask, found: DepthEdges, sigma: float) -> Float32:
    """(N,): mean disparity of what is hidden and of the background's rim, around the pixels of ``mask``."""
    weight = (mask | found.far).astype(np.float32)
    at = np.nonzero(mask)
    total = np.maximum(blurred_at(weight, sigma, at), 1e-6)
    return np.asarray(blurred_at(disparity * weight, sigma, at) / total, np.float32)
