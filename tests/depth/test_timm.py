from __future__ import annotations

import subprocess
import sys

import pytest

ORDERS = {"OpenGL first": "render(); depth()", "depth first": "depth(); render()"}
PREAMBLE = """
def render():
    from zoom3d.render.context import open_context
    with open_context() as context:
        context.simple_framebuffer((8, 8)).clear(1, 0, 0)

def depth():
    from zoom3d.depth.midas import backbones
    from zoom3d.depth._timm import timm
    assert timm.list_models("swin*")
"""


@pytest.mark.parametrize("order", ORDERS)
def test_networks_and_opengl_live_in_one_process_in_any_order(order: str) -> None:
    done = subprocess.run([sys.executable, "-c", PREAMBLE + ORDERS[order]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
