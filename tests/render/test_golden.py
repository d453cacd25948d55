"""Frames before the encoder against kept ones, which are llvmpipe's: other drivers round in other ways, and must agree.

``PYTHONPATH=tests python tests/render/test_golden.py`` writes them anew, or to the folder it is given; look at them before they
are committed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from analytic import flat_scene, still, texture
from numpy.typing import NDArray
from PIL import Image

from zoom3d import render
from zoom3d.render.context import describe
from zoom3d.types import CameraPath, Layer, LayeredScene, OutputSpec, PixelLayout

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
WIDTH, HEIGHT = 160, 120

Uint8 = NDArray[np.uint8]


def _layered() -> LayeredScene:
    """A post before a soft disc before a slope."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32) + 0.5
    disc = np.clip((40 - np.hypot(x - 70, y - 60)) / 4 + 0.5, 0, 1)
    post = ((x > 110) & (x < 118)).astype(np.float32)

    def layer(seed: int, alpha: NDArray[np.float32], disparity: NDArray[np.float32]) -> Layer:
        rgb = texture(HEIGHT, WIDTH, seed, *((10, 110), (130, 250), (60, 150))[seed - 1])
        return Layer(np.dstack([rgb, np.rint(255 * alpha).astype(np.uint8)]), disparity.astype(np.float32))

    slope, ones = 0.1 + 0.2 * y / HEIGHT, np.ones_like(x)
    layers = layer(1, ones, slope), layer(2, disc, 0.6 * ones + 0.1 * np.sin(x / 9)), layer(3, post, 0.95 * ones)
    return replace(flat_scene(layers[0].rgba[..., :3].copy()), layers=layers)


def _moved(fit: str = "cover", layout: PixelLayout = "rgb24") -> Uint8:
    scene = _layered()
    output = OutputSpec(WIDTH, HEIGHT) if fit == "cover" else OutputSpec(120, 160, fit=fit)  # type: ignore[arg-type]
    path = still(scene, (0.03, -0.02, -0.1))
    return _drawn(scene, path if fit == "cover" else replace(path, viewport_size=(120, 90)), output, layout)


def _turned() -> Uint8:
    """Magnified on one side, reduced on the other."""
    angle = np.radians(35)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    scene = flat_scene(texture(480, 640, 4, 0, 255))
    path = still(scene, (0.3, 0.0, -0.4), turn)
    return _drawn(scene, replace(path, viewport_size=(WIDTH, HEIGHT)), OutputSpec(WIDTH, HEIGHT))


def _drawn(scene: LayeredScene, path: CameraPath, output: OutputSpec, layout: PixelLayout = "rgb24") -> Uint8:
    with render.open_context() as context, render.Renderer(context, scene) as renderer:
        (frame,) = renderer.frames(path, output, layout)
    return frame.data


CASES: dict[str, Callable[[], Uint8]] = {
    "moved": _moved,
    "planes": lambda: _moved(layout="yuv420p"),
    "turned": _turned,
    "blur": lambda: _moved("blur"),
}


@pytest.fixture(scope="module")
def driver() -> str:
    return _driver()


@pytest.mark.parametrize("name", CASES)
def test_a_frame_is_the_kept_one(name: str, driver: str) -> None:
    frame, kept = CASES[name](), _read(GOLDEN, name)
    assert frame.shape == kept.shape
    assert _agreement_db(frame, kept) >= 40
    if "llvmpipe" in driver:
        off = np.abs(frame.astype(int) - kept).reshape(*frame.shape[:2], -1).max(2)
        edges = _edges(kept)
        assert (off[~edges] > 2).mean() < 1e-3
        assert (off[edges] > 32).mean() < 1e-2


def test_another_driver_draws_the_same(driver: str, tmp_path: Path) -> None:
    """Mesa's other software renderer has not a line of llvmpipe's rasteriser and samplers."""
    if "llvmpipe" not in driver:
        pytest.skip(f"{driver} has no other beside it")
    environment = os.environ | {"GALLIUM_DRIVER": "softpipe", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, __file__, str(tmp_path)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    if "softpipe" not in done.stdout:
        pytest.skip(f"this Mesa has no softpipe, but {done.stdout.strip()}")
    for name in CASES:
        assert _agreement_db(_read(tmp_path, name), _read(GOLDEN, name)) >= 55


def _agreement_db(frame: Uint8, kept: Uint8) -> float:
    """Away from edges."""
    off = (frame.astype(np.float64) - kept)[~_edges(kept)]
    return float(10 * np.log10(255**2 / max(float(np.mean(off**2)), 1e-6)))


def _read(folder: Path, name: str) -> Uint8:
    return np.asarray(Image.open(folder / f"{name}.png"))


def _driver() -> str:
    with render.open_context() as context:
        return describe(context)


def _edges(picture: Uint8) -> NDArray[np.bool_]:
    steps = cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).reshape(*picture.shape[:2], -1).max(2)
    return cv2.dilate((steps > 60).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else GOLDEN
    print(_driver())
    for name, draw in CASES.items():
        Image.fromarray(draw()).save(folder / f"{name}.png", optimize=True)
