"""Values over time: keyframes with easing, waves, and the speed curve that bends time for a whole move."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

EASINGS: dict[str, Callable[[Float64], Float64]] = {
    "linear": lambda t: t,
    "in": lambda t: t**3,
    "out": lambda t: 1 - (1 - t) ** 3,
    "in-out": lambda t: np.where(t < 0.5, 4 * t**3, 1 - 4 * (1 - t) ** 3),
    "smooth": lambda t: t * t * t * (t * (6 * t - 15) + 10),
    "snap-in": lambda t: t**6,
    "snap-out": lambda t: 1 - (1 - t) ** 6,
    "hold": np.floor,
}
"""From 0 to 1 over 0..1; ``smooth`` starts and ends with no speed, no acceleration (Perlin 2002), ``hold`` waits and jumps."""

FLOW = "flow"
"""The easing that passes through all keys without stopping at any: a monotone cubic (Fritsch and Carlson 1980)."""

_NOISE_POINTS = 64
"""For each of the quickest cycles of a noise, to know how high it rises."""

WaveKind = Literal["sine", "triangle", "square", "noise"]
WAVE_KINDS: tuple[WaveKind, ...] = get_args(WaveKind)


@dataclass(frozen=True)
class Keyframes:
    """(time in 0..1, value) pairs, eased between each two; ``ease`` is one for all or one for each step between two keys."""

    keys: tuple[tuple[float, float], ...]
    ease: str | tuple[str, ...] = "linear"

    def at(self, time: Float64) -> Float64:
        times, values = (np.array(column, np.float64) for column in zip(*self.keys, strict=True))
        if self.ease == FLOW:
            return _flow(times, values, time)
        result = np.full(time.shape, values[0])
        for (start, one), (end, other), ease in zip(self.keys, self.keys[1:], self._eases, strict=False):
            share = EASINGS[ease](np.clip((time - start) / (end - start), 0, 1))
            result = np.where(time >= start, one + (other - one) * share, result)
        return result

    @property
    def _eases(self) -> tuple[str, ...]:
        """One for each step between two keys."""
        return (self.ease,) * (len(self.keys) - 1) if isinstance(self.ease, str) else self.ease

    def jumps(self, time: Float64) -> NDArray[np.bool_]:
        """(N,): whether the value jumps on the way to each of the rising times ``time`` from the one before."""
        held = [end for (end, _), ease in zip(self.keys[1:], self._eases, strict=False) if ease == "hold"]
        return _changes(np.searchsorted(held, time, side="right"))

    def scaled(self, factor: float) -> Keyframes:
        return replace(self, keys=tuple((time, factor * value) for time, value in self.keys))


@dataclass(frozen=True)
class Wave:
    """``offset + amplitude * shape(cycles * time)``; a whole number of cycles makes a loop.

    amplitude: a number, or keyframes for a wave that swells or fades.
    cycles: how often it swings during the clip; of noise, how often its quickest part does.
    hertz: swings a second instead, whatever the clip's length.
    kind: ``noise`` wanders smoothly within the amplitude, from 0 at the start back to 0 at the end.
    seed: which noise.
    """

    amplitude: float | Keyframes
    cycles: float = 1.0
    phase: float = 0.0
    offset: float = 0.0
    kind: WaveKind = "sine"
    seed: int = 0
    hertz: float | None = None

    def at(self, time: Float64) -> Float64:
        size = self.amplitude if isinstance(self.amplitude, float | int) else self.amplitude.at(time)
        turns = self._turns(time)
        if self.kind == "sine":
            return self.offset + size * np.sin(2 * np.pi * turns)
        if self.kind == "triangle":
            return self.offset + size * (1 - 4 * np.abs((turns + 0.25) % 1 - 0.5))
        if self.kind == "square":
            return self.offset + size * np.where(_halves(turns) % 2 == 0, 1.0, -1.0)
        return self.offset + size * _noise(time, max(1, math.ceil(self.cycles - 1e-9)), self.seed)

    def jumps(self, time: Float64) -> NDArray[np.bool_]:
        """As those of keyframes."""
        return _changes(_halves(self._turns(time))) if self.kind == "square" else np.zeros(time.shape, bool)

    def _turns(self, time: Float64) -> Float64:
        return self.cycles * time + self.phase / (2 * math.pi)

    def lasting(self, duration_s: float, *, loop: bool) -> Wave:
        """The wave in a clip of that length: its swings a second become cycles, whole ones in a loop."""
        if self.hertz is None:
            return self
        cycles = self.hertz * duration_s
        return replace(self, cycles=float(max(1, round(cycles))) if loop else cycles, hertz=None)

    def scaled(self, factor: float) -> Wave:
        size = self.amplitude
        return replace(
            self,
            amplitude=factor * size if isinstance(size, float | int) else size.scaled(factor),
            offset=factor * self.offset,
        )


Channel = Keyframes | Wave


def bend(time: Float64, speed: Sequence[tuple[float, float]]) -> Float64:
    """Time in 0..1 after running at ``speed``, (time, relative speed) pairs joined by smooth steps; still 0 at 0 and 1 at 1."""
    if len(speed) < 2:
        return time
    grid = np.linspace(0.0, 1.0, 2049)
    rate = Keyframes(tuple(speed), "smooth").at(grid)
    travelled = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2)])
    return np.interp(time, grid, travelled / travelled[-1])


def _halves(turns: Float64) -> Float64:
    """How many half turns are over; one that is over but for rounding is."""
    return np.floor(2 * (turns + 1e-9))


def _changes(counts: NDArray[np.generic]) -> NDArray[np.bool_]:
    return np.concatenate([[False], counts[1:] != counts[:-1]])


def _flow(times: Float64, values: Float64, time: Float64) -> Float64:
    """Cubics between the keys whose slopes meet, kept flat where the values turn so that nothing overshoots."""
    if len(times) == 1:
        return np.full(time.shape, values[0])
    step = np.diff(times)
    slope = np.diff(values) / step
    one, other = slope[:-1], slope[1:]
    inner = np.where(one * other > 0, 2 * one * other / np.where(one * other > 0, one + other, 1), 0)
    tangent = np.concatenate([[0.0], inner, [0.0]])  # the harmonic mean; the move starts and ends at rest
    index = np.clip(np.searchsorted(times, time, side="right") - 1, 0, len(step) - 1)
    t = np.clip((time - times[index]) / step[index], 0, 1)
    rise = t * t * (3 - 2 * t)
    start, end = t * (1 - t) ** 2 * step[index] * tangent[index], t * t * (t - 1) * step[index] * tangent[index + 1]
    return np.asarray(values[index] * (1 - rise) + values[index + 1] * rise + start + end)


def _noise(time: Float64, highest: int, seed: int) -> Float64:
    """Smooth noise in [-1, 1] that is 0 at 0 and 1: sines of 1 to ``highest`` cycles, weaker the quicker they are.

    Between equally spaced points a sum of sines rises above them by a known factor at most (Ehlich and Zeller 1964).
    """
    drawn = random.Random(seed)  # the same on every platform and release
    phases = [2 * math.pi * drawn.random() for _ in range(highest)]

    def waves(at: Float64) -> Float64:
        total = np.zeros(at.shape)
        for k, phase in enumerate(phases, 1):  # one at a time: all of a long clip's together would take gigabytes
            total += np.sin(2 * np.pi * k * at + phase) / k**0.6
        return total

    start = waves(np.zeros(1))
    peak = np.abs(waves(np.linspace(0, 1, _NOISE_POINTS * highest, endpoint=False)) - start).max()
    return (waves(time) - start) * math.cos(math.pi / _NOISE_POINTS) / peak  # between the points it is no higher


def is_closed(channel: Channel) -> bool:
    """Whether the channel ends at the value that it began with."""
    first, last = channel.at(np.array([0.0, 1.0]))
    return bool(abs(last - first) <= 1e-6 * max(1.0, abs(first)))
