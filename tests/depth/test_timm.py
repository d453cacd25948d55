"""Networks load beside OpenGL in one process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

OPENGL_FIRST = """
from zoom3d.render.context import open_context
with open_context() as context, context:
    context.simple_framebuffer((8, 8)).clear(1, 0, 0)
from zoom3d.depth._timm import timm
assert timm.list_models("swin*")
"""


@pytest.mark.slow
def test_networks_load_after_opengl_in_one_process() -> None:
    done = subprocess.run([sys.executable, "-c", OPENGL_FIRST], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.skipif(not hasattr(os, "RTLD_DEEPBIND"), reason="no such symbols here")
@pytest.mark.parametrize("opengl", [True, False])
def test_after_opengl_triton_comes_first_and_with_symbols_of_its_own(tmp_path: Path, opengl: bool) -> None:
    """Told by stand-ins; the test before this one loads the real ones."""
    for name in ("triton", "timm"):
        (tmp_path / f"{name}.py").write_text("import os, sys\nprint(__name__, bool(sys.getdlopenflags() & os.RTLD_DEEPBIND))\n")
    program = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n"
    program += "sys.modules['glcontext'] = sys\n" if opengl else ""
    done = subprocess.run(
        [sys.executable, "-c", program + "import zoom3d.depth._timm"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [*(["triton True"] if opengl else []), "timm False"]
