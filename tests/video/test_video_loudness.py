"""A clip's sound is as loud as it was asked to be, however loud the file was, as measured in the written clip."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from clip_reader import gradients, read_sound, spec
from numpy.typing import NDArray

from zoom3d import video

RATE = 48000


def save(path: Path, samples: NDArray[np.float64]) -> Path:
    """(samples,) in [-1, 1] as a stereo file."""
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(2)
        stream.setsampwidth(2)
        stream.setframerate(RATE)
        stream.writeframes(np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").repeat(2).tobytes())
    return path


def music(duration_s: float, seed: int = 0) -> NDArray[np.float64]:
    """Drum strokes over a chord: peaks some 12 dB above the loudness, as in music."""
    time = np.arange(round(duration_s * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220, 277, 330)) / 3
    strokes = np.random.default_rng(seed).standard_normal(len(time)) * np.exp(-(time % 0.5) * 25)
    return np.asarray(0.3 * chord + 0.7 * strokes / np.abs(strokes).max())


def written(tmp_path: Path, samples: NDArray[np.float64], suffix: str = "mp4", frames: int = 100) -> Path:
    target = tmp_path / f"clip.{suffix}"
    song = save(tmp_path / "song.wav", samples)
    encoding = video.plan(target, spec(frames=frames), audio=song)
    video.write(gradients(encoding), encoding, target, audio=song, loudness_lufs=-14)
    return target


@pytest.mark.parametrize(("suffix", "gain"), [("mp4", 1.0), ("mp4", 0.02), ("webm", 0.3)])
def test_music_comes_out_at_fourteen_lufs_with_its_peaks_below_full_scale(suffix: str, gain: float, tmp_path: Path) -> None:
    level = video.measure_loudness(written(tmp_path, gain * music(6), suffix))
    assert level.loudness_lufs == pytest.approx(-14, abs=1)
    assert level.peak_db <= -1


def test_loud_noise_is_made_quieter(tmp_path: Path) -> None:
    level = video.measure_loudness(written(tmp_path, np.random.default_rng(0).uniform(-1, 1, 6 * RATE)))
    assert level.loudness_lufs == pytest.approx(-14, abs=1)
    assert level.peak_db <= -1


def test_silence_stays_silent_and_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _, sound = read_sound(written(tmp_path, np.zeros(2 * RATE), frames=25))
    assert np.abs(sound).max() < 1e-3
    assert "song.wav is silent" in caplog.text


def test_peaks_that_leave_no_room_are_kept_and_the_rest_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    samples = np.zeros(4 * RATE)
    samples[:: RATE // 2] = 0.9
    level = video.measure_loudness(written(tmp_path, samples))
    assert level.peak_db <= -1
    assert "its peaks leave no more room" in caplog.text


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_a_stroke_is_heard_when_it_is_struck(suffix: str, tmp_path: Path) -> None:
    samples = 0.01 * np.sin(np.arange(4 * RATE) / 20)
    struck = 1.25
    samples[round(struck * RATE) :][:480] += 0.8 * np.sin(np.arange(480) / 5) * np.exp(-np.arange(480) / 100)
    rate, sound = read_sound(written(tmp_path, samples, suffix))
    loudest = np.abs(sound[0]).argmax() / rate
    assert loudest == pytest.approx(struck, abs=0.003)


def test_a_file_is_read_as_one_channel(tmp_path: Path) -> None:
    samples = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    read = video.read_sound(save(tmp_path / "song.wav", samples), 22050, 0.5)
    assert read.shape == (11025,)
    assert np.sqrt((read**2).mean()) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
