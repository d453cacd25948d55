"""What a flight through a picture tells the transition that shows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from analytic import flat_scene, still, texture

from zoom3d.camera import presets
from zoom3d.camera.curves import bend
from zoom3d.reel import moves


def test_a_flight_aims_at_the_far_place_wherever_the_picture_stands_in_the_frame() -> None:
    disparity = np.full((60, 90), 0.6, np.float32)
    disparity[:30, 45:] = 0.0
    made = flat_scene(texture(60, 90, 1), disparity)
    path = replace(still(made), viewport_size=(90, 60))
    filled, framed = (moves.departing(path, made, 0, frame).aim[0] for frame in ((90, 60), (90, 120)))
    assert filled == pytest.approx([0.75, 0.25], abs=0.02)
    assert framed == pytest.approx([0.75, (30 + 15) / 120], abs=0.02)


def test_a_move_that_jumps_still_jumps_where_it_arrives() -> None:
    arriving = moves.arriving(presets.load("wiggle").lasting(2.0), 0.3, 60)
    sides = presets.load("wiggle").lasting(2.0).channels["x"].at(np.linspace(0, 1, 499))
    assert set(arriving.channels["x"].at(np.linspace(0, 1, 499)).round(6)) == set(sides.round(6))
    assert arriving.channels["x"].jumps(np.linspace(0, 1, 60)).any()
    assert not arriving.channels["push"].jumps(np.linspace(0, 1, 60)).any()


@pytest.mark.parametrize("name", ["3d-zoom", "orbit"])
def test_an_arrival_has_no_steps_of_speed(name: str) -> None:
    preset, frames = presets.load(name).lasting(5.0), 300
    arriving = moves.arriving(preset, 0.3, frames)
    time = np.arange(frames) / (frames - (not preset.loop))
    push = arriving.channels["push"].at(time)
    assert push == pytest.approx(
        preset.channels["push"].at(bend(time, preset.speed)) - moves.RUN_UP * np.clip(1 - time / 0.3, 0, 1) ** 3
    )
    assert np.abs(np.diff(push, 3)).max() < 0.03 * np.abs(np.diff(push, 2)).max()


@pytest.mark.parametrize("gone", [0.1, 0.3, 0.5, 0.9])
def test_as_much_dissolves_as_is_to_be_gone_also_of_what_is_equally_far(gone: float) -> None:
    nearness = np.zeros((80, 80), np.uint8)
    nearness[40:] = np.linspace(20, 255, 80)
    about = moves.opened(nearness, gone)
    part = np.clip((nearness / 255 - about + moves.SOFT) / (2 * moves.SOFT), 0, 1)
    assert (part * part * (3 - 2 * part)).mean() == pytest.approx(1 - gone, abs=0.02)


def test_a_pulse_jumps_on_its_beats_and_at_no_other_time() -> None:
    path = still(flat_scene(texture(60, 90, 1))).each(lambda values: np.repeat(values, 5, axis=0))
    path = replace(path, jumps=(2,))
    assert moves.pulsing(path, (0, 4), 30, 0.05).jumps == (2, 4)
    assert moves.pulsing(path, (0, 4), 30, 0.0).jumps == (2,)
