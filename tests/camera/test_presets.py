from __future__ import annotations

from pathlib import Path

import pytest

from zoom3d import assets
from zoom3d.camera import presets
from zoom3d.errors import PresetError

ASKED_FOR = {"3d-zoom", "dolly-zoom", "zoom-in", "zoom-out", "circle", "swing", "pan-left", "pan-right"}


def _write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_promised_presets_are_there() -> None:
    assert set(presets.names()) >= ASKED_FOR


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


@pytest.mark.parametrize(
    ("text", "complaint", "remedy"),
    [
        ("durations_s = 3", "unknown key durations_s", "duration_s"),
        ("[pusch]\nkeys = [[0, 0]]", "unknown key pusch", "push"),
        ("[x]\nkeys = [[0, 0]]\neasing = 'in'", "unknown key x.easing", "ease"),
        ("[x]\nwave = 'sine'\namplitud = 1", "unknown key x.amplitud", "amplitude"),
        ("[x]\nwave = 'square'", "x.wave", "sine"),
        ("[x]\nkeys = [[0, 0]]\nease = 'smoth'", "x.ease", "smooth"),
        ("[x]\nkeys = [[0.5, 0], [0.2, 1]]", "do not rise", "later"),
        ("[x]\nkeys = [[0, 0], [2, 1]]", "not a number from 0 to 1", "x.keys"),
        ("[x]\nkeys = 3", "x.keys", "[[0, 1]"),
        ("[push]\nkeys = [[0, 0], [1, 1.2]]", "reaches the pivot", "0.95"),
        ("[zoom]\nkeys = [[0, 0]]", "not a number", "zoom"),
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
        presets.load("doly-zoom")
    assert "dolly-zoom" in caught.value.hint


@pytest.mark.parametrize("name", ["../presets/circle", "/etc/passwd", ""])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(PresetError):
        presets.load(name)


def test_a_missing_or_binary_file_is_a_preset_error(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.toml", tmp_path / "binary.toml", tmp_path):
        with pytest.raises(PresetError):
            presets.load(path if path.suffix else path / ".." / f"{path.name}.toml")
