"""``zoom3d render`` as its user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from zoom3d import video

Run = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("scenes_made_once")

EXAMPLE = Path(__file__).parents[2] / "examples" / "coffee.jpg"
SMALL = ("--model", "builtin", "--size", "96x64", "--duration", "0.2", "--fps", "10")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small photograph, alone in a folder."""
    path = tmp_path / "pictures" / "coffee.jpg"
    path.parent.mkdir()
    Image.open(EXAMPLE).resize((120, 80)).save(path)
    return path


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which the command runs in."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_the_clip_goes_into_the_current_folder_under_the_photographs_name(run: Run, photo: Path, elsewhere: Path) -> None:
    outcome = run("render", photo, *SMALL)
    assert outcome.code == 0, outcome.err
    assert [file.name for file in elsewhere.iterdir()] == ["coffee.mp4"]
    assert outcome.out.startswith("coffee.mp4: 2 frames, 96x64, 10 fps, 0.2 s\n")
    assert "depth: builtin; renderer: " in outcome.out


def test_json_is_one_object_and_tells_what_is_in_the_file(run: Run, photo: Path) -> None:
    outcome = run("render", photo, "-o", "clip.mp4", "--json", *SMALL)
    made = json.loads(outcome.out)
    info = video.probe(Path("clip.mp4"))
    assert made["path"] == str(Path("clip.mp4").resolve())
    assert (made["frames"], made["size"], made["fps"]) == (2, [96, 64], 10)
    assert made["size"] == [info.width, info.height]
    assert made["depth_source"] == "builtin"
    assert isinstance(made["warnings"], list)
    assert {"photo", "depth"} <= set(made["seconds"])
    assert all(seconds >= 0 for seconds in made["seconds"].values())
    assert 0 < made["coverage_min"] <= 1
    assert 0 <= made["revealed_max"] <= 1
    assert 0 < made["strength_used"] <= 1
    assert made["renderer"]


def test_variants_are_numbered_different_and_all_told(run: Run, photo: Path, elsewhere: Path) -> None:
    outcome = run("render", photo, "-o", "clip.mp4", "--variants", "3", "--seed", "5", "--json", *SMALL)
    told = json.loads(outcome.out)["clips"]
    assert [Path(one["path"]).name for one in told] == ["clip-1.mp4", "clip-2.mp4", "clip-3.mp4"]
    assert len({one["preset"] for one in told}) == len({one["move"] for one in told}) == 3
    assert all(one["coverage_min"] == 1 for one in told)
    first = [(elsewhere / Path(one["path"]).name).read_bytes() for one in told]
    assert len(set(first)) == 3
    run("render", photo, "-o", "clip.mp4", "--variants", "3", "--seed", "5", *SMALL)
    assert [path.read_bytes() for path in sorted(elsewhere.iterdir())] == first


def test_a_change_of_the_preset_changes_the_clip(run: Run, photo: Path) -> None:
    plain, changed = (
        json.loads(run("render", photo, "--json", *SMALL[:-4], "--fps", "10", *more).out)
        for more in ((), ("--set", "duration_s=0.5", "--set", "push.keys.1.1=0.1"))
    )
    assert (plain["frames"], changed["frames"]) == (30, 5)


def test_a_budget_for_painted_content_is_kept(run: Run, photo: Path) -> None:
    asked = ("render", photo, "--json", "--preset", "arc", *SMALL)
    free, bound = (json.loads(run(*asked, "--max-reveal", share).out) for share in ("1", "0.001"))
    assert free["revealed_max"] > 0.001 >= bound["revealed_max"]
    assert bound["strength_used"] < free["strength_used"] == 1
    assert any("painted" in warning for warning in bound["warnings"])


def test_warnings_are_in_the_json_and_on_stderr(run: Run, photo: Path) -> None:
    outcome = run("render", photo, "--json", "--model", "auto", "--offline", *SMALL[2:])
    warnings = json.loads(outcome.out)["warnings"]
    assert any("built-in" in warning for warning in warnings)
    assert [line for line in outcome.err.splitlines() if line.startswith("warning: ")] == [
        f"warning: {one}" for one in warnings
    ]


