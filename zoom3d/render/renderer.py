"""Draws a layered scene along a camera path.

Opaque triangles go first, near layers before far ones, so that the depth test saves the hidden pixels; then the mattes are
blended over them from far to near. Blending and filtering happen in linear light, because textures and target are sRGB.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import moderngl
import numpy as np

from zoom3d import geometry
from zoom3d.errors import RenderError

from zoom3d.render import mesh, shader
from zoom3d.render.context import describe
from zoom3d.types import Frame

if TYPE_CHECKING:
    from types import TracebackType

    from zoom3d.types import CameraPath, LayeredScene, OutputSpec, PixelLayout, Uint8

TOLERANCE_PX = 0.25
"""How far a mesh may put a visible point from its place, in pixels of the frame, anywhere on the path."""

_LAYER_BIAS = 1e-5
_SRGB8_ALPHA8 = 0x8C43
_FRAMEBUFFER_SRGB = 0x8DB9
_BLUR_REDUCTION = 16


@dataclass(frozen=True, eq=False)
class _Drawable:
    texture: moderngl.Texture
    opaque: moderngl.VertexArray | None
    matte: moderngl.VertexArray | None
    bias: float


class Renderer:
    """A scene on the graphics card, ready to be drawn along any path. A context manager: it owns GL objects."""

    def __init__(self, context: moderngl.Context, scene: LayeredScene) -> None:
        self.context = context
        self.scene = scene
        self.name = describe(context)
        self._owned = ExitStack()
        height, width = scene.layers[0].disparity.shape
        limit = int(context.info["GL_MAX_TEXTURE_SIZE"])
        if max(height, width) > limit:
            raise RenderError(
                f"a layer of {width}x{height} pixels is larger than this renderer takes ({limit})",
                hint="make the photograph smaller, or ask for a smaller --size",
            )
        self._textures = [self._own(self._upload(_premultiply(layer.rgba))) for layer in scene.layers[1:]]
        self._textures.insert(0, self._own(self._upload(_backstop(scene.layers[0].rgba))))
        self._layer_program = self._own(shader.program(context, "layer"))

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._owned.close()

    def frames(self, path: CameraPath, output: OutputSpec, layout: PixelLayout = "rgb24") -> Iterator[Frame]:
        """One frame for every camera of ``path``, ``output.width`` x ``output.height`` pixels each.

        Reading back is double-buffered: frame i is handed out after the drawing of frame i + 1 was asked for.
        """
        with ExitStack() as owned:
            canvas = owned.enter_context(_Canvas(self.context, path.viewport_size, (output.width, output.height), output.fit, layout))
            drawables = self._drawables(path, owned)
            for index in range(len(path)):
                canvas.begin()
                self._draw(drawables, path, index)
                finished = canvas.finish()
                if finished is not None:
                    yield finished
            last = canvas.flush()
            if last is not None:
                yield last

    def _draw(self, drawables: list[_Drawable], path: CameraPath, index: int) -> None:
        context, program = self.context, self._layer_program
        matrix = program["world_to_clip"]
        context.enable(moderngl.DEPTH_TEST)
        context.disable(moderngl.BLEND)
        program["opaque"] = True
        for drawable in reversed(drawables):
            if drawable.opaque:
                matrix.write(geometry.world_to_clip(self.scene, path, index, drawable.bias).T.tobytes())
                drawable.texture.use(0)
                drawable.opaque.render()
        context.enable(moderngl.BLEND)
        context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        context.fbo.depth_mask = False
        program["opaque"] = False
        for drawable in drawables:
            if drawable.matte:
                matrix.write(geometry.world_to_clip(self.scene, path, index, drawable.bias).T.tobytes())
                drawable.texture.use(0)
                drawable.matte.render()
        context.fbo.depth_mask = True

    def _drawables(self, path: CameraPath, owned: ExitStack) -> list[_Drawable]:
        height, width = self.scene.layers[0].disparity.shape
        step_px = 2.0 if height * width > 1 << 20 else 1.0
        made = []
        for order, (layer, texture) in enumerate(zip(self.scene.layers, self._textures, strict=True)):
            weight = geometry.pixels_per_disparity(self.scene, path, layer.disparity)
            shape = mesh.build(layer, weight, TOLERANCE_PX, step_px, backstop=order == 0)
            position = geometry.unproject(self.scene, shape.vertices)
            place = shape.vertices[:, :2] / np.array([width, height], np.float32)
            vertices = _release_later(owned, self.context.buffer(np.concatenate([position, place], 1).astype(np.float32).tobytes()))
            arrays = []
            for triangles in (shape.opaque, shape.matte):
                if not len(triangles):
                    arrays.append(None)
                    continue
                indices = _release_later(owned, self.context.buffer(triangles.tobytes()))
                content = [(vertices, "3f 2f", "position", "texel")]
                arrays.append(_release_later(owned, self.context.vertex_array(self._layer_program, content, indices)))
            made.append(_Drawable(texture, arrays[0], arrays[1], order * _LAYER_BIAS))
        return made

    def _upload(self, rgba: Uint8) -> moderngl.Texture:
        height, width = rgba.shape[:2]
        texture = self.context.texture((width, height), 4, rgba.tobytes(), internal_format=_SRGB8_ALPHA8)
        texture.repeat_x = texture.repeat_y = False
        texture.build_mipmaps()
        texture.filter = moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR
        return texture

    def _own(self, thing):  # type: ignore[no-untyped-def]
        return _release_later(self._owned, thing)


class _Canvas:
    """The targets of one clip: the picture, the frame around it, its planes, and the buffers that carry frames home."""

    def __init__(
        self, context: moderngl.Context, picture: tuple[int, int], frame: tuple[int, int], fit: str, layout: PixelLayout
    ) -> None:
        self._context, self._picture_size, self._frame_size, self._fit, self._layout = context, picture, frame, fit, layout
        self._owned = ExitStack()
        width, height = frame
        self._linear = self._own(context.texture(picture, 4, internal_format=_SRGB8_ALPHA8))
        self._picture = self._own(context.framebuffer([self._linear], self._own(context.depth_renderbuffer(picture))))
        self._encoded = self._own(context.texture(frame, 4))
        self._encoded.filter = moderngl.NEAREST, moderngl.NEAREST
        self._frame = self._own(context.framebuffer([self._encoded]))
        self._reader, self._components = self._frame, 3
        if layout == "yuv420p":
            self._planes_program = self._own(shader.program(context, "planes"))
            self._planes_program["size"] = frame
            self._planes_pass = self._own(context.vertex_array(self._planes_program, []))
            planes = self._own(context.texture((width, height * 3 // 2), 1))
            self._reader, self._components = self._own(context.framebuffer([planes])), 1
        size = width * height * 3 // (2 if layout == "yuv420p" else 1)
        self._buffers = [self._own(context.buffer(reserve=size, dynamic=True)) for _ in range(2)]
        self._drawn = 0
        if picture != frame:
            self._open_fill()

    def __enter__(self) -> _Canvas:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._owned.close()

    def begin(self) -> None:
        """Make the picture the target of what is drawn next."""
        self._picture.use()
        self._context.enable_direct(_FRAMEBUFFER_SRGB)
        self._picture.clear(depth=1.0)

    def finish(self) -> Frame | None:
        """Put the picture into its frame, start its way home, and return the frame before it."""
        context = self._context
        context.disable_direct(_FRAMEBUFFER_SRGB)
        context.disable(moderngl.DEPTH_TEST | moderngl.BLEND)
        self._compose()
        if self._layout == "yuv420p":
            self._reader.use()
            self._encoded.use(0)
            self._planes_pass.render(moderngl.TRIANGLES, 3)
        self._reader.read_into(self._buffers[self._drawn % 2], components=self._components, alignment=1)
        self._drawn += 1
        return self._fetch(self._drawn - 2) if self._drawn > 1 else None

    def flush(self) -> Frame | None:
        """The last frame that was drawn."""
        return self._fetch(self._drawn - 1) if self._drawn else None

    def _fetch(self, number: int) -> Frame:
        width, height = self._frame_size
        data = np.frombuffer(self._buffers[number % 2].read(), np.uint8)
        shape = (height * 3 // 2, width) if self._layout == "yuv420p" else (height, width, 3)
        return Frame(data.reshape(shape), self._layout)

    def _compose(self) -> None:
        """Bring the picture, as it is stored, into the frame: blitting keeps the sRGB code values."""
        if self._picture_size == self._frame_size:
            self._context.copy_framebuffer(self._frame, self._picture)
            return
        self._context.copy_framebuffer(self._plain, self._picture)
        if self._fit == "blur":
            self._draw_blur()
        else:
            self._frame.use()
            self._frame.clear(0.0, 0.0, 0.0, 1.0)
        (width, height), (inner_width, inner_height) = self._frame_size, self._picture_size
        self._frame.use()
        self._frame.viewport = ((width - inner_width) // 2, (height - inner_height) // 2, inner_width, inner_height)
        self._plain_texture.use(0)
        self._copy_pass.render(moderngl.TRIANGLES, 3)
        self._frame.viewport = (0, 0, width, height)

    def _open_fill(self) -> None:
        context = self._context
        self._plain_texture = self._own(context.texture(self._picture_size, 4))
        self._plain = self._own(context.framebuffer([self._plain_texture]))
        copy = self._own(shader.program(context, "copy"))
        self._copy_pass = self._own(context.vertex_array(copy, []))
        self._fill_program = self._own(shader.program(context, "fill"))
        self._fill_pass = self._own(context.vertex_array(self._fill_program, []))
        small = tuple(max(8, side // _BLUR_REDUCTION) for side in self._frame_size)
        self._small = []
        for _ in range(2):
            texture = self._own(context.texture(small, 4))
            texture.repeat_x = texture.repeat_y = False
            self._small.append((texture, self._own(context.framebuffer([texture]))))

    def _draw_blur(self) -> None:
        frame_aspect, aspect = (width / height for width, height in (self._frame_size, self._picture_size))
        cover = (min(1.0, frame_aspect / aspect), min(1.0, aspect / frame_aspect))
        self._plain_texture.build_mipmaps()
        self._plain_texture.filter = moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR
        small_width, small_height = self._small[0][0].size
        steps = [
            (self._plain_texture, self._small[0][1], cover, (cover[0] / small_width, 0.0), 1.0),
            (self._small[0][0], self._small[1][1], (1.0, 1.0), (0.0, 1.0 / small_height), 0.6),
        ]
        for texture, target, scale, stride, gain in steps:
            self._blur_step(texture, target, scale, stride, gain)
        self._frame.use()
        self._small[1][0].use(0)
        self._copy_pass.render(moderngl.TRIANGLES, 3)

    def _blur_step(
        self,
        texture: moderngl.Texture,
        target: moderngl.Framebuffer,
        scale: tuple[float, float],
        stride: tuple[float, float],
        gain: float,
    ) -> None:
        target.use()
        texture.use(0)
        self._fill_program["scale"] = scale
        self._fill_program["stride"] = stride
        self._fill_program["gain"] = gain
        self._fill_pass.render(moderngl.TRIANGLES, 3)

    def _own(self, thing):  # type: ignore[no-untyped-def]
        return _release_later(self._owned, thing)


def _release_later(owned: ExitStack, thing):  # type: ignore[no-untyped-def]
    owned.callback(thing.release)
    return thing


def _backstop(rgba: Uint8) -> Uint8:
    """The farthest layer's texture: nothing lies behind it, so its colours go on where it ends."""
    opaque = rgba.copy()
    opaque[..., 3] = 255
    return opaque


def _premultiply(rgba: Uint8) -> Uint8:
    """Straight alpha -> premultiplied in linear light, coded with the sRGB curve again: exact where alpha is 255."""
    mixed = rgba[..., 3] < 255
    if not mixed.any():
        return rgba
    result = rgba.copy()
    code = rgba[mixed].astype(np.float32) / 255.0
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4) * code[:, 3:]
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.power(linear, 1 / 2.4) - 0.055)
    result[mixed, :3] = np.rint(encoded[:, :3] * 255.0)
    return result
