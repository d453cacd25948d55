"""What a lens blurs: drawn in a fraction of the size from many points of the lens, for it holds no detail."""

from __future__ import annotations

import math
from contextlib import ExitStack

import moderngl

from zoom3d.render.accumulation import Accumulation
from zoom3d.render.ownership import owned_by, screen_pass, target_texture

_REDUCTION, _REDUCTION_LARGE, _LARGE_PX = 2.0, 2.5, 1.2e6
"""How much smaller, across and down, than the picture; also of pictures of more pixels than that."""

_FADE = 1.5, 3.5  # pixels of the small picture


def reduction(size: tuple[int, int]) -> float:
    """How much smaller, across and down, what is blurred of a picture of ``size`` pixels is drawn."""
    return _REDUCTION_LARGE if math.prod(size) > _LARGE_PX else _REDUCTION


def fade_px(size: tuple[int, int]) -> tuple[float, float]:
    """Diameters of blur discs in pixels of the picture: of smaller ones nothing is drawn small, of larger ones all is."""
    return _FADE[0] * reduction(size), _FADE[1] * reduction(size)


class Blur:
    """Adds up what the lens blurs of a picture; ``focused`` holds the rest of it. ``stack`` owns its GL objects.

    exposure: where it is drawn from one point of the lens.
    """

    def __init__(self, context: moderngl.Context, focused: moderngl.Texture, stack: ExitStack) -> None:
        width, height = (math.ceil(side / reduction(focused.size)) for side in focused.size)
        size = width, height
        light = target_texture(context, size, 4, "nu2", stack)
        self.exposure = owned_by(stack, context.framebuffer([light], owned_by(stack, context.depth_renderbuffer(size))))
        self._sum = Accumulation(context, light, stack, blurred=True)
        self._joined = [target_texture(context, size, components, "f2", stack) for components in (4, 2)]
        self._target = owned_by(stack, context.framebuffer(self._joined))
        self._join = screen_pass(context, "join", stack)
        self._sources = {"source": self._sum.light, "spread": self._sum.spread, "focused": focused}
        for unit, name in enumerate(self._sources):
            self._join.program[name] = unit

    def expose(self, count: int) -> None:
        """Add what was drawn as one of ``count`` exposures."""
        self._sum.add(count)

    def finish(self) -> list[moderngl.Texture]:
        """What the exposures join to, and what they show of what is in focus, as ``develop.glsl`` wants them."""
        self._sum.finish()
        self._target.use()
        for unit, texture in enumerate(self._sources.values()):
            texture.use(unit)
        self._join.render(moderngl.TRIANGLES, 3)
        return self._joined
