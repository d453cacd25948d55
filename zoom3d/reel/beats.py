"""The beat of a song: where the cuts of a reel lie.

librosa follows the beat by dynamic programming (Ellis, "Beat Tracking by Dynamic Programming", 2007), some 25 ms late and in
steps of a hop. Each of its beats is then moved to the attack that it means, found in the spectral flux around it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from zoom3d import video
from zoom3d.errors import AudioError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

RATE_HZ = 22050
HOP = 512
LISTENED_S = 900.0
"""How much of a song is listened to: more than the longest reel."""

_SEARCH_S = 0.07  # how far librosa's beat may lie from the attack
_WINDOW, _STRIDE = 256, 32  # samples: 12 ms, every 1.5 ms
_AUDIBLE = 0.15  # flux of a beat's attack as a share of the strong ones, from which it counts
_ATTACK = 0.02  # flux as a share of the whole spectrum, from which something begins at all
_UNEVEN = 0.12  # how much one beat's length may typically differ from the next, as a share of it


@dataclass(frozen=True)
class Beats:
    """The beats of a song of ``length_s`` seconds, from its start to its end, seconds; ``period_s`` is their usual distance."""

    times_s: tuple[float, ...]
    period_s: float
    length_s: float

    @property
    def bpm(self) -> float:
        return 60.0 / self.period_s

    def until(self, end_s: float) -> Float64:
        """All beats before ``end_s`` of the song, which begins again whenever it ends."""
        rounds = max(1, int(np.ceil(end_s / self.length_s)))
        times = np.concatenate([np.array(self.times_s) + number * self.length_s for number in range(rounds)])
        apart = np.diff(times, prepend=-np.inf) > 0.5 * self.period_s  # the last of one round and the first of the next
        return times[apart & (times < end_s)]


def steady(bpm: float, length_s: float) -> Beats:
    """Even beats from 0 on: a rhythm without a song."""
    period = 60.0 / bpm
    return Beats(tuple(np.arange(0, length_s, period).tolist()), period, length_s)


def track(song: Path) -> Beats:
    """The beats of a sound file. Raises AudioError where there are none, where it cannot be read, or without librosa."""
    librosa = _librosa()
    samples = video.read_sound(song, RATE_HZ, LISTENED_S)
    found = find(samples, librosa)
    if found is None:
        raise AudioError(f"no beat was found in {song.name}", hint="leave --on-beat out: then the template's own rhythm counts")
    return found


def find(samples: Float32, librosa: ModuleType) -> Beats | None:
    """The beats in (N,) ``samples`` at RATE_HZ; None where there is no regular one."""
    if len(samples) < RATE_HZ or not np.abs(samples).max() > 1e-4:
        return None
    strength = librosa.onset.onset_strength(y=samples, sr=RATE_HZ, hop_length=HOP)
    _, frames = librosa.beat.beat_track(onset_envelope=strength, sr=RATE_HZ, hop_length=HOP, trim=False)
    rough = np.asarray(frames, np.float64) * HOP / RATE_HZ
    if len(rough) < 4:
        return None
    times, flux, level = _attacks(samples, rough)
    heard = flux > np.maximum(_AUDIBLE * np.quantile(flux, 0.9), _ATTACK * level)
    rough, times, heard = _without_offbeats(rough, times, heard)
    if heard.sum() < max(4, 0.25 * len(heard)):
        return None
    number = np.flatnonzero(heard)
    whole = np.arange(number[0], number[-1] + 1)
    beats = np.interp(whole, number, times[heard])
    period = float(np.median(np.diff(beats)))
    beats = beats[np.diff(beats, append=np.inf) > 0.8 * period]  # where a song sets in, some noise may pass for its first beat
    if np.median(np.abs(np.diff(beats, 2))) > _UNEVEN * period:
        return None
    length_s = len(samples) / RATE_HZ
    return Beats(tuple(_to_both_ends(beats, period, length_s)), period, length_s)


def _librosa() -> ModuleType:
    try:
        module = importlib.import_module("librosa")
        _ = module.beat, module.onset  # they load only when they are named
        return module
    except ImportError as error:
        raise AudioError(
            f"beats cannot be found here: {error}", hint='install what it takes: pip install "zoom3d[audio]"'
        ) from error


def _attacks(samples: Float32, rough: Float64) -> Float64:
    """(3, beats): for each rough beat when the spectrum grows most nearby, in seconds, by how much, and out of how much."""
    reach = round(_SEARCH_S * RATE_HZ)
    padded = np.pad(samples, reach + _WINDOW)
    starts = np.arange(-reach - _WINDOW // 2, reach - _WINDOW // 2 + 1, _STRIDE)
    taper = np.hanning(_WINDOW)
    found = np.empty((3, len(rough)))
    for index, beat in enumerate(rough):
        centre = round(beat * RATE_HZ)
        pieces = padded[centre + reach + _WINDOW + starts[:, None] + np.arange(_WINDOW)]
        level = np.sqrt(np.abs(np.fft.rfft(pieces * taper, axis=1)))
        lag = _WINDOW // 2 // _STRIDE
        rise = np.maximum(level[lag:] - level[:-lag], 0).sum(1)
        best = int(rise.argmax())
        # a rise over half a window is largest when a step lies in the middle of the two, or a click a quarter window later
        time = beat + (starts[best] + starts[best + lag] + 1.25 * _WINDOW) / 2 / RATE_HZ
        found[:, index] = max(time, 0.0), rise[best], level.sum(1).max()
    return found


def _without_offbeats(rough: Float64, times: Float64, heard: NDArray[np.bool_]) -> tuple[Float64, Float64, NDArray[np.bool_]]:
    """Every other beat only, where nothing is heard on those between: the tempo was taken twice too fast."""
    for first in (0, 1):
        on, off = heard[first::2], heard[1 - first :: 2]
        if on.mean() > 0.8 and off.mean() < 0.2:
            return rough[first::2], times[first::2], on
    return rough, times, heard


def _to_both_ends(beats: Float64, period: float, length_s: float) -> list[float]:
    """The beats, and those that the song would have before the first and after the last one."""
    before = np.arange(1, int(beats[0] / period) + 1)[::-1]
    after = np.arange(1, int((length_s - beats[-1]) / period) + 1)
    return np.concatenate([beats[0] - before * period, beats, beats[-1] + after * period]).tolist()
