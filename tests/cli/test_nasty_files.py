"""Every file of the collection of difficult inputs, through the command line: a right clip, or one error and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from clip_reader import read_film

from zoom3d.photo import load

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "nasty"
MANIFEST = FOLDER / "manifest.json"
ENTRIES = json.loads(MANIFEST.read_text(encoding="utf-8"))["files"] if MANIFEST.is_file() else []
ASKED = ("--preset", "pulse", "--model", "builtin", "--size", "80x60", "--fit", "contain", "--fps", "2", "--duration", "1")
TINY = 64  # px on the shorter side, for the comparison
MEMORY_BOUND_KB = 1_000_000
HOSTILE = ["bomb_65536x65536.png", "oom.tif", "corrupted.heic", "random_bytes.png", "truncated.png"]

pytestmark = pytest.mark.skipif(not ENTRIES, reason="the measuring data (../shared) is not here")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_the_manifest_is_kept(
    entry: dict[str, Any], run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = FOLDER / entry["file"]
    outcome = run("render", "-o", "clip.mp4", *ASKED, "--", name)
    if outcome.code == 0:
        assert entry["expect"] != "refuse"
        assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
        check(tmp_path / "clip.mp4", name)
    else:
        assert entry["expect"] != "accept"
        error, hint = outcome.failure
        assert (outcome.code, outcome.out) == (1, "")
        assert Path(entry["file"]).name in error
        assert hint
        assert list(tmp_path.iterdir()) == []


def check(clip: Path, photo: Path) -> None:
    """The clip's measures are right, and its first frame is the photograph, upright and in its colours."""
    film = read_film(clip)
    assert film.rgb.shape == (2, 60, 80, 3)
    assert (film.rate, film.tags, film.pixel_format) == (2, (1, 1, 1, 1), "yuv420p")
    rgb = load(photo, usable_side_px=TINY).rgb
    height, width = rgb.shape[:2]
    scale = min(80 / width, 60 / height)
    inner = 2 * round(width * scale / 2), 2 * round(height * scale / 2)
    left, top = (80 - inner[0]) // 2, (60 - inner[1]) // 2
    shown = film.rgb[0, top : top + inner[1], left : left + inner[0]]
    coarse = [cv2.resize(each.astype(np.float32), (8, 6), interpolation=cv2.INTER_AREA) for each in (shown, rgb)]
    assert np.abs(coarse[0] - coarse[1]).mean() < 10, "cropped by some percent, but the same picture"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_little(name: str, peak_memory_kb: Callable[..., int]) -> None:
    program = f"import sys\nfrom zoom3d import cli\nassert cli.run(['render', sys.argv[1], *{ASKED!r}]) == 1"
    assert peak_memory_kb(program, FOLDER / name) < MEMORY_BOUND_KB


def test_refusals_load_nothing_that_takes_seconds(peak_memory_kb: Callable[..., int]) -> None:
    program = (
        f"import sys\nfrom zoom3d import cli\ncli.run(['render', sys.argv[1], *{ASKED!r}])\nassert 'torch' not in sys.modules"
    )
    peak_memory_kb(program, FOLDER / "zero_byte.jpg")
