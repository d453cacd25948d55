"""``zoom3d presets``, ``models`` and ``doctor``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from zoom3d import video, weights
from zoom3d.camera import presets
from zoom3d.depth import models
from zoom3d.errors import VideoError

Run = Callable[..., Any]


@pytest.mark.parametrize("group", [(), ("presets",), ("templates",), ("models",)])
def test_help_tells_of_every_command_in_a_line_that_is_not_cut(
    run: Run, group: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, _, commands = run(*group, "--help").out.partition("Commands:\n")
    assert commands
    assert not re.search(r"\.\.\.$", commands, re.MULTILINE)


def test_presets_are_listed_with_and_without_being_asked(run: Run) -> None:
    bare, listed = run("presets"), run("presets", "list")
    assert bare.out == listed.out
    assert run("presets", "--json").out == run("presets", "list", "--json").out
    assert run("presets", "--json", "show", "arc").code == 2
    assert [line.split()[0] for line in bare.out.splitlines()] == presets.names()


@pytest.mark.parametrize("name", presets.names())
def test_a_shown_preset_is_its_file_and_begins_a_new_one(run: Run, name: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(run("presets", "show", name).out, encoding="utf-8")
    assert presets.load(mine).channels == presets.load(name).channels
    assert run("presets", "show", mine).out == mine.read_text(encoding="utf-8")


def test_own_presets_are_listed_with_their_place_and_a_broken_one_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOOM3D_PRESETS", str(tmp_path))
    (tmp_path / "broken.toml").write_text("[pusch]")
    (tmp_path / "mine.toml").write_text(run("presets", "show", "arc").out)
    outcome = run("presets")
    (line,) = [line for line in outcome.out.splitlines() if line.startswith("mine ")]
    assert line.endswith(f"[{tmp_path / 'mine.toml'}]")
    (warning,) = outcome.err.splitlines()
    assert warning.startswith(f"warning: {tmp_path / 'broken.toml'}: unknown key pusch")
    listed = json.loads(run("presets", "list", "--json").out)
    assert [entry["name"] for entry in listed["presets"] if entry["own"]] == ["mine"]
    assert len(listed["warnings"]) == 1


@pytest.mark.parametrize("name", presets.names())
def test_a_plot_shows_every_channel(run: Run, name: str, tmp_path: Path) -> None:
    target = tmp_path / f"{name}.png"
    assert run("presets", "show", name, "--plot", target).code == 0
    preset = presets.load(name)
    panels = len(preset.channels) + bool(preset.speed)
    with Image.open(target) as picture:
        red = np.asarray(picture.convert("RGB")).astype(int) @ (1, -1, 0) > 100
        assert picture.height > 150 * panels
    rows = np.flatnonzero(red.any(1))
    assert 1 + np.count_nonzero(np.diff(rows) > 30) == panels
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.png"]


@pytest.mark.parametrize("target", ["plot.jpg", "plot", "", f"{300 * 'a'}.png"])
def test_a_plot_that_cannot_be_written_is_an_error(run: Run, target: str, tmp_path: Path) -> None:
    outcome = run("presets", "show", "arc", "--plot", tmp_path / target)
    assert outcome.code == 1
    assert target in outcome.failure[0]
    assert "--plot" in outcome.failure[1]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["presets", "templates"])
def test_a_broken_file_of_ones_own_is_told_and_hides_no_other(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = run(command).out
    (tmp_path / "broken.toml").write_text("[pusch]")
    monkeypatch.setenv(f"ZOOM3D_{command.upper()}", str(tmp_path))
    outcome = run(command)
    assert (outcome.code, outcome.out) == (0, before)
    assert "broken.toml" in outcome.err


def test_models_are_all_listed_with_what_is_here(run: Run) -> None:
    model = next(iter(models.models().values()))
    weights.folder().mkdir(parents=True)
    model.file.path.touch()
    listed = json.loads(run("models", "list", "--json").out)["models"]
    assert [entry["name"] for entry in listed] == list(models.models())
    assert [entry["name"] for entry in listed if entry["cached"]] == [model.name]
    assert all(entry["parameters"] > 1e6 and entry["bytes"] > 1e6 and entry["licence"] for entry in listed)
    table = run("models").out.splitlines()
    assert [line.split()[0] for line in table[:-1]] == ["NAME", *models.models(), "builtin", "lama", "network"]


def test_fetching_an_unknown_model_is_an_error(run: Run) -> None:
    outcome = run("models", "fetch", "midas_v21_smal_256")
    assert outcome.code == 1
    assert "midas_v21_small_256" in outcome.failure[1]


def test_doctor_finds_a_machine_that_runs_this_suite_healthy(run: Run, cache_folder: Path) -> None:
    outcome = run("doctor", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    report = json.loads(outcome.out)
    assert report["ok"] is True
    assert report["ffmpeg"]["encoders"]["h264"] is True
    assert report["renderer"]["name"]
    assert report["torch"]["device"] in {"cpu", "cuda", "mps"}
    assert report["weights"]["present"] == []
    assert (report["cache"]["path"], report["cache"]["writable"]) == (str(cache_folder), True)
    assert report["trial"]["frames"] == 3


def test_doctor_notes_a_cache_that_cannot_be_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOOM3D_CACHE", str(tmp_path / "file" / "cache"))
    outcome = run("doctor")
    assert outcome.code == 0
    assert re.search(r"^note  cache .*cannot be written", outcome.out, re.MULTILINE)


def test_doctor_says_no_where_clips_cannot_be_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise VideoError("ffmpeg is missing", hint="install it")

    monkeypatch.setattr(video, "ffmpeg_version", missing)
    outcome = run("doctor")
    assert outcome.code == 1
    assert "ffmpeg is missing" in outcome.failure[0]
    assert outcome.failure[1] == "install it"
    assert [line[:4] for line in outcome.out.splitlines() if "ffmpeg" in line] == ["FAIL"]
