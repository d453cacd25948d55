"""The targets of one clip: the picture, the frame around it, its planes, and the buffers that carry frames home."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, get_args

import moderngl
import numpy as np

from zoom3d.errors import RenderError
from zoom3d.render.context import check_size
from zoom3d.render.develop import Development
from zoom3d.render.fill import BlurredFill
from zoom3d.render.ownership import Owned, owned_by, screen_pass, target_texture
from zoom3d.render.planes import Planes
from zoom3d.types import Effects, Frame, PixelLayout

if TYPE_CHECKING:
    from zoom3d.render.blur import Blur
    from zoom3d.render.exposures import Shots
    from zoom3d.types import Fit

NO_EFFECTS = Effects()


class Canvas:
    """Where the frames of one clip are drawn. ``stack`` owns its GL objects.

    picture: width and height of what the camera sees; frame: those of the clip. They differ where the picture is to fit whole.
    several: pictures, or what is in focus of them, are made of several exposures.
    """

    def __init__(
        self,
        context: moderngl.Context,
        picture: tuple[int, int],
        frame: tuple[int, int],
        fit: Fit,
        layout: PixelLayout,
        stack: ExitStack,
        effects: Effects = NO_EFFECTS,
        *,
        several: bool = False,
    ) -> None:
        if layout not in get_args(PixelLayout):
            raise ValueError(f"there is no pixel layout {layout!r}: {', '.join(get_args(PixelLayout))}")
        self._context, self._picture_size, self._frame_size, self._layout = context, picture, frame, layout
        check_size(context, "a frame", *frame)
        self._owned = stack
        with _room(frame):
            self._linear = target_texture(context, picture, 4, "nu2", self._owned)
            self._picture = self._own(context.framebuffer([self._linear], self._own(context.depth_renderbuffer(picture))))
            self._development = Development(context, self._linear, effects, self._owned, several=several)
            self._dtype = "nu2" if layout.endswith("10") else "f1"
            self._encoded = target_texture(context, frame, 4, self._dtype, self._owned)
            self._frame = self._own(context.framebuffer([self._encoded]))
            self._planes = None if layout == "rgb24" else Planes(context, frame, layout, self._owned)
            if picture != frame:
                self._open_border(fit)
            size = self._planes.byte_count if self._planes else 3 * frame[0] * frame[1]
            self._buffers = [self._own(context.buffer(reserve=size, dynamic=True)) for _ in range(2)]
        self._drawn = 0

    @property
    def blur(self) -> Blur | None:
        """What a lens blurs of the picture."""
        return self._development.blur

    def begin(self, shots: Shots | None = None) -> None:
        """Make the picture, or what is blurred of it, the target of what is drawn next."""
        target = self.blur.exposure if self.blur and shots and shots.blurred else self._picture
        target.use()
        target.clear(depth=1.0)

    def expose(self, shots: Shots) -> None:
        """Take what was drawn as one of the exposures of the picture."""
        if self.blur and shots.blurred:
            self.blur.expose(len(shots.numbers))
        else:
            self._development.expose(len(shots.numbers))

    def finish(self, index: int = 0) -> Frame | None:
        """Put the picture, that of camera ``index``, into its frame, start its way home, and return the frame before it."""
        self._context.disable(moderngl.DEPTH_TEST | moderngl.BLEND)
        buffer = self._buffers[self._drawn % 2]
        if self._planes and self._picture_size == self._frame_size and self._development.plain:
            self._planes.read_into(buffer, self._linear, linear=True)  # encodes as well: a pass less
        else:
            self._compose(index)
            if self._planes:
                self._planes.read_into(buffer, self._encoded, linear=False)
            else:
                self._frame.read_into(buffer, components=3, alignment=1)
        self._drawn += 1
        return self._fetch(self._drawn - 2) if self._drawn > 1 else None

    def flush(self) -> Frame | None:
        """The last frame that was drawn."""
        return self._fetch(self._drawn - 1) if self._drawn else None

    def _fetch(self, number: int) -> Frame:
        width, height = self._frame_size
        buffer = self._buffers[number % 2]
        if self._planes:
            return Frame(self._planes.assemble(buffer), self._layout)
        return Frame(np.frombuffer(buffer.read(), np.uint8).reshape(height, width, 3), self._layout)

    def _compose(self, index: int) -> None:
        """Bring the picture into the frame, in sRGB from here on."""
        whole = self._picture_size == self._frame_size
        self._development.draw(self._frame if whole else self._inner, index)
        if whole:
            return
        self._frame.use()
        if self._fill:
            self._fill.draw(self._frame)
        else:
            self._frame.clear(0.0, 0.0, 0.0, 1.0)
        (width, height), (inner_width, inner_height) = self._frame_size, self._picture_size
        self._frame.viewport = ((width - inner_width) // 2, (height - inner_height) // 2, inner_width, inner_height)
        self._inner_texture.use(0)
        self._copy_pass.render(moderngl.TRIANGLES, 3)
        self._frame.viewport = (0, 0, width, height)

    def _open_border(self, fit: Fit) -> None:
        context = self._context
        self._inner_texture = self._own(context.texture(self._picture_size, 4, dtype=self._dtype))
        self._inner = self._own(context.framebuffer([self._inner_texture]))
        self._copy_pass = screen_pass(context, "copy", self._owned)
        self._fill = BlurredFill(context, self._inner_texture, self._frame_size, self._owned) if fit == "blur" else None

    def _own(self, thing: Owned) -> Owned:
        return owned_by(self._owned, thing)


@contextmanager
def _room(frame: tuple[int, int]) -> Iterator[None]:
    """A texture may be as large as ``check_size`` lets it be, and there is no memory for it all the same."""
    try:
        yield
    except moderngl.Error as error:
        raise RenderError(
            f"this renderer has no room for frames of {frame[0]}x{frame[1]} pixels ({error})",
            hint="ask for a smaller --size, or choose another graphics device with --gpu",
        ) from error
