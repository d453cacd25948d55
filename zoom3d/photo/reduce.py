"""How many pixels of a large photograph are of use, and getting there by averaging areas."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

    from zoom3d.types import Uint8

UsableSide = Callable[[int, int], int]
"""How long the shorter side of a picture of that width and height, seen upright, can be and still be of use."""

HEADROOM = 3
"""How many times the wanted size the coarse steps before the area filter leave, so that its cells do not show."""

_STRIP_PIXELS = 1 << 23
_REDUCIBLE = frozenset({"L", "LA", "La", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB"})


def target_size(size: tuple[int, int], usable: UsableSide | None, *, upright: bool = False) -> tuple[int, int]:
    """The size of a picture reduced so that its shorter side is what is usable; as it is where it is no larger.

    upright: ``size`` is as the picture is seen; else it may still be turned, and is large enough either way.
    """
    if usable is None:
        return size
    shorter, side_px = min(size), usable(*size) if upright else max(usable(*size), usable(*size[::-1]))
    if shorter <= side_px:
        return size
    width, height = (max(1, round(side * side_px / shorter)) for side in size)
    return width, height


def coarse(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    """``image`` averaged over whole cells of pixels, to no less than ``HEADROOM`` times ``target``; saves memory later.

    What does not fill a cell is left out on both sides alike: at most a sixth of a pixel of the result.
    """
    cell = min(image.width // target[0], image.height // target[1]) // HEADROOM
    if cell < 2 or image.mode not in _REDUCIBLE:
        return image
    left, top = image.width % cell // 2, image.height % cell // 2
    return image.reduce(cell, box=(left, top, left + image.width // cell * cell, top + image.height // cell * cell))


def to_array(image: Image.Image, size: tuple[int, int]) -> Uint8:
    """(H, W, 3) uint8 of an RGB image, reduced to ``size`` (width, height) where it is larger, strip by strip."""
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        rgb[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    if image.size == size:
        return rgb
    import cv2

    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
