"""What a photograph has beyond a reduced copy of it, brought from where a reduced pixel's match lies.

A pixel of the reduced copy is a block of the photograph; its match is a block, too. Colours are counted in 32nds of a grey
level: four channels of 16 bits, the last one empty, are moved as one number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.strips import each, strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Index = NDArray[np.intp]
    Int16 = NDArray[np.int16]
    Uint8 = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

_BITS = 5  # of a colour's fraction
_STRIP_PX = 200_000  # a strip is many blocks high: it is enlarged with a block more on both sides


def enlarged(small: Float32, factor: int, rgb: Uint8, hole: Mask, source: Mask, match: Index | None) -> Uint8:
    """A copy of ``rgb`` with ``small`` in the hole and, over that, the detail that the source has at the matches.

    small: (h, w, 3) float32, the reduced copy with its hole painted. factor: by which it is reduced; last blocks may be cut.
    match: (h, w) flat index of each block's match, -1 where it has none; None = none has.
    """
    coarse = np.zeros((*small.shape[:2], 4), np.int16)
    coarse[:, :, :3] = np.rint(small * (1 << _BITS))
    height, width = hole.shape
    across = coarse.shape[1] * factor
    detail = None if match is None else _detail(coarse, factor, rgb, source)
    shift = None if match is None else _shift(match, factor)
    painted = np.copy(rgb)

    def paint(rows: slice) -> None:
        wanted = hole[rows].view(np.uint8)
        if not wanted.any():
            return
        colours = _rows(coarse, factor, rows)
        if detail is not None and shift is not None:
            at = np.flatnonzero(cv2.copyMakeBorder(wanted, 0, 0, 0, across - width, cv2.BORDER_CONSTANT))
            blocks = shift[rows.start // factor : -(-rows.stop // factor)]
            place = np.repeat(np.repeat(blocks, factor, axis=0), factor, axis=1).ravel()[at]
            place += at
            place += rows.start * across
            fine = np.zeros(colours.shape, np.int16)
            fine.reshape(-1).view(np.int64)[at] = detail[place]
            colours += fine
        cv2.copyTo(_rounded(colours[:, :width]), wanted, painted[rows])

    each(paint, strips(height, width, factor, pixels=_STRIP_PX))
    return painted


def _detail(coarse: Int16, factor: int, rgb: Uint8, source: Mask) -> NDArray[np.int64]:
    """(h * factor * w * factor,): what the source has beyond the enlarged copy; 0 where it is no source. Cut blocks go on."""
    height, width = source.shape
    detail = np.zeros((coarse.shape[0] * factor, coarse.shape[1] * factor, 4), np.int16)

    def subtract(rows: slice) -> None:
        whole = slice(rows.start, -(-rows.stop // factor) * factor)
        more = 0, whole.stop - rows.stop, 0, detail.shape[1] - width, cv2.BORDER_REPLICATE
        code, known = (cv2.copyMakeBorder(part, *more) for part in (rgb[rows], source[rows].view(np.uint8)))
        code = cv2.cvtColor(code, cv2.COLOR_RGB2RGBA).astype(np.int16) << _BITS
        cv2.copyTo(cv2.subtract(code, _rows(coarse, factor, whole)), known, detail[whole])

    each(subtract, strips(height, width, factor, pixels=_STRIP_PX))
    return detail.reshape(-1).view(np.int64)


def _shift(match: Index, factor: int) -> Index:
    """(h, w): how far a block's pixels lie from those of its match, in flat indices of the enlarged copy."""
    down, right = np.divmod(match, match.shape[1])
    rows, columns = np.indices(match.shape)
    shift = ((down - rows) * match.shape[1] * factor + right - columns) * factor
    return np.where(match >= 0, shift, 0)  # what is to be painted is no source


def _rows(coarse: Int16, factor: int, rows: slice) -> Int16:
    """Those rows of the copy enlarged, interpolated linearly: the first one begins a block."""
    first, last = rows.start // factor, -(-rows.stop // factor)
    top = max(0, first - 1)
    part = coarse[top : last + 1]
    wide = cv2.resize(part, (part.shape[1] * factor, len(part) * factor), interpolation=cv2.INTER_LINEAR)
    start = (first - top) * factor
    return np.asarray(wide[start : start + rows.stop - rows.start], np.int16)


def _rounded(colours: Int16) -> Uint8:
    values = np.clip((colours + (1 << _BITS - 1)) >> _BITS, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(values, cv2.COLOR_RGBA2RGB), np.uint8)
