"""Presets of the user's own, found by name."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from zoom3d.camera import presets
from zoom3d.errors import PresetError

MOVE = 'description = "Mine."\n[push]\nkeys = [[0, 0], [1, 0.1]]\n'


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, Path]:
    """Two folders in ZOOM3D_PRESETS and the one of the platform."""
    one, other, home = tmp_path / "one", tmp_path / "other", tmp_path / "home" / "presets"
    for folder in (one, other, home):
        folder.mkdir(parents=True)
    monkeypatch.setenv("ZOOM3D_PRESETS", f"{one}{os.pathsep}{other}")
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_, **__: str(home.parent))
    return one, other, home


def test_every_folder_is_searched_and_the_first_one_wins(
    folders: tuple[Path, Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    one, other, home = folders
    for folder, names in ((one, "a b"), (other, "b c"), (home, "c d")):
        for name in names.split():
            (folder / f"{name}.toml").write_text(MOVE.replace("0.1", f"0.{folders.index(folder) + 1}"))
    own = {name: place.path.parent for name, place in presets.places().items() if place.own}
    assert own == {"a": one, "b": one, "c": other, "d": home}
    assert presets.load("c").channels["push"].at(np.array([0.0, 1.0]))[-1] == pytest.approx(0.2)
    assert caplog.text.count("is not used by its name") >= 2


def test_a_built_in_is_not_shadowed_and_that_is_said(
    folders: tuple[Path, Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    mine = folders[0] / "circle.toml"
    mine.write_text(MOVE)
    with caplog.at_level(logging.WARNING, "zoom3d"):
        assert presets.load("circle").title == "Circle"
    assert str(mine) in caplog.text
    assert presets.load(mine).description == "Mine."


def test_a_broken_file_hides_no_other(folders: tuple[Path, Path, Path]) -> None:
    (folders[0] / "broken.toml").write_text("[pusch]")
    (folders[0] / "good.toml").write_text(MOVE)
    (folders[0] / "folder.toml").mkdir()
    assert presets.load("good").description == "Mine."
    assert "folder" not in presets.places()
    with pytest.raises(PresetError) as caught:
        presets.load("broken")
    assert str(folders[0] / "broken.toml") in caught.value.message


def test_an_unknown_name_may_be_meant_for_ones_own(folders: tuple[Path, Path, Path]) -> None:
    (folders[2] / "my-favourite.toml").write_text(MOVE)
    with pytest.raises(PresetError) as caught:
        presets.load("my-favorite")
    assert "my-favourite" in caught.value.hint


def test_a_folder_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ZOOM3D_PRESETS", str(tmp_path / "none"))
    assert set(presets.names()) <= set(presets.places())
    assert str(tmp_path / "none") in caplog.text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(PresetError, match="cannot be read: it is a pipe"):
        presets.load(tmp_path / "pipe.toml")
