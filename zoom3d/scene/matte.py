"""Smooth silhouettes: alpha, foreground colour and clean background in the few mixed pixels along a depth edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.scene.edges import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.scene.edges import DepthEdges
    from zoom3d.types import Float32, Uint8

    Mask = NDArray[np.bool_]

_COLOUR_NOISE = 20.0 * np.sqrt(3.0)  # colours nearer to each other than this tell little about alpha


@dataclass(frozen=True, eq=False)
class Band:
    """The surroundings of the depth edges.

    inside: (H, W) float32, signed distance from the silhouette in pixels, positive on the near side; +-inf far away.
    width: half the width of the uncertain band, in pixels.
    mask: (H, W) bool, the uncertain band.
    gap: (H, W) bool, pixels of the far side that the front layer leaves to the back layer, so that its mesh can be torn there.
    disparity: (H, W) float32, the front layer's: the near surface goes on into the gap.
    """

    inside: Float32
    width: float
    mask: Mask
    gap: Mask
    disparity: Float32


@dataclass(frozen=True, eq=False)
class Cut:
    """The picture, cut along its silhouettes: (H, W, 4) foreground with alpha and (H, W, 3) background."""

    foreground: Uint8
    background: Uint8


def find_band(found: DepthEdges, scale: float) -> Band:
    """Signed distances from the silhouettes, and the near surface's disparity continued into the gap beside it."""
    front = found.disparity
    width = max(1.5, 2.5 * scale)
    seam = width + max(4.0, 6.0 * scale)  # on both sides of it some triangles must find room
    gap_width = seam + max(4.0, 6.0 * scale)
    to_far, far_seed = nearest(found.far)
    to_near, near_seed = nearest(found.near)
    over = front - front.ravel()[far_seed] > found.threshold / 2
    under = front.ravel()[near_seed] - front > found.threshold / 2
    inside = np.full(front.shape, np.inf, np.float32)
    inside[over] = to_far[over] - 0.5
    inside[under & ~over] = 0.5 - to_near[under & ~over]
    gap = (inside < 0) & (inside > -gap_width)
    disparity = front.copy()
    carried = (inside < 0) & (inside > -seam)
    disparity[carried] = front.ravel()[near_seed[carried]]
    return Band(inside, width, np.abs(inside) < width, gap, disparity)


def cut(rgb: Uint8, painted: Uint8, band: Band) -> Cut:
    """Split the mixed pixels of ``band`` into foreground and background.

    painted: (H, W, 3) uint8, the picture with the hidden surface painted over band and near side. Alpha is the place of the
    pixel's colour on the line between the two sides' colours (the compositing equation), trusted as far as these differ.
    """
    rows, columns = np.nonzero(band.mask)
    at = rows, columns
    foreground = _foreground_colour(rgb, band)[at]
    background = painted[at].astype(np.float32)
    mixed = rgb[at].astype(np.float32)
    line = foreground - background
    length = (line**2).sum(1)
    projected = ((mixed - background) * line).sum(1) / np.maximum(length, 1.0)
    trust = length / (length + _COLOUR_NOISE**2) * (1 - (band.inside[at] / band.width) ** 2)
    geometric = np.clip(band.inside[at] / 1.4 + 0.5, 0, 1)
    alpha = np.full(band.mask.shape, 255, np.float32)
    alpha[band.gap] = 0
    alpha[at] = 255 * (geometric + trust * (np.clip(projected, 0, 1) - geometric))
    alpha = np.where(band.mask, cv2.GaussianBlur(alpha, (0, 0), 0.6), alpha)
    share = alpha[at][:, None] / 255
    front = np.dstack([rgb, np.clip(np.rint(alpha), 0, 255).astype(np.uint8)])
    front[rows, columns, :3] = np.where(share > 0.98, mixed, foreground).round().astype(np.uint8)
    back = np.where((band.inside < -band.width)[..., None], rgb, painted)
    back[at] = np.where(share < 0.02, mixed, background).round().astype(np.uint8)
    return Cut(front, back)


def _foreground_colour(rgb: Uint8, band: Band) -> Float32:
    """Mean colour of the near side around every pixel, counted from well inside; thin things count where they are thickest."""
    inside = np.where(np.isfinite(band.inside), band.inside, 0)
    near = (inside > 0) & (inside < 4 * band.width)
    weight = (near * np.clip(inside / (1.5 * band.width), 0.03, 1) ** 4).astype(np.float32)
    total, colour = np.zeros_like(weight), np.zeros(rgb.shape, np.float32)
    picture = rgb.astype(np.float32) * weight[..., None]
    for sigma, share in ((0.8 * band.width, 1.0), (2.5 * band.width, 1e-3)):
        total += share * cv2.GaussianBlur(weight, (0, 0), sigma)
        colour += share * cv2.GaussianBlur(picture, (0, 0), sigma)
    return (colour / np.maximum(total, 1e-12)[..., None]).astype(np.float32, copy=False)
