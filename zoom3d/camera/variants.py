"""Many moves for one photograph: presets of different kinds, each changed a little."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from zoom3d.camera import presets
from zoom3d.camera.curves import Channel, Keyframes, Wave
from zoom3d.camera.presets import Preset

_SHORTEST_S = 1.5  # shorter moves are cuts rather than clips
_SIZES, _PACES = (0.75, 1.1), (0.85, 1.2)
_RAMPS = ((), ((0.0, 1.0), (0.5, 3.0), (1.0, 1.0)), ((0.0, 2.0), (1.0, 1.0)))
_SIDEWAYS = ("x", "yaw_deg", "roll_deg")


def choose(count: int, seed: int, preset: Preset | None = None) -> list[Preset]:
    """``count`` different moves, the same for the same seed: variations of ``preset``, or of presets of many kinds."""
    drawn = random.Random(seed)
    kinds = [preset] if preset else _mixed(drawn)
    return [_varied(kinds[number % len(kinds)], drawn) for number in range(count)]


def _mixed(drawn: random.Random) -> list[Preset]:
    """The presets that come along, in an order in which neighbours move differently."""
    kinds: dict[object, list[Preset]] = {}
    for preset in map(presets.load, presets.names()):
        jumps = any(isinstance(channel, Wave) and channel.kind == "square" for channel in preset.channels.values())
        if preset.duration_s >= _SHORTEST_S and not jumps:
            kinds.setdefault((preset.hold_subject, *preset.channels), []).append(preset)
    groups = list(kinds.values())
    drawn.shuffle(groups)
    for group in groups:
        drawn.shuffle(group)
    return [group[turn] for turn in range(max(map(len, groups))) for group in groups if turn < len(group)]


def _varied(preset: Preset, drawn: random.Random) -> Preset:
    """The move a little larger or smaller, quicker or slower, perhaps mirrored, perhaps paced differently."""
    size, pace = drawn.uniform(*_SIZES), drawn.uniform(*_PACES)
    mirrored = drawn.random() < 0.5 and bool(set(_SIDEWAYS) & set(preset.channels)) and not _has_a_side(preset)
    ramp, seed = drawn.choice(_RAMPS), drawn.randrange(1 << 16)
    duration_s = round(preset.duration_s * pace, 1)
    how = [f"{100 * size:.0f} % as large", *(["mirrored"] if mirrored else [])]
    return replace(
        preset,
        title=f"{preset.title} ({', '.join(how)})",
        duration_s=duration_s,
        speed=preset.speed if preset.loop or preset.speed else ramp,
        speed_limit=preset.speed_limit * max(1.0, preset.duration_s / duration_s),
        channels=_scaled(preset.channels, size, mirrored=mirrored, seed=seed),
    )


def _has_a_side(preset: Preset) -> bool:
    return bool({"left", "right"} & set(preset.name.split("-")))


def _scaled(channels: Mapping[str, Channel], size: float, *, mirrored: bool, seed: int) -> dict[str, Channel]:
    result: dict[str, Channel] = {}
    for key, channel in channels.items():
        if key in ("zoom", "focus"):
            result[key] = channel
            continue
        scaled: Keyframes | Wave = channel.scaled(-size if mirrored and key in _SIDEWAYS else size)
        result[key] = replace(scaled, seed=scaled.seed + seed) if isinstance(scaled, Wave) else scaled
    return result
