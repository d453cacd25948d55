"""The colours of a layer as the renderer filters and blends them: linear light, premultiplied, 16 bits.

Linear light in 16 bits holds every 8-bit sRGB code apart, and software renderers filter it faster than they decode sRGB.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import cv2
import moderngl
import numpy as np

from zoom3d import srgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Uint8

WHOLE = 2**-0.5
"""Magnification from which a texture is only ever looked up at its full size: the shaders stay half a mip level sharper."""

EVERY = 1000
"""Halvings down to a single texel, of whatever texture."""

SHARP = 0.9
"""Magnification from which textures are looked up enlarged: below, a pixel takes in more than a texel anyway."""

_ENLARGED_PIXELS_MOST = 16_000_000


def enlargement(size: tuple[int, int], magnification: float, side_most: int) -> float:
    """How much larger a texture of a canvas of ``size`` is to be, so that a bilinear lookup of it is sharp: 1, 1.5 or 2.

    A lookup half-way between texels blurs what is as fine as they are: of a texture as it is, sharp and soft frames would
    alternate in a slow move. Four times would cost a tenth of a frame and look the same as twice.
    """
    for factor, least in ((2.0, 2 * WHOLE), (1.5, SHARP)):
        fits = factor**2 * size[0] * size[1] <= _ENLARGED_PIXELS_MOST and factor * max(size) <= side_most
        if fits and magnification >= least:
            return factor
    return 1.0


def upload(context: moderngl.Context, rgba: Uint8, factor: float = 1.0) -> moderngl.Texture:
    """A texture of ``rgba``, (H, W, 4) uint8 sRGB with straight alpha, enlarged by ``factor`` with a cubic filter."""
    linear = premultiplied(rgba)
    if factor > 1:
        size = round(factor * linear.shape[1]), round(factor * linear.shape[0])
        linear = np.asarray(cv2.resize(linear, size, interpolation=cv2.INTER_CUBIC), np.uint16)
        for channel in range(3):  # the filter overshoots; all three at once take ten times as long
            np.minimum(linear[..., channel], linear[..., 3], out=linear[..., channel])
    height, width = linear.shape[:2]
    texture = context.texture((width, height), 4, np.ascontiguousarray(linear), dtype="nu2")
    texture.repeat_x = texture.repeat_y = False
    texture.filter = moderngl.LINEAR, moderngl.LINEAR
    return texture


def halvings(magnification: float) -> int:
    """How often a texture that is seen no smaller than that must be halved.

    Triangles that are seen edge-on ask for coarser copies yet, and would flash in a mean of all that lies around them.
    """
    return max(0, math.ceil(math.log2(WHOLE / magnification)))


def reduce(texture: moderngl.Texture, times: int = EVERY) -> None:
    """Give ``texture`` the smaller copies that a reduced view of it is filtered from, each of half the size."""
    texture.build_mipmaps(max_level=times)
    texture.filter = moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR


def premultiplied(rgba: Uint8) -> NDArray[np.uint16]:
    """(H, W, 4) uint8 sRGB with straight alpha -> uint16 linear light, premultiplied."""
    linear = in_linear_light(rgba)
    mixed = np.flatnonzero(rgba[..., 3] < 255)
    if len(mixed):
        pixels = linear.reshape(-1, 4)
        alpha = rgba[..., 3].ravel()[mixed, None] / np.float32(255)
        pixels[mixed, :3] = np.rint(pixels[mixed, :3] * alpha)
    return linear


def in_linear_light(picture: Uint8) -> NDArray[np.uint16]:
    """(H, W, 3 or 4) uint8 sRGB -> uint16 linear light; alpha stays what it is."""
    return np.asarray(cv2.LUT(picture, np.ascontiguousarray(_codes()[..., : picture.shape[2]])), np.uint16)


@cache
def _codes() -> NDArray[np.uint16]:
    """(1, 256, 4): what a code of each channel stands for."""
    code = np.arange(256) / 255
    light = srgb.linear(code)
    return np.rint(np.stack([light, light, light, code], 1)[None] * 65535).astype(np.uint16)
