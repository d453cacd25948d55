from __future__ import annotations

from pathlib import Path

import pytest

from zoom3d import assets, render
from zoom3d.render import shader

PASSES = sorted(path.stem for path in assets.folder("shaders").glob("*.glsl"))


@pytest.mark.parametrize("name", PASSES)
def test_every_pass_compiles(name: str) -> None:
    with render.open_context() as context:
        shader.program(context, name).release()


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
