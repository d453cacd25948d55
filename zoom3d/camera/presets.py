"""Camera moves as data: strict TOML files, one a move, those that come along and the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from zoom3d import assets
from zoom3d.camera import _changes, _reading
from zoom3d.camera._reading import CHANNELS
from zoom3d.camera.curves import Channel, Wave
from zoom3d.errors import PresetError
from zoom3d.types import Effects

SPEED_LIMIT = 0.6
"""How fast anything may move on the screen unless a preset says otherwise, in frame diagonals a second."""

_FILES = assets.Kind(
    "preset", PresetError, "see zoom3d presets for those that come along", "see zoom3d presets show 3d-zoom for an example"
)
names, places, find, text = _FILES.names, _FILES.places, _FILES.find, _FILES.text
"""See ``assets.Kind``. What is wrong with a preset is a PresetError."""


@dataclass(frozen=True)
class Preset:
    """A move, in picture-relative numbers.

    pivot: what stays in place: "subject", "near", "far" or a disparity in 0..1.
    hold_subject: the lens zooms against the push, so that the pivot keeps its size (dolly zoom).
    loop: the frame after the last one would equal the first.
    speed: (time, relative speed) pairs that bend time for the whole move; empty = even.
    speed_limit: how fast anything may move on the screen at the preset's own duration, in frame diagonals a second.
    """

    name: str
    title: str
    description: str
    duration_s: float = 3.0
    pivot: str | float = "subject"
    hold_subject: bool = False
    loop: bool = False
    speed: tuple[tuple[float, float], ...] = ()
    speed_limit: float = SPEED_LIMIT
    channels: Mapping[str, Channel] = field(default_factory=dict)
    effects: Effects = field(default_factory=Effects)

    def lasting(self, duration_s: float) -> Preset:
        """The move in a clip of that length: what swings a number of times a second does so there, and is as fast as it is."""
        by_the_second = any(isinstance(channel, Wave) and channel.hertz for channel in self.channels.values())
        channels = {
            key: channel.lasting(duration_s, loop=self.loop) if isinstance(channel, Wave) else channel
            for key, channel in self.channels.items()
        }
        return replace(self, channels=channels, duration_s=duration_s if by_the_second else self.duration_s)


def load(name: str | Path, changes: Sequence[str] = ()) -> Preset:
    """The preset of that name, or from that file if ``name`` ends in ``.toml``. Raises PresetError.

    changes: "key=value" each, made before the file is checked: "x.amplitude=0.1", "push.keys.1.1=0.4", "duration_s=2".
    """
    path = find(name)
    table = _FILES.table(path)
    preset = parse(table, path)
    for change in changes:
        table = _changes.apply(table, change, preset.name)
    return parse(table, path, " ".join([path.stem, *(f"--set {change}" for change in changes)])) if changes else preset


def readable() -> Iterator[tuple[assets.Place, Preset]]:
    """Every preset, those that come along and the user's own, and where it lies; a warning tells of those that are wrong."""
    return _FILES.readable(load)


def parse(table: Mapping[str, Any], path: Path, called: str | None = None) -> Preset:
    """A preset from its TOML table; ``path`` gives the name, and ``called`` or ``path`` names it in messages."""
    read = assets.Table(PresetError, called or str(path), table)
    plain = ("title", "description", "duration_s", "pivot", "hold_subject", "loop", "speed", "speed_limit", "effects")
    read.only(*plain, *CHANNELS)
    preset = Preset(
        name=path.stem,
        title=read.text("title", path.stem),
        description=read.text("description", ""),
        duration_s=read.number("duration_s", 0.1, 600, 3.0),
        pivot=_reading.pivot(read),
        hold_subject=read.flag("hold_subject"),
        loop=read.flag("loop"),
        speed=_reading.timed(read, "speed", 0.0, 1e6),
        speed_limit=read.number("speed_limit", 0.01, 100, SPEED_LIMIT),
        channels={key: _reading.channel(read, key) for key in CHANNELS if key in table},
        effects=_reading.effects(read.table("effects", "for example vignette = 0.2")),
    )
    _reading.check_whole(read, preset.lasting(preset.duration_s).channels, preset.speed, loop=preset.loop)
    return preset
