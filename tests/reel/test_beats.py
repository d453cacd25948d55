"""Beats that are there are found to some milliseconds; where there are none, none are made up."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rhythm import RATE, clicks, save

from zoom3d.errors import AudioError, OutputError
from zoom3d.reel import beats


@pytest.mark.parametrize(("bpm", "first_s"), [(60, 0.37), (97.3, 0.0), (120, 0.37), (137, 0.2), (174, 0.0)])
def test_every_click_of_a_click_track_is_a_beat(bpm: float, first_s: float, tmp_path: Path) -> None:
    samples, struck = clicks(bpm, first_s)
    found = beats.track(save(tmp_path / "song.wav", samples))
    times = np.array(found.times_s)
    assert found.bpm == pytest.approx(bpm, rel=0.003)
    assert found.length_s == pytest.approx(12)
    assert np.abs(times[:, None] - struck).min(0).max() < 0.004
    assert np.diff(times) == pytest.approx(60 / bpm, abs=0.005)
    assert times[0] < 60 / bpm
    assert times[-1] > 12 - 1.01 * 60 / bpm


def test_clicks_that_do_not_come_evenly_are_followed(tmp_path: Path) -> None:
    samples, _ = clicks(120, length_s=0.5)
    late = 0.015 * np.sin(np.arange(24))
    struck = 0.1 + 0.5 * np.arange(24) + late
    song = np.zeros(round(12.5 * RATE), np.float32)
    for time in struck:
        at = round(time * RATE)
        song[at : at + 600] += samples[:600]
    found = np.array(beats.track(save(tmp_path / "song.wav", song)).times_s)
    assert np.abs(found[:, None] - struck).min(0).max() < 0.004


def noise() -> NDArray[np.float32]:
    return (0.1 * np.random.default_rng(1).standard_normal(8 * RATE)).astype(np.float32)


NO_BEAT = {
    "silence": lambda: np.zeros(8 * RATE, np.float32),
    "a steady tone": lambda: 0.5 * np.sin(np.arange(8 * RATE) * 0.06, dtype=np.float32),
    "noise": noise,
    "half a second": lambda: clicks(120)[0][: RATE // 2],
    "one click": lambda: clicks(6)[0][: 8 * RATE],
}


@pytest.mark.parametrize("kind", NO_BEAT)
def test_without_a_beat_there_is_an_error(kind: str, tmp_path: Path) -> None:
    song = save(tmp_path / "song.wav", NO_BEAT[kind]())
    with pytest.raises(AudioError, match=r"no beat was found in song\.wav") as caught:
        beats.track(song)
    assert "--on-beat" in caught.value.hint


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    song = tmp_path / "song.mp3"
    song.write_bytes(b"no music" * 1000)
    with pytest.raises(OutputError, match=r"song\.mp3"):
        beats.track(song)


def test_without_librosa_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(AudioError) as caught:
        beats.track(tmp_path / "song.wav")
    assert "zoom3d[audio]" in caught.value.hint


def test_a_song_that_is_over_begins_again() -> None:
    song = beats.Beats((0.2, 0.7, 1.2, 1.7), 0.5, 2.0)
    assert song.until(4.5) == pytest.approx([0.2, 0.7, 1.2, 1.7, 2.2, 2.7, 3.2, 3.7, 4.2])
    assert song.until(1.0) == pytest.approx([0.2, 0.7])


def test_no_two_beats_are_close_where_a_song_begins_again() -> None:
    song = beats.Beats((0.0, 0.5, 1.0), 0.5, 1.1)
    assert song.until(2.2) == pytest.approx([0.0, 0.5, 1.0, 1.6, 2.1])


def test_an_even_rhythm_needs_no_song() -> None:
    assert beats.steady(120, 10).until(2.1) == pytest.approx([0, 0.5, 1, 1.5, 2])