def test_quiet_says_nothing(run: Run, photo: Path) -> None:
    outcome = run("render", photo, "-q", "--model", "auto", "--offline", *SMALL[2:])
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_a_square_of_the_users_own_can_be_a_preset(run: Run, photo: Path) -> None:
    still = Path("still [1].toml")
    still.write_text('title = "Still"\n')
    assert run("render", photo, "--preset", still, *SMALL).code == 0


@pytest.mark.parametrize(
    "name", ["name with spaces & 'quotes' (1).jpg", "[red]x[bold].jpg", "Ünïcödé 日本語 🌅.jpg", 'a"$(b);`c`.jpg', "%d.jpg"]
)
def test_names_are_taken_and_printed_as_they_are(run: Run, photo: Path, elsewhere: Path, name: str) -> None:
    outcome = run("render", photo.rename(photo.with_name(name)), *SMALL)
    assert outcome.code == 0, outcome.err
    assert [file.name for file in elsewhere.iterdir()] == [f"{Path(name).stem}.mp4"]
    assert outcome.out.startswith(f"{Path(name).stem}.mp4: ")


@pytest.mark.parametrize("arguments", [("./-dash.jpg",), ("--", "-dash.jpg")])
def test_a_name_may_start_with_a_dash(run: Run, photo: Path, elsewhere: Path, arguments: tuple[str, ...]) -> None:
    photo.rename(elsewhere / "-dash.jpg")
    assert run("render", *SMALL, *arguments).code == 0
    assert (elsewhere / "-dash.mp4").is_file()


def test_the_photograph_is_never_overwritten(run: Run, photo: Path) -> None:
    before = photo.read_bytes()
    still = photo.with_suffix(".gif")
    Image.open(photo).save(still)
    alias = still.with_name("alias.gif")
    alias.symlink_to(still)
    for target in (still, alias):
        contents = still.read_bytes()
        error, _ = run("render", still, "-o", target, *SMALL).failure
        assert target.name in error
        assert still.read_bytes() == contents
    assert photo.read_bytes() == before


