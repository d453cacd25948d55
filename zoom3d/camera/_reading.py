"""What may stand in a preset's file, and what is said where something else does."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zoom3d.camera.curves import EASINGS, FLOW, WAVE_KINDS, Channel, Keyframes, Wave, is_closed
from zoom3d.errors import suggest
from zoom3d.types import EFFECT_LIMITS, Effects

if TYPE_CHECKING:
    from zoom3d.assets import Table

Pairs = tuple[tuple[float, float], ...]


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

_PIVOTS = ("subject", "near", "far")
_SHUTTER = "shutter_angle_deg"
_SEED_MOST = 2**31 - 1


def pivot(table: Table) -> str | float:
    name = table.values.get("pivot", "subject")
    if not isinstance(name, str):
        return table.number("pivot", 0, 1)
    if name not in _PIVOTS:
        table.fail(f"pivot = {name!r} is unknown", suggest(name, _PIVOTS, "pivots, or a disparity from 0 to 1"))
    return name


def timed(table: Table, key: str, low: float, high: float) -> Pairs:
    """(time, value) pairs, none where the key is not there."""
    pairs = table.pairs(key, (0, 1), (low, high), "[0, 1], [1, 2]")
    if any(second[0] <= first[0] for first, second in itertools.pairwise(pairs)):
        table.fail(f"the times in {table.where}{key} do not rise", "times run from 0 to 1, each later than the one before")
    return pairs


def channel(table: Table, key: str) -> Channel:
    example = "keys = [[0, 0], [1, 0.1]]"
    inner = table.table(key, example)
    if "keys" in inner.values:
        return _keyframes(inner, CHANNELS[key])
    if "wave" in inner.values:
        return _wave(inner, CHANNELS[key])
    return table.fail(f"[{key}] has neither keys nor wave", f"write [{key}] and below it {example}")


def _keyframes(table: Table, meaning: Meaning) -> Keyframes:
    table.only("keys", "ease")
    pairs = timed(table, "keys", meaning.low, meaning.high)
    ease = table.values.get("ease", "linear")
    if not isinstance(ease, list):
        _check_ease(table, ease, sorted([*EASINGS, FLOW]))
        return Keyframes(pairs, ease)
    for one in ease:
        _check_ease(table, one, sorted(EASINGS))
    if len(ease) != len(pairs) - 1:
        table.fail(
            f"{table.where}ease names {len(ease)} easings for {len(pairs)} keys",
            "name one easing for all keys, or one for each step between two",
        )
    return Keyframes(pairs, tuple(ease))


def _check_ease(table: Table, ease: object, known: list[str]) -> None:
    if ease not in known:
        table.fail(f"{table.where}ease = {ease!r} is unknown", suggest(str(ease), known, "easings"))


def _wave(table: Table, meaning: Meaning) -> Wave:
    table.only("wave", "amplitude", "offset", "seed", "cycles", "hertz", "phase_deg")
    kind = table.values["wave"]
    if kind not in WAVE_KINDS:
        table.fail(f"{table.where}wave = {kind!r} is unknown", suggest(str(kind), WAVE_KINDS, "waves"))
    if {"cycles", "hertz"} <= set(table.values):
        table.fail(
            f"{table.where.rstrip('.')} has cycles and hertz",
            "cycles count over the whole clip, hertz a second: give one of them",
        )
    size = meaning.high - meaning.low
    swells = isinstance(table.values.get("amplitude"), list)
    return Wave(
        Keyframes(timed(table, "amplitude", -size, size), "smooth") if swells else table.number("amplitude", -size, size, 0.0),
        cycles=table.number("cycles", 0, 1000, 1.0),
        phase=math.radians(table.number("phase_deg", -3600, 3600, 0.0)),
        offset=table.number("offset", meaning.low, meaning.high, meaning.rest),
        kind=kind,
        seed=table.whole("seed", 0, _SEED_MOST, 0),
        hertz=table.number("hertz", 0.01, 120, None),
    )


def effects(table: Table) -> Effects:
    def number(name: str) -> float:
        return table.number(name, 0, EFFECT_LIMITS[name], 0.0)

    table.only(_SHUTTER, *(name for name in EFFECT_LIMITS if name != "shutter"))
    return Effects(
        aperture=number("aperture"),
        shutter=table.number(_SHUTTER, 0, 360, 0.0) / 360,
        vignette=number("vignette"),
        grain=number("grain"),
        aberration=number("aberration"),
        seed=table.whole("seed", 0, _SEED_MOST, 0),
    )


def check_whole(table: Table, channels: Mapping[str, Channel], speed: Sequence[tuple[float, float]], *, loop: bool) -> None:
    """What no single key shows: how far waves go, whether a loop closes, whether time passes at all."""
    time = np.linspace(0, 1, 1001)
    for key, channel in channels.items():
        low, high = CHANNELS[key].low, CHANNELS[key].high
        value = channel.at(time)
        if value.min() < low - _ROUNDING or value.max() > high + _ROUNDING:
            table.fail(f"{key} leaves {low:g} to {high:g}", "make its amplitude or its offset smaller")
        if loop and not is_closed(channel):
            table.fail(
                f"loop = true, but {key} does not end where it begins",
                "give the first and the last key one value, or a wave whole cycles",
            )
    if speed and not any(rate > 0 for _, rate in speed):
        table.fail("speed is zero all the time", "give at least one positive speed")
