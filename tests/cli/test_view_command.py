"""``zoom3d view`` as its user meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from analytic import texture
from numpy.typing import NDArray
from PIL import Image

from zoom3d import scene

Run = Callable[..., Any]
HEIGHT, WIDTH = 60, 90


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def rgb() -> NDArray[np.uint8]:
    picture = texture(HEIGHT, WIDTH, 4)
    Image.fromarray(picture).save("left.png")
    return picture


def _save(values: NDArray[np.generic]) -> Path:
    np.save("disparity.npy", values)
    return Path("disparity.npy")


def _read(path: str) -> NDArray[np.int64]:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


@pytest.mark.parametrize(("baseline", "shift"), [(1, 6), (0.5, 3), (-1, -6), (0, 0)])
def test_a_plane_moves_left_by_baseline_times_disparity(run: Run, rgb: NDArray[np.uint8], baseline: float, shift: int) -> None:
    disparity = _save(np.full((HEIGHT, WIDTH), 6, np.float32))
    outcome = run("view", "left.png", "--disparity", disparity, "--baseline", baseline, "-o", "right.png")
    assert outcome.code == 0, outcome.err
    seen = _read("right.png")
    assert seen.shape == rgb.shape
    source = rgb[:, max(shift, 0) : WIDTH + min(shift, 0)]
    assert np.abs(seen[:, max(-shift, 0) : WIDTH + min(-shift, 0)] - source).max() <= 1


def test_a_near_square_moves_by_its_own_disparity_and_uncovers_only_background(run: Run) -> None:
    picture = np.full((HEIGHT, WIDTH, 3), (0, 0, 250), np.uint8)
    picture[20:40, 40:60] = 250, 0, 0
    Image.fromarray(picture).save("left.png")
    disparity = np.full((HEIGHT, WIDTH), 2, np.float32)
    disparity[20:40, 40:60] = 14
    assert run("view", "left.png", "--disparity", _save(disparity), "--baseline", 1, "-o", "right.png").code == 0
    expected = np.full((HEIGHT, WIDTH, 3), (0, 0, 250), int)
    expected[20:40, 26:46] = 250, 0, 0
    off = np.abs(_read("right.png") - expected).max(2)
    assert (off > 4).sum() <= 4 * 20 + 12  # at most the rim is in question
    assert off[24:36, 29:43].max() <= 1
    assert off[24:36, 49:].max() <= 1


def test_unknown_disparity_is_taken_from_the_background_beside_it(run: Run, rgb: NDArray[np.uint8]) -> None:
    whole = np.full((HEIGHT, WIDTH), 2, np.float32)
    whole[20:40, 40:60] = 14
    holes = whole.copy()
    holes[10:50, 60:72] = np.nan
    holes[:, 5:9] = 0
    holes[55:] = np.nan
    for values, name in ((whole, "whole.png"), (holes, "holes.png")):
        assert run("view", "left.png", "--disparity", _save(values), "--baseline", 1, "-o", name).code == 0
    assert np.array_equal(_read("whole.png"), _read("holes.png"))


def test_without_a_disparity_the_depth_map_is_taken(run: Run, rgb: NDArray[np.uint8]) -> None:
    outcome = run("view", "left.png", "--baseline", 5, "--model", "builtin", "--json")
    assert outcome.code == 0, outcome.err
    made = json.loads(outcome.out)
    assert (made["path"], made["size"], made["depth_source"]) == (
        str(Path("left_view.png").resolve()),
        [WIDTH, HEIGHT],
        "builtin",
    )
    assert _read("left_view.png").shape == rgb.shape


def test_the_scene_is_kept_for_the_same_distance_on_either_side(
    run: Run, rgb: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another distance opens other edges and shows more of the border: it has a scene of its own."""
    disparity = np.full((HEIGHT, WIDTH), 2, np.float32)
    disparity[20:40, 40:60] = 14
    _save(disparity)
    built: list[object] = []
    build = scene.build
    monkeypatch.setattr(scene, "build", lambda *arguments: built.append(arguments) or build(*arguments))
    for baseline, name, further, count in (
        (1, "right.png", (), 1),
        (1, "again.png", (), 1),
        (-1, "left_of_left.png", (), 1),
        (0.5, "nearer.png", (), 2),
        (1, "telea.png", ("--inpaint", "telea"), 3),
        (-1, "anew.png", ("--no-cache",), 4),
    ):
        command = ("view", "left.png", "--disparity", "disparity.npy", "--baseline", baseline, "-o", name, *further)
        outcome = run(*command)
        assert outcome.code == 0, outcome.err
        assert len(built) == count, name
    assert np.array_equal(_read("right.png"), _read("again.png"))
    assert np.array_equal(_read("left_of_left.png"), _read("anew.png"))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.full((HEIGHT, WIDTH + 1), 3, np.float32), "the disparity is 91x60 pixels, the photograph 90x60"),
        (np.full((HEIGHT, WIDTH), 3, np.uint16), "holds uint16 numbers"),
        (np.full((HEIGHT, WIDTH), 3, np.complex64), "holds complex64 numbers"),
        (np.full((HEIGHT, WIDTH, 1), 3, np.float32), "holds 60x90x1 values"),
        (np.array(3.0, np.float32), "holds one values"),
        (np.full((HEIGHT, WIDTH), np.nan, np.float32), "unknown everywhere"),
        (np.zeros((HEIGHT, WIDTH), np.float32), "unknown everywhere"),
        (np.full((HEIGHT, WIDTH), 300, np.float32), "would move by 300 pixels"),
    ],
)
def test_a_disparity_that_does_not_fit_is_refused(
    run: Run, rgb: NDArray[np.uint8], values: NDArray[np.generic], says: str
) -> None:
    outcome = run("view", "left.png", "--disparity", _save(values), "--baseline", 1, "-o", "right.png")
    assert outcome.code == 1
    assert says in outcome.failure[0]
    assert not Path("right.png").exists()


