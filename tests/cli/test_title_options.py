"""``--title`` and its companions on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_reader import read_film
from PIL import Image

Run = Callable[..., Any]
SMALL = ("--model", "builtin", "--size", "96x160", "--duration", "1", "--fps", "5", "--preset", "circle")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (90, 150), (30, 30, 30)).save(path)
    return path


def test_a_title_shows_in_its_colour_and_without_it_nothing_changes(run: Run, photo: Path, tmp_path: Path) -> None:
    seen = {}
    for name, options in (
        ("plain", ()),
        ("titled", ("--title", "A\\nB", "--title-colour", "#ffff00", "--title-place", "middle")),
    ):
        outcome = run("render", photo, "-o", tmp_path / f"{name}.mp4", *SMALL, *options)
        assert outcome.code == 0, outcome.err
        seen[name] = read_film(tmp_path / f"{name}.mp4").rgb
    assert seen["plain"].max() < 60
    yellow = (seen["titled"][0] > (200, 200, -1)).all(2) & (seen["titled"][0][..., 2] < 80)
    assert yellow.sum() > 200
    rows = np.flatnonzero(yellow.any(1))
    assert len(rows) > 20
    assert np.diff(rows).max() > 1, "there are not two lines"


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--title-size", "0.2"), 2, "'--title-size': there is no --title"),
        (("--title", ""), 1, "the title is empty"),
        (("--title", "漢"), 1, "U+6F22"),
        (("--title", "a", "--title-font", "no.ttf"), 1, "no.ttf"),
        (("--title", "a", "--title-colour", "bluish"), 1, "bluish"),
        (("--title", "a", "--title-place", "here"), 1, "here"),
        (("--title", "a", "--title-depth", "7"), 1, "7"),
    ],
)
def test_mistakes_are_told_before_anything_is_made(
    run: Run, photo: Path, tmp_path: Path, options: tuple[str, ...], code: int, words: str
) -> None:
    outcome = run("render", photo, "-o", tmp_path / "clip.mp4", *SMALL, *options)
    assert outcome.code == code
    assert words in outcome.failure[0]
    assert not (tmp_path / "clip.mp4").exists()
    assert "depth" not in outcome.err.splitlines()[0][:8]
