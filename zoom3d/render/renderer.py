"""Draws a layered scene along a camera path.

Opaque triangles go first, near layers before far ones, so that the depth test saves the hidden pixels; then the mattes are
blended over them from far to near, a title between those behind it and those before it. Blending and filtering happen in
linear light, which is what textures and target hold.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import moderngl
import numpy as np

from zoom3d import geometry
from zoom3d.render import backdrop, blur, detail, mesh, shader, textures
from zoom3d.render.canvas import Canvas
from zoom3d.render.context import check_size, describe
from zoom3d.render.exposures import Exposures, Lens, Shots
from zoom3d.render.ownership import Owned, owned_by
from zoom3d.render.sign import Sign
from zoom3d.strips import each
from zoom3d.types import Frame

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

    from zoom3d.types import CameraPath, Float32, LayeredScene, OutputSpec, PixelLayout, Title, Uint8

TOLERANCE_PX = 0.25
"""How far a mesh may put a visible point from its place, in pixels of the frame, anywhere on the path."""

_FINE, _FINE_STILL = 3.5, 2.5  # side of the smallest triangles, in pixels of a two-megapixel canvas
_FINEST, _FINEST_STILL = 5 / 3, 1.0  # the same at least, in pixels of any
_FINEST_SHOWN, _FINEST_SHOWN_STILL = 3.0, 0.0  # and in pixels of the frame, where that is much smaller
_TORN_REACHES = 4  # times a scene's reach: who parts surfaces farther flies past them, and nothing is made up that far
_LAYER_BIAS = 2.5e-4  # of 1 / the nearest distance
_BLURRED_TOLERANCE_PX = 1.5  # of what is out of focus, and of what hides it
_ONE_MINUS_SRC1_ALPHA = 0x88FB  # OpenGL's name for what moderngl has none


@dataclass(frozen=True)
class _Lookup:
    """How textures are looked up along a path.

    factor: how much they are enlarged.
    halvings: how often they are halved for where they are seen smaller.
    by_coverage: whether a matte tells how much of a pixel it covers, which takes its texels as they are.
    """

    factor: float
    halvings: int
    by_coverage: bool


@dataclass(frozen=True, eq=False)
class _View:
    """What is drawn with one program.

    sampler: how textures are looked up; None: as they are set.
    """

    program: moderngl.Program
    drawables: list[_Drawable]
    sign: Sign | None
    sampler: moderngl.Sampler | None

    def set(self, **values: float | tuple[float, ...]) -> None:
        """Set uniforms of the scene's and the title's programs, where they have them."""
        for program in (self.program, self.sign.program) if self.sign else (self.program,):
            for name, value in values.items():
                if name in program:
                    program[name] = value


@dataclass(frozen=True, eq=False)
class _Drawable:
    texture: moderngl.Texture
    opaque: moderngl.VertexArray | None
    mattes: tuple[moderngl.VertexArray | None, moderngl.VertexArray | None]  # behind the title, and before it
    bias: float


class Renderer:
    """A scene on the graphics card, ready to be drawn along any path. A context manager: it owns GL objects.

    Others may draw in between, in this context or another; several threads take turns.
    """

    def __init__(self, context: moderngl.Context, scene: LayeredScene) -> None:
        self.context = context
        self.scene = scene
        self._owned, self._closed = ExitStack(), False
        height, width = scene.layers[0].disparity.shape
        with context:
            self.name = describe(context)
            check_size(context, "a layer", width, height)
        self._survey = detail.Survey(scene)
        self._sampled: dict[float, list[mesh.Lattice]] = {}
        self._textures: dict[_Lookup, list[moderngl.Texture]] = {}

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the GL objects, unless the context went before, and they with it."""
        self._closed = True
        if self._has_context:
            with self.context:
                self._owned.close()

    @property
    def _has_context(self) -> bool:
        return not isinstance(self.context.mglo, moderngl.InvalidObject)

    def frames(
        self,
        path: CameraPath,
        output: OutputSpec,
        layout: PixelLayout = "rgb24",
        span: range | None = None,
        title: Title | None = None,
    ) -> Iterator[Frame]:
        """One frame for every camera of ``path``, or for those of ``span``, ``output.width`` x ``output.height`` pixels each.

        Reading back is double-buffered: frame i is handed out after the drawing of frame i + 1 was asked for.
        """
        drawing = self._drawing(path, output, layout, span, title)
        try:
            while True:
                if self._closed or not self._has_context:
                    raise ValueError("the renderer is closed, or its context")
                self.context.__enter__()  # another may be current meanwhile; to let go of this one each time would wait for it
                frame = next(drawing, None)
                if frame is None:
                    return
                yield frame
        finally:
            if self._has_context:
                with self.context:
                    drawing.close()

    def _drawing(
        self, path: CameraPath, output: OutputSpec, layout: PixelLayout, span: range | None, title: Title | None
    ) -> Generator[Frame]:
        exposures = Exposures(self.scene, path, output.supersample)
        with ExitStack() as owned:
            frame = output.width, output.height
            canvas = Canvas(
                self.context, path.viewport_size, frame, output.fit, layout, owned, path.effects, several=exposures.several
            )
            views = self._views(exposures, title, owned)
            for index in range(len(path)) if span is None else span:
                for view, shots in zip(views, exposures.of(index), strict=True):
                    for number in shots.numbers:
                        canvas.begin(shots)
                        self._draw(view, shots, number, index)
                        canvas.expose(shots)
                finished = canvas.finish(index)
                if finished is not None:
                    yield finished
            last = canvas.flush()
            if last is not None:
                yield last

    def _views(self, exposures: Exposures, title: Title | None, owned: ExitStack) -> list[_View]:
        """One for all ``Shots`` of a frame each."""
        path, context = exposures.path, self.context
        lens = path.effects.aperture > 0
        magnification = self._survey.least_magnification(path)
        lookup = self._lookup(magnification, lens=lens, still=len(path) == 1)
        colours, meshes = self._colours(lookup), self._meshes(exposures, magnification, lens=lens)

        def view(shapes: list[mesh.Mesh], *defines: str, sampler: moderngl.Sampler | None = None) -> _View:
            program = owned_by(owned, self._program(defines, lookup))
            drawables = self._drawables(program, shapes, colours, owned, title.disparity if title else np.inf)
            sign = self._sign(title, owned, defines) if title else None
            return _View(program, drawables, sign, sampler)

        if not lens:
            return [view(meshes[0])]
        widest = math.log2(blur.fade_px(path.viewport_size)[1])
        kinds = (  # coarser copies than it asks for would flash in what is drawn once
            (moderngl.LINEAR_MIPMAP_LINEAR, textures.halvings(magnification) + widest),
            (moderngl.LINEAR_MIPMAP_NEAREST, textures.EVERY),
        )
        focused, blurred = (
            owned_by(owned, context.sampler(repeat_x=False, repeat_y=False, filter=(kind, moderngl.LINEAR), max_lod=most))
            for kind, most in kinds
        )
        return [view(meshes[0], "FOCUSED", sampler=focused), view(meshes[1], "BLURRED", sampler=blurred)]

    def _draw(self, view: _View, shots: Shots, number: int, index: int) -> None:
        """Draw the scene as one camera of ``shots`` sees it, for frame ``index``."""
        context, program = self.context, view.program
        matrix, world_to_clip = program["world_to_clip"], geometry.world_to_clip(self.scene, shots.cameras, number)
        cover = moderngl.ONE_MINUS_SRC_ALPHA
        if shots.lens:
            cover = _ONE_MINUS_SRC1_ALPHA
            world_to_clip = self._look_through(view, shots, shots.lens, number, world_to_clip)
        if view.sampler:
            view.sampler.use(0)
        context.enable(moderngl.DEPTH_TEST)
        context.disable(moderngl.BLEND)
        program["opaque"] = True
        for drawable in reversed(view.drawables):
            if drawable.opaque:
                matrix.write(geometry.nearer(world_to_clip, drawable.bias).T.tobytes())
                drawable.texture.use(0)
                drawable.opaque.render()
        context.enable(moderngl.BLEND)
        context.blend_func = moderngl.ONE, cover
        program["opaque"] = False
        for before in (False, True):
            context.fbo.depth_mask = False
            for drawable in view.drawables:
                if matte := drawable.mattes[before]:
                    matrix.write(geometry.nearer(world_to_clip, drawable.bias).T.tobytes())
                    drawable.texture.use(0)
                    matte.render()
            context.fbo.depth_mask = True
            if view.sign and not before:
                view.sign.draw(world_to_clip, index)
        if view.sampler:
            view.sampler.clear(0)

    def _look_through(self, view: _View, shots: Shots, lens: Lens, number: int, world_to_clip: Float32) -> Float32:
        """Tell the programs of ``view`` about the lens; the matrix to draw with."""
        count, size = len(shots.numbers), shots.cameras.viewport_size
        fade = blur.fade_px(size)
        view.set(disc=lens.disc, in_focus=lens.in_focus, fade=fade)
        if shots.blurred:
            view.set(spacing=1 / (math.sqrt(count) * blur.reduction(size)))
            return world_to_clip
        height, width = self.scene.layers[0].disparity.shape
        focal_px = size[1] / 2 / math.tan(float(shots.cameras.fov_y[number]) / 2)
        share = self.scene.focal_px / focal_px
        view.set(pixel=(share / width, share / height))
        return geometry.between(world_to_clip, *lens.reach(fade[1]))

    def _program(self, defines: tuple[str, ...], lookup: _Lookup) -> moderngl.Program:
        switches = {"REDUCED": lookup.halvings > 0, "COVERAGE": lookup.by_coverage}
        return shader.program(self.context, "layer", defines=(*defines, *(name for name, on in switches.items() if on)))

    def _meshes(self, exposures: Exposures, magnification: float, *, lens: bool) -> list[list[mesh.Mesh]]:
        """The backdrop's, and those of the layers, far to near; the same for what is blurred, where there is a lens."""
        height, width = self.scene.layers[0].disparity.shape
        still = len(exposures.path) == 1
        finest, fine, shown = (_FINEST_STILL, _FINE_STILL, _FINEST_SHOWN_STILL) if still else (_FINEST, _FINE, _FINEST_SHOWN)
        blur_px = exposures.largest_disc_px / 2
        parallax = self._survey.parallax(exposures.swept, blur_px)
        weights = self._survey.weights(parallax, magnification, blur_px)
        lattices = self._lattices(max(finest, fine * (height * width / 2e6) ** 0.5, shown / magnification))
        parting_px = float(parallax[0].max()) / magnification
        partings: list[Float32 | None] = [None] * len(lattices)
        # A single layer stays whole: what is drawn out in it hardly shows.
        if len(lattices) > 1 and parting_px < _TORN_REACHES * self.scene.reach_px:
            partings[0] = parallax[0] / np.float32(magnification)
        tolerances = (TOLERANCE_PX, _BLURRED_TOLERANCE_PX) if lens else (TOLERANCE_PX,)
        parts = product(tolerances, zip(lattices, weights, partings, strict=True))
        built = each(lambda part: mesh.build(part[1][0], part[1][1], part[0], part[1][2]), parts)
        groups = [built[start : start + len(lattices)] for start in range(0, len(built), len(lattices))]
        inside = self._survey.shows(exposures.swept, self._backdrop.disparity, blur_px)
        return [[backdrop.build(self._backdrop, inside, group[0], parting_px), *group] for group in groups]

    @cached_property
    def _backdrop(self) -> backdrop.Backdrop:
        return backdrop.make(self.scene.layers[0], self.scene.reach_px)

    def _lattices(self, step_px: float) -> list[mesh.Lattice]:
        if step_px not in self._sampled:
            layers = enumerate(zip(self.scene.layers, self._survey.spares, strict=True))
            self._sampled[step_px] = [
                mesh.sample(layer, step_px, spare=spare, backstop=number == 0) for number, (layer, spare) in layers
            ]
        return self._sampled[step_px]

    def _drawables(
        self,
        program: moderngl.Program,
        meshes: list[mesh.Mesh],
        colours: list[moderngl.Texture],
        owned: ExitStack,
        title_disparity: float,
    ) -> list[_Drawable]:
        return [
            self._drawable(shape, texture, order * _LAYER_BIAS / self.scene.near, program, owned, title_disparity)
            for order, (shape, texture) in enumerate(zip(meshes, colours, strict=True), -1)
            if len(shape.vertices)
        ]

    def _drawable(
        self,
        shape: mesh.Mesh,
        texture: moderngl.Texture,
        bias: float,
        program: moderngl.Program,
        owned: ExitStack,
        title_disparity: float,
    ) -> _Drawable:
        height, width = self.scene.layers[0].disparity.shape
        position = geometry.unproject(self.scene, shape.vertices)
        place = shape.vertices[:, :2] / np.array([width, height], np.float32)
        vertices = owned_by(owned, self.context.buffer(np.concatenate([position, place], 1).astype(np.float32).tobytes()))

        def array(triangles: NDArray[np.uint32]) -> moderngl.VertexArray | None:
            if not len(triangles):
                return None
            indices = owned_by(owned, self.context.buffer(triangles.tobytes()))
            content = [(vertices, "3f 2f", "position", "texel")]
            return owned_by(owned, self.context.vertex_array(program, content, indices))

        behind = np.searchsorted(shape.vertices[shape.matte, 2].mean(1), title_disparity)  # mattes are sorted far to near
        return _Drawable(texture, array(shape.opaque), (array(shape.matte[:behind]), array(shape.matte[behind:])), bias)

    def _lookup(self, magnification: float, *, lens: bool, still: bool) -> _Lookup:
        height, width = self.scene.layers[0].disparity.shape
        own_size = textures.SHARP < magnification < 2 * textures.WHOLE
        by_coverage = own_size and still and not lens  # a still has the time: a software rasteriser takes twice as long
        side_most = int(self.context.info["GL_MAX_TEXTURE_SIZE"])
        factor = 1 if by_coverage else textures.enlargement((width, height), magnification, side_most)
        return _Lookup(factor, textures.EVERY if lens else textures.halvings(magnification), by_coverage)

    def _colours(self, lookup: _Lookup) -> list[moderngl.Texture]:
        if lookup not in self._textures:
            pictures = [_backstop(self.scene.layers[0].rgba), *(layer.rgba for layer in self.scene.layers[1:])]
            made = [
                self._own(textures.upload(self.context, self._backdrop.rgba)),
                *(self._own(textures.upload(self.context, rgba, lookup.factor)) for rgba in pictures),
            ]
            for texture in made if lookup.halvings else ():
                textures.reduce(texture, lookup.halvings)
            self._textures[lookup] = made
        return self._textures[lookup]

    def _sign(self, title: Title, owned: ExitStack, defines: tuple[str, ...]) -> Sign:
        texture = owned_by(owned, textures.upload(self.context, title.rgba))
        textures.reduce(texture)
        return Sign(self.context, self.scene, title, texture, owned, defines)

    def _own(self, thing: Owned) -> Owned:
        return owned_by(self._owned, thing)


def _backstop(rgba: Uint8) -> Uint8:
    """The farthest layer's texture: nothing lies behind it, so its colours go on where it ends."""
    opaque = rgba.copy()
    opaque[..., 3] = 255
    return opaque
