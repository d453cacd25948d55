"""Smooth silhouettes: alpha, foreground colour and clean background in the few mixed pixels along a depth edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.scene._smooth import reduced
from zoom3d.strips import each, strips, widened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.scene._smooth import Reduced
    from zoom3d.scene.edges import DepthEdges
    from zoom3d.types import Float32, Uint8

    Mask = NDArray[np.bool_]

_WIDTH = 1.5  # pixels on both sides of an edge, at least, that may be mixed
_SPREAD = 5.0  # the same at two megapixels: there depth is estimated, and its edges lie beside those of the picture
_NOISE = 6.0  # grey levels, standard deviation: what even a plain surface varies by
_WIDE = 11.25  # pixels: from that width on a ninth of the pixels tells as much of the colours of both sides
_CERTAIN = 6.0  # of the separation of both sides, squared and in standard deviations, from which colour has more say than place


_FINE = 16  # parts of a grey level, of which the table of linear light knows the values
_LIGHTS = 1 << 15  # values of linear light whose grey levels are known: nine a grey level where it is darkest
_CLOSED_PX = 300_000  # a strip, of which some rows more are needed on both sides

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
        beyond = found.near_side.beside(rows)
        disparity[rows] = np.where((part < 0) & (part > -seam), beyond, front[rows])

    each(measure, strips(*front.shape))
    band = Band(inside, width, mask, gap, disparity)
    return _without_slivers(band, max(1, found.sliver_px // 3), found.threshold) if found.sliver_px else band


def _without_slivers(band: Band, reach: int, threshold: float) -> Band:
    """``band`` without slits of the far side in the near one, and without shreds in the gap, up to 2 * ``reach`` wide.

    A mesh would be drawn out from one side to the other at each of them.
    """
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    disparity, gap = np.empty_like(band.disparity), np.empty_like(band.gap)
    height = len(gap)

    def close(rows: slice) -> None:
        around, own = widened(rows, 2 * reach, height)
        torn = (band.mask[around] | band.gap[around]).view(np.uint8)
        if not torn.any():
            disparity[rows], gap[rows] = band.disparity[rows], False
            return
        raised = cv2.morphologyEx(band.disparity[around], cv2.MORPH_CLOSE, window)[own]
        slit = cv2.morphologyEx(torn, cv2.MORPH_CLOSE, window)[own].view(bool) & (raised - band.disparity[rows] > threshold)
        disparity[rows] = np.where(slit, raised, band.disparity[rows])
        whole = cv2.morphologyEx(band.gap[around].view(np.uint8), cv2.MORPH_CLOSE, window)[own].view(bool)
        near = np.isfinite(band.inside[rows]) & (band.inside[rows] > -band.width)
        gap[rows] = band.gap[rows] | (whole & ~near)

    each(close, strips(*gap.shape, pixels=_CLOSED_PX))
    return replace(band, gap=gap, disparity=disparity)


@dataclass(frozen=True, eq=False)
class Sides:
    """The colours on both sides of the silhouettes. sums: for each side weight, weighted colours and their weighted squares."""

    sums: Reduced

    def at(self, place: tuple[NDArray[np.intp], ...], top: int) -> tuple[_Side, _Side]:
        """The near and the far side's around the pixels at those rows, counted from ``top``, and columns."""
        sums = self.sums.at(place[0] + top, place[1])
        return _side(*sums[:5]), _side(*sums[5:])


