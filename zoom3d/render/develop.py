"""From the light that fell on the film to the picture: exposures added up, what the lens does, grain, and the sRGB code."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import moderngl
import numpy as np

from zoom3d.render.ownership import owned_by, screen_pass

if TYPE_CHECKING:
    from zoom3d.render.exposures import Shots
    from zoom3d.types import Effects, Float32

_GRAIN_SIDE = 512
_GRAIN_SIZE = 0.8 / 1080
"""Deviation of the blur that makes grains of noise, as a share of the picture's shorter side: an encoder drops finer ones."""
_GRAIN_LEAST_PX = 0.5


class Development:
    """Makes pictures of the linear light that is drawn into ``exposure``. ``stack`` owns its GL objects.

    several: pictures are sums of exposures.
    plain: the picture is the one exposure, and only changes its code.
    """

    def __init__(
        self, context: moderngl.Context, exposure: moderngl.Framebuffer, effects: Effects, stack: ExitStack, *, several: bool
    ) -> None:
        self._context, self._exposure, self._effects = context, exposure, effects
        self._light = self._source = self._sampled(exposure.color_attachments[0])
        self._begun = False
        if several:
            self._expose = screen_pass(context, "expose", stack, ("LENS",) if effects.aperture else ())
            self._sum_texture = self._sampled(owned_by(stack, context.texture(exposure.size, 4, dtype="f4")))
            self._sum = owned_by(stack, context.framebuffer([self._sum_texture]))
            if effects.aperture:
                self._join = screen_pass(context, "join", stack)
            else:
                self._source = self._sum_texture
        wanted = {
            "EXPOSED": self._source is not self._light,
            "ABERRATION": effects.aberration > 0,
            "VIGNETTE": effects.vignette > 0,
            "GRAIN": effects.grain > 0,
        }
        self.plain = not several and not any(wanted.values())
        self._develop = screen_pass(context, "develop", stack, tuple(name for name, on in wanted.items() if on))
        program = self._develop.program
        if effects.aberration > 0:
            program["aberration"] = effects.aberration
        if effects.vignette > 0:
            program["vignette"] = effects.vignette
        if effects.grain > 0:
            program["strength"], program["grain"] = effects.grain, 1
            tile = grain(effects.seed, max(_GRAIN_SIZE * min(exposure.size), _GRAIN_LEAST_PX))
            self._grain = owned_by(stack, context.texture(tile.shape[::-1], 1, tile.astype(np.float16).tobytes(), dtype="f2"))

    def expose(self, shots: Shots) -> None:
        """Add what was drawn as one of the exposures of the picture."""
        context = self._context
        self._sum.use()
        if not self._begun:
            self._sum.clear()
            self._begun = True
        context.disable(moderngl.DEPTH_TEST)
        context.enable(moderngl.BLEND)
        context.blend_func = moderngl.ONE, moderngl.ONE
        self._expose.program["share"] = 1 / len(shots.numbers)
        self._light.filter = moderngl.NEAREST, moderngl.NEAREST
        self._light.use(0)
        self._expose.render(moderngl.TRIANGLES, 3)

    def draw(self, target: moderngl.Framebuffer, index: int) -> None:
        """Make the picture of frame ``index``."""
        if self._begun and self._source is self._light:
            self._exposure.use()
            self._sum_texture.use(0)
            self._join.render(moderngl.TRIANGLES, 3)
        self._begun = False
        target.use()
        self._source.filter = moderngl.LINEAR, moderngl.LINEAR
        self._source.use(0)
        if self._effects.grain > 0:
            self._grain.use(1)
            random = np.random.default_rng([self._effects.seed, index])
            self._develop.program["grain_start"] = tuple(int(start) for start in random.integers(0, _GRAIN_SIDE, 2))
        self._develop.render(moderngl.TRIANGLES, 3)

    @staticmethod
    def _sampled(texture: moderngl.Texture) -> moderngl.Texture:
        texture.repeat_x = texture.repeat_y = False
        return texture


def grain(seed: int, size_px: float) -> Float32:
    """(512, 512) float32 noise of mean 0 and deviation 1 that fits itself on all sides; ``size_px``: deviation of its blur."""
    noise = np.random.default_rng(seed).standard_normal((_GRAIN_SIDE, _GRAIN_SIDE))
    frequency = np.fft.fftfreq(_GRAIN_SIDE)
    lowpass = np.exp(-2 * (np.pi * size_px * frequency) ** 2)
    soft = np.fft.ifft2(np.fft.fft2(noise) * lowpass[:, None] * lowpass).real
    return ((soft - soft.mean()) / soft.std()).astype(np.float32)
