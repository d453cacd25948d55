"""Camera moves as data: strict TOML files, one a move."""

from __future__ import annotations

import difflib
import itertools
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zoom3d import assets
from zoom3d.camera.curves import EASINGS, Channel, Keyframes, Wave
from zoom3d.errors import PresetError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHANNELS = {
    "x": "parallax between the nearest and the farthest point, sideways, as a fraction of the picture's diagonal",
    "y": "the same, upwards",
    "push": "way towards the pivot, as a fraction of its distance",
    "zoom": "magnification by the lens, 1 = none",
    "yaw_deg": "turn to the left",
    "pitch_deg": "tilt upwards",
    "roll_deg": "turn about the viewing axis, counter-clockwise as the camera goes",
    "focus": "disparity that is in focus",
}
"""What a preset can move, and in what units."""

_PIVOTS = ("subject", "near", "far")
_TEXT = {"title", "description"}
_PLAIN = {"duration_s", "pivot", "hold_subject", "loop", "speed", *_TEXT}
_KEYFRAME_KEYS = {"keys", "ease"}
_WAVE_KEYS = {"wave", "amplitude", "cycles", "phase_deg", "offset"}


@dataclass(frozen=True)
class Preset:
    """A move, in picture-relative numbers.

    pivot: what stays in place: "subject", "near", "far" or a disparity in 0..1.
    hold_subject: the lens zooms against the push, so that the pivot keeps its size (dolly zoom).
    loop: the frame after the last one would equal the first.
    speed: (time, relative speed) pairs that bend time for the whole move; empty = even.
    """

    name: str
    title: str
    description: str
    duration_s: float = 3.0
    pivot: str | float = "subject"
    hold_subject: bool = False
    loop: bool = False
    speed: tuple[tuple[float, float], ...] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict)


def names() -> list[str]:
    """Names of the presets that come with the program, sorted."""
    return sorted(path.stem for path in assets.folder("presets").glob("*.toml"))


def load(name: str | Path) -> Preset:
    """The preset of that name, or from that file if ``name`` ends in ``.toml``. Raises PresetError."""
    path = Path(name)
    if path.suffix.lower() != ".toml":
        path = assets.folder("presets") / f"{name}.toml"
        if str(name) not in names():
            raise PresetError(f"there is no preset {str(name)!r}", hint=_suggest(str(name), names(), "presets"))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise PresetError(
            f"the preset {path} cannot be read: {reason}", hint="see zoom3d presets for those that come along"
        ) from error
    try:
        return parse(tomllib.loads(text), path)
    except tomllib.TOMLDecodeError as error:
        raise PresetError(f"{path}: not valid TOML: {error}", hint="see zoom3d presets show 3d-zoom for an example") from error


def parse(table: Mapping[str, Any], path: Path) -> Preset:
    """A preset from its TOML table; ``path`` is for messages and gives the name."""
    reader = _Reader(path)
    reader.check_keys(table, _PLAIN | set(CHANNELS), "")
    channels = {key: reader.channel(key, table[key]) for key in CHANNELS if key in table}
    preset = Preset(
        name=path.stem,
        title=reader.text(table, "title", path.stem),
        description=reader.text(table, "description", ""),
        duration_s=reader.number(table.get("duration_s", 3.0), "duration_s", 0.1, 600),
        pivot=reader.pivot(table.get("pivot", "subject")),
        hold_subject=reader.flag(table, "hold_subject"),
        loop=reader.flag(table, "loop"),
        speed=reader.pairs(table["speed"], "speed", 0.0) if "speed" in table else (),
        channels=channels,
    )
    if preset.speed and not any(rate > 0 for _, rate in preset.speed):
        reader.fail("speed is zero all the time", "give at least one positive speed")
    return preset


class _Reader:
    """Checks one file; every complaint names it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fail(self, message: str, hint: str) -> None:
        raise PresetError(f"{self._path}: {message}", hint=hint)

    def check_keys(self, table: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in table:
            if key not in known:
                self.fail(f"unknown key {where}{key}", _suggest(key, sorted(known), "keys"))

    def number(self, value: Any, key: str, low: float = -1e6, high: float = 1e6) -> float:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
            or not low <= value <= high
        ):
            self.fail(
                f"{key} = {value!r} is not a number from {low:g} to {high:g}", f"write for example {key} = {max(low, 0.5):g}"
            )
        return float(value)

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
                self.fail(f"pivot = {value!r} is unknown", _suggest(value, list(_PIVOTS), "pivots, or a disparity from 0 to 1"))
            return value
        return self.number(value, "pivot", 0, 1)

    def pairs(self, value: Any, key: str, low: float = -1e6) -> tuple[tuple[float, float], ...]:
        if not isinstance(value, list) or not value or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
            self.fail(f"{key} is not a list of [time, value] pairs", f"write for example {key} = [[0, 1], [1, 2]]")
        read = tuple((self.number(t, f"a time in {key}", 0, 1), self.number(v, f"a value in {key}", low)) for t, v in value)
        if any(second[0] <= first[0] for first, second in itertools.pairwise(read)):
            self.fail(f"the times in {key} do not rise", "times run from 0 to 1, each later than the one before")
        return read

    def channel(self, key: str, table: Any) -> Channel:
        if not isinstance(table, dict) or not ({"keys", "wave"} & set(table)):
            self.fail(f"[{key}] has neither keys nor wave", f"write [{key}] and below it keys = [[0, 0], [1, 0.1]]")
        low = 1e-3 if key == "zoom" else -1e6
        if "keys" in table:
            self.check_keys(table, _KEYFRAME_KEYS, f"{key}.")
            ease = table.get("ease", "linear")
            if ease not in EASINGS:
                self.fail(f"{key}.ease = {ease!r} is unknown", _suggest(str(ease), sorted(EASINGS), "easings"))
            pairs = self.pairs(table["keys"], f"{key}.keys", low)
            if key == "push" and any(value >= 0.95 for _, value in pairs):
                self.fail("push.keys reaches the pivot", "stay below 0.95 of the way")
            return Keyframes(pairs, ease)
        self.check_keys(table, _WAVE_KEYS, f"{key}.")
        if table["wave"] != "sine":
            self.fail(f"{key}.wave = {table['wave']!r} is unknown", 'write wave = "sine"')
        numbers = {name: self.number(table.get(name, default), f"{key}.{name}") for name, default in _WAVE_DEFAULTS.items()}
        return Wave(numbers["amplitude"], numbers["cycles"], math.radians(numbers["phase_deg"]), numbers["offset"])


_WAVE_DEFAULTS = {"amplitude": 0.0, "cycles": 1.0, "phase_deg": 0.0, "offset": 0.0}


def _suggest(wrong: str, known: list[str], what: str) -> str:
    close = difflib.get_close_matches(wrong, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known {what}: {', '.join(known)}"
