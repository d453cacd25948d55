"""``zoom3d depth`` as its user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

Run = Callable[..., Any]
EXAMPLE = Path(__file__).parents[2] / "examples" / "coffee.jpg"


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photographs, one below the other, and a broken one; the current folder is empty and beside them."""
    monkeypatch.chdir(tmp_path)
    picture = Image.open(EXAMPLE).resize((120, 80))
    for name in ("one.jpg", "trip/two [x].png"):
        path = tmp_path / "album" / name
        path.parent.mkdir(exist_ok=True)
        picture.save(path)
    (tmp_path / "album" / "broken.jpg").write_text("no picture")
    return Path("album")


def names(folder: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def test_one_photograph_gives_one_grey_picture_of_its_size(run: Run, album: Path) -> None:
    outcome = run("depth", album / "one.jpg", "--model", "builtin")
    assert outcome.code == 0, outcome.err
    assert outcome.out == "one_depth.png: depth by builtin\n"
    levels = cv2.imread("one_depth.png", cv2.IMREAD_UNCHANGED)
    assert (levels.shape, levels.dtype, levels.min(), levels.max()) == ((80, 120), np.uint16, 0, 65535)


def test_a_folder_is_done_with_what_is_below_it_and_what_is_broken_is_reported_at_the_end(run: Run, album: Path) -> None:
    outcome = run("depth", album, "-o", "maps", "--model", "builtin")
    assert outcome.code == 1
    assert "broken.jpg" in outcome.failure[0]
    assert outcome.out == "2 depth maps made, 0 there already, 1 photograph could not be read\n"
    assert names("maps") == ["one_depth.png", "trip/two [x]_depth.png"]


def test_another_format_is_another_file_in_the_same_folder(run: Run, album: Path) -> None:
    (album / "broken.jpg").unlink()
    further: tuple[tuple[str, ...], ...] = (
        (),
        ("--format", "png8"),
        ("--format", "colour"),
        ("--format", "colour", "--colormap", "turbo"),
        ("--format", "npy"),
    )
    for options in further:
        outcome = run("depth", album, "-o", "maps", "--model", "builtin", *options)
        assert outcome.out == "2 depth maps made, 0 there already, 0 photographs could not be read\n"
    endings = ("_depth.npy", "_depth.png", "_depth8.png", "_inferno.png", "_turbo.png")
    assert names("maps") == [f"{name}{ending}" for name in ("one", "trip/two [x]") for ending in endings]
    assert cv2.imread("maps/one_depth8.png", cv2.IMREAD_UNCHANGED).dtype == np.uint8


def test_what_is_done_is_skipped_unless_told_otherwise(run: Run, album: Path) -> None:
    (album / "broken.jpg").unlink()
    arguments = ("depth", album, "-o", "maps", "--model", "builtin", "--json")
    counts = []
    for further in ((), (), ("--overwrite",)):
        outcome = run(*arguments, *further)
        assert outcome.code == 0, outcome.err
        done = json.loads(outcome.out)
        counts.append((len(done["made"]), len(done["skipped"]), len(done["failed"])))
    assert counts == [(2, 0, 0), (0, 2, 0), (2, 0, 0)]


def test_a_pattern_finds_photographs_too(run: Run, album: Path) -> None:
    assert run("depth", f"{album}/**/*.png", "-o", "maps", "--model", "builtin", "--format", "npy").code == 0
    assert names("maps") == ["trip/two [x]_depth.npy"]
    assert np.load("maps/trip/two [x]_depth.npy").dtype == np.float32


def test_a_name_that_is_no_text_is_taken_and_printed_with_escapes(album: Path) -> None:
    photo = os.fsencode(album / "x") + b"\xff.jpg"
    os.rename(album / "one.jpg", photo)  # noqa: PTH104 - the name is bytes
    command = [sys.executable, "-m", "zoom3d", "depth", photo, "--model", "builtin"]
    done = subprocess.run(command, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"x\\udcff_depth.png: depth by builtin\n"), done.stderr
    assert Path(os.fsdecode(b"x\xff_depth.png")).is_file()


def test_facebook_gets_a_pair(run: Run, album: Path) -> None:
    assert run("depth", album / "trip", "-o", "maps", "--model", "builtin", "--facebook").code == 0
    assert names("maps") == ["two [x].jpg", "two [x]_depth.jpg"]


def test_a_photograph_called_like_anothers_map_is_not_written_over_it(run: Run, album: Path) -> None:
    (album / "one_depth.jpg").write_bytes((album / "one.jpg").read_bytes())
    outcome = run("depth", album / "one.jpg", album / "one_depth.jpg", "-o", "maps", "--model", "builtin", "--facebook")
    assert outcome.code == 1
    assert "one_depth.jpg has the name of the depth map" in outcome.failure[0]
    assert not Path("maps").exists()


def test_a_map_of_the_users_own_is_brought_to_the_photographs_size(run: Run, album: Path) -> None:
    low = np.zeros((10, 15), np.float32)
    low[:, 8:] = 1.0
    np.save("low.npy", low)
    outcome = run("depth", album / "one.jpg", "--depth", "low.npy", "--format", "npy", "-o", "high.npy")
    assert outcome.code == 0, outcome.err
    high = np.load("high.npy")
    assert high.shape == (80, 120)
    assert high[:, :40].mean() < 0.2
    assert high[:, 80:].mean() > 0.8


@pytest.mark.parametrize(
    "arguments",
    [
        ("two.png", "-o", "two.png"),
        ("one.jpg", "--depth", "one_depth.png"),
        ("one.jpg", "--depth", "one_depth.png", "-o", "."),
        ("one.jpg", "--depth", "one_depth.jpg", "--facebook"),
        ("two.png", "--depth", "two.jpg", "--facebook"),
        ("one_depth.jpg", "-o", "one.jpg", "--facebook"),
        ("one.jpg", "--raw", "one.jpg"),
    ],
)
def test_what_it_is_made_from_is_never_overwritten(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("one.jpg", "one_depth.png", "one_depth.jpg", "two.png", "two.jpg")
    for name in names:
        Image.effect_mandelbrot((120, 80), (-2, -1, 1, 1), 20).save(tmp_path / name)
    before = [(tmp_path / name).read_bytes() for name in names]
    assert run("depth", *arguments, "--model", "builtin").code in (1, 2)
    assert [(tmp_path / name).read_bytes() for name in names] == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_the_models_own_prediction_is_not_written_over_a_map_of_the_users(run: Run, album: Path) -> None:
    np.save("low.npy", np.eye(12))
    before = Path("low.npy").read_bytes()
    failure, _ = run("depth", album / "one.jpg", "--depth", "low.npy", "--raw", "low.npy").failure
    assert failure == "low.npy is what the prediction is made from"
    assert Path("low.npy").read_bytes() == before


@pytest.mark.parametrize("source", ["nowhere.jpg", "album/broken.jpg", "nowhere/*.jpg"])
def test_what_cannot_be_read_is_one_error_and_leaves_nothing(run: Run, album: Path, source: str) -> None:
    outcome = run("depth", source, "-o", "map.png", "--model", "builtin")
    assert outcome.code == 1
    assert Path(source).name in outcome.failure[0]
    assert [path.name for path in Path().iterdir()] == ["album"]


def test_photographs_of_one_name_do_not_overwrite_each_others_maps(run: Run, album: Path) -> None:
    Path("other").mkdir()
    Image.open(EXAMPLE).resize((60, 90)).save("other/one.jpg")
    assert run("depth", album / "one.jpg", "other/one.jpg", "-o", "maps", "--model", "builtin").code == 0
    assert {cv2.imread(f"maps/{name}", cv2.IMREAD_UNCHANGED).shape for name in names("maps")} == {(80, 120), (90, 60)}


def test_a_map_of_the_users_own_goes_into_a_folder_too(run: Run, album: Path) -> None:
    np.save("low.npy", np.eye(12))
    assert run("depth", album / "one.jpg", "--depth", "low.npy", "-o", "maps").code == 0
    assert names("maps") == ["one_depth.png"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("-o", "map.exr"), "map.exr"),
        (("-o", "map.jpg"), "map.jpg"),
        (("trip", "-o", "map.png"), "map.png"),
        (("trip", "-o", "maps", "--depth", "low.npy"), "one photograph"),
        (("--colormap", "turbo"), "--colormap"),
        (("--depth-near-dark",), "--depth-near-dark"),
        (("--detail",), "--detail"),
        (("--detail", "--raw", "own.npy"), "--raw"),
        (("--format", "npy", "--raw", "own.npy", "-o", "own.npy"), "it is '--output' too"),
    ],
)
def test_what_would_go_unheard_or_become_a_folder_is_refused(
    run: Run, album: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], complaint: str
) -> None:
    monkeypatch.chdir(album)
    outcome = run("depth", "one.jpg", *options, "--model", "builtin")
    assert outcome.code in (1, 2)
    assert complaint in outcome.failure[0]
    assert sorted(path.name for path in Path().iterdir()) == ["broken.jpg", "one.jpg", "trip"]
