from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from zoom3d.camera.curves import EASINGS, FLOW, Channel, Keyframes, Wave, bend

TIME = np.linspace(0, 1, 201)


@pytest.mark.parametrize("ease", sorted(EASINGS))
def test_keyframes_pass_through_their_keys_and_never_overshoot(ease: str) -> None:
    curve = Keyframes(((0.0, 1.0), (0.25, 3.0), (1.0, 2.0)), ease)
    assert curve.at(np.array([0.0, 0.25, 1.0])) == pytest.approx([1, 3, 2])
    assert curve.at(TIME).min() >= 1 - 1e-12
    assert curve.at(TIME).max() <= 3 + 1e-12


@pytest.mark.parametrize(
    ("ease", "speeds"),
    [("linear", (1, 1)), ("in", (0, 3)), ("out", (3, 0)), ("in-out", (0, 0)), ("smooth", (0, 0)), ("snap-in", (0, 6))],
)
def test_an_easing_starts_and_ends_as_fast_as_its_name_says(ease: str, speeds: tuple[float, float]) -> None:
    start, end = (EASINGS[ease](np.array(times)) for times in ((0.0, 1e-4), (1 - 1e-4, 1.0)))
    assert (np.diff(start)[0] / 1e-4, np.diff(end)[0] / 1e-4) == pytest.approx(speeds, abs=2e-3)


def test_smooth_starts_and_ends_without_acceleration() -> None:
    for times in ((0.0, 1e-4, 2e-4), (1 - 2e-4, 1 - 1e-4, 1.0)):
        assert np.diff(EASINGS["smooth"](np.array(times)), 2)[0] / 1e-8 == pytest.approx(0, abs=0.1)


def test_keyframes_hold_before_the_first_and_after_the_last() -> None:
    curve = Keyframes(((0.4, 1.0), (0.6, 2.0)))
    assert curve.at(np.array([0.0, 1.0])) == pytest.approx([1, 2])


def test_a_single_key_is_constant() -> None:
    assert np.all(Keyframes(((0.3, 7.0),)).at(TIME) == 7)


def test_a_wave_of_whole_cycles_closes() -> None:
    wave = Wave(0.5, cycles=3, phase=0.7, offset=0.1)
    first, last = wave.at(np.array([0.0, 1.0]))
    assert first == pytest.approx(last)


def test_the_noise_of_a_long_clip_needs_little_memory() -> None:
    tracemalloc.start()
    Wave(1.0, cycles=300, kind="noise").at(TIME)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6


def test_bending_keeps_the_ends_and_never_turns_back() -> None:
    bent = bend(TIME, [(0.0, 1.0), (0.5, 4.0), (1.0, 1.0)])
    assert bent[[0, -1]] == pytest.approx([0, 1])
    assert np.all(np.diff(bent) > 0)


def test_bending_runs_at_the_speeds_that_were_given() -> None:
    bent = bend(np.linspace(0, 1, 2001), [(0.0, 1.0), (0.5, 4.0), (1.0, 1.0)])
    rate = np.diff(bent)
    assert rate[1000] / rate[0] == pytest.approx(4, rel=0.01)


@pytest.mark.parametrize(
    ("channel", "frames"),
    [
        (Wave(0.1, 2.0, kind="square"), [3, 6, 9]),
        (Wave(0.1, 2.0, kind="triangle"), []),
        (Keyframes(((0.0, 0.0), (0.5, 1.0), (1.0, 2.0)), "hold"), [6]),
        (Keyframes(((0.0, 0.0), (0.5, 1.0), (0.75, 1.1), (1.0, 2.0)), ("hold", "smooth", "hold")), [6]),
        (Keyframes(((0.0, 0.0), (1.0, 1.0)), FLOW), []),
    ],
)
def test_a_channel_knows_where_it_jumps(channel: Channel, frames: list[int]) -> None:
    time = np.arange(12) / 12
    assert np.flatnonzero(channel.jumps(time)).tolist() == frames
    farther = np.abs(np.diff(channel.at(time))) > 0.15
    assert set(np.flatnonzero(farther) + 1) <= set(frames)
