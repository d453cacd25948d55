from __future__ import annotations

import subprocess
import sys

OPENGL_FIRST = """
from zoom3d.render.context import open_context
with open_context() as context:
    context.simple_framebuffer((8, 8)).clear(1, 0, 0)
from zoom3d.depth._timm import timm
assert timm.list_models("swin*")
"""


def test_networks_load_after_opengl_in_one_process() -> None:
    done = subprocess.run([sys.executable, "-c", OPENGL_FIRST], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
