"""Smooth silhouettes: alpha, foreground colour and clean background in the few mixed pixels along a depth edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zoom3d.scene._smooth import blurred_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.scene.edges import DepthEdges
    from zoom3d.types import Float32, Uint8

    Mask = NDArray[np.bool_]

_WIDTH = 1.5  # pixels on both sides of an edge, at least, that may be mixed
_SPREAD = 5.0  # the same at two megapixels: there depth is estimated, and its edges lie beside those of the picture
_NOISE = 6.0  # grey levels, standard deviation: what even a plain surface varies by
_CERTAIN = 6.0  # of the separation of both sides, squared and in standard deviations, from which colour has more say than place


_UNEXPLAINED = 2  # grey levels: what is nearly of one side, and no mixture of the two, is of that side


@dataclass(frozen=True, eq=False)
class Band:
    """The surroundings of the depth edges.

    inside: (H, W) float32, signed distance from the silhouette in pixels, positive on the near side; inf far away.
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


@dataclass(frozen=True, eq=False)
class _Side:
    """Colours of one side of the silhouettes: (N, 3) mean and (N,) variance of a channel, in grey levels."""

    mean: Float32
    variance: Float32


def find_band(found: DepthEdges, scale: float) -> Band:
    """Signed distances from the silhouettes, and the near surface's disparity continued into the gap beside it."""
    front = found.disparity
    width = max(_WIDTH, _SPREAD * scale)
    seam = width + max(4.0, 6.0 * scale)  # on both sides of it some triangles must find room
    gap_width = seam + max(4.0, 6.0 * scale)
    to_far, to_near, near_seed = found.to_far.distance, found.to_near.distance, found.to_near.seed
    over = front - front.ravel()[found.to_far.seed] > found.threshold / 2
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

    painted: (H, W, 3) uint8, the picture with the hidden surface painted over band and near side. The pixel's colour is
    alpha * foreground + (1 - alpha) * background in linear light, and so it stays: alpha is the place of the colour between
    the means of both sides, trusted as far as these can be told apart, and what the means leave over goes to the two colours
    by their shares.
    """
    at = np.nonzero(band.mask)
    near, far = _side(rgb, band, 1.0, at), _side(rgb, band, -1.0, at)
    far = _Side(np.where(np.isfinite(far.variance)[:, None], far.mean, painted[at]), far.variance)
    alpha = _alpha(rgb[at], near, far, band.inside[at], band.width)
    share = (np.rint(255 * alpha) / 255).astype(np.float32)[:, None]
    mixed = _linear(rgb[at])
    front, back = _unmixed(mixed, _linear(near.mean), _linear(painted[at]), share)
    wrong = np.abs(_coded(share * front + (1 - share) * back).astype(int) - rgb[at]).max(1) > _UNEXPLAINED
    wrong &= np.abs(share[:, 0] - 0.5) > 0.4
    share[wrong] = np.rint(share[wrong])
    matte = np.full(band.mask.shape, 255, np.uint8)
    matte[band.gap] = 0
    matte[at] = np.rint(255 * share[:, 0])
    foreground = np.dstack([rgb, matte])
    background = np.where((np.isfinite(band.inside) & (band.inside > -band.width))[..., None], painted, rgb)
    foreground[at[0], at[1], :3] = np.where(share == 1, rgb[at], _coded(front))
    background[at] = np.where(share == 0, rgb[at], np.where(share == 1, painted[at], _coded(back)))
    return Cut(foreground, background)


def _unmixed(mixed: Float32, front: Float32, back: Float32, share: Float32) -> tuple[Float32, Float32]:
    """The colours closest to ``front`` and ``back`` that give ``mixed``; where one is at its end, the other goes farther."""
    rest = (mixed - share * front - (1 - share) * back) / (share**2 + (1 - share) ** 2)
    front, back = np.clip(front + share * rest, 0, 1), np.clip(back + (1 - share) * rest, 0, 1)
    mostly = share >= 0.5
    own = np.where(mostly, (mixed - (1 - share) * back) / np.maximum(share, 0.5), front)
    other = np.where(mostly, back, (mixed - share * front) / np.maximum(1 - share, 0.5))
    return np.clip(own, 0, 1).astype(np.float32), np.clip(other, 0, 1).astype(np.float32)


def _alpha(colour: Uint8, near: _Side, far: _Side, inside: Float32, width: float) -> Float32:
    """(N,) share of the near side in every pixel of the band."""
    line = near.mean - far.mean
    variance = near.variance + far.variance + _NOISE**2
    certain = (line**2).sum(1) / np.where(np.isfinite(variance), variance, 1e9)
    front, back = _linear(near.mean), _linear(far.mean)
    span = front - back
    projected = ((_linear(colour) - back) * span).sum(1) / np.maximum((span**2).sum(1), 1e-6)
    slack = np.minimum(0.5 / np.sqrt(np.maximum(certain, 1e-6)), 0.3)
    projected = np.clip((projected - slack) / (1 - 2 * slack), 0, 1)
    place = np.clip(inside + 0.5, 0, 1)
    trust = certain / (certain + _CERTAIN) * np.clip(2 - 2 * np.abs(inside) / width, 0, 1)
    return (place + trust * (projected - place)).astype(np.float32)


def _side(rgb: Uint8, band: Band, sign: float, at: tuple[NDArray[np.intp], ...]) -> _Side:
    """The colours of one side around the pixels ``at``, counted from well inside; thin things count where they are thickest."""
    depth = np.clip((sign / (1.2 * band.width)) * band.inside, 0, 4)
    weight = np.where((depth > 0) & (depth < 4), np.clip(depth, 0.03, 1), np.float32(0))
    weight *= weight
    weight *= weight
    sums = np.zeros((len(at[0]), 5), np.float32)
    for index in range(5):
        plane = weight if index == 0 else weight * rgb[..., index - 1] if index < 4 else weight * _squared(rgb)
        for sigma, share in ((0.8 * band.width, 1.0), (2.5 * band.width, 1e-3)):
            sums[:, index] += share * blurred_at(plane, sigma, at)
    total = np.maximum(sums[:, 0], 1e-12)
    mean = sums[:, 1:4] / total[:, None]
    variance = np.maximum(sums[:, 4] / total - (mean**2).sum(1), 0) / 3
    return _Side(mean.astype(np.float32), np.where(sums[:, 0] > 1e-9, variance, np.inf).astype(np.float32))


def _squared(rgb: Uint8) -> Float32:
    table = np.arange(256, dtype=np.float32) ** 2
    return np.asarray(table[rgb[..., 0]] + table[rgb[..., 1]] + table[rgb[..., 2]], np.float32)


def _linear(code: Uint8 | Float32) -> Float32:
    """sRGB in grey levels -> linear light in [0, 1]."""
    value = code.astype(np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _coded(light: Float32) -> Uint8:
    """Linear light -> sRGB in grey levels, clipped."""
    light = np.clip(light, 0, 1)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055)
    return np.rint(255 * value).astype(np.uint8)
