"""An OpenGL context without a window."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from zoom3d.errors import RenderError

if TYPE_CHECKING:
    import moderngl

log = logging.getLogger(__name__)

_SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "software rasterizer", "swrast")
_DEVICES_MAX = 64
_ENVIRONMENT = "GLCONTEXT_DEVICE_INDEX"
"""Which moderngl obeys before anything it is told."""
_drawn_in: int | None = None
"""The process that first had a context. One that is forked from it lacks the driver's threads, and would wait for them."""


@contextmanager
def open_context(gpu: int | None = None) -> Iterator[moderngl.Context]:
    """A context of OpenGL 3.3 or later: EGL on Linux, the platform's own elsewhere. Raises RenderError where there is none.

    It is current in no thread: ``with context`` makes it so in any, as renderers do whenever they draw.

    gpu: number of the graphics device in ``devices``; None = the first.
    """
    if _drawn_in not in (None, os.getpid()):
        raise RenderError(
            "a process that was forked from one with OpenGL cannot draw",
            hint='start such processes afresh, by multiprocessing.get_context("spawn")',
        )
    if gpu is not None:
        _check(gpu)
    try:
        context = _create(gpu)
    except Exception as error:  # moderngl and glcontext raise bare Exception
        if gpu:
            _refuse(gpu, error)
        raise RenderError(
            f"no usable OpenGL 3.3 here ({_words(error)})",
            hint="on Debian or Ubuntu: apt-get install libegl1 libgl1 libegl-mesa0 libgl1-mesa-dri; then run zoom3d doctor",
        ) from error
    try:
        with context:  # it came up current in this thread, and no other could draw in it
            log.debug("renderer: %s", describe(context))
        yield context
    finally:
        context.release()


def devices() -> list[str]:
    """Every graphics device, described, by number; "" for one without OpenGL 3.3. Empty where none can be chosen."""
    found: list[str] = []
    for number in range(_DEVICES_MAX if _reason_against_choosing() is None else 0):
        try:
            context = _create(number)
        except Exception as error:
            if "device index" in str(error) or not number:  # the list is at its end, or EGL itself is missing
                break
            found.append("")
        else:
            with context:
                found.append(describe(context))
            context.release()
    return found


def describe(context: moderngl.Context) -> str:
    """The renderer in plain words, for example "llvmpipe (LLVM 15.0.6, 256 bits), software, OpenGL 4.5"."""
    name = context.info["GL_RENDERER"]
    kind = "software" if any(word in name.lower() for word in _SOFTWARE) else "hardware"
    return f"{name}, {kind}, OpenGL {context.version_code // 100}.{context.version_code // 10 % 10}"


def check_size(context: moderngl.Context, what: str, width: int, height: int) -> None:
    """Raises RenderError where ``what`` is larger than the renderer can draw."""
    info = context.info
    most = min(int(info["GL_MAX_TEXTURE_SIZE"]), int(info["GL_MAX_RENDERBUFFER_SIZE"]))
    across, down = (min(most, int(side)) for side in info["GL_MAX_VIEWPORT_DIMS"])
    if width > across or height > down:
        raise RenderError(
            f"{what} of {width}x{height} pixels is larger than this renderer takes ({across}x{down})",
            hint="ask for a smaller --size, or choose another graphics device with --gpu",
        )


def _create(number: int | None) -> moderngl.Context:
    import moderngl

    global _drawn_in  # noqa: PLW0603 - the process's own
    options = {"backend": "egl", "device_index": number} if sys.platform.startswith("linux") else {}
    context = moderngl.create_context(standalone=True, require=330, **options)
    _drawn_in = _drawn_in or os.getpid()
    return context


def _check(gpu: int) -> None:
    reason = _reason_against_choosing()
    if reason:
        raise RenderError(f"the graphics device cannot be chosen: {reason}", hint="leave --gpu out")
    if gpu < 0:
        _refuse(gpu)


def _reason_against_choosing() -> str | None:
    if not sys.platform.startswith("linux"):
        return "this system decides"
    if _ENVIRONMENT in os.environ:
        return f"{_ENVIRONMENT} decides"
    return None


def _refuse(gpu: int, error: Exception | None = None) -> NoReturn:
    there = "; ".join(f"{number}: {name or 'no OpenGL 3.3'}" for number, name in enumerate(devices())) or "none at all"
    raise RenderError(
        f"graphics device {gpu} cannot be used; the devices here: {there}", hint="choose one of these with --gpu"
    ) from error


def _words(error: Exception) -> str:
    return " ".join(str(error).split())
