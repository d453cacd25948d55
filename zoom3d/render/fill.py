"""The blurred picture that fills a frame around a picture that does not."""

from __future__ import annotations

from contextlib import ExitStack

import moderngl

from zoom3d.render import shader

_REDUCTION = 16
_GAIN = 0.8


class BlurredFill:
    """Draws ``picture``, enlarged to cover a frame of ``frame`` pixels, blurred and darkened. ``stack`` owns its GL objects."""

    def __init__(self, context: moderngl.Context, picture: moderngl.Texture, frame: tuple[int, int], stack: ExitStack) -> None:
        self._picture = picture
        self._program = shader.program(context, "fill")
        self._pass = context.vertex_array(self._program, [])
        stack.callback(self._program.release)
        stack.callback(self._pass.release)
        self._small: list[tuple[moderngl.Texture, moderngl.Framebuffer]] = []
        for _ in range(2):
            texture = context.texture((max(8, frame[0] // _REDUCTION), max(8, frame[1] // _REDUCTION)), 4)
            texture.repeat_x = texture.repeat_y = False
            target = context.framebuffer([texture])
            stack.callback(texture.release)
            stack.callback(target.release)
            self._small.append((texture, target))
        frame_aspect, aspect = frame[0] / frame[1], picture.width / picture.height
        self._cover = (min(1.0, frame_aspect / aspect), min(1.0, aspect / frame_aspect))

    def draw(self, target: moderngl.Framebuffer) -> None:
        """Fill ``target``: reduce and blur across, blur down and darken, enlarge."""
        self._picture.build_mipmaps()
        self._picture.filter = moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR
        (first, first_target), (second, second_target) = self._small
        self._step(self._picture, first_target, self._cover, (self._cover[0] / first.width, 0.0), 1.0)
        self._step(first, second_target, (1.0, 1.0), (0.0, 1.0 / first.height), _GAIN)
        self._step(second, target, (1.0, 1.0), (0.0, 0.0), 1.0)

    def _step(
        self,
        source: moderngl.Texture,
        target: moderngl.Framebuffer,
        scale: tuple[float, float],
        stride: tuple[float, float],
        gain: float,
    ) -> None:
        target.use()
        source.use(0)
        self._program["scale"], self._program["stride"], self._program["gain"] = scale, stride, gain
        self._pass.render(moderngl.TRIANGLES, 3)
