"""What is seen where the farthest layer is torn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from analytic import Draw, flat_scene, still
from numpy.typing import NDArray

from zoom3d.render import backdrop
from zoom3d.types import Layer, LayeredScene, OutputSpec

HEIGHT, WIDTH, EDGE = 120, 240, 120
NEAR, FAR = np.array([200, 30, 30], np.uint8), np.array([30, 30, 200], np.uint8)


def _step(height: float) -> Layer:
    """Red on the left, ``height`` of disparity before the blue on the right."""
    left = np.arange(WIDTH) < EDGE
    rgb = np.where(left[:, None], NEAR, FAR)
    rgba = np.dstack([np.broadcast_to(rgb, (HEIGHT, WIDTH, 3)), np.full((HEIGHT, WIDTH), 255)]).astype(np.uint8)
    return Layer(rgba, np.broadcast_to(np.where(left, 0.2 + height, 0.2), (HEIGHT, WIDTH)).astype(np.float32))


def _behind_a_pane(layer: Layer) -> LayeredScene:
    """A scene in which another layer covers but a corner of this one."""
    pane = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    pane[:20, :20] = 255
    made = flat_scene(pane[..., :3])
    return replace(made, layers=(layer, Layer(pane, np.ones((HEIGHT, WIDTH), np.float32))), reach_px=60.0)


def _mixed(row: NDArray[np.uint8]) -> int:
    """Pixels of ``row`` that are neither red nor blue."""
    return int((np.abs(row[:, None].astype(int) - np.stack([NEAR, FAR])).max(2).min(1) > 12).sum())


def test_nothing_is_drawn_out_between_two_surfaces_that_part(draw: Draw) -> None:
    """The camera goes right: red moves left, and what it uncovers is blue, right up to it."""
    made = _behind_a_pane(_step(0.6))
    (frame,) = draw(made, still(made, (0.12, 0.0, 0.0)))
    row = frame[HEIGHT // 2, : WIDTH - 40]  # the canvas has no border
    drawn_out = WIDTH * 0.12 * 0.6 * (1 / made.near - 1 / made.far)
    assert drawn_out > 20
    assert _mixed(row) <= 3
    left = EDGE - WIDTH * 0.12 * (0.8 * (1 / made.near - 1 / made.far) + 1 / made.far)
    assert int((row[:, 0] > 100).sum()) == pytest.approx(left, abs=3)


def test_it_is_there_as_far_as_what_stands_before_it_moves_away(draw: Draw) -> None:
    """The layer lies just behind the thing that hides both and stays hidden; the backdrop lies lower and is uncovered."""
    step = _step(0.6)
    step = Layer(step.rgba[:, ::-1].copy(), step.disparity[:, ::-1].copy())
    thing = step.rgba.copy()
    thing[:, :EDGE] = 0
    made = _behind_a_pane(step)
    made = replace(made, layers=(step, Layer(thing, np.full((HEIGHT, WIDTH), 0.85, np.float32))))
    (frame,) = draw(made, still(made, (-0.12, 0.0, 0.0)))
    uncovered = WIDTH * 0.12 * 0.6 * (1 / made.near - 1 / made.far)
    assert uncovered > 20
    assert _mixed(frame[HEIGHT // 2, 40:]) <= 3


@pytest.mark.parametrize(("height", "alone"), [(0.2, False), (0.6, True)])
def test_a_small_step_and_one_of_the_only_layer_stay_whole(height: float, alone: bool, draw: Draw) -> None:
    made = _behind_a_pane(_step(height))
    made = replace(made, layers=made.layers[:1]) if alone else made
    (frame,) = draw(made, still(made, (0.12, 0.0, 0.0)))
    assert _mixed(frame[HEIGHT // 2, : WIDTH - 40]) >= 5


def test_who_flies_past_things_draws_them_out(draw: Draw) -> None:
    """Nothing is made up for a move that parts them so far beyond the scene's reach."""
    made = replace(_behind_a_pane(_step(0.6)), reach_px=5.0)
    (frame,) = draw(made, still(made, (0.12, 0.0, 0.0)))
    assert _mixed(frame[HEIGHT // 2, : WIDTH - 40]) > 10


def test_the_photographs_own_camera_sees_no_tear(draw: Draw) -> None:
    made = _behind_a_pane(_step(0.6))
    (frame,) = draw(made, still(made), OutputSpec(WIDTH, HEIGHT))
    assert np.abs(frame[30:].astype(int) - made.layers[0].rgba[30:, :, :3]).max() <= 1


def test_behind_a_narrow_surface_goes_on_what_lies_behind_all_of_them() -> None:
    """Blue wall, grey rim, red thing: behind the rim and the thing there is wall, as far as it can be uncovered."""
    layer = _step(0.6)
    rgba, disparity = layer.rgba.copy(), layer.disparity.copy()
    rgba[:, EDGE - 5 : EDGE, :3], disparity[:, EDGE - 5 : EDGE] = 120, 0.6
    made = backdrop.make(Layer(rgba, disparity), reach_px=60.0)
    colours = made.rgba[HEIGHT // 2 * made.rgba.shape[0] // HEIGHT, :, :3]
    place = np.arange(len(colours)) * WIDTH / len(colours)
    assert (colours[place > EDGE - 20] == FAR).all()
    assert (colours[place < EDGE - 50] == NEAR).all()
