"""Words as a picture to lay over a frame, for a card or a label."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.title.lettering import Font, mixed

if TYPE_CHECKING:
    from zoom3d.types import Uint8

_WHITE = (255, 255, 255)
_WIDEST, _TALLEST = 0.84, 0.5  # of the frame
_PLATE = 0.55  # how dense the plate behind a label is
_INKED = 200  # alpha of letters rather than of their shadow


def check(texts: Iterable[str], font: Path | None) -> None:
    """Refuse words that the font cannot show. Raises OutputError."""
    for text in filter(None, texts):
        Font(text, font)


def card(text: str, size: tuple[int, int], font: Path | None = None) -> Uint8:
    """(H, W, 4) uint8 sRGB, straight alpha: ``text``, large in the middle of a frame of ``size``, and its shadow."""
    return _laid(text, size, font, 0.14, 0.47)


def label(text: str, size: tuple[int, int], font: Path | None = None) -> Uint8:
    """The same, smaller, on a dark plate, and above the part of the frame that the platforms cover."""
    return _on_plate(_laid(text, size, font, 0.085, 0.6 if size[1] > size[0] else 0.8), round(0.03 * min(size)))


def _laid(text: str, size: tuple[int, int], path: Path | None, em: float, middle: float) -> Uint8:
    """``em``: size of the letters as a share of the shorter side. ``middle``: height of the block's middle in the frame."""
    width, height = size
    font = Font(text, path)
    fitted, room = font.fit(text, em * min(size), _WIDEST * width, _TALLEST * height)
    block = font.set(text, fitted, room, _WHITE)
    drawn = block.draw(1.0)
    left, top, right, bottom = block.box
    x, y = round(width / 2 - (right - left) / 2), round(height * middle - (bottom - top) / 2)
    frame = np.zeros((height, width, 4), np.uint8)
    rows, columns = slice(max(y, 0), y + drawn.shape[0]), slice(max(x, 0), x + drawn.shape[1])
    inside = frame[rows, columns]
    inside[:] = drawn[max(-y, 0) :, max(-x, 0) :][: inside.shape[0], : inside.shape[1]]
    return frame


def _on_plate(words: Uint8, pad: int) -> Uint8:
    """``words`` over a dark plate that is ``pad`` pixels larger on every side."""
    rows, columns = np.nonzero(words[..., 3] > _INKED)
    if not len(rows):
        return words
    plate = np.zeros(words.shape[:2], np.float32)
    corner, opposite = (int(columns.min()), int(rows.min())), (int(columns.max()), int(rows.max()))
    cv2.rectangle(plate, corner, opposite, 1.0, -1)
    round_brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pad + 1, 2 * pad + 1))
    plate = _PLATE * cv2.GaussianBlur(cv2.dilate(plate, round_brush), (0, 0), 0.7)[..., None]
    alpha = words[..., 3:].astype(np.float32) / 255
    whole = alpha + plate * (1 - alpha)
    colour = mixed(words[..., :3], alpha / np.maximum(whole, 1e-6))
    return np.concatenate([colour, np.rint(255 * whole).astype(np.uint8)], 2)
