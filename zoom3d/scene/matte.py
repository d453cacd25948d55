"""Smooth silhouettes: alpha, foreground colour and clean background in the few mixed pixels along a depth edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import srgb
from zoom3d.scene._smooth import reduced
from zoom3d.scene.edges import room_px
from zoom3d.strips import each, strips, tiles, widened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.scene._smooth import Reduced
    from zoom3d.scene.edges import DepthEdges
    from zoom3d.types import Float32, Uint8

    Mask = NDArray[np.bool_]

_WIDTH = 1.5  # pixels on both sides of an edge, at least, that may be mixed
_SPREAD = 5.0  # the same at two megapixels: there depth is estimated, and its edges lie beside those of the picture
_FRINGE = 4.0, 4.0  # pixels, and more of them at two megapixels, beside an estimated edge that some of the near side may reach
_NOISE = 6.0  # grey levels, standard deviation: what even a plain surface varies by
_WIDE = 11.25  # pixels: from that width on a ninth of the pixels tells as much of the colours of both sides
_SLOPE = 7.4e-5  # of linear light by grey levels, squared, over the light
_VARIED, _VARIED_MOST = 0.5, 0.3  # deviations of a side that are no mixture; of the way between both sides, at most
_CERTAIN = 6.0  # of the separation of both sides, squared and in standard deviations, from which colour has more say than place

_GRAIN = 3.0  # grey levels, standard deviation: what even a plain background varies by, where it is seen
_LIKELY = 1.5  # standard deviations from what is painted and from the mean that a background's colour may be
_UNEXPLAINED = 2  # grey levels: what is nearly of one side, and no mixture of the two, is of that side

_FINE = 16  # parts of a grey level, of which the table of linear light knows the values
_LIGHTS = 1 << 15  # values of linear light whose grey levels are known: nine a grey level where it is darkest
_CLOSED_PX = 120_000  # a tile, of which some pixels more are needed on all sides


@dataclass(frozen=True, eq=False)
class Band:
    """The surroundings of the depth edges.

    inside: (H, W) float32, signed distance from the silhouette in pixels, positive on the near side; inf far away.
    width: half the width of the uncertain band, in pixels.
    fringe: how far on the far side lenses, compression and guessed outlines may leave some of the near side's colour, in px.
    mask: (H, W) bool, the uncertain band.
    gap: (H, W) bool, pixels of the far side that the front layer leaves to the back layer, so that its mesh can be torn there.
    disparity: (H, W) float32, the front layer's: the near surface goes on into the gap.
    """

    inside: Float32
    width: float
    fringe: float
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
    fringe = max(width, _FRINGE[0] + _FRINGE[1] * scale) if found.sliver_px else width
    seam = width + room_px(scale)  # on both sides of it some triangles must find room
    gap_width = seam + room_px(scale)
    inside, disparity = found.inside, np.empty_like(front)
    mask, gap = np.empty(front.shape, bool), np.empty(front.shape, bool)

    def measure(tile: tuple[slice, slice]) -> None:
        part = inside[tile]
        mask[tile] = np.abs(part) < width
        left = (part < 0) & (part > -gap_width)
        gap[tile], disparity[tile] = left, front[tile]
        if left.any():
            np.copyto(disparity[tile], found.near_side.beside(tile), where=left & (part > -seam))

    each(measure, tiles(*front.shape))
    band = Band(inside, width, fringe, mask, gap, disparity)
    if found.sliver_px:
        _close_slivers(band, max(1, found.sliver_px // 3), found.threshold)
    return band


def _close_slivers(band: Band, reach: int, threshold: float) -> None:
    """Take slits of the far side out of the near one, and shreds out of the gap, up to 2 * ``reach`` wide.

    A mesh would be drawn out from one side to the other at each of them.
    """
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    tile_list = tiles(*band.gap.shape, pixels=_CLOSED_PX)

    def close(tile: tuple[slice, slice]) -> tuple[Mask, Float32, Mask] | None:
        (down, own_down), (right, own_right) = map(widened, tile, (2 * reach, 2 * reach), band.gap.shape)
        around, own = (down, right), (own_down, own_right)
        torn = (band.mask[around] | band.gap[around]).view(np.uint8)
        if not torn.any():
            return None
        raised = cv2.morphologyEx(band.disparity[around], cv2.MORPH_CLOSE, window)[own]
        slit = cv2.morphologyEx(torn, cv2.MORPH_CLOSE, window)[own].view(bool) & (raised - band.disparity[tile] > threshold)
        whole = cv2.morphologyEx(band.gap[around].view(np.uint8), cv2.MORPH_CLOSE, window)[own].view(bool)
        near = np.isfinite(band.inside[tile]) & (band.inside[tile] > -band.width)
        return slit, raised[slit], whole & ~near

    for tile, closed in zip(tile_list, each(close, tile_list), strict=True):
        if closed is not None:
            slit, raised, shreds = closed
            band.disparity[tile][slit] = raised
            band.gap[tile] |= shreds


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
        depth = _depth(inside, band) / np.float32(1.2)
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


def _depth(inside: Float32, band: Band) -> Float32:
    """How far from a silhouette pixels are, on either side: 1 = where its mixed pixels end."""
    return np.asarray(np.maximum(inside / np.float32(band.width), inside / np.float32(-band.fringe)), np.float32)


def cut(rgb: Uint8, painted: Uint8, band: Band, sides: Sides) -> Cut:
    """Split the mixed pixels of ``band`` and its fringe into foreground and background.

    painted: (H, W, 3) uint8, the picture with the hidden surface painted over band and near side; its memory becomes the
        background's.

    The pixel's colour is alpha * foreground + (1 - alpha) * background in linear light, and so it stays: alpha is the place
    of the colour between the means of both sides, trusted as far as these can be told apart, and what the means leave over
    goes to the two colours by their shares and by how much they vary ("A Bayesian Approach to Digital Matting", Chuang et
    al., 2001).
    """
    foreground, background = np.empty((*rgb.shape[:2], 4), np.uint8), painted

    def split(rows: slice) -> None:
        inside, front = band.inside[rows], foreground[rows]
        cv2.merge([rgb[rows], np.where(band.gap[rows], np.uint8(0), np.uint8(255))], front)
        kept = (~np.isfinite(inside) | (inside <= -band.width)).view(np.uint8)
        cv2.copyTo(rgb[rows], kept, background[rows])
        at = np.flatnonzero((inside < band.width) & (inside > -band.fringe))
        if not len(at):
            return
        back = cv2.cvtColor(background[rows], cv2.COLOR_RGB2RGBA)
        colour, behind = (_planes(_words(picture)[at]) for picture in (front, back))
        near, far = sides.at(np.divmod(at, rgb.shape[1]), rows.start)
        parts = _split(colour, behind, near, far, inside.ravel()[at], band)
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


def _split(colour: Uint8, behind: Uint8, near: _Side, far: _Side, inside: Float32, band: Band) -> Uint8:
    """(7, N): foreground, its alpha and background of N mixed pixels; ``colour`` and ``behind``: (3, N).

    In the fringe nothing is painted: the far side's mean stands in, and what holds nothing of the near side stays as it is.
    """
    known, beside = np.isfinite(far.variance), inside <= -band.width
    far = _Side(np.where(known, far.mean, behind.astype(np.float32)), far.variance)
    behind = np.where(beside, np.rint(far.mean).astype(np.uint8), behind)
    front = _linear(near.mean)
    fade = _cut_off(2 - 2 * _depth(inside, band))
    alpha = _alpha(_linear(colour), front, near, far, inside, fade)
    code = np.rint(255 * alpha).astype(np.uint8)
    spread = np.where(known, far.variance, 0)
    slack = _LIKELY * np.sqrt(spread + np.float32(_GRAIN**2)) / np.maximum(fade, np.float32(0.01))
    low = np.clip(np.minimum(behind, far.mean) - slack, 0, 255).astype(np.uint8)
    high = np.clip(np.maximum(behind, far.mean) + slack, 0, 255).astype(np.uint8)
    plain = (code == 0) & (beside | ((colour >= low) & (colour <= high)).all(axis=0))
    parts = np.concatenate([np.where(code == 255, colour, _coded(front)), code[None], np.where(plain, colour, behind)])
    at = np.flatnonzero(~plain & (code < 255))
    if not len(at):
        return parts
    ahead = np.where(np.isfinite(near.variance), near.variance, 0)
    front, back = front[:, at], _linear(behind[:, at])
    parts[:, at] = _unmixed(
        colour[:, at],
        code[at].astype(np.float32) / np.float32(255),
        _Guess(front, _variance(front, ahead[at])),
        _Guess(back, _variance(back, spread[at]), _linear(low[:, at]), _linear(high[:, at])),
    )
    return parts


@dataclass(frozen=True, eq=False)
class _Guess:
    """What a colour is taken for: (3, N) each, its linear light, how much that may vary, and the least and most it can be."""

    light: Float32
    variance: Float32
    low: Float32 | float = 0.0
    high: Float32 | float = 1.0


def _variance(light: Float32, codes: Float32) -> Float32:
    """Of linear light, from that of grey levels: the square of the curve's slope goes with the light."""
    return np.float32(_SLOPE) * (light + np.float32(0.002)) * (codes + np.float32(_NOISE**2))


