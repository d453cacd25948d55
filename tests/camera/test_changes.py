"""Numbers of a preset, changed from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoom3d.camera import presets
from zoom3d.camera.curves import Keyframes, Wave
from zoom3d.errors import PresetError


def test_numbers_lists_and_tables_can_be_changed_and_nothing_else_does() -> None:
    plain = presets.load("circle")
    changed = presets.load(
        "circle", ["x.amplitude=0.1", "duration_s = 2", "effects.grain=0.02", "pivot=near", "roll_deg.keys=[[0, 0]]"]
    )
    assert isinstance(changed.channels["x"], Wave)
    assert changed.channels["x"].amplitude == 0.1
    assert (changed.duration_s, changed.effects.grain, changed.pivot) == (2.0, 0.02, "near")
    assert changed.channels["roll_deg"] == Keyframes(((0.0, 0.0),))
    assert (changed.channels["y"], changed.title, changed.loop) == (plain.channels["y"], plain.title, plain.loop)


def test_lists_are_entered_by_number() -> None:
    changed = presets.load("zoom-in", ["push.keys.1.1=0.1"]).channels["push"]
    assert isinstance(changed, Keyframes)
    assert changed.keys == ((0.0, 0.0), (1.0, 0.1))


@pytest.mark.parametrize("written", ["0.1", ".1", "+1e-1"])
def test_a_number_may_be_written_as_people_write_numbers(written: str) -> None:
    changed = presets.load("zoom-in", [f"push.keys.1.1={written}"]).channels["push"]
    assert isinstance(changed, Keyframes)
    assert changed.keys[1] == (1.0, 0.1)


def test_changes_that_only_together_make_sense_are_taken_together() -> None:
    changed = presets.load("float", ["x.wave=sine", "roll_deg.cycles=0.5", "roll_deg.cycles=2"]).channels["roll_deg"]
    assert isinstance(changed, Wave)
    assert changed.cycles == 2


@pytest.mark.parametrize(
    ("change", "complaint", "remedy"),
    [
        ("x.amplitud=0.1", "unknown key x.amplitud", "'amplitude'"),
        ("xx.amplitude=0.1", "unknown key xx", "'x'"),
        ("x.keys=[[0, 0]]", "unknown key x.", "ease"),
        ("x.amplitude=big", "x.amplitude = 'big' is not a number", "x.amplitude"),
        ("x.amplitude=true", "x.amplitude = True is not a number", "x.amplitude"),
        ("x.amplitude=nan", "not a number", "x.amplitude"),
        ("x.amplitude=1e400", "not a number", "x.amplitude"),
        ("x.amplitude=[1", "x.amplitude = '[1'", "x.amplitude"),
        ("x.amplitude=1\ny=2", "x.amplitude", "x.amplitude"),
        ("x.amplitude.deep=1", "has 0.0", "--set"),
        ("push.keys.1.1=0.3", "is not a list", "[[0, 1], [1, 2]]"),
        ("speed.7.1=3", "speed", "[[0, 1]"),
        ("loop=maybe", "is not true or false", "loop = true"),
        ("x.cycles=1.5", "does not end where it begins", "whole cycles"),
        ("effects.grian=0.1", "unknown key effects.grian", "'grain'"),
        ("amplitude", "is not KEY=VALUE", "--set"),
        ("=3", "is not KEY=VALUE", "--set"),
        ("x..y=3", "is not KEY=VALUE", "--set"),
        ("x.amplitude=", "is not KEY=VALUE", "--set"),
    ],
)
def test_a_wrong_change_is_named_with_a_remedy(change: str, complaint: str, remedy: str) -> None:
    with pytest.raises(PresetError) as caught:
        presets.load("circle", [change])
    assert complaint in caught.value.message
    assert f"--set {change}" in caught.value.message
    assert remedy in caught.value.hint


@pytest.mark.parametrize("entry", ["9.1", "-1.1", "one.1", "1.2", "1" * 5000 + ".1"])
def test_an_entry_that_is_not_there_is_named(entry: str) -> None:
    with pytest.raises(PresetError, match="has no entry"):
        presets.load("zoom-in", [f"push.keys.{entry}=0.1"])


def test_a_broken_file_is_to_blame_before_the_change_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[pusch]\nkeys = [[0, 0]]")
    with pytest.raises(PresetError) as caught:
        presets.load(path, ["x.amplitude=1"])
    assert caught.value.message.startswith(f"{path}: unknown key pusch")
