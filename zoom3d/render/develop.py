"""From the light that fell on the film to the picture: exposures added up, what the lens does, grain, and the sRGB code."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import moderngl
import numpy as np

from zoom3d.render.accumulation import Accumulation
from zoom3d.render.blur import Blur
from zoom3d.render.ownership import owned_by, screen_pass

if TYPE_CHECKING:
    from zoom3d.types import Effects, Float32

_GRAIN_SIDE = 512
_GRAIN_SIZE = 0.8 / 1080
"""Deviation of the blur that makes grains of noise, as a share of the picture's shorter side: an encoder drops finer ones."""
_GRAIN_LEAST_PX = 0.5
_BLURRED = 2, 3  # texture units


class Development:
    """Makes pictures of the linear light that is drawn into ``exposure``. ``stack`` owns its GL objects.

    several: pictures are sums of exposures.
    plain: the picture is the one exposure, and only changes its code.
    """

    def __init__(
        self, context: moderngl.Context, exposure: moderngl.Texture, effects: Effects, stack: ExitStack, *, several: bool
    ) -> None:
        self._effects = effects
        self._sum = Accumulation(context, exposure, stack) if several else None
        self._source = self._sum.light if self._sum else exposure
        self.blur = Blur(context, self._source, stack) if effects.aperture > 0 else None
        wanted = {
            "EXPOSED": several,
            "LENS": self.blur is not None,
            "ABERRATION": effects.aberration > 0,
            "VIGNETTE": effects.vignette > 0,
            "GRAIN": effects.grain > 0,
        }
        self.plain = not several and not any(wanted.values())
        self._develop = screen_pass(context, "develop", stack, tuple(name for name, on in wanted.items() if on))
        program = self._develop.program
        if self.blur:
            program["blurred"], program["shown"] = _BLURRED
        if effects.aberration > 0:
            program["aberration"] = effects.aberration
        if effects.vignette > 0:
            program["vignette"] = effects.vignette
        if effects.grain > 0:
            program["strength"], program["grain"] = effects.grain, 1
            tile = grain(effects.seed, max(_GRAIN_SIZE * min(exposure.size), _GRAIN_LEAST_PX))
            self._grain = owned_by(stack, context.texture(tile.shape[::-1], 1, tile.astype(np.float16).tobytes(), dtype="f2"))

    def expose(self, count: int) -> None:
        """Take what was drawn as one of ``count`` exposures of the picture."""
        if self._sum:
            self._sum.add(count)

    def draw(self, target: moderngl.Framebuffer, index: int) -> None:
        """Make the picture of frame ``index``."""
        self._source.filter = moderngl.LINEAR, moderngl.LINEAR
        if self._sum:
            self._sum.finish()
        if self.blur:
            for unit, texture in zip(_BLURRED, self.blur.finish(), strict=True):
                texture.use(unit)
        target.use()
        self._source.use(0)
        if self._effects.grain > 0:
            self._grain.use(1)
            random = np.random.default_rng([self._effects.seed, index])
            self._develop.program["grain_start"] = tuple(int(start) for start in random.integers(0, _GRAIN_SIDE, 2))
        self._develop.render(moderngl.TRIANGLES, 3)


def grain(seed: int, size_px: float) -> Float32:
    """(512, 512) float32 noise of mean 0 and deviation 1 that fits itself on all sides; ``size_px``: deviation of its blur."""
    noise = np.random.default_rng(seed).standard_normal((_GRAIN_SIDE, _GRAIN_SIDE))
    frequency = np.fft.fftfreq(_GRAIN_SIDE)
    lowpass = np.exp(-2 * (np.pi * size_px * frequency) ** 2)
    soft = np.fft.ifft2(np.fft.fft2(noise) * lowpass[:, None] * lowpass).real
    return ((soft - soft.mean()) / soft.std()).astype(np.float32)