def find_sides(rgb: Uint8, band: Band) -> Sides:
    """Colours are counted from well inside; thin things count where they are thickest."""
    step = 3 if band.width > _WIDE else 1

    def planes(rows: slice) -> list[Float32]:
        part = slice(rows.start + step // 2, rows.stop, step), slice(step // 2, None, step)
        inside = band.inside[part]
        depth = np.abs(inside) / np.float32(1.2 * band.width)
        weight = np.where((depth > 0) & (depth < 4), np.clip(depth, 0.03, 1), np.float32(0))
        if not weight.any():
            return 10 * [weight]
        weight *= weight
        weight *= weight
        colours = [plane.astype(np.float32) for plane in cv2.split(np.ascontiguousarray(rgb[part]))]
        both = [weight, *(weight * plane for plane in colours), weight * _dot(colours, colours)]
        is_near = (inside > 0).astype(np.float32)
        near = [plane * is_near for plane in both]
        return [*near, *(plane - own for plane, own in zip(both, near, strict=True))]

    sums = reduced(planes, band.mask.shape, 0.8 * band.width, step)
    return Sides(sums.blurred(0.8 * band.width).plus(sums.blurred(2.5 * band.width), 1e-3))


def cut(rgb: Uint8, painted: Uint8, band: Band, sides: Sides) -> Cut:
    """Split the mixed pixels of ``band`` into foreground and background.

    painted: (H, W, 3) uint8, the picture with the hidden surface painted over band and near side; its memory becomes the
        background's.

    The pixel's colour is alpha * foreground + (1 - alpha) * background in linear light, and so it stays: alpha is the place
    of the colour between the means of both sides, trusted as far as these can be told apart, and what the means leave over
    goes to the two colours by their shares.
    """
    foreground, background = np.empty((*rgb.shape[:2], 4), np.uint8), painted

    def split(rows: slice) -> None:
        inside, front = band.inside[rows], foreground[rows]
        cv2.merge([rgb[rows], np.where(band.gap[rows], np.uint8(0), np.uint8(255))], front)
        kept = (~np.isfinite(inside) | (inside <= -band.width)).view(np.uint8)
        cv2.copyTo(rgb[rows], kept, background[rows])
        at = np.flatnonzero(band.mask[rows])
        if not len(at):
            return
        back = cv2.cvtColor(background[rows], cv2.COLOR_RGB2RGBA)
        colour, behind = (_planes(_words(picture)[at]) for picture in (front, back))
        near, far = sides.at(np.divmod(at, rgb.shape[1]), rows.start)
        parts = _split(colour, behind, near, far, inside.ravel()[at], band.width)
        _words(front)[at], _words(back)[at] = _packed(parts[:4]), _packed(parts[3:][[1, 2, 3, 0]])
        background[rows] = cv2.cvtColor(back, cv2.COLOR_RGBA2RGB)

    each(split, strips(*band.mask.shape))
    return Cut(foreground, background)


def _words(rgba: Uint8) -> NDArray[np.uint32]:
    """(H * W,): a pixel's four channels as one number, which is moved several times as fast."""
    return rgba.reshape(-1).view(np.uint32)


def _planes(words: NDArray[np.uint32]) -> Uint8:
    """(3, N): the colours in the words of N pixels."""
    return np.ascontiguousarray(words.view(np.uint8).reshape(-1, 4)[:, :3].T)


def _packed(planes: Uint8) -> NDArray[np.uint32]:
    return np.ascontiguousarray(planes.T).view(np.uint32)[:, 0]


def _split(colour: Uint8, behind: Uint8, near: _Side, far: _Side, inside: Float32, width: float) -> Uint8:
    """(7, N): foreground, its alpha and background of N mixed pixels; ``colour`` and ``behind``: (3, N)."""
    far = _Side(np.where(np.isfinite(far.variance), far.mean, behind.astype(np.float32)), far.variance)
    front = _linear(near.mean)
    alpha = _alpha(_linear(colour), front, near, far, inside, width)
    code = np.rint(255 * alpha).astype(np.uint8)
    return _unmixed(colour, front, behind, code)


def _unmixed(colour: Uint8, front: Float32, behind: Uint8, code: Uint8) -> Uint8:
    """As ``_split``, from mean foregrounds (3, N) in linear light and alphas (N,) in 255ths."""
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


def _side(weight: Float32, red: Float32, green: Float32, blue: Float32, squares: Float32) -> _Side:
    total = np.maximum(weight, np.float32(1e-12))
    mean = np.stack([red, green, blue]) / total
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
        return _light_of_code()[::_FINE][code]
    return np.take(_light_of_code(), (code * np.float32(_FINE) + np.float32(0.5)).astype(np.intp), mode="clip")


def _coded(light: Float32) -> Uint8:
    """Linear light -> sRGB in grey levels, clipped."""
    codes = _code_of_light()
    return np.take(codes, (light * np.float32(_LIGHTS - 1) + np.float32(0.5)).astype(np.intp), mode="clip")


@cache
def _light_of_code() -> Float32:
    value = np.arange(255 * _FINE + 1) / (255 * _FINE)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def _code_of_light() -> Uint8:
    light = np.linspace(0, 1, _LIGHTS)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * value).astype(np.uint8)
