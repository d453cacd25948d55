"""Every format and codec that exists: what was asked for is what lies in the file."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clip_reader import (
    CASES,
    FILMS,
    PICTURES,
    Film,
    frame_of,
    gradient,
    read_film,
    read_pictures,
    spec,
    write_gradients,
)
from PIL import Image

from zoom3d import plugins, video

FFMPEG_NAMES = {"h264": "h264", "h265": "hevc", "vp9": "vp9", "av1": "libdav1d", "prores": "prores"}
BT709_LIMITED = (1, 1, 1, 1)
RED = (200, 40, 40)


def worst_error(film: Film) -> float:
    """Largest mean distance, over the frames, from what was drawn."""
    height, width = film.rgb.shape[1:3]
    return max(float(abs(rgb - gradient(n, width, height)).mean()) for n, rgb in enumerate(film.rgb))


@pytest.mark.parametrize(("suffix", "codec"), FILMS)
def test_a_film_is_what_was_planned(suffix: str, codec: str, tmp_path: Path) -> None:
    target = tmp_path / f"clip.{suffix}"
    encoding = write_gradients(target, spec(codec))
    film = read_film(target)
    assert film.codec == FFMPEG_NAMES[codec]
    assert film.rgb.shape == (25, 164, 92, 3)
    assert film.rate == 25
    assert film.times == [Fraction(n, 25) for n in range(25)]
    assert film.pixel_format == ("yuv422p10le" if codec == "prores" else "yuv420p")
    assert film.tags == BT709_LIMITED
    assert film.key_frames == list(range(0, 25, encoding.gop))
    assert film.leading == 0
    assert worst_error(film) < 2.5


@pytest.mark.parametrize(("suffix", "codec"), FILMS)
def test_a_flat_colour_survives_when_read_as_bt709(suffix: str, codec: str, tmp_path: Path) -> None:
    target = tmp_path / f"clip.{suffix}"
    encoding = video.plan(target, spec(codec, frames=5))
    flat = frame_of(np.full((164, 92, 3), RED, np.uint8), encoding)
    video.write([flat] * 5, encoding, target)
    assert abs(read_film(target).rgb - RED).max() <= 2


@pytest.mark.parametrize("suffix", PICTURES)
def test_an_animation_is_what_was_planned(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"clip.{suffix}"
    write_gradients(target, spec())
    pictures, times = read_pictures(target)
    assert [picture.shape for picture in pictures] == [(164, 92, 3)] * 25
    assert times == [40] * 25
    for number, picture in enumerate(pictures):
        assert abs(picture.astype(float) - gradient(number, 92, 164)).mean() < 8


@pytest.mark.parametrize("suffix", PICTURES)
def test_a_flat_colour_survives_in_an_animation_that_stands_still(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"clip.{suffix}"
    encoding = video.plan(target, spec(frames=5))
    flat = frame_of(np.full((164, 92, 3), RED, np.uint8), encoding)
    video.write([flat] * 5, encoding, target)
    pictures, times = read_pictures(target)
    assert sum(times) == 200
    assert max(abs(picture.astype(int) - RED).max() for picture in pictures) <= (4 if suffix == "webp" else 2)  # WebP is BT.601


def test_an_animation_of_thirty_frames_a_second_lasts_as_long_as_the_clip(tmp_path: Path) -> None:
    write_gradients(tmp_path / "clip.gif", spec(frames=30, fps=30))
    assert sum(read_pictures(tmp_path / "clip.gif")[1]) == 1000


def test_a_sequence_is_lossless_and_numbered_from_one(tmp_path: Path) -> None:
    write_gradients(tmp_path / "clip.png", spec(frames=11))
    files = sorted((tmp_path / "clip").iterdir())
    assert [file.name for file in files] == [f"frame_{n:05d}.png" for n in range(1, 12)]
    for number, file in enumerate(files):
        with Image.open(file) as image:
            assert np.array_equal(np.asarray(image), gradient(number, 92, 164))
    assert list(tmp_path.iterdir()) == [tmp_path / "clip"]


@pytest.mark.parametrize(("suffix", "codec"), CASES)
def test_the_same_frames_make_the_same_bytes(suffix: str, codec: str, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        target = tmp_path / f"{name}.{suffix}"
        write_gradients(target, spec(codec))
        place = video.destination(target)
        written.append([file.read_bytes() for file in sorted(place.iterdir())] if place.is_dir() else place.read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize(("suffix", "codec"), [case for case in FILMS if case[0] != "webm"])
def test_mp4_and_mov_start_at_once_and_need_no_edit_list(suffix: str, codec: str, tmp_path: Path) -> None:
    target = tmp_path / f"clip.{suffix}"
    write_gradients(target, spec(codec))
    data = target.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert b"elst" not in data


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_h264_is_high_profile_with_two_b_frames_in_closed_groups_of_half_a_second(suffix: str, tmp_path: Path) -> None:
    write_gradients(tmp_path / f"clip.{suffix}", spec("h264", frames=60, fps=30))
    film = read_film(tmp_path / f"clip.{suffix}")
    assert film.profile == "High"
    assert film.key_frames == [0, 15, 30, 45]
    assert "BB" in film.kinds
    assert "BBB" not in film.kinds


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_h265_carries_the_name_that_apple_players_know(suffix: str, tmp_path: Path) -> None:
    write_gradients(tmp_path / f"clip.{suffix}", spec("h265", frames=3))
    assert read_film(tmp_path / f"clip.{suffix}").tag == "hvc1"


def test_a_portrait_of_1080_by_1920_stays_one(tmp_path: Path) -> None:
    write_gradients(tmp_path / "clip.mp4", spec(frames=2, width=1080, height=1920))
    assert read_film(tmp_path / "clip.mp4").rgb.shape == (2, 1920, 1080, 3)


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (29.97, Fraction(30000, 1001)),
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (12.5, Fraction(25, 2)),
        (24, Fraction(24)),
        (60, Fraction(60)),
    ],
)
def test_the_frame_rate_is_constant_and_exact(fps: float, rate: Fraction, tmp_path: Path) -> None:
    write_gradients(tmp_path / "clip.mp4", spec(frames=13, fps=fps))
    film = read_film(tmp_path / "clip.mp4")
    assert film.rate == rate
    assert film.times == [n / rate for n in range(13)]


@pytest.mark.parametrize("codec", ["h264", "h265", "vp9", "av1"])
def test_a_higher_crf_makes_a_smaller_file(codec: str, tmp_path: Path) -> None:
    sizes = []
    for crf in (15, 50):
        write_gradients(tmp_path / f"{crf}.mp4", spec(codec, frames=5, crf=crf))
        sizes.append((tmp_path / f"{crf}.mp4").stat().st_size)
    assert sizes[0] > sizes[1]


def test_a_clip_of_one_frame_can_be_written_in_every_format(tmp_path: Path) -> None:
    for suffix in plugins.names(video):
        write_gradients(tmp_path / f"clip.{suffix}", spec(frames=1))
        assert video.destination(tmp_path / f"clip.{suffix}").exists()


def test_listing_the_formats_imports_none_of_them() -> None:
    code = (
        "import sys, zoom3d.video, zoom3d.plugins as p; n = p.names(zoom3d.video); print(*n);"
        "assert not [m for m in sys.modules if m.rpartition('.')[2] in n and m.startswith('zoom3d')];"
        "assert not {'numpy', 'cv2', 'av', 'PIL'} & set(sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["gif", "mov", "mp4", "png", "webm", "webp"]


def test_a_new_format_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mkv.py").write_text(
        "from zoom3d.video import _codecs\nfrom zoom3d.video._format import Format\n"
        "FORMAT = Format('Matroska', (_codecs.H264,), 'clip.mkv', ('-f', 'matroska'))\n"
    )
    monkeypatch.setattr(video, "__path__", [*video.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "zoom3d.video.mkv", raising=False)
    write_gradients(tmp_path / "clip.mkv", spec(frames=5))
    monkeypatch.delitem(sys.modules, "zoom3d.video.mkv")
    assert read_film(tmp_path / "clip.mkv").rgb.shape == (5, 164, 92, 3)
