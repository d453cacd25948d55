"""``zoom3d batch`` as its user meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clip_reader import read_film
from filelock import FileLock
from PIL import Image

from zoom3d import assets, video

Run = Callable[..., Any]
EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = ("--model", "builtin", "--size", "96x64", "--duration", "0.2", "--fps", "10", "--jobs", "1")


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two photographs and a broken one between them; the current folder is beside it."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("cat", "rocket"):
        with Image.open(EXAMPLES / f"{name}.jpg") as picture:
            picture.convert("RGB").resize((120, 80)).save(folder / f"{name}.jpg")
    (folder / "mist.jpg").write_bytes((folder / "cat.jpg").read_bytes()[:300])
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_broken_photograph_stops_no_other_and_the_next_run_does_the_rest(run: Run, pictures: Path) -> None:
    outcome = run("batch", pictures, "-o", "clips", "--preset", "3d-zoom,circle", "--json", *SMALL)
    assert outcome.code == 1
    made = json.loads(outcome.out)
    names = [f"{name}_{preset}_96x64.mp4" for name in ("cat", "rocket") for preset in ("3d-zoom", "circle")]
    assert [clip["clip"] for clip in made["made"]] == names
    assert {clip["clip"] for clip in made["failed"]} == {"mist_3d-zoom_96x64.mp4", "mist_circle_96x64.mp4"}
    assert "depth" in made["made"][0]["seconds"]
    assert "depth" not in made["made"][1]["seconds"], "once per photograph"
    error, hint = outcome.failure
    assert error.startswith(f"{pictures}/mist.jpg")
    assert hint
    for name in names:
        assert (video.probe(Path("clips") / name).width, video.probe(Path("clips") / name).frames) == (96, 2)
    (pictures / "mist.jpg").write_bytes((pictures / "rocket.jpg").read_bytes())
    again = run("batch", pictures, "-o", "clips", "--preset", "3d-zoom,circle", *SMALL)
    assert again.code == 0
    assert again.out == "clips: 2 clips made, 4 there already, 0 failed\n"
    assert "1 of 2: mist_3d-zoom_96x64.mp4" in again.err


def test_a_dry_run_says_what_would_be_made_and_makes_nothing(run: Run, pictures: Path) -> None:
    outcome = run("batch", pictures, "-o", "clips", "--random", "--seed", "3", "--dry-run")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["new"] * 3
    assert lines[-1] == "to make: 3, of 3 scenes; there already: 0"
    assert run("batch", pictures, "-o", "clips", "--random", "--seed", "3", "--dry-run").out == outcome.out
    told = json.loads(run("batch", pictures, "-o", "clips", "--dry-run", "--json", "--size", "96x64,64x96").out)
    assert [clip["clip"] for clip in told["to_make"]][:2] == ["cat_3d-zoom_96x64.mp4", "cat_3d-zoom_64x96.mp4"]
    assert not Path("clips").exists()


def test_options_that_are_no_plain_values_are_told_too(run: Run, pictures: Path) -> None:
    (pictures / "mist.jpg").unlink()
    font = assets.folder("data") / "Roboto-Black.ttf"
    asked = ("batch", pictures, "-o", "clips", *SMALL, "--title", "Hi", "--title-font", font, "--grain", "0.02", "--json")
    (first, _) = json.loads(run(*asked, "--dry-run").out)["to_make"]
    assert first["options"]["title"]["font"] == str(font)
    assert first["options"]["effects"] == {"grain": 0.02}
    assert run(*asked).code == 0
    (told, _) = [json.loads(line)["options"] for line in Path("clips/manifest.jsonl").read_text().splitlines()]
    assert (told["title"], told["effects"]) == (first["options"]["title"], first["options"]["effects"])
    assert len(json.loads(run(*asked, "--dry-run").out)["done"]) == 2


def test_a_folder_that_another_batch_works_in_is_refused(run: Run, pictures: Path) -> None:
    Path("clips").mkdir()
    with FileLock("clips/manifest.jsonl.lock"):
        error, hint = run("batch", pictures, "-o", "clips", *SMALL).failure
    assert "another batch is at work" in error
    assert "-o" in hint


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        (("--seed", "1"), 2, "needs '--random'"),
        (("--ray", "auto"), 2, "the cluster decides"),
        (("--size", "12"), 2, "not WIDTHxHEIGHT"),
        (("--preset", "circel"), 1, "no preset 'circel'"),
        (("--preset", "circle,"), 1, "no preset ''"),
        (("--format", "txt"), 1, "cannot be written"),
        (("--crf", "99"), 1, "takes no --crf 99"),
        (("--grain", "7"), 1, "grain 7"),
        (("--gpu", "99"), 1, "graphics device 99"),
        (("--preset", ""), 1, "no preset ''"),
        (("-o", ""), 1, "no name"),
        (("--for", ""), 1, "no platform ''"),
        (("--offline", "--model", "dpt_large_384"), 1, "dpt_large_384"),
        (("--weights", "pictures/cat.jpg"), 1, "takes no weights"),
        (("--inpaint", "lama"), 1, "big-lama.pt"),
        (("--inpaint", "lamma"), 1, "no inpainting method"),
        (("--template", "travel", "--title", "Rome", "--title-colour", "red"), 2, "fixed"),
        (("nowhere.jpg",), 1, "nowhere.jpg: no such file"),
        (("absent.csv",), 1, "absent.csv"),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(
    run: Run, pictures: Path, options: tuple[str, ...], code: int, complaint: str
) -> None:
    small = SMALL if "--size" not in options else SMALL[:2]
    outcome = run("batch", pictures, "-o", "clips", *small, *options)
    assert outcome.code == code
    assert complaint in outcome.failure[0]
    assert [path.name for path in Path().iterdir()] == ["pictures"]


def test_an_output_folder_must_be_named(run: Run, pictures: Path) -> None:
    assert run("batch", pictures).code == 2


def test_with_a_template_every_folder_becomes_a_reel_and_a_broken_one_stops_no_other(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    colours = {"rome/1.png": (200, 40, 40), "rome/2.png": (40, 60, 200), "paris/1.png": (40, 180, 60), "paris/2.png": None}
    for name, colour in colours.items():
        Path("trips", name).parent.mkdir(parents=True, exist_ok=True)
        Path("trips", name).write_bytes(b"no picture")
        if colour:
            Image.new("RGB", (64, 96), colour).save(Path("trips", name))
    Path("quick.toml").write_text('presets = ["zoom-in"]\nshot_s = [0.4]\n')
    command = ("batch", "trips", "-o", "reels", "--template", "quick.toml", "--model", "builtin", "--size", "64x96")
    asked = (*command, "--fps", "10", "--jobs", "1", "--json")
    outcome = run(*asked)
    assert outcome.code == 1
    told = json.loads(outcome.out)
    assert [(clip["clip"], clip["frames"]) for clip in told["made"]] == [("rome_quick_64x96.mp4", 8)]
    assert [clip["clip"] for clip in told["failed"]] == ["paris_quick_64x96.mp4"]
    assert "2.png" in outcome.failure[0]
    film = read_film(Path("reels/rome_quick_64x96.mp4"))
    for frame, name in ((2, "rome/1.png"), (6, "rome/2.png")):
        assert film.rgb[frame].mean((0, 1)) == pytest.approx(colours[name], abs=4)
    Image.new("RGB", (64, 96), (220, 210, 60)).save("trips/paris/2.png")
    again = run(*asked)
    told = json.loads(again.out)
    assert (again.code, told["skipped"]) == (0, ["rome_quick_64x96.mp4"])
    assert [clip["clip"] for clip in told["made"]] == ["paris_quick_64x96.mp4"]
    assert not json.loads(run(*asked, "--dry-run").out)["to_make"]
    font = str(assets.folder("data") / "Roboto-Black.ttf")
    (titled, _) = json.loads(run(*asked, "--title", "Rome", "--title-font", font, "--dry-run").out)["to_make"]
    assert (titled["options"]["title"]["text"], titled["options"]["title"]["font"]) == ("Rome", font)