def _unmixed(colour: Uint8, share: Float32, front: _Guess, back: _Guess) -> Uint8:
    """As ``_split``, from the shares (N,) of the foreground.

    Where the background cannot be what it would have to be, the foreground has a larger share: an old outline goes with
    what it is the outline of, instead of staying behind.
    """
    mixed = _linear(colour)
    own, other = _explained(mixed, share, front, back)
    least = np.maximum((other - mixed) / np.maximum(other, 1e-6), (mixed - other) / np.maximum(1 - other, 1e-6)).max(axis=0)
    more = least > share + 0.5 / 255
    share[more] = np.ceil(255 * least[more]) / 255
    own[:, more] = _cut_off((mixed - (1 - share) * other)[:, more] / share[more])
    again = _coded(share * own + (1 - share) * other)
    wrong = (cv2.absdiff(again, colour).max(axis=0) > _UNEXPLAINED) & (np.abs(share - 0.5) > 0.4)
    share[wrong] = np.rint(share[wrong])
    return np.concatenate(
        [
            np.where(share == 1, colour, _coded(own)),
            np.rint(255 * share).astype(np.uint8)[None],
            np.where(share == 0, colour, _coded(np.where(share == 1, back.light, other))),
        ]
    )


def _explained(mixed: Float32, share: Float32, front: _Guess, back: _Guess) -> tuple[Float32, Float32]:
    """The likeliest two colours that give ``mixed``; where one is at its end, the other goes farther."""
    left = 1 - share
    ahead, behind = share * front.variance, left * back.variance
    rest = (mixed - share * front.light - left * back.light) / (share * ahead + left * behind)
    own, other = np.clip(front.light + ahead * rest, 0, 1), np.clip(back.light + behind * rest, back.low, back.high)
    mostly = share >= 0.5
    again = np.clip((mixed - share * own) / np.maximum(left, 0.5), back.low, back.high)
    own = np.where(mostly, (mixed - left * other) / np.maximum(share, 0.5), own)
    return _cut_off(own), np.where(mostly, other, again)


