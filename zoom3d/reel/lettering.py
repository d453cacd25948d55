"""Words as a picture of their coverage, for a card or a label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Uint8 = NDArray[np.uint8]

_WIDEST = 0.84  # of the frame's width
_SHADOW = 0.55


def card(text: str, size: tuple[int, int]) -> Uint8:
    """(H, W, 2) uint8: coverage of ``text``, large in the middle of a frame of ``size``, and of its shadow."""
    return _drawn(text, size, min(size) * 0.11, 0.46)


def label(text: str, size: tuple[int, int]) -> Uint8:
    """The same, small, and above the part of the frame that the platforms cover."""
    return _drawn(text, size, min(size) * 0.06, 0.6 if size[1] > size[0] else 0.8)


def _drawn(text: str, size: tuple[int, int], height_px: float, middle: float) -> Uint8:
    width, height = size
    image = Image.new("L", size)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(height_px)
    across = draw.multiline_textbbox((0, 0), text, font, align="center")[2]
    if across > _WIDEST * width:
        font = ImageFont.load_default(height_px * _WIDEST * width / across)
    draw.multiline_text((width / 2, height * middle), text, 255, font, anchor="mm", align="center")
    letters = np.asarray(image)
    blurred = cv2.GaussianBlur(letters.astype(np.float32), (0, 0), 0.012 * min(size))
    shadow = np.clip(blurred * 1.6, 0, 255) * _SHADOW
    return np.dstack([letters, shadow.astype(np.uint8)])
