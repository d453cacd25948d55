"""Smooth silhouettes: alpha, foreground colour and clean background in the few mixed pixels along a depth edge."""

from __future__ import annotations

from collections.abc import Sequence
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
    """Colours of one side of the silhouettes: (3, N) mean and (N,) variance of a channel, in grey levels."""

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
        background's.

    The pixel's colour is alpha * foreground + (1 - alpha) * background in linear light, and so it stays: alpha is the place
    of the colour between the means of both sides, trusted as far as these can be told apart, and what the means leave over
    goes to the two colours by their shares.
    """
    near, far = _Colours(rgb, band, 1.0), _Colours(rgb, band, -1.0)
    foreground, background = np.empty((*rgb.shape[:2], 4), np.uint8), painted

    def split(rows: slice) -> None:
        inside, front, back = band.inside[rows], foreground[rows], background[rows]
        cv2.merge([rgb[rows], np.where(band.gap[rows], np.uint8(0), np.uint8(255))], front)
        kept = (~np.isfinite(inside) | (inside <= -band.width)).view(np.uint8)
        cv2.copyTo(rgb[rows], kept, back)
        at = np.flatnonzero(band.mask[rows])
        if not len(at):
            return
        colour, behind = (picture[rows].reshape(-1, 3)[at].T for picture in (rgb, painted))
        place = np.divmod(at, rgb.shape[1])
        one, other = (side.at(place[0] + rows.start, place[1]) for side in (near, far))
        parts = _split(colour, behind, one, other, inside.ravel()[at], band.width)
        front.reshape(-1, 4)[at], back.reshape(-1, 3)[at] = parts[:4].T, parts[4:].T

    each(split, strips(*band.mask.shape))
    return Cut(foreground, background)


def _split(colour: Uint8, behind: Uint8, near: _Side, far: _Side, inside: Float32, width: float) -> Uint8:
    """(7, N): foreground, its alpha and background of N mixed pixels; ``colour`` and ``behind``: (3, N)."""
    far = _Side(np.where(np.isfinite(far.variance), far.mean, behind.astype(np.float32)), far.variance)
    front = _linear(near.mean)
    alpha = _alpha(_linear(colour), front, near, far, inside, width)
    code = np.rint(255 * alpha).astype(np.uint8)
    made = np.concatenate([colour, code[None], behind])
    mixed = np.flatnonzero(code < 255)
    if len(mixed):
        made[:, mixed] = _unmixed(colour[:, mixed], front[:, mixed], behind[:, mixed], code[mixed])
    return made


def _unmixed(colour: Uint8, front: Float32, behind: Uint8, code: Uint8) -> Uint8:
    """As ``_split``, from mean foregrounds (3, N) in linear light and alphas (N,) in 255ths, none of them 255."""
    mixed, share = _linear(colour), code.astype(np.float32) / np.float32(255)
    front, back = _explained(mixed, front, _linear(behind), share)
    again = _coded(share * front + (1 - share) * back)
    wrong = (cv2.absdiff(again, colour).max(axis=0) > _UNEXPLAINED) & (np.abs(share - 0.5) > 0.4)
    share[wrong] = np.rint(share[wrong])
    own, other = _coded(front), np.where(share == 0, colour, _coded(back))
    whole = share == 1
    own[:, whole], other[:, whole] = colour[:, whole], behind[:, whole]
    return np.concatenate([own, np.rint(255 * share).astype(np.uint8)[None], other])


def _explained(mixed: Float32, front: Float32, back: Float32, share: Float32) -> tuple[Float32, Float32]:
    """The colours closest to ``front`` and ``back`` that give ``mixed``; where one is at its end, the other goes farther."""
    left = 1 - share
    rest = (mixed - share * front - left * back) / (share * share + left * left)
    front, back = _cut_off(front + share * rest), _cut_off(back + left * rest)
    mostly = share >= 0.5
    own = np.where(mostly, (mixed - left * back) / np.maximum(share, 0.5), front)
    other = np.where(mostly, back, (mixed - share * front) / np.maximum(left, 0.5))
    return _cut_off(own), _cut_off(other)


def _alpha(mixed: Float32, front: Float32, near: _Side, far: _Side, inside: Float32, width: float) -> Float32:
    """(N,) share of the near side in every pixel of the band; ``front``: its mean in linear light."""
    line = near.mean - far.mean
    variance = near.variance + far.variance + _NOISE**2
    certain = _dot(line, line) / np.where(np.isfinite(variance), variance, 1e9)
    back = _linear(far.mean)
    span = front - back
    along = _dot(mixed - back, span) / np.maximum(_dot(span, span), 1e-6)
    slack = np.minimum(0.5 / np.sqrt(np.maximum(certain, 1e-6)), 0.3)
    projected = _cut_off(np.asarray((along - slack) / (1 - 2 * slack), np.float32))
    place = _cut_off(inside + np.float32(0.5))
    trust = certain / (certain + _CERTAIN) * _cut_off(np.asarray(2 - 2 * np.abs(inside) / width, np.float32))
    return np.asarray(place + trust * (projected - place), np.float32)


class _Colours:
    """The colours of one side, counted from well inside; thin things count where they are thickest."""

    def __init__(self, rgb: Uint8, band: Band, sign: float) -> None:
        def planes(rows: slice) -> list[Float32]:
            depth = np.clip((sign / (1.2 * band.width)) * band.inside[rows], 0, 4)
            weight = np.where((depth > 0) & (depth < 4), np.clip(depth, 0.03, 1), np.float32(0))
            if not weight.any():
                return 5 * [weight]
            weight *= weight
            weight *= weight
            colours = [plane.astype(np.float32) for plane in cv2.split(rgb[rows])]
            return [weight, *(weight * plane for plane in colours), weight * _dot(colours, colours)]

        sums = reduced(planes, band.mask.shape, 0.8 * band.width)
        self._close, self._wide = sums.blurred(0.8 * band.width), sums.blurred(2.5 * band.width)

    def at(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> _Side:
        """Around the pixels at ``rows`` and ``columns``."""
        pairs = zip(self._close.at(rows, columns), self._wide.at(rows, columns), strict=True)
        weight, *colours, squares = (close + np.float32(1e-3) * wide for close, wide in pairs)
        total = np.maximum(weight, np.float32(1e-12))
        mean = np.stack(colours) / total
        variance = np.maximum(squares / total - _dot(mean, mean), 0) / 3
        return _Side(mean, np.where(weight > 1e-9, variance, np.inf).astype(np.float32))


def _dot(one: Sequence[Float32] | Float32, other: Sequence[Float32] | Float32) -> Float32:
    """The products of the three channels, summed."""
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def _cut_off(values: Float32) -> Float32:
    """``values``, which become those in [0, 1]."""
    np.maximum(values, 0, out=values)
    return np.minimum(values, 1, out=values)


def _linear(code: Uint8 | Float32) -> Float32:
    """sRGB in grey levels -> linear light in [0, 1]."""
    if code.dtype == np.uint8:
        return _light_of_code()[code]
    value = code / np.float32(255)
    bent = _power((value + np.float32(0.055)) / np.float32(1.055), 2.4)
    return np.where(value <= 0.04045, value / np.float32(12.92), bent)


@cache
def _light_of_code() -> Float32:
    return _linear(np.arange(256, dtype=np.float32))


def _coded(light: Float32) -> Uint8:
    """Linear light -> sRGB in grey levels, clipped."""
    light = np.clip(light, 0, 1)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * _power(light, 1 / 2.4) - 0.055)
    return np.rint(255 * value).astype(np.uint8)


def _power(values: Float32, exponent: float) -> Float32:
    """OpenCV's is five times as fast as NumPy's."""
    return np.asarray(cv2.pow(values, exponent), np.float32).reshape(values.shape)
