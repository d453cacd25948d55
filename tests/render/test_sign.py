"""A title takes its place in depth: what is nearer hides it, what is farther is hidden by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from analytic import disc, flat_scene, still, texture
from numpy.typing import NDArray

from zoom3d import inpaint, render, scene
from zoom3d.types import Layer, LayeredScene, OutputSpec, Title

SIDE = 96
WHITE = np.full((SIDE, SIDE, 4), 255, np.uint8)


@pytest.fixture(scope="module")
def context() -> Iterator[object]:
    with render.open_context() as opened:
        yield opened


def title(rgba: NDArray[np.uint8], disparity: float, corners: tuple[float, float, float, float], opacity: float = 1) -> Title:
    return Title(rgba, corners, disparity, np.array([opacity], np.float32))


def drawn(context: object, made: LayeredScene, lettering: Title | None, **moved: object) -> NDArray[np.uint8]:
    path = still(made, **moved)  # type: ignore[arg-type]
    with render.Renderer(context, made) as renderer:  # type: ignore[arg-type]
        (frame,) = renderer.frames(path, OutputSpec(*path.viewport_size), title=lettering)
    return frame.data


def test_every_pixel_of_the_lettering_arrives_as_it_is(context: object) -> None:
    """From the photograph's own camera a title of one texel a pixel is copied, in linear light where it is translucent."""
    made = flat_scene(np.zeros((SIDE, SIDE, 3), np.uint8), 0.2)
    rgba = np.dstack([texture(SIDE, SIDE, 4), np.full((SIDE, SIDE), 255, np.uint8)])
    rgba[: SIDE // 2] = (255, 255, 255, 128)
    frame = drawn(context, made, title(rgba, 0.5, (0, 0, SIDE, SIDE)))
    assert np.abs(frame[SIDE // 2 + 1 :].astype(int) - rgba[SIDE // 2 + 1 :, :, :3]).max() <= 1
    assert np.abs(frame[: SIDE // 2 - 1].astype(int) - 188).max() <= 1


@pytest.mark.parametrize("eye", [(0.0, 0.0, 0.0), (0.06, -0.03, -0.1)])
def test_a_title_stands_behind_the_disc_and_before_the_ground(context: object, eye: tuple[float, float, float]) -> None:
    photo, depth, _ = disc(150, 200, 45)
    made = scene.build(photo, depth, inpaint.load("telea"))
    plain = drawn(context, made, None, eye=eye).astype(int)
    lettering = title(WHITE, 0.5, (-400.0, -400.0, 800.0, 800.0))
    with_title = drawn(context, made, lettering, eye=eye).astype(int)
    front = plain[..., 0] > 120
    changed = np.abs(with_title - plain).max(2)
    inside = np.argwhere(front).mean(0)
    y, x = np.mgrid[0:150, 0:200]
    from_edge = np.hypot(y - inside[0], x - inside[1]) - np.sqrt(front.sum() / np.pi)
    assert changed[from_edge < -3].max() == 0
    assert np.all(with_title[from_edge > 3] == 255)
    between = with_title[np.abs(from_edge) < 2, 0]
    assert np.quantile(between, 0.005) > 140, "something dark shines through between disc and title"


def test_a_matte_before_the_title_blends_over_it_and_one_behind_does_not(context: object) -> None:
    base = flat_scene(np.zeros((SIDE, SIDE, 3), np.uint8), 0.1)
    red = np.zeros((SIDE, SIDE, 4), np.uint8)
    red[...] = (255, 0, 0, 128)
    made = replace(base, layers=(base.layers[0], Layer(red, np.full((SIDE, SIDE), 0.5, np.float32))))
    middle = (slice(20, -20), slice(20, -20))
    behind = drawn(context, made, title(WHITE, 0.3, (0, 0, SIDE, SIDE)))[middle]
    before = drawn(context, made, title(WHITE, 0.7, (0, 0, SIDE, SIDE)))[middle]
    assert np.abs(behind.astype(int) - (255, 188, 188)).max() <= 1
    assert np.all(before == 255)


def test_an_unseen_title_changes_nothing_and_a_faint_one_little(context: object) -> None:
    made = flat_scene(texture(SIDE, SIDE, 3), 0.2)
    plain = drawn(context, made, None)
    assert np.array_equal(drawn(context, made, title(WHITE, 0.5, (0, 0, SIDE, SIDE), 0.0)), plain)
    half = drawn(context, made, title(WHITE, 0.5, (0, 0, SIDE, SIDE), 0.5)).astype(float)
    expected = ((plain / 255.0) ** 2.2 / 2 + 0.5) ** (1 / 2.2) * 255
    assert np.abs(half - expected).mean() < 2
