from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zoom3d import assets
from zoom3d.camera import presets
from zoom3d.errors import PresetError

ASKED_FOR = """
    3d-zoom 3d-zoom-out push-through punch dolly-zoom-in dolly-zoom-out zoom-in zoom-out circle swing pan-left pan-right
    pedestal-up pedestal-down tilt-up tilt-down arc orbit spiral handheld rack-focus ken-burns-3d wiggle float reveal whip
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_promised_presets_are_there() -> None:
    assert set(presets.names()) >= set(ASKED_FOR.split())


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_loads_and_describes_itself(name: str) -> None:
    preset = presets.load(name)
    assert preset.name == name
    assert preset.title
    assert preset.description.endswith(".")
    assert preset.channels


def test_the_default_ramps_slow_fast_slow_about_four_to_one() -> None:
    speed = presets.load("3d-zoom").speed
    assert speed[1][1] / speed[0][1] == pytest.approx(4, abs=0.5)
    assert speed[1][1] / speed[-1][1] == pytest.approx(4, abs=0.5)
    assert presets.load("3d-zoom").duration_s == 3.0


def test_a_file_is_a_preset_too(tmp_path: Path) -> None:
    path = _write(tmp_path, (assets.folder("presets") / "circle.toml").read_text(encoding="utf-8"))
    assert presets.load(path).channels == presets.load("circle").channels


def test_an_editor_s_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert presets.load(_write(tmp_path, "\ufeffduration_s = 2")).duration_s == 2


def test_a_channel_may_go_from_one_end_to_the_other(tmp_path: Path) -> None:
    push = presets.load(_write(tmp_path, "[push]\nkeys = [[0, -5], [1, 0.95]]")).channels["push"]
    assert push.at(np.array([0.0, 1.0])) == pytest.approx([-5, 0.95])


@pytest.mark.parametrize(
    ("text", "complaint", "remedy"),
    [
        ("durations_s = 3", "unknown key durations_s", "duration_s"),
        ("[pusch]\nkeys = [[0, 0]]", "unknown key pusch", "push"),
        ("[x]\nkeys = [[0, 0]]\neasing = 'in'", "unknown key x.easing", "ease"),
        ("[x]\nwave = 'sine'\namplitud = 1", "unknown key x.amplitud", "amplitude"),
        ("[x]\nwave = 'sinus'", "x.wave", "sine"),
        ("[x]\nkeys = [[0, 0]]\nease = 'smoth'", "x.ease", "smooth"),
        ("[x]\nkeys = [[0.5, 0], [0.2, 1]]", "do not rise", "later"),
        ("[x]\nkeys = [[0, 0], [2, 1]]", "not a number from 0 to 1", "x.keys"),
        ("[x]\nkeys = 3", "x.keys", "[[0, 1]"),
        ("[push]\nkeys = [[0, 0], [1, 1.2]]", "1.2 is not a number from -5 to 0.95", "push.keys"),
        ("[zoom]\nkeys = [[0, 0]]", "not a number", "zoom"),
        ("[x]\nkeys = [[0, 0], [1, 1]]\nease = ['in', 'out']", "x.ease names 2 easings for 2 keys", "each step"),
        ("[x]\nkeys = [[0, 0], [1, 1]]\nease = 3", "x.ease = 3", "easings"),
        ("[x]\nwave = 'sine'\ncycles = 1\nhertz = 1", "cycles and hertz", "one of them"),
        ("[x]\nwave = 'noise'\nseed = 1.5", "x.seed", "x.seed = 1"),
        ("[x]\nwave = 'sine'\namplitude = '1'", "x.amplitude", "x.amplitude"),
        ("[x]\nwave = 'sine'\namplitude = 0.8\noffset = 0.8", "x leaves -1 to 1", "smaller"),
        ("[push]\nwave = 'sine'\namplitude = 1", "push leaves -5 to 0.95", "smaller"),
        ("[zoom]\nwave = 'sine'\namplitude = 1", "zoom leaves 0.05 to 20", "smaller"),
        ("loop = true\n[x]\nkeys = [[0, 0], [1, 0.1]]", "x does not end where it begins", "one value"),
        ("loop = true\n[x]\nwave = 'sine'\namplitude = 0.1\ncycles = 1.25", "x does not end", "whole cycles"),
        ("effects = 3", "effects = 3 is not a table", "vignette"),
        ("[effects]\nvignete = 0.2", "unknown key effects.vignete", "vignette"),
        ("[effects]\ngrain = 2", "effects.grain = 2", "0.5"),
        ("[effects]\nseed = -1", "effects.seed", "seed = 1"),
        ("[effects]\nshutter_angle_deg = 400", "0 to 360", "shutter_angle_deg"),
        ("speed_limit = 0", "speed_limit", "speed_limit"),
        ("[x]\nease = 'in'", "neither keys nor wave", "keys"),
        ("pivot = 'subjct'", "pivot", "subject"),
        ("pivot = 1.5", "pivot", "pivot"),
        ("loop = 1", "loop", "true"),
        ("duration_s = 'long'", "duration_s", "duration_s"),
        ("duration_s = nan", "duration_s", "duration_s"),
        ("title = 3", "title", "title"),
        ("speed = [[0, 0], [1, 0]]", "speed is zero", "positive"),
        ("speed = [[0, -1]]", "speed", "speed"),
        ("this is no toml", "not valid TOML", "presets show"),
        pytest.param(f"duration_s = {'9' * 400}", "duration_s", "0.5", id="beyond floating point"),
        pytest.param(f"duration_s = {'9' * 5000}", "not valid TOML", "presets show", id="digits"),
        pytest.param("a = " + 9999 * "[", "not valid TOML", "presets show", id="deep"),
    ],
)
def test_a_mistake_names_the_file_the_key_and_the_remedy(tmp_path: Path, text: str, complaint: str, remedy: str) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(PresetError) as caught:
        presets.load(path)
    assert str(path) in caught.value.message
    assert complaint in caught.value.message
    assert remedy in caught.value.hint
    assert "\n" not in caught.value.message + caught.value.hint


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(PresetError) as caught:
        presets.load("doly-zoom-in")
    assert "dolly-zoom-in" in caught.value.hint


@pytest.mark.parametrize("name", ["../presets/circle", "/etc/passwd", ""])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(PresetError):
        presets.load(name)


def test_a_missing_or_binary_file_is_a_preset_error(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.toml", tmp_path / "binary.toml", tmp_path):
        with pytest.raises(PresetError):
            presets.load(path if path.suffix else path / ".." / f"{path.name}.toml")
