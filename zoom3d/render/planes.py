"""The planes of a frame as encoders take them, made on the graphics card."""

from __future__ import annotations

from contextlib import ExitStack
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
        self._size, self._wide = size, layout.endswith("10")
        self._halved = "420" in layout
        self._blocks = -(-size[0] // _BLOCK[0]), -(-size[1] // _BLOCK[1])
        self._samples = 4 * self._blocks[0] * self._blocks[1]
        self._pass = screen_pass(context, "planes", stack)
        program = self._pass.program
        program["halved"] = self._halved
        program["texel"] = 1 / size[0], 1 / size[1]
        program["finer"], program["top"] = (4.0, 65535.0) if self._wide else (1.0, 255.0)
        count = 3 if self._halved else 4
        self._dtype = "nu2" if self._wide else "f1"
        targets = [owned_by(stack, context.texture(self._blocks, 4, dtype=self._dtype)) for _ in range(count)]
        self._target = owned_by(stack, context.framebuffer(targets))
        self._count = count

    @property
    def byte_count(self) -> int:
        """What a frame takes in a buffer."""
        return self._count * self._samples * (2 if self._wide else 1)

    def read_into(self, buffer: moderngl.Buffer, source: moderngl.Texture, *, linear: bool) -> None:
        """Make the planes of ``source``, which holds linear light or else sRGB, and start their way into ``buffer``."""
        self._pass.program["linear"] = linear
        self._target.use()
        source.filter = moderngl.NEAREST, moderngl.NEAREST
        source.use(0)
        self._pass.render(moderngl.TRIANGLES, 3)
        step = self.byte_count // self._count
        for number in range(self._count):
            self._target.read_into(buffer, components=4, attachment=number, dtype=self._dtype, write_offset=number * step)

    def assemble(self, data: bytes) -> NDArray[Any]:
        """The planes from a buffer's bytes, one after another as ffmpeg lays them out: (3 H / 2, W), or (2 H, W) for 4:2:2.

        uint8, or uint16 for ten bits.
        """
        width, height = self._size
        columns, rows = self._blocks
        samples = np.frombuffer(data, np.uint16 if self._wide else np.uint8).reshape(self._count, rows, columns, 4)
        chroma_rows = height // 2 if self._halved else height
        frame = np.empty(width * height + 2 * (width // 2) * chroma_rows, samples.dtype)
        luma = frame[: width * height].reshape(height, width)
        luma[0::2], luma[1::2] = (part.reshape(rows, -1)[:, :width] for part in samples[:2])
        pairs = samples[2:].view(np.uint32 if self._wide else np.uint16)  # a block's two of blue, two of red: copied as one
        for number, plane in enumerate(frame[width * height :].reshape(2, chroma_rows, width // 2)):
            for row, part in enumerate(np.ascontiguousarray(pairs[..., number]).view(samples.dtype)):
                plane[row :: self._count - 2] = part[:, : width // 2]
        return frame.reshape(-1, width)
