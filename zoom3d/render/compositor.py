"""Puts finished pictures together: transitions between two, words over one. Blending happens in linear light."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import moderngl
import numpy as np

from zoom3d.render import shader, textures
from zoom3d.render.canvas import Canvas
from zoom3d.render.ownership import owned_by
from zoom3d.types import Frame

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

    from zoom3d.types import OutputSpec, PixelLayout

_KINDS = {"uint8": "f1", "uint16": "nu2", "float32": "f4"}

Value = float | tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Composition:
    """One frame to be made by the pass ``shader``, a file in ``shaders/``.

    pictures: by the names of the pass's samplers: (h, w, 3) uint8 sRGB, (h, w, 4) uint8 sRGB with straight alpha,
        (h, w) uint8 of plain values, or (h, w, 3) float32 in linear light; any size.
    values: by the names of its other uniforms.
    """

    shader: str
    pictures: Mapping[str, NDArray[np.generic]]
    values: Mapping[str, Value] = field(default_factory=dict)


class Compositor:
    """Makes frames out of pictures. A context manager: it owns GL objects. Others may draw in between."""

    def __init__(self, context: moderngl.Context, output: OutputSpec, layout: PixelLayout) -> None:
        self._context = context
        self._owned = ExitStack()
        size = output.width, output.height
        with context:
            self._canvas = Canvas(context, size, size, "cover", layout, self._owned)
        self._passes: dict[str, tuple[moderngl.Program, moderngl.VertexArray]] = {}
        self._textures: dict[tuple[str, tuple[int, ...], str], moderngl.Texture] = {}

    def __enter__(self) -> Compositor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._context:
            self._owned.close()

    def frames(self, compositions: Iterable[Composition]) -> Iterator[Frame]:
        """A frame for each of ``compositions``, which are asked for one ahead."""
        for composition in compositions:
            self._context.__enter__()  # whoever made the pictures let go of it; to let go each time would wait for it
            finished = self._draw(composition)
            if finished is not None:
                yield finished
        with self._context:
            last = self._canvas.flush()
        if last is not None:
            yield last

    def _draw(self, composition: Composition) -> Frame | None:
        program, everywhere = self._pass(composition.shader)
        for unit, (name, picture) in enumerate(composition.pictures.items()):
            self._texture(name, picture).use(unit)
            _set(program, name, unit)
        for name, value in composition.values.items():
            _set(program, name, value)
        self._canvas.begin()
        self._context.disable(moderngl.DEPTH_TEST | moderngl.BLEND)
        everywhere.render(moderngl.TRIANGLES, 3)
        return self._canvas.finish()

    def _pass(self, name: str) -> tuple[moderngl.Program, moderngl.VertexArray]:
        if name not in self._passes:
            program = owned_by(self._owned, shader.program(self._context, name))
            self._passes[name] = program, owned_by(self._owned, self._context.vertex_array(program, []))
        return self._passes[name]

    def _texture(self, name: str, picture: NDArray[np.generic]) -> moderngl.Texture:
        if picture.dtype == np.uint8 and picture.ndim == 3:  # software renderers decode sRGB at every single lookup
            picture = textures.in_linear_light(np.asarray(picture, np.uint8))
        key = name, picture.shape, picture.dtype.name
        if key not in self._textures:
            height, width = picture.shape[:2]
            channels = picture.shape[2] if picture.ndim == 3 else 1
            texture = self._context.texture((width, height), channels, dtype=_KINDS[picture.dtype.name], alignment=1)
            texture.repeat_x = texture.repeat_y = False
            self._textures[key] = owned_by(self._owned, texture)
        self._textures[key].write(np.ascontiguousarray(picture), alignment=1)
        return self._textures[key]


def _set(program: moderngl.Program, name: str, value: Value | int) -> None:
    """Set a uniform, unless the compiler found no use for it."""
    if name in program:
        program[name] = value