MISTAKES = {
    "missing file": (["{folder}/nowhere.jpg"], "nowhere.jpg"),
    "a folder": (["{folder}"], "pictures"),
    "text renamed": (["{folder}/text.jpg"], "text.jpg"),
    "zero bytes": (["{folder}/empty.jpg"], "empty.jpg"),
    "truncated": (["{folder}/truncated.jpg"], "truncated.jpg"),
    "too many pixels": (["{photo}", "--pixel-limit", "100"], "coffee.jpg"),
    "unknown preset": (["{photo}", "--preset", "3d-zom"], "3d-zom"),
    "no name of a preset": (["{photo}", "--preset", ""], "no preset ''"),
    "unknown platform": (["{photo}", "--for", "Reels"], "no platform 'Reels'"),
    "missing platform": (["{photo}", "--for", "{folder}/none.toml"], "none.toml"),
    "missing preset": (["{photo}", "--preset", "{folder}/none.toml"], "none.toml"),
    "bad preset key": (["{photo}", "--preset", "{folder}/bad.toml"], "pussh"),
    "odd size": (["{photo}", "--size", "97x64"], "97x64"),
    "tiny size": (["{photo}", "--size", "2x2"], "2x2"),
    "no size": (["{photo}", "--size", "0x0"], "0x0"),
    "no frames a second": (["{photo}", "--fps", "0"], "0"),
    "no length": (["{photo}", "--duration", "0"], "0"),
    "no frame": (["{photo}", "--duration", "0.3", "--fps", "1"], "no frame at 1 frames a second"),
    "not a number": (["{photo}", "--duration", "nan"], "nan"),
    "no share": (["{photo}", "--max-reveal", "5"], "5"),
    "no such number": (["{photo}", "--set", "push.kyes=3"], "push.kyes"),
    "no change": (["{photo}", "--set", "push"], "push"),
    "impossible strength": (["{photo}", "--strength", "nan"], "nan"),
    "missing folder": (["{photo}", "-o", "{folder}/none/clip.mp4"], "none"),
    "unwritable folder": (["{photo}", "-o", "/proc/clip.mp4"], "/proc"),
    "onto the photograph's folder": (["{photo}", "-o", "{folder}.png"], "which the clip is made from"),
    "unknown format": (["{photo}", "-o", "clip.avi"], ".avi"),
    "no format": (["{photo}", "-o", "clip"], "clip"),
    "codec in the wrong file": (["{photo}", "-o", "clip.webm", "--codec", "h264"], "h264"),
    "impossible crf": (["{photo}", "--crf", "99"], "99"),
    "impossible aperture": (["{photo}", "--aperture", "1"], "aperture 1"),
    "impossible shutter": (["{photo}", "--shutter-angle", "720"], "shutter angle 720"),
    "impossible vignette": (["{photo}", "--vignette", "-0.1"], "vignette -0.1"),
    "impossible grain": (["{photo}", "--grain", "nan"], "grain nan"),
    "impossible aberration": (["{photo}", "--chromatic-aberration", "inf"], "chromatic aberration inf"),
    "no samples": (["{photo}", "--supersample", "0"], "0 samples"),
    "no such graphics device": (["{photo}", "--gpu", "99"], "graphics device 99"),
    "missing sound": (["{photo}", "--audio", "{folder}/none.mp3"], "none.mp3"),
    "sound in a silent format": (["{photo}", "-o", "clip.gif", "--audio", "{photo}"], "sound"),
    "missing depth": (["{photo}", "--depth", "{folder}/none.png"], "none.png"),
    "unreadable depth": (["{photo}", "--depth", "{folder}/text.jpg"], "text.jpg"),
    "unknown model": (["{photo}", "--model", "midas"], "midas"),
    "missing weights": (["{photo}", "--model", "midas_v21_small_256", "--weights", "{folder}/none.pt"], "none.pt"),
    "weights not here": (["{photo}", "--model", "midas_v21_small_256", "--offline"], "midas_v21_small_256"),
    "unknown inpainting": (["{photo}", "--inpaint", "magic"], "magic"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_error_one_hint_and_leaves_nothing(run: Run, photo: Path, elsewhere: Path, mistake: str) -> None:
    folder = photo.parent
    (folder / "text.jpg").write_text("not a picture at all\n" * 50)
    (folder / "empty.jpg").touch()
    (folder / "truncated.jpg").write_bytes(photo.read_bytes()[:300])
    (folder / "bad.toml").write_text("[pussh]\nkeys = [[0, 0], [1, 0.1]]\n")
    before = sorted(folder.iterdir())
    arguments, named = MISTAKES[mistake]
    given = [argument.format(folder=folder, photo=photo) for argument in arguments]
    defaults = [
        part for name, value in zip(SMALL[::2], SMALL[1::2], strict=True) if name not in given for part in (name, value)
    ]
    outcome = run("render", *given, *defaults)
    error, hint = outcome.failure
    assert (outcome.code, outcome.out) == (1, "")
    assert named in error
    assert hint
    assert sorted(folder.iterdir()) == before
    assert list(elsewhere.iterdir()) == []


def command(photo: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "zoom3d", "render", str(photo), "-o", "clip.mp4", "--model", "builtin", *arguments]


def test_without_opengl_there_is_one_error_and_no_file(photo: Path, elsewhere: Path) -> None:
    environment = {**os.environ, "__EGL_VENDOR_LIBRARY_FILENAMES": "/nonexistent"}
    done = subprocess.run(command(photo, *SMALL[2:]), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("error: ") == done.stderr.count("hint: ") == 1
    assert "OpenGL" in done.stderr
    assert list(elsewhere.iterdir()) == []


EFFECTS = ("--aperture", "0.01", "--shutter-angle", "180", "--grain", "0.03", "--vignette", "0.2")


@pytest.mark.parametrize("effects", [(), EFFECTS])
@pytest.mark.parametrize(
    ("end", "words"),
    [("kill -9 $$", "killed by SIGKILL"), ("echo '[error] No space left on device' >&2; exit 228", "the disk is full")],
)
def test_an_encoder_that_dies_in_mid_clip_is_one_error_and_the_older_clip_stays(
    run: Run,
    photo: Path,
    elsewhere: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    end: str,
    words: str,
    effects: tuple[str, ...],
) -> None:
    real = imageio_ffmpeg.get_ffmpeg_exe()
    stand_in = tmp_path / "ffmpeg"
    stand_in.write_text(f'#!/bin/sh\ncase "$*" in *rawvideo*) head -c 30000 >/dev/null; {end};; esac\nexec {real} "$@"\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(stand_in))
    (elsewhere / "clip.mp4").write_bytes(b"an older clip")
    outcome = run("render", photo, "-o", "clip.mp4", *effects, *SMALL[:4], "--duration", "2", "--fps", "20")
    assert outcome.code == 1
    assert words in outcome.failure[0]
    assert [file.name for file in elsewhere.iterdir()] == ["clip.mp4"]
    assert (elsewhere / "clip.mp4").read_bytes() == b"an older clip"


def test_effects_show_in_the_clip_and_are_the_same_in_every_run(run: Run, photo: Path) -> None:
    asked = (*EFFECTS, "--chromatic-aberration", "0.003", "--supersample", "2")
    for name, effects in (("plain", ()), ("first", asked), ("second", asked)):
        assert run("render", photo, "-o", f"{name}.png", *effects, *SMALL).code == 0
    plain, first, second = (
        [file.read_bytes() for file in sorted(Path(name).iterdir())] for name in ("plain", "first", "second")
    )
    assert first == second
    assert all(one != other for one, other in zip(plain, first, strict=True))


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_an_interrupted_run_leaves_nothing(photo: Path, elsewhere: Path, name: str, code: int) -> None:
    (elsewhere / "clip.mp4").write_bytes(b"an older clip")
    process = subprocess.Popen(command(photo, "--duration", "30", "--size", "96x64"), stderr=subprocess.PIPE, text=True)
    with process:
        while not list(elsewhere.glob(".zoom3d-*/*")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(getattr(signal, name))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in errors
    assert [(file.name, file.read_bytes()) for file in elsewhere.iterdir()] == [("clip.mp4", b"an older clip")]


def test_whether_a_photograph_may_be_read_is_no_question_of_usage(
    run: Run, photo: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != photo and access(path, mode))
    assert run("render", photo, *SMALL).code == 0


@pytest.mark.parametrize("command", [("render",), ("view", "--baseline", "1")])
def test_weights_for_painting_that_are_missing_are_known_before_depth(run: Run, photo: Path, command: tuple[str, ...]) -> None:
    outcome = run(*command, photo, "--model", "builtin", "--inpaint", "lama")
    assert "big-lama.pt" in outcome.failure[0]
    assert "depth" not in outcome.err


def test_a_photograph_by_its_url_is_to_be_downloaded(run: Run) -> None:
    assert "download them first" in run("render", "https://example.com/a.jpg").failure[1]


def test_a_picture_with_transparency_is_made_with_a_warning(run: Run, photo: Path) -> None:
    pixels = np.dstack([np.asarray(Image.open(photo)), np.full((80, 120), 255, np.uint8)])
    pixels[:40, :, 3] = 0
    cutout = photo.with_name("cutout.png")
    Image.fromarray(pixels).save(cutout)
    outcome = run("render", cutout, "--json", *SMALL)
    assert outcome.code == 0
    assert any("transparen" in warning for warning in json.loads(outcome.out)["warnings"])
