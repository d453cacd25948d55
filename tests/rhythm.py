"""Sound with a known beat, made here."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 22050


def clicks(bpm: float, first_s: float = 0.0, length_s: float = 12.0) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """(samples,) in [-1, 1] with a click at every beat over faint noise, and the times of the beats in seconds."""
    samples = 0.003 * np.random.default_rng(0).standard_normal(round(length_s * RATE))
    beats = np.arange(first_s, length_s - 0.05, 60 / bpm)
    time = np.arange(round(0.03 * RATE)) / RATE
    click = 0.8 * np.sin(2 * np.pi * 1500 * time) * np.exp(-time / 0.006)
    for beat in np.round(beats * RATE).astype(int):
        samples[beat : beat + len(click)] += click[: len(samples) - beat]
    return samples.astype(np.float32), beats


def save(path: Path, samples: NDArray[np.float32]) -> Path:
    """(samples,) in [-1, 1] as a sound file."""
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(RATE)
        stream.writeframes(np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path
