"""Reads ``shaders/*.glsl``: one file a pass, both stages inside, ``#include "name.glsl"`` from ``shaders/include``."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zoom3d import assets

if TYPE_CHECKING:
    import moderngl

_INCLUDE = re.compile(r'^#include "([\w.]+)"[ \t]*$', re.MULTILINE)


def source(name: str, folder: Path | None = None) -> str:
    """The text of the pass ``name`` with its includes put in. An include that is missing or includes itself is a ValueError."""
    folder = folder or assets.folder("shaders")
    return _expand(folder / f"{name}.glsl", folder / "include", ())


def program(
    context: moderngl.Context, name: str, folder: Path | None = None, *, defines: tuple[str, ...] = ()
) -> moderngl.Program:
    """The pass ``name``, compiled with what ``defines`` switches on."""
    text = "".join(f"#define {each}\n" for each in defines) + source(name, folder)
    stages = (f"#version 330 core\n#define {stage}_SHADER\n{text}" for stage in ("VERTEX", "FRAGMENT"))
    vertex, fragment = stages
    with _signals_later():
        return context.program(vertex_shader=vertex, fragment_shader=fragment)


@contextmanager
def _signals_later() -> Iterator[None]:
    """Ctrl-C and its like wait: raised in moderngl (5.13), which calls Python back for every uniform, they crash it."""
    if threading.current_thread() is not threading.main_thread():  # the only one that hears them
        yield
        return
    heard: list[int] = []
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    handlers = {number: signal.getsignal(number) for name in names if (number := getattr(signal, name, None)) is not None}
    for number, handler in handlers.items():
        if callable(handler):
            signal.signal(number, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            if callable(handler):
                signal.signal(number, handler)
        for number in heard:
            signal.raise_signal(number)


def _expand(path: Path, includes: Path, parents: tuple[Path, ...]) -> str:
    if path in parents:
        raise ValueError(f"{path.name} includes itself: {' -> '.join(each.name for each in (*parents, path))}")
    if not path.is_file():
        raise ValueError(f"there is no shader {path.name}" + (f", which {parents[-1].name} includes" if parents else ""))
    return _INCLUDE.sub(
        lambda match: _expand(includes / match[1], includes, (*parents, path)), path.read_text(encoding="utf-8")
    )