def _alpha(mixed: Float32, front: Float32, near: _Side, far: _Side, inside: Float32, fade: Float32) -> Float32:
    """(N,) share of the near side in every pixel of the band.

    front: its mean in linear light. fade: (N,), from 1 to 0 at the band's ends. What a side itself varies by is no mixture, in
    the light that it has: in the dark a hundredth of something bright is seen.
    """
    line = near.mean - far.mean
    variance = near.variance + far.variance + _NOISE**2
    certain = _dot(line, line) / np.where(np.isfinite(variance), variance, 1e9)
    back = _linear(far.mean)
    span = front - back
    length = np.maximum(_dot(span, span), np.float32(1e-6))
    along = _dot(mixed - back, span) / length
    start, end = (
        np.minimum(_VARIED * np.sqrt(_variance(light, side.variance).mean(axis=0) / length), _VARIED_MOST)
        for light, side in ((back, far), (front, near))
    )
    projected = _cut_off(np.asarray((along - start) / (1 - start - end), np.float32))
    place = _cut_off(inside + np.float32(0.5))
    trust = certain / (certain + _CERTAIN) * fade
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
    return srgb.linear(value).astype(np.float32)


@cache
def _code_of_light() -> Uint8:
    return np.rint(255 * srgb.coded(np.linspace(0, 1, _LIGHTS))).astype(np.uint8)
