"""Meshes are fine only where the path can show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from analytic import Draw, disc, flat_scene, still, texture

from zoom3d import camera, inpaint, scene
from zoom3d.camera import presets
from zoom3d.render import detail, textures
from zoom3d.types import DepthMap, Layer, OutputSpec, Photo


def _rough_disc() -> tuple[Photo, DepthMap]:
    photo, depth, _ = disc(240, 400, 60)
    relief = texture(240, 400, 5)[..., 0].astype(np.float32) / 2550
    return photo, DepthMap(np.clip(depth.disparity + relief, 0, 1), "test")


def _wavy_disc() -> tuple[Photo, DepthMap]:
    photo, depth, _ = disc(240, 400, 60)
    waves = 0.3 * np.sin(np.arange(400) / 9) * np.sin(np.arange(240) / 9)[:, None]
    return photo, DepthMap((0.4 + waves + 0.1 * (depth.disparity > depth.disparity.mean())).astype(np.float32), "test")


@pytest.mark.parametrize(("preset", "subject", "left_out"), [("circle", _rough_disc, 0.3), ("whip", _wavy_disc, 0.0)])
def test_no_frame_shows_that_the_rest_is_coarse(
    preset: str, subject: Callable[[], tuple[Photo, DepthMap]], left_out: float, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move that only turns shows no parallax, but what is in front."""
    made = scene.build(*subject(), inpaint.load("telea"))
    output = OutputSpec(180, 320, fps=4)
    path = camera.plan(presets.load(preset), made, output)
    survey = detail.Survey(made)
    assert all((weight == 0).mean() >= left_out for weight in survey.weights(survey.parallax(path), 1.0))
    frames = draw(made, path, output)
    everywhere = [np.full((2, 2), 2000, np.float32) for _ in made.layers]
    monkeypatch.setattr(detail.Survey, "weights", lambda *_: everywhere)
    monkeypatch.setattr(detail, "_alike", lambda *_: None)
    for coarse, fine in zip(frames, draw(made, path, output), strict=True):
        off = np.abs(coarse.astype(int) - fine.astype(int))
        assert off.mean() < 0.2
        assert np.quantile(off, 0.999) <= 8


@pytest.mark.parametrize("preset", ["circle", "3d-zoom", "pan-left"])
def test_nothing_that_is_left_out_leaves_a_hole(draw: Draw, preset: str) -> None:
    """White everywhere stays white everywhere; what is drawn nowhere would be black."""
    _, depth, _ = disc(900, 1200, 200)
    photo = Photo(np.full((900, 1200, 3), 255, np.uint8), 1200.0)
    made = scene.build(photo, depth, inpaint.load("telea"))
    output = OutputSpec(360, 480, fps=4)
    for frame in draw(made, camera.plan(presets.load(preset), made, output), output):
        assert frame.min() >= 254


def test_the_layer_behind_is_there_wherever_the_one_before_it_may_end() -> None:
    made = flat_scene(np.full((400, 600, 3), 90, np.uint8))
    torn = made.layers[0].rgba.copy()
    torn[190:210, 290:310, 3] = 0
    made = replace(made, layers=(made.layers[0], Layer(torn, made.layers[0].disparity)))
    survey = detail.Survey(made)
    back, front = survey.weights(survey.parallax(still(made)), 1.0)
    assert np.all(front > 0)
    assert np.all(back > 0)


@pytest.mark.parametrize("size", [(50, 40), (400, 320)])
def test_magnification_is_that_of_the_frame(size: tuple[int, int]) -> None:
    made = flat_scene(np.zeros((160, 200, 3), np.uint8))
    path = still(made)
    path = type(path)(**{**vars(path), "viewport_size": size})
    assert detail.Survey(made).least_magnification(path) == pytest.approx(size[0] / 200, rel=0.01)


def test_textures_are_linear_and_premultiplied_and_keep_every_code_apart() -> None:
    codes = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 4, 2)
    codes[..., 3] = 255
    linear = textures.premultiplied(codes)[0, :, 0].astype(np.float64) / 65535
    assert np.diff(linear).min() > 15 / 65535
    half = codes.copy()
    half[..., 3] = 51
    assert np.abs(textures.premultiplied(half)[0, :, 0] / 65535 - linear / 5).max() <= 1 / 65535
