"""The planes of a frame as encoders take them, made on the graphics card."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from zoom3d.render.ownership import owned_by, screen_pass

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import PixelLayout

_BLOCK = 4, 2
"""Pixels that one fragment makes, across and down."""


class Planes:
    """Y, U and V of frames of ``size`` pixels, width and height, in ``layout``. ``stack`` owns its GL objects."""

    def __init__(self, context: moderngl.Context, size: tuple[int, int], layout: PixelLayout, stack: ExitStack) -> None:
        self._size, self._blocks = size, (-(-size[0] // _BLOCK[0]), -(-size[1] // _BLOCK[1]))
        wide, halved = layout.endswith("10"), "420" in layout
        self._dtype = "nu2" if wide else "f1"
        self._sample: np.dtype[Any] = np.dtype(np.uint16 if wide else np.uint8)
        self._pass = screen_pass(context, "planes", stack, ("HALVED",) if halved else ())
        program = self._pass.program
        program["texel"] = 1 / size[0], 1 / size[1]
        program["finer"], program["top"] = (4.0, 65535.0) if wide else (1.0, 255.0)
        self._components = [4, 4, *[2] * (2 if halved else 4)]  # of upper and lower luma, and of chroma
        self._bytes_each = self._sample.itemsize * self._blocks[0] * self._blocks[1]
        self._bytes = bytearray(self.byte_count)
        targets = [owned_by(stack, context.texture(self._blocks, count, dtype=self._dtype)) for count in self._components]
        self._target = owned_by(stack, context.framebuffer(targets))

    @property
    def byte_count(self) -> int:
        """What a frame takes in a buffer."""
        return sum(self._components) * self._bytes_each

    def read_into(self, buffer: moderngl.Buffer, source: moderngl.Texture, *, linear: bool) -> None:
        """Make the planes of ``source``, which holds linear light or else sRGB, and start their way into ``buffer``."""
        self._pass.program["linear"] = linear
        self._target.use()
        source.filter = moderngl.NEAREST, moderngl.NEAREST
        source.use(0)
        self._pass.render(moderngl.TRIANGLES, 3)
        starts = accumulate(self._components, initial=0)
        for number, (count, start) in enumerate(zip(self._components, starts, strict=False)):
            offset = start * self._bytes_each
            self._target.read_into(buffer, components=count, attachment=number, dtype=self._dtype, write_offset=offset)

    def assemble(self, buffer: moderngl.Buffer) -> NDArray[Any]:
        """The planes from ``buffer``, one after another as ffmpeg lays them out: (3 H / 2, W), or (2 H, W) for 4:2:2.

        uint8, or uint16 for ten bits.
        """
        width, height = self._size
        columns, rows = self._blocks
        buffer.read_into(self._bytes)
        luma, chroma = np.split(np.frombuffer(self._bytes, self._sample), [8 * rows * columns])
        luma = luma.reshape(2, rows, 4 * columns)  # upper and lower rows
        chroma = chroma.reshape(-1, 2, rows, 2 * columns)  # upper and lower rows, if both there are, of blue and red
        count = width * height
        frame = np.empty(count + len(chroma) * 2 * rows * (width // 2), self._sample)
        frame[:count].reshape(rows, 2, width)[:] = luma.swapaxes(0, 1)[..., :width]
        frame[count:].reshape(2, rows, -1, width // 2)[:] = chroma.transpose(1, 2, 0, 3)[..., : width // 2]
        return frame.reshape(-1, width)
