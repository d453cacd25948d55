"""What may stand in a preset's file, and what is said where something else does."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from zoom3d.camera.curves import EASINGS, FLOW, WAVE_KINDS, Channel, Keyframes, Wave, is_closed
from zoom3d.errors import PresetError, suggest
from zoom3d.types import EFFECT_LIMITS, Effects


class Meaning(NamedTuple):
    """What a channel moves: in words, between which values, and its value at rest."""

    words: str
    low: float
    high: float
    rest: float = 0.0


CHANNELS = {
    "x": Meaning(
        "parallax between the nearest and the farthest point, sideways, as a fraction of the picture's diagonal", -1, 1
    ),
    "y": Meaning("the same, upwards", -1, 1),
    "push": Meaning("way towards the pivot, as a fraction of its distance", -5, 0.95),
    "zoom": Meaning("magnification by the lens, 1 = none", 0.05, 20, 1.0),
    "yaw_deg": Meaning("turn to the left", -60, 60),
    "pitch_deg": Meaning("tilt upwards", -60, 60),
    "roll_deg": Meaning("turn about the viewing axis, counter-clockwise as the camera goes", -360, 360),
    "focus": Meaning("what is sharp: -1 the farthest point, 0 the subject, 1 the nearest", -1, 1),
}
"""What a preset can move, and in what units."""

_ROUNDING = 1e-9  # of a curve between keys

PLAIN = {"title", "description", "duration_s", "pivot", "hold_subject", "loop", "speed", "speed_limit"}
_PIVOTS = ("subject", "near", "far")
_KEYFRAME_KEYS = {"keys", "ease"}
_WAVE_NUMBERS = {"cycles": (1.0, 0.0, 1000.0), "hertz": (1.0, 0.01, 120.0), "phase_deg": (0.0, -3600.0, 3600.0)}
_WAVE_KEYS = {"wave", "amplitude", "offset", "seed", *_WAVE_NUMBERS}
_SHUTTER = "shutter_angle_deg"


class Reader:
    """Checks one preset; every complaint begins with what it is ``called``."""

    def __init__(self, called: str) -> None:
        self._called = called

    def fail(self, message: str, hint: str) -> None:
        raise PresetError(f"{self._called}: {message}", hint=hint)

    def check_keys(self, table: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in table:
            if key not in known:
                self.fail(f"unknown key {where}{key}", suggest(key, sorted(known), "keys"))

    def number(self, value: Any, key: str, low: float = -1e6, high: float = 1e6) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:  # NaN fails both
            self.fail(
                f"{key} = {value!r} is not a number from {low:g} to {high:g}",
                f"write for example {key} = {min(max(low, 0.5), high):g}",
            )
        return float(value)

    def whole(self, table: Mapping[str, Any], key: str, where: str) -> int:
        value = table.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
            self.fail(f"{where}{key} = {value!r} is not a whole number from 0 on", f"write for example {where}{key} = 1")
        return int(value)

    def text(self, table: Mapping[str, Any], key: str, default: str) -> str:
        value = table.get(key, default)
        if not isinstance(value, str):
            self.fail(f"{key} = {value!r} is not text", f'write {key} = "…"')
        return str(value)

    def flag(self, table: Mapping[str, Any], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.fail(f"{key} = {value!r} is neither true nor false", f"write {key} = true or leave it out")
        return bool(value)

    def pivot(self, value: Any) -> str | float:
        if isinstance(value, str):
            if value not in _PIVOTS:
                self.fail(f"pivot = {value!r} is unknown", suggest(value, list(_PIVOTS), "pivots, or a disparity from 0 to 1"))
            return value
        return self.number(value, "pivot", 0, 1)

    def pairs(self, value: Any, key: str, low: float, high: float) -> tuple[tuple[float, float], ...]:
        if not isinstance(value, list) or not value or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
            self.fail(f"{key} is not a list of [time, value] pairs", f"write for example {key} = [[0, 1], [1, 2]]")
        read = tuple(
            (self.number(t, f"a time in {key}", 0, 1), self.number(v, f"a value in {key}", low, high)) for t, v in value
        )
        if any(second[0] <= first[0] for first, second in itertools.pairwise(read)):
            self.fail(f"the times in {key} do not rise", "times run from 0 to 1, each later than the one before")
        return read

    def channel(self, key: str, table: Any) -> Channel:
        if not isinstance(table, dict) or not ({"keys", "wave"} & set(table)):
            self.fail(f"[{key}] has neither keys nor wave", f"write [{key}] and below it keys = [[0, 0], [1, 0.1]]")
        return self._keyframes(key, table) if "keys" in table else self._wave(key, table)

    def _keyframes(self, key: str, table: Mapping[str, Any]) -> Keyframes:
        self.check_keys(table, _KEYFRAME_KEYS, f"{key}.")
        pairs = self.pairs(table["keys"], f"{key}.keys", CHANNELS[key].low, CHANNELS[key].high)
        ease = table.get("ease", "linear")
        if isinstance(ease, list):
            for one in ease:
                self._ease(one, key, sorted(EASINGS))
            if len(ease) != len(pairs) - 1:
                self.fail(
                    f"{key}.ease names {len(ease)} easings for {len(pairs)} keys",
                    "name one easing for all keys, or one for each step between two",
                )
            return Keyframes(pairs, tuple(ease))
        return Keyframes(pairs, self._ease(ease, key, sorted([*EASINGS, FLOW])))

    def _ease(self, ease: Any, key: str, known: list[str]) -> str:
        if ease not in known:
            self.fail(f"{key}.ease = {ease!r} is unknown", suggest(str(ease), known, "easings"))
        return str(ease)

    def _wave(self, key: str, table: Mapping[str, Any]) -> Wave:
        self.check_keys(table, _WAVE_KEYS, f"{key}.")
        kind = table["wave"]
        if kind not in WAVE_KINDS:
            self.fail(f"{key}.wave = {kind!r} is unknown", suggest(str(kind), list(WAVE_KINDS), "waves"))
        if {"cycles", "hertz"} <= set(table):
            self.fail(f"{key} has cycles and hertz", "cycles count over the whole clip, hertz a second: give one of them")
        meaning = CHANNELS[key]
        size = meaning.high - meaning.low
        amplitude = table.get("amplitude", 0.0)
        read = (
            Keyframes(self.pairs(amplitude, f"{key}.amplitude", -size, size), "smooth")
            if isinstance(amplitude, list)
            else self.number(amplitude, f"{key}.amplitude", -size, size)
        )
        numbers = {
            name: self.number(table.get(name, default), f"{key}.{name}", low, high)
            for name, (default, low, high) in _WAVE_NUMBERS.items()
        }
        return Wave(
            read,
            cycles=numbers["cycles"],
            phase=math.radians(numbers["phase_deg"]),
            offset=self.number(table.get("offset", meaning.rest), f"{key}.offset", meaning.low, meaning.high),
            kind=kind,
            seed=self.whole(table, "seed", f"{key}."),
            hertz=numbers["hertz"] if "hertz" in table else None,
        )

    def effects(self, table: Any) -> Effects:
        if not isinstance(table, dict):
            self.fail(f"effects = {table!r} is not a table", "write [effects] and below it for example vignette = 0.2")
        limits = {_SHUTTER if name == "shutter" else name: most for name, most in EFFECT_LIMITS.items()} | {_SHUTTER: 360}
        self.check_keys(table, set(limits), "effects.")
        seed = self.whole(table, "seed", "effects.")
        number = {name: self.number(table.get(name, 0), f"effects.{name}", 0, most) for name, most in limits.items()}
        return Effects(
            number["aperture"], number[_SHUTTER] / 360, number["vignette"], number["grain"], number["aberration"], seed
        )

    def check_whole(self, channels: Mapping[str, Channel], speed: Sequence[tuple[float, float]], *, loop: bool) -> None:
        """What no single key shows: how far waves go, whether a loop closes, whether time passes at all."""
        time = np.linspace(0, 1, 1001)
        for key, channel in channels.items():
            low, high = CHANNELS[key].low, CHANNELS[key].high
            value = channel.at(time)
            if value.min() < low - _ROUNDING or value.max() > high + _ROUNDING:
                self.fail(f"{key} leaves {low:g} to {high:g}", "make its amplitude or its offset smaller")
            if loop and not is_closed(channel):
                self.fail(
                    f"loop = true, but {key} does not end where it begins",
                    "give the first and the last key one value, or a wave whole cycles",
                )
        if speed and not any(rate > 0 for _, rate in speed):
            self.fail("speed is zero all the time", "give at least one positive speed")
