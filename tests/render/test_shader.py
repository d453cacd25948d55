from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from zoom3d import assets, render
from zoom3d.render import shader

PASSES = sorted(path.stem for path in assets.folder("shaders").glob("*.glsl"))


@pytest.mark.parametrize("name", PASSES)
def test_every_pass_compiles(name: str) -> None:
    with render.open_context() as context, context:
        shader.program(context, name).release()


@pytest.mark.skipif(os.name != "posix", reason="signals are raised in another way")
@pytest.mark.parametrize(("name", "raised"), [("SIGINT", KeyboardInterrupt), ("SIGTERM", SystemExit)])
def test_a_signal_while_a_pass_is_compiled_is_heard_when_it_is(name: str, raised: type[BaseException]) -> None:
    program = """
import signal, sys
import _moderngl, moderngl  # which calls this module from C
from zoom3d import render
from zoom3d.render import shader
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
uniform = _moderngl.make_uniform
def interrupted(*arguments):
    signal.raise_signal(signal.NAME)
    return uniform(*arguments)
with render.open_context() as context, context:
    _moderngl.make_uniform = interrupted
    try:
        shader.program(context, "layer")
    except BaseException as error:
        print(type(error).__name__)
    _moderngl.make_uniform = uniform
    shader.program(context, "layer")
"""
    ended = subprocess.run([sys.executable, "-c", program.replace("NAME", name)], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, f"{raised.__name__}\n"), ended.stderr


def test_an_include_is_put_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "include").mkdir()
    (tmp_path / "a.glsl").write_text('before\n#include "b.glsl"\nafter\n')
    (tmp_path / "include" / "b.glsl").write_text("between")
    assert shader.source("a", tmp_path) == "before\nbetween\nafter\n"


@pytest.mark.parametrize(
    ("included", "complaint"),
    [('#include "none.glsl"', "none.glsl, which b.glsl includes"), ('#include "b.glsl"', "includes itself")],
)
def test_a_broken_include_names_the_files(tmp_path: Path, included: str, complaint: str) -> None:
    (tmp_path / "include").mkdir()
    (tmp_path / "a.glsl").write_text('#include "b.glsl"\n')
    (tmp_path / "include" / "b.glsl").write_text(included)
    with pytest.raises(ValueError, match=complaint):
        shader.source("a", tmp_path)
