"""A title on the graphics card."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import moderngl
import numpy as np

from zoom3d import geometry
from zoom3d.render import shader
from zoom3d.render.ownership import owned_by

if TYPE_CHECKING:
    from zoom3d.types import Float32, LayeredScene, Title


class Sign:
    """Draws ``title``; ``texture`` holds its picture, premultiplied. ``stack`` owns its GL objects."""

    def __init__(
        self,
        context: moderngl.Context,
        scene: LayeredScene,
        title: Title,
        texture: moderngl.Texture,
        stack: ExitStack,
        defines: tuple[str, ...] = (),
    ) -> None:
        self._title, self._texture = title, texture
        self.program = owned_by(stack, shader.program(context, "title", defines=defines))
        corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        low, high = np.array(title.corners, np.float32).reshape(2, 2)
        place = low + corners * (high - low)
        position = geometry.unproject(scene, np.column_stack([place, np.full(4, title.disparity, np.float32)]))
        vertices = owned_by(stack, context.buffer(np.hstack([position, corners]).astype(np.float32).tobytes()))
        self._quad = owned_by(stack, context.vertex_array(self.program, [(vertices, "3f 2f", "position", "texel")]))

    def draw(self, world_to_clip: Float32, index: int) -> None:
        """Blend the title of frame ``index`` as a camera sees it over what is farther, into the target that is in use."""
        opacity = float(self._title.opacity[index])
        if opacity > 0:
            self.program["opacity"] = opacity
            self.program["world_to_clip"].write(world_to_clip.T.tobytes())
            self._texture.use(0)
            self._quad.render(moderngl.TRIANGLE_STRIP)
