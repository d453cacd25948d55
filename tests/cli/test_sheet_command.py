"""``zoom3d sheet``: what is on it is what the moves are."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from zoom3d import sheet
from zoom3d.batch import process
from zoom3d.camera import presets
from zoom3d.pipeline import Settings
from zoom3d.types import Progress

pytestmark = pytest.mark.usefixtures("scenes_made_once")

Run = Callable[..., Any]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A ball before stripes, (80, 120)."""
    y, x = np.mgrid[0:80, 0:120]
    rgb = np.dstack([60 + x, 80 + y, np.where(x // 8 % 2, 90, 200)])
    rgb[np.hypot(x - 60, y - 40) < 20] = (230, 90, 40)
    path = tmp_path / "ball.png"
    Image.fromarray(rgb.astype(np.uint8)).save(path)
    return path


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """As if five presets came along."""
    chosen = ["3d-zoom", "circle", "pulse", "punch", "whip"]
    readable = list(presets.readable())
    monkeypatch.setattr(presets, "readable", lambda: (one for one in readable if one[0].name in chosen))
    return chosen


def test_a_sheet_shows_every_move_and_the_users_own(
    run: Run, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOOM3D_PRESETS", str(tmp_path))
    (tmp_path / "mine.toml").write_text("duration_s = 0.1\n[push]\nkeys = [[0, 0], [1, 0.2]]")  # one frame, shown thrice
    (tmp_path / "broken.toml").write_text("[pusch]")
    outcome = run("sheet", photo, "-o", tmp_path / "out.png", "--model", "builtin", "--json")
    told = json.loads(outcome.out)
    assert [move["preset"] for move in told["moves"]] == [*presets.names(), "mine"]
    assert all(move["coverage_min"] == 1 and 0 < move["strength_used"] <= 1 for move in told["moves"])
    assert any("broken.toml" in warning for warning in told["warnings"])
    with Image.open(tmp_path / "out.png") as picture:
        assert list(picture.size) == told["size"]
        assert 1 < picture.width / picture.height < 2


def test_frames_on_the_sheet_differ_within_a_move_and_between_moves(run: Run, photo: Path, few: list[str]) -> None:
    made = sheet.make(photo, moving=False, settings=Settings(model="builtin"))
    for cell in made.cells:
        assert cell.frames.shape[0] == sheet.STILLS
        assert np.abs(np.diff(cell.frames.astype(int), axis=0)).mean((1, 2, 3)).min() > 0.3, cell.name
    (page,) = sheet.pages(made)
    height, width = made.cells[0].frames.shape[1:3]
    for cell in made.cells:
        row = np.concatenate(list(cell.frames), axis=1)
        places = np.lib.stride_tricks.sliding_window_view(page[..., 0], (height, 3 * width))
        assert (places[..., 0, :8] == row[0, :8, 0]).all(-1).any(), cell.name


def test_a_moving_sheet_plays_all_moves_at_once(run: Run, photo: Path, few: list[str], tmp_path: Path) -> None:
    target = tmp_path / "new" / "out.gif"  # as a still one, into a folder that it makes
    outcome = run("sheet", photo, "-o", target, "--model", "builtin", "--size", "90x160")
    assert outcome.code == 0, outcome.err
    with Image.open(target) as picture:
        assert picture.n_frames == round(sheet.SECONDS * sheet.FPS)
        assert picture.info["duration"] == 1000 / sheet.FPS
    assert outcome.out.startswith(f"{target}: 5 moves, ")
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(("name", "complaint"), [("out.jpg", "out.jpg"), ("ball.png", "what the sheet is made from")])
def test_what_cannot_be_written_is_said_before_anything_is_done(run: Run, photo: Path, name: str, complaint: str) -> None:
    before = photo.read_bytes()
    outcome = run("sheet", photo, "-o", photo.with_name(name), "--model", "builtin")
    assert outcome.code == 1
    assert complaint in outcome.failure[0]
    assert photo.read_bytes() == before
    assert [path.name for path in photo.parent.iterdir()] == ["ball.png"]


def test_a_process_that_helps_changes_nothing_on_the_sheet(
    photo: Path, few: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(model="builtin", max_reveal=0.0)  # which holds every move back: there is something to warn of
    sheets, told = [], []

    def make(helper: Executor | None, progress: Progress | None = None) -> None:
        caplog.clear()
        sheets.append(sheet.make(photo, moving=False, settings=settings, progress=progress, helper=helper).cells)
        told.append([record.getMessage() for record in caplog.records if record.levelno == logging.WARNING])

    def kill(stage: str, done: int, total: int) -> None:
        if stage == "moves" and done == 1:
            os.kill(pid, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

    make(None)
    with process.executor(1) as helper:
        make(helper)
        pid = helper.submit(os.getpid).result()
        make(helper, kill)
        make(helper)  # which is no more
    for cells in sheets:
        assert [cell.name for cell in cells] == few
        for cell, other in zip(cells, sheets[0], strict=True):
            assert np.array_equal(cell.frames, other.frames)
            assert (cell.strength_used, cell.revealed_max) == (other.strength_used, other.revealed_max)
    assert len(told[0]) > 1
    assert all(each == told[0] for each in told)


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX's")
def test_an_interrupted_sheet_leaves_neither_processes_nor_files(photo: Path) -> None:
    command = [sys.executable, "-m", "zoom3d", "sheet", photo, "-o", photo.with_name("out.png"), "--model", "builtin"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        assert running.stderr
        running.stderr.readline()  # the first stage is done
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
        errors = running.stderr.read()  # until the last process that has it ends
    assert running.returncode == 130
    assert "Traceback" not in errors
    assert [path.name for path in photo.parent.iterdir()] == ["ball.png"]
    with suppress(ProcessLookupError):
        for _ in range(1000):  # what has ended is still there until the system has heard of it
            os.killpg(running.pid, 0)
            time.sleep(0.01)
        pytest.fail("a process is left")
