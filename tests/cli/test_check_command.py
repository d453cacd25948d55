"""``zoom3d check``, and what ``zoom3d render --for`` says of its own file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clip_reader import read_film, spec, write_gradients
from PIL import Image

from zoom3d import video

Run = Callable[..., Any]


@pytest.fixture
def small_reels(tmp_path: Path) -> Path:
    """Reels, but for their size and length: quickly made."""
    written = (Path(__file__).parents[2] / "platforms" / "reels.toml").read_text()
    small = written.replace("[1080, 1920]", "[54, 96]").replace("[540, 1080]", "[54, 108]").replace("[3, 900]", "[0.5, 900]")
    path = tmp_path / "small.toml"
    path.write_text(small)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.linear_gradient("L").resize((90, 120)).convert("RGB").save(path)
    return path


def test_a_right_file_passes_and_a_wrong_one_fails_with_its_reasons(run: Run, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    write_gradients(clip, spec("h264", width=540, height=960, frames=30, fps=30))
    passed = run("check", clip, "--for", "shorts")
    assert (passed.code, passed.out.splitlines()[0][:20]) == (0, "YouTube Shorts: pass")
    failed = run("check", clip, "--for", "tiktok")
    assert failed.code == 1
    assert failed.out == "TikTok: FAIL: it lasts 1 s, not 3 to 600 s\n"
    assert "TikTok" in failed.failure[0]
    told = run("check", clip, "--for", "tiktok", "--json")
    data = json.loads(told.out)
    assert (told.code, data["pass"], data["platform"]) == (1, False, "tiktok")
    assert data["failures"] == ["it lasts 1 s, not 3 to 600 s"]
    assert (data["found"]["width"], data["found"]["fps"]) == (540, 30)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("missing.mp4", "--for", "reels"), "cannot be read as a video: there is none"),
        ((__file__, "--for", "reels"), "cannot be read as a video"),
        (("/", "--for", "reels"), "cannot be read as a video"),
        ((__file__, "--for", "real"), "there is no platform 'real'"),
        ((__file__,), "--for"),
    ],
)
def test_mistakes_are_told_in_two_lines(run: Run, arguments: tuple[str, ...], words: str) -> None:
    outcome = run("check", *arguments)
    assert outcome.code in (1, 2)
    assert words in outcome.failure[0]
    assert outcome.out == ""


def test_a_clip_for_a_platform_is_made_to_its_measures_and_checked(
    run: Run, photo: Path, small_reels: Path, tmp_path: Path
) -> None:
    target = tmp_path / "clip.mp4"
    made = run("render", photo, "-o", target, "--for", small_reels, "--duration", "0.5", "--model", "builtin", "--json")
    data = json.loads(made.out)
    assert (made.code, data["size"], data["check"]["pass"]) == (0, [54, 96], True)
    assert read_film(target).rgb.shape[:3] == (15, 96, 54)


def test_a_preset_too_short_for_the_platform_is_stretched_and_that_is_said(
    run: Run, photo: Path, small_reels: Path, tmp_path: Path
) -> None:
    punch = tmp_path / "punch.toml"
    punch.write_text("duration_s = 0.3\n[push]\nkeys = [[0, 0], [1, 0.2]]")
    target = tmp_path / "clip.mp4"
    made = run("render", photo, "-o", target, "--for", small_reels, "--preset", punch, "--model", "builtin")
    assert made.code == 0
    assert "takes no clip of 0.3 s, so the move punch is stretched to 0.5 s" in made.err
    assert video.probe(target).duration_s == pytest.approx(0.5, abs=0.01)
    punch.write_text("duration_s = 1\n[push]\nkeys = [[0, 0], [1, 0.2]]")
    small_reels.write_text(re.sub(r"(?m)^duration_s.*", "duration_s = [0.1, 0.5]", small_reels.read_text()))
    shorter = run("render", photo, "-o", target, "--for", small_reels, "--preset", punch, "--model", "builtin")
    assert "takes no clip of 1 s, so the move punch is shortened to 0.5 s" in shorter.err
    refused = run("render", photo, "-o", tmp_path / "no.mp4", "--for", small_reels, "--duration", "0.05", "--model", "builtin")
    assert "takes 0.1 to 0.5 s, not 0.0" in refused.failure[0]
    assert not (tmp_path / "no.mp4").exists()


def test_a_file_that_fails_its_check_stays_and_the_exit_code_says_so(
    run: Run, photo: Path, small_reels: Path, tmp_path: Path
) -> None:
    """Our files break no rule of the platforms that come along, so this one asks for what is not made."""
    small_reels.write_text(small_reels.read_text().replace("[video]", '[video]\nprofile = "Main"'))
    target = tmp_path / "clip.mp4"
    made = run("render", photo, "-o", target, "--for", small_reels, "--duration", "0.5", "--model", "builtin")
    assert made.code == 1
    assert "the profile is High, not Main" in made.out
    assert target.exists()
    assert "passes" not in made.failure[1]  # the same again would fail again
    told = run("check", target, "--for", small_reels)
    assert f"--for {small_reels} makes one" in told.failure[1]
