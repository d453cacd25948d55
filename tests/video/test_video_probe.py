"""The probe says of a file what an independent reader says of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from clip_reader import FILMS, read_film, spec, write_gradients
from test_video_audio import tone

from zoom3d import video
from zoom3d.errors import VideoError
from zoom3d.video import _ffmpeg

NAMES = {"libdav1d": "av1"}


@pytest.mark.parametrize(("suffix", "codec"), FILMS)
@pytest.mark.parametrize("fps", [25, 29.97])
def test_the_probe_agrees_with_another_reader(suffix: str, codec: str, fps: float, tmp_path: Path) -> None:
    target = tmp_path / f"100% -y clip.{suffix}"
    write_gradients(target, spec(codec, frames=11, fps=fps), audio=tone(tmp_path / "song.wav", 1))
    found, film = video.probe(target), read_film(target)
    assert (found.height, found.width, found.frames) == (*film.rgb.shape[1:3], len(film.rgb)) == (164, 92, 11)
    assert found.fps == pytest.approx(fps, abs=0.0001)
    assert found.duration_s == pytest.approx(11 / fps, abs=0.002)
    assert found.codec == NAMES.get(film.codec, film.codec)
    assert found.pixel_format == film.pixel_format
    assert (found.matrix, found.primaries, found.transfer) == ("bt709", "bt709", "bt709")
    assert found.color_range == "tv" or (codec == "prores" and found.color_range is None)  # before ffmpeg 8; it has no other
    assert (found.audio_codec, found.audio_rate_hz) == ("opus" if suffix == "webm" else "aac", 48000)
    assert found.start_s == float(film.times[0]) == 0
    assert found.moov_first is (None if suffix == "webm" else True)


def test_the_probe_sees_what_is_not_as_it_should_be(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    source = ["-f", "lavfi", "-i", "color=size=64x48:rate=10", "-frames:v", "7", "-pix_fmt", "yuvj420p"]
    assert _ffmpeg.run([*source, "-c:v", "libx264", _ffmpeg.local(target)]).returncode == 0
    found = video.probe(target)
    assert found.moov_first is False
    assert (found.frames, found.fps, found.color_range, found.audio_codec) == (7, 10, "pc", None)
    assert found.matrix != "bt709"


def test_the_probe_counts_the_pictures_of_a_gif(tmp_path: Path) -> None:
    write_gradients(tmp_path / "clip.gif", spec(frames=30, fps=30))
    found = video.probe(tmp_path / "clip.gif")
    assert (found.width, found.height, found.frames, found.codec) == (92, 164, 30, "gif")
    assert found.fps == pytest.approx(30)
    assert found.duration_s == pytest.approx(1)


@pytest.mark.parametrize(
    "kind", ["missing", "text", "a folder", pytest.param("a pipe", marks=pytest.mark.skipif(os.name != "posix", reason="none"))]
)
def test_what_is_no_film_is_one_error(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    if kind == "text":
        target.write_text("not a film")
    elif kind == "a folder":
        target.mkdir()
    elif kind == "a pipe":
        os.mkfifo(target)
    with pytest.raises(VideoError) as caught:
        video.probe(target)
    assert "\n" not in caught.value.message
