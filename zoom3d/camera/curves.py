"""Values over time: keyframes with easing, waves, and the speed curve that bends time for a whole move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

EASINGS: dict[str, Callable[[Float64], Float64]] = {
    "linear": lambda t: t,
    "in": lambda t: t**3,
    "out": lambda t: 1 - (1 - t) ** 3,
    "smooth": lambda t: t * t * t * (t * (6 * t - 15) + 10),
}
"""From 0 to 1 over 0..1; ``smooth`` starts and ends with zero speed and acceleration (Perlin 2002)."""


@dataclass(frozen=True)
class Keyframes:
    """(time in 0..1, value) pairs, eased between each two."""

    keys: tuple[tuple[float, float], ...]
    ease: str = "linear"

    def at(self, time: Float64) -> Float64:
        times, values = (np.array(column) for column in zip(*self.keys, strict=True))
        index = np.clip(np.searchsorted(times, time, side="right") - 1, 0, max(len(times) - 2, 0))
        if len(times) == 1:
            return np.full_like(time, values[0])
        share = np.clip((time - times[index]) / (times[index + 1] - times[index]), 0, 1)
        return values[index] + (values[index + 1] - values[index]) * EASINGS[self.ease](share)


@dataclass(frozen=True)
class Wave:
    """``offset + amplitude * sin(2 pi cycles t + phase)``; a whole number of cycles makes a loop."""

    amplitude: float
    cycles: float = 1.0
    phase: float = 0.0
    offset: float = 0.0

    def at(self, time: Float64) -> Float64:
        return self.offset + self.amplitude * np.sin(2 * np.pi * self.cycles * time + self.phase)


Channel = Keyframes | Wave


def bend(time: Float64, speed: Sequence[tuple[float, float]]) -> Float64:
    """Time in 0..1 after running at ``speed``, (time, relative speed) pairs joined by smooth steps; still 0 at 0 and 1 at 1."""
    if len(speed) < 2:
        return time
    grid = np.linspace(0.0, 1.0, 2049)
    rate = Keyframes(tuple(speed), "smooth").at(grid)
    travelled = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2)])
    return np.interp(time, grid, travelled / travelled[-1])
