"""Exposures added up in 32-bit linear light (Haeberli and Akeley, "The Accumulation Buffer", 1990)."""

from __future__ import annotations

from contextlib import ExitStack

import moderngl

from zoom3d.render.ownership import owned_by, screen_pass, target_texture


class Accumulation:
    """The mean of what is drawn into ``exposure`` time and again. ``stack`` owns its GL objects.

    light: the mean; spread: for ``blurred`` exposures, how far the samples of the lens lie apart.
    """

    def __init__(
        self, context: moderngl.Context, exposure: moderngl.Texture, stack: ExitStack, *, blurred: bool = False
    ) -> None:
        self._context, self._exposure = context, exposure
        self._add = screen_pass(context, "expose", stack, ("BLURRED",) if blurred else ())
        made = [target_texture(context, exposure.size, each, "f4", stack) for each in ((4, 1) if blurred else (4,))]
        self.light, self.spread = made[0], made[-1]
        self._target = owned_by(stack, context.framebuffer(made))
        self._begun = False

    def add(self, count: int) -> None:
        """Add what was drawn as one of ``count`` exposures."""
        context = self._context
        self._target.use()
        if not self._begun:
            self._target.clear()
            self._begun = True
        context.disable(moderngl.DEPTH_TEST)
        context.enable(moderngl.BLEND)
        context.blend_func = moderngl.ONE, moderngl.ONE
        self._add.program["share"] = 1 / count
        self._exposure.use(0)
        self._add.render(moderngl.TRIANGLES, 3)

    def finish(self) -> None:
        """The next exposure begins another sum."""
        self._begun = False
        self._context.disable(moderngl.DEPTH_TEST | moderngl.BLEND)
