"""A preset as a picture: its channels over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from zoom3d.camera.curves import bend

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.camera.presets import Preset

    Float64 = NDArray[np.float64]

_WIDTH, _PANEL, _HEAD, _FOOT = 1100, 170, 84, 44
_LEFT, _RIGHT, _ROOM = 110, 40, 26  # around a curve, in pixels; above and below it
_INK, _GREY, _FAINT, _CURVE, _PAPER = "#1c1c1e", "#6e6e73", "#d9d9de", "#c8102e", "#ffffff"
_STEPS = 1200
_UNITS = {"x": "of the diagonal", "y": "of the diagonal", "push": "of the way", "zoom": "times", "focus": "-1 far, 1 near"}


@dataclass(frozen=True, eq=False)
class _Curve:
    label: str
    unit: str
    values: Float64


def draw(preset: Preset) -> Image.Image:
    """One panel a channel, and one for the speed where it is not even."""
    even = np.linspace(0, 1, _STEPS)
    time = bend(even, preset.speed)
    channels = preset.lasting(preset.duration_s).channels
    curves = [
        _Curve(key.removesuffix("_deg"), "degrees" if key.endswith("_deg") else _UNITS[key], channel.at(time))
        for key, channel in channels.items()
    ]
    if preset.speed:
        curves.append(_Curve("speed", "of the mean", np.gradient(time, even)))
    image = Image.new("RGB", (_WIDTH, _HEAD + _PANEL * len(curves) + _FOOT), _PAPER)
    pen = ImageDraw.Draw(image)
    pen.text((_ROOM, 18), preset.title, _INK, ImageFont.load_default(26))
    kind = ", ".join([f"{preset.duration_s:g} s", f"pivot: {preset.pivot}", *(["loops"] if preset.loop else [])])
    pen.text((_ROOM, 52), kind, _GREY, ImageFont.load_default(16))
    for number, curve in enumerate(curves):
        _panel(pen, curve, _HEAD + number * _PANEL, preset.duration_s)
    _seconds(pen, _HEAD + len(curves) * _PANEL, preset.duration_s)
    return image


def _panel(pen: ImageDraw.ImageDraw, curve: _Curve, top: int, duration_s: float) -> None:
    low, high = float(curve.values.min()), float(curve.values.max())
    span = max(high - low, 1e-9)
    first, last = top + _ROOM, top + _PANEL - _ROOM
    rows = last - (curve.values - low) / span * (last - first) if high - low > 1e-9 else np.full(_STEPS, (first + last) / 2)
    columns = np.linspace(_LEFT, _WIDTH - _RIGHT, _STEPS)
    small = ImageFont.load_default(14)
    for seconds in _ticks(duration_s):
        column = _LEFT + seconds / duration_s * (_WIDTH - _LEFT - _RIGHT)
        pen.line((column, first, column, last), _FAINT)
    for value, row in ((low, rows[curve.values.argmin()]), (high, rows[curve.values.argmax()])):
        pen.line((_LEFT, row, _WIDTH - _RIGHT, row), _FAINT)
        pen.text((_LEFT - 10, row), f"{value:.3g}", _GREY, small, anchor="rm")
    pen.line([(float(x), float(y)) for x, y in zip(columns, rows, strict=True)], _CURVE, 3, joint="curve")
    pen.text((_LEFT, top + 2), curve.label, _INK, ImageFont.load_default(17))
    pen.text((_LEFT + 12 + pen.textlength(curve.label, ImageFont.load_default(17)), top + 5), curve.unit, _GREY, small)


def _seconds(pen: ImageDraw.ImageDraw, top: int, duration_s: float) -> None:
    for seconds in _ticks(duration_s):
        column = _LEFT + seconds / duration_s * (_WIDTH - _LEFT - _RIGHT)
        pen.text((column, top + 4), f"{seconds:g} s", _GREY, ImageFont.load_default(14), anchor="mt")


def _ticks(duration_s: float) -> list[float]:
    step = next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120) if duration_s / step <= 10)
    return [round(step * number, 3) for number in range(int(duration_s / step + 1e-9) + 1)]
