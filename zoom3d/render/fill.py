"""The blurred picture that fills a frame around a picture that does not."""

from __future__ import annotations

from contextlib import ExitStack

import moderngl

from zoom3d.render.ownership import owned_by, screen_pass

_TEXELS = 68
"""Of the reduced copy along the frame's shorter side: in frames of every size the blur is equally strong."""
_GAIN = 0.8


class BlurredFill:
    """Draws ``picture``, enlarged to cover a frame of ``frame`` pixels, blurred and darkened. ``stack`` owns its GL objects."""

    def __init__(self, context: moderngl.Context, picture: moderngl.Texture, frame: tuple[int, int], stack: ExitStack) -> None:
        self._picture = picture
        self._blur = screen_pass(context, "fill", stack)
        self._enlarge = screen_pass(context, "fill", stack, ("ENLARGE",))
        self._small: list[tuple[moderngl.Texture, moderngl.Framebuffer]] = []
        size = tuple(min(side, round(_TEXELS * side / min(frame))) for side in frame)
        for _ in range(2):
            texture = owned_by(stack, context.texture(size, 4, dtype="f2"))  # in 8 bits its steps would be enlarged, too
            texture.repeat_x = texture.repeat_y = False
            self._small.append((texture, owned_by(stack, context.framebuffer([texture]))))
        frame_aspect, aspect = frame[0] / frame[1], picture.width / picture.height
        self._cover = (min(1.0, frame_aspect / aspect), min(1.0, aspect / frame_aspect))

    def draw(self, target: moderngl.Framebuffer) -> None:
        """Fill ``target``: reduce and blur across, blur down and darken, enlarge."""
        self._picture.build_mipmaps()
        self._picture.filter = moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR
        (first, first_target), (second, second_target) = self._small
        self._step(self._picture, first_target, self._cover, (self._cover[0] / first.width, 0.0), 1.0)
        self._step(first, second_target, (1.0, 1.0), (0.0, 1.0 / first.height), _GAIN)
        target.use()
        second.use(0)
        self._enlarge.render(moderngl.TRIANGLES, 3)

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
        program = self._blur.program
        program["scale"], program["stride"], program["gain"] = scale, stride, gain
        self._blur.render(moderngl.TRIANGLES, 3)
