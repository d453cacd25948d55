"""Templates are strict data: what comes along is right, and what is wrong in a file is named with what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoom3d.camera import presets
from zoom3d.errors import TemplateError
from zoom3d.reel import template, timeline
from zoom3d.reel.template import TRANSITIONS

GOOD = 'presets = ["zoom-in"]\nshot_s = [2.0]\n'


@pytest.fixture(autouse=True)
def no_templates_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_the_templates_that_come_along_are_there() -> None:
    assert {"beat-cut", "slow-memories", "product-spin", "travel", "before-after"} <= set(template.places())


@pytest.mark.parametrize("name", sorted(template.places()))
def test_every_template_plans_a_reel_of_presets_that_exist(name: str) -> None:
    chosen = template.load(name)
    assert chosen.description.endswith(".")
    for preset in chosen.presets:
        presets.load(preset)
    planned = timeline.plan(chosen, 2 * chosen.group, 30)
    assert len(planned.shots) >= 2


def test_every_transition_is_a_shader_and_the_other_way_round() -> None:
    from zoom3d import assets

    passes = {path.stem.removeprefix("transition-") for path in assets.folder("shaders").glob("transition-*.glsl")}
    assert passes == set(TRANSITIONS) - {"cut"}


WRONG = {
    "unknown key": ('tranistions = ["cut"]', "tranistions", "'transitions'"),
    "unknown key of a card": ('[opening]\ntxt = "Hello"', "opening.txt", "'text'"),
    "unknown transition": ('transitions = ["flsh"]', "'flsh'", "'flash'"),
    "flight out of a card": ('[opening]\ntransition = "push-through"', "'push-through'", "crossfade"),
    "unknown background": ('[closing]\nbackground = "blue"', "'blue'", "#"),
    "card that is none": ("opening = 3", "opening", "[opening]"),
    "text for a number": ('bpm = "fast"', "'fast'", "20"),
    "truth for a number": ("pulse = true", "True", "0"),
    "not a number": ("bpm = nan", "nan", "20"),
    "number beyond floating point": (f"bpm = {'9' * 400}", "bpm", "20"),
    "number of too many digits": (f"bpm = {'9' * 5000}", "not valid TOML", "templates show"),
    "number out of range": ("pulse = 3.0", "3.0", "0"),
    "fraction of a photograph": ("group = 1.5", "1.5", "1"),
    "empty list": ("labels = []", "labels", "labels ="),
    "no list": ('labels = "After"', "labels", "labels ="),
    "no text in a list": ("labels = [1]", "1", "labels"),
    "both lengths": ("shot_beats = [2]", "both", "shot_beats"),
    "no TOML": ("bpm = = 3", "not valid TOML", "templates show"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_mistake_is_named_with_its_file_and_a_way_out(kind: str, tmp_path: Path) -> None:
    line, named, way_out = WRONG[kind]
    path = tmp_path / "mine.toml"
    path.write_text(GOOD + line + "\n")
    with pytest.raises(TemplateError) as caught:
        template.load(path)
    assert "mine.toml" in caught.value.message
    assert named in caught.value.message
    assert way_out in caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "text", ['presets = ["zoom-in"]', "shot_s = [2.0]", "shot_s = []\npresets = []", "\x00", "a = " + 9999 * "["]
)
def test_a_template_that_is_not_whole_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(TemplateError, match=r"mine\.toml"):
        template.load(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00bad"])
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TemplateError, match=r"mine\.toml cannot be read"):
        template.load(path)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('presets = ["orbit"]\nshot_s = [1]\n', encoding="utf-8-sig")
    assert template.load(path).presets == ("orbit",)


def test_a_file_among_the_presets_lies_relative_to_the_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/mine.toml").write_text('presets = ["arc", "moves/rise.toml"]\nshot_s = [1]\n')
    monkeypatch.chdir(tmp_path)
    assert template.load("own/mine.toml").presets == ("arc", str(tmp_path / "own/moves/rise.toml"))


def test_an_unknown_name_gets_the_nearest_known_one() -> None:
    with pytest.raises(TemplateError) as caught:
        template.load("travl")
    assert caught.value.hint == "did you mean 'travel'?"


def test_templates_of_ones_own_are_found_by_name_but_never_instead_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "mine.toml").write_text(GOOD + 'title = "Mine"')
    (folder / "travel.toml").write_text(GOOD + 'title = "Other"')
    monkeypatch.setenv("ZOOM3D_TEMPLATES", str(folder))
    assert template.load("mine").title == "Mine"
    assert template.load("travel").title == "Travel"
    assert "travel.toml is not used by its name" in caplog.text
