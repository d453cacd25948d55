"""What a photograph has beyond a reduced copy of it, brought from where a reduced pixel's match lies.

A pixel of the reduced copy is a block of the photograph; its match is a block, too. Colours are counted in 32nds of a grey
level: four channels of 16 bits, the last one empty, are moved as one number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.strips import blocks, each, tiles, widened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Index = NDArray[np.intp]
    Int16 = NDArray[np.int16]
    Uint8 = NDArray[np.uint8]
    Mask = NDArray[np.bool_]
    Tile = tuple[slice, slice]

_BITS = 5  # of a colour's fraction


def enlarged(small: Float32, factor: int, rgb: Uint8, hole: Mask, source: Mask, match: Index | None) -> Uint8:
    """A copy of ``rgb`` with ``small`` in the hole and, over that, the detail that the source has at the matches.

    small: (h, w, 3) float32, the reduced copy with its hole painted. factor: by which it is reduced; last blocks may be cut.
    match: (h, w) flat index of each block's match, -1 where it has none; None = none has.
    """
    coarse = np.zeros((*small.shape[:2], 4), np.int16)
    coarse[:, :, :3] = np.rint(small * (1 << _BITS))
    height, width = hole.shape
    across = coarse.shape[1] * factor
    detail = None if match is None else _detail(coarse, factor, rgb, source, match)
    shift = None if match is None else _shift(match, factor)
    painted = np.copy(rgb)

    def paint(tile: Tile) -> None:
        wanted = np.ascontiguousarray(hole[tile]).view(np.uint8)
        if not wanted.any():
            return
        colours = _part(coarse, factor, tile)
        if detail is not None and shift is not None:
            place = np.repeat(np.repeat(shift[_blocks(tile, factor)], factor, axis=0), factor, axis=1)
            place = place[: len(wanted), : wanted.shape[1]]
            place += np.arange(tile[0].start, tile[0].stop)[:, None] * across
            place += np.arange(tile[1].start, tile[1].stop)
            at = np.flatnonzero(wanted)
            fine = np.zeros(colours.shape, np.int16)
            fine.reshape(-1).view(np.int64)[at] = detail[place.ravel()[at]]
            colours += fine
        cv2.copyTo(_rounded(colours), wanted, painted[tile])

    each(paint, tiles(height, width, factor))
    return painted


def _detail(coarse: Int16, factor: int, rgb: Uint8, source: Mask, match: Index) -> NDArray[np.int64]:
    """(h * factor * w * factor,): what the source has beyond the enlarged copy around the matches; 0 where it is no source.

    Cut blocks go on.
    """
    height, width = source.shape
    asked = np.zeros(match.shape, bool)
    asked.ravel()[match[match >= 0]] = True
    detail = np.zeros((coarse.shape[0] * factor, coarse.shape[1] * factor, 4), np.int16)

    def subtract(tile: Tile) -> None:
        down, right = _blocks(tile, factor)
        if not asked[down, right].any():
            return
        whole = slice(tile[0].start, down.stop * factor), slice(tile[1].start, right.stop * factor)
        more = 0, whole[0].stop - tile[0].stop, 0, whole[1].stop - tile[1].stop, cv2.BORDER_REPLICATE
        code, known = (cv2.copyMakeBorder(part, *more) for part in (rgb[tile], source[tile].view(np.uint8)))
        code = cv2.cvtColor(code, cv2.COLOR_RGB2RGBA).astype(np.int16) << _BITS
        cv2.copyTo(cv2.subtract(code, _part(coarse, factor, whole)), known, detail[whole])

    each(subtract, tiles(height, width, factor))
    return detail.reshape(-1).view(np.int64)


def _shift(match: Index, factor: int) -> Index:
    """(h, w): how far a block's pixels lie from those of its match, in flat indices of the enlarged copy."""
    down, right = np.divmod(match, match.shape[1])
    rows, columns = np.indices(match.shape)
    shift = ((down - rows) * match.shape[1] * factor + right - columns) * factor
    return np.where(match >= 0, shift, 0)  # what is to be painted is no source


def _blocks(tile: Tile, factor: int) -> Tile:
    """The blocks of a tile, which begins with a block both ways."""
    return blocks(tile[0], factor), blocks(tile[1], factor)


def _part(coarse: Int16, factor: int, tile: Tile) -> Int16:
    """That tile of the copy enlarged, interpolated linearly."""
    (down, own_down), (right, own_right) = map(widened, _blocks(tile, factor), (1, 1), coarse.shape[:2])
    part = coarse[down, right]
    wide = cv2.resize(part, (part.shape[1] * factor, len(part) * factor), interpolation=cv2.INTER_LINEAR)
    top, left = own_down.start * factor, own_right.start * factor
    own = wide[top : top + tile[0].stop - tile[0].start, left : left + tile[1].stop - tile[1].start]
    return np.ascontiguousarray(own)


def _rounded(colours: Int16) -> Uint8:
    values = np.clip((colours + (1 << _BITS - 1)) >> _BITS, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(values, cv2.COLOR_RGBA2RGB), np.uint8)
