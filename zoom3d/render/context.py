"""An OpenGL context without a window."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from zoom3d.errors import RenderError

if TYPE_CHECKING:
    import moderngl

log = logging.getLogger(__name__)

_SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "software rasterizer")


@contextmanager
def open_context() -> Iterator[moderngl.Context]:
    """A context of OpenGL 3.3 or later: EGL on Linux, the platform's own elsewhere. Raises RenderError where there is none."""
    import moderngl

    options = {"backend": "egl"} if sys.platform.startswith("linux") else {}
    try:
        context = moderngl.create_context(standalone=True, require=330, **options)
    except Exception as error:  # moderngl and glcontext raise bare Exception
        raise RenderError(
            f"no usable OpenGL 3.3 here ({' '.join(str(error).split())})",
            hint="on Debian or Ubuntu: apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri; then run zoom3d doctor",
        ) from error
    try:
        log.debug("renderer: %s", describe(context))
        yield context
    finally:
        context.release()


def describe(context: moderngl.Context) -> str:
    """The renderer in plain words, for example "llvmpipe (LLVM 15.0.6, 256 bits), software, OpenGL 4.5"."""
    name = context.info["GL_RENDERER"]
    kind = "software" if any(word in name.lower() for word in _SOFTWARE) else "hardware"
    return f"{name}, {kind}, OpenGL {context.version_code // 100}.{context.version_code // 10 % 10}"
