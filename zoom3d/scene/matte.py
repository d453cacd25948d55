"""Smooth silhouettes: alpha, foreground colour and clean background in the few mixed pixels along a depth edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.scene._smooth import reduced
from zoom3d.strips import each, strips

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
    inside, disparity = found.inside, np.empty_like(front)
    mask, gap = np.empty(front.shape, bool), np.empty(front.shape, bool)

    def measure(rows: slice) -> None:
        part = inside[rows]
        mask[rows] = np.abs(part) < width
        gap[rows] = (part < 0) & (part > -gap_width)
        beyond = front.ravel()[found.near_seed[rows]]
        disparity[rows] = np.where((part < 0) & (part > -seam), beyond, front[rows])

    each(measure, strips(*front.shape))
    return Band(inside, width, mask, gap, disparity)


def cut(rgb: Uint8, painted: Uint8, band: Band) -> Cut:
    """Split the mixed pixels of ``band`` into foreground and background.

    painted: (H, W, 3) uint8, the picture with the hidden surface painted over band and near side; its memory becomes the
        background's. The pixel's colour is
    alpha * foreground + (1 - alpha) * background in linear light, and so it stays: alpha is the place of the colour between
    the means of both sides, trusted as far as these can be told apart, and what the means leave over goes to the two colours
    by their shares.
    """
    near, far = _Colours(rgb, band, 1.0), _Colours(rgb, band, -1.0)
    foreground, background = np.empty((*rgb.shape[:2], 4), np.uint8), painted

    def split(rows: slice) -> None:
        inside, front, back = band.inside[rows], foreground[rows], background[rows]
        cv2.merge([rgb[rows], np.where(band.gap[rows], np.uint8(0), np.uint8(255))], front)
        kept = (~np.isfinite(inside) | (inside <= -band.width)).view(np.uint8)
        at = np.nonzero(band.mask[rows])
        sides = near.at(at[0] + rows.start, at[1]), far.at(at[0] + rows.start, at[1])
        front[at], back[at] = _split(rgb[rows][at], painted[rows][at], *sides, inside[at], band.width)
        cv2.copyTo(rgb[rows], kept, back)

    each(split, strips(*band.mask.shape))
    return Cut(foreground, background)


def _split(colour: Uint8, behind: Uint8, near: _Side, far: _Side, inside: Float32, width: float) -> tuple[Uint8, Uint8]:
    """(N, 4) foreground and (N, 3) background of N mixed pixels."""
    far = _Side(np.where(np.isfinite(far.variance)[:, None], far.mean, behind), far.variance)
    alpha = _alpha(colour, near, far, inside, width)
    share = (np.rint(255 * alpha) / 255).astype(np.float32)[:, None]
    front, back = _unmixed(_linear(colour), _linear(near.mean), _linear(behind), share)
    wrong = np.abs(_coded(share * front + (1 - share) * back).astype(int) - colour).max(1) > _UNEXPLAINED
    wrong &= np.abs(share[:, 0] - 0.5) > 0.4
    share[wrong] = np.rint(share[wrong])
    own = np.where(share == 1, colour, _coded(front))
    other = np.where(share == 0, colour, np.where(share == 1, behind, _coded(back)))
    return np.hstack([own, np.rint(255 * share).astype(np.uint8)]), other


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


class _Colours:
    """The colours of one side, counted from well inside; thin things count where they are thickest."""

    def __init__(self, rgb: Uint8, band: Band, sign: float) -> None:
        def planes(rows: slice) -> list[Float32]:
            depth = np.clip((sign / (1.2 * band.width)) * band.inside[rows], 0, 4)
            weight = np.where((depth > 0) & (depth < 4), np.clip(depth, 0.03, 1), np.float32(0))
            weight *= weight
            weight *= weight
            return [weight, *(weight * rgb[rows][..., channel] for channel in range(3)), weight * _squared(rgb[rows])]

        sums = reduced(planes, band.mask.shape, 0.8 * band.width)
        self._close, self._wide = sums.blurred(0.8 * band.width), sums.blurred(2.5 * band.width)

    def at(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> _Side:
        """Around the pixels at ``rows`` and ``columns``."""
        pairs = zip(self._close.at(rows, columns), self._wide.at(rows, columns), strict=True)
        weight, *colours, squares = (close + np.float32(1e-3) * wide for close, wide in pairs)
        total = np.maximum(weight, np.float32(1e-12))
        mean = np.stack(colours, axis=1) / total[:, None]
        variance = np.maximum(squares / total - (mean**2).sum(1), 0) / 3
        return _Side(mean, np.where(weight > 1e-9, variance, np.inf).astype(np.float32))


def _squared(rgb: Uint8) -> Float32:
    """(H, W): the sum of the squares of the three channels."""
    colour = rgb.astype(np.float32)
    return np.einsum("ijk,ijk->ij", colour, colour)


def _linear(code: Uint8 | Float32) -> Float32:
    """sRGB in grey levels -> linear light in [0, 1]."""
    if code.dtype == np.uint8:
        return _light_of_code()[code]
    value = code.astype(np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def _light_of_code() -> Float32:
    return _linear(np.arange(256, dtype=np.float32))


def _coded(light: Float32) -> Uint8:
    """Linear light -> sRGB in grey levels, clipped."""
    light = np.clip(light, 0, 1)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055)
    return np.rint(255 * value).astype(np.uint8)
