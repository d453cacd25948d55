"""Single numbers of a preset, changed from outside: ``x.amplitude=0.1``."""

from __future__ import annotations

import contextlib
import copy
import sys
from collections.abc import Mapping
from typing import Any

from zoom3d.errors import PresetError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_EXAMPLE = "write for example --set push.keys.1.1=0.4 or --set duration_s=2"


def apply(table: Mapping[str, Any], change: str, name: str) -> dict[str, Any]:
    """A copy of a preset's TOML table with ``change`` made: "key=value", where a key goes into tables and lists by dots.

    Whether the key means anything there is for the preset's own check to say.
    """
    key, separator, text = change.partition("=")
    steps = [step.strip() for step in key.split(".")]
    if not separator or not all(steps) or not text.strip():
        raise PresetError(f"--set {change} is not KEY=VALUE", hint=_EXAMPLE)
    result = copy.deepcopy(dict(table))
    place: Any = result
    for step in steps[:-1]:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[_index(place, step, change, name)]
    if isinstance(place, dict):
        place[steps[-1]] = _value(text)
    else:
        place[_index(place, steps[-1], change, name)] = _value(text)
    return result


def _index(place: Any, step: str, change: str, name: str) -> int:
    if not isinstance(place, list):
        raise PresetError(f"--set {change}: {name} has {place!r} there, which has no {step!r}", hint=_EXAMPLE)
    if not (step.isascii() and step.isdigit() and len(step) < 9 and int(step) < len(place)):
        raise PresetError(
            f"--set {change}: {name} has no entry {step} there", hint=f"the entries are numbered 0 to {len(place) - 1}"
        )
    return int(step)


def _value(text: str) -> Any:
    """``text`` as a TOML value, or a number like .4; else it is text, and the check of its key says whether that can be."""
    with contextlib.suppress(tomllib.TOMLDecodeError, RecursionError, ValueError):
        found = tomllib.loads(f"value = {text}")
        return found["value"] if set(found) == {"value"} else text.strip()
    with contextlib.suppress(ValueError):
        return float(text)
    return text.strip()