def _text() -> None:
    Path("disparity.npy").write_text("no array")


def _cut() -> None:
    np.save("disparity.npy", np.ones((HEIGHT, WIDTH), np.float32))
    Path("disparity.npy").write_bytes(Path("disparity.npy").read_bytes()[:-50])


def _open_header() -> None:
    Path("disparity.npy").write_bytes(b"\x93NUMPY\x01\x00\x0a\x00{'descr': (" + bytes(50))


def _pickle() -> None:
    np.save("disparity.npy", np.array([[{}]], object), allow_pickle=True)


def _folder() -> None:
    Path("disparity.npy").mkdir()


@pytest.mark.parametrize("make", [_text, _cut, _open_header, _pickle, _folder, lambda: None])
def test_a_file_that_is_no_array_is_refused(run: Run, rgb: NDArray[np.uint8], make: Callable[[], None]) -> None:
    make()
    outcome = run("view", "left.png", "--disparity", "disparity.npy", "--baseline", 1, "-o", "right.png")
    assert outcome.code == 1
    assert "disparity.npy" in outcome.failure[0]
    assert not Path("right.png").exists()


@pytest.mark.parametrize("name", ["right.jpg", "right", "left.png"])
def test_only_a_png_beside_its_sources_is_written(run: Run, rgb: NDArray[np.uint8], name: str) -> None:
    before = Path("left.png").read_bytes()
    disparity = _save(np.full((HEIGHT, WIDTH), 3, np.float32))
    outcome = run("view", "left.png", "--disparity", disparity, "--baseline", 1, "-o", name)
    assert outcome.code == 1
    assert name in outcome.failure[0]
    assert Path("left.png").read_bytes() == before


@pytest.mark.parametrize("baseline", ["nan", "inf", "far"])
def test_a_baseline_is_a_number(run: Run, rgb: NDArray[np.uint8], baseline: str) -> None:
    disparity = _save(np.full((HEIGHT, WIDTH), 3, np.float32))
    outcome = run("view", "left.png", "--disparity", disparity, "--baseline", baseline, "-o", "right.png")
    assert outcome.code == 2
    assert "--baseline" in outcome.failure[0]
