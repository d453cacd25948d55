"""Mistakes show before anything is rendered, each with one line that says what is wrong and one that says what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from clip_reader import spec, write_gradients

from zoom3d import plugins, video
from zoom3d.errors import OutputError, VideoError, Zoom3DError
from zoom3d.types import OutputSpec
from zoom3d.video import _ffmpeg


def refusal(target: Path, output: OutputSpec, audio: Path | None = None) -> Zoom3DError:
    with pytest.raises(OutputError) as caught:
        video.plan(target, output, audio=audio)
    error = caught.value
    assert error.hint
    assert "\n" not in error.message + error.hint
    return error


@pytest.mark.parametrize(
    ("suffix", "codec", "layout"),
    [
        ("mp4", "h264", "yuv420p"),
        ("mov", "h264", "yuv420p"),
        ("webm", "vp9", "yuv420p"),
        ("gif", "gif", "rgb24"),
        ("webp", "webp", "rgb24"),
        ("png", "png", "rgb24"),
        ("MP4", "h264", "yuv420p"),
    ],
)
def test_the_suffix_chooses_format_codec_and_layout(suffix: str, codec: str, layout: str, tmp_path: Path) -> None:
    encoding = video.plan(tmp_path / f"clip.{suffix}", spec(frames=90, fps=30))
    assert (encoding.container, encoding.codec, encoding.layout) == (suffix.lower(), codec, layout)
    assert encoding.frame_count == 90
    assert encoding.frame_shape == ((246, 92) if layout == "yuv420p" else (164, 92, 3))


@pytest.mark.parametrize("name", ["clip.avi", "clip", ".png", "clip.", "clip.mp4.txt", "clip._codecs"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(name: str, tmp_path: Path) -> None:
    hint = refusal(tmp_path / name, spec()).hint
    assert all(f".{suffix}" in hint for suffix in plugins.names(video))


@pytest.mark.parametrize(
    ("suffix", "codec", "helpful"),
    [
        ("webm", "h264", ".mp4"),
        ("mp4", "prores", ".mov"),
        ("mov", "vp9", ".webm"),
        ("gif", "h264", ".mp4"),
        ("png", "av1", ".mp4"),
        ("mp4", "xvid", "h265"),
    ],
)
def test_a_codec_that_the_format_cannot_hold_is_refused(suffix: str, codec: str, helpful: str, tmp_path: Path) -> None:
    assert helpful in refusal(tmp_path / f"clip.{suffix}", spec(codec)).hint


@pytest.mark.parametrize(
    ("suffix", "codec", "crf"),
    [
        ("mp4", "h264", 52),
        ("mp4", "h264", -1),
        ("mp4", "h264", 0),
        ("mp4", "h265", 52),
        ("webm", "vp9", 64),
        ("webm", "av1", 64),
        ("mov", "prores", 20),
        ("gif", None, 20),
        ("webp", None, 20),
        ("png", None, 20),
    ],
)
def test_a_crf_outside_the_codecs_scale_is_refused(suffix: str, codec: str | None, crf: int, tmp_path: Path) -> None:
    assert "--crf" in str(refusal(tmp_path / f"clip.{suffix}", spec(codec, crf=crf)).__dict__)


def test_the_crf_asked_for_is_the_crf_used(tmp_path: Path) -> None:
    assert video.plan(tmp_path / "clip.mp4", spec(crf=27)).crf == 27
    assert video.plan(tmp_path / "clip.mp4", spec()).crf == 19


@pytest.mark.parametrize(
    ("suffix", "codec", "width", "height", "remedy"),
    [
        ("mp4", "h264", 91, 164, "90x164"),
        ("mp4", "h265", 92, 165, "92x164"),
        ("webm", "vp9", 91, 165, "90x164"),
        ("mov", "prores", 91, 165, "90x165"),
        ("webp", None, 17000, 100, "16383"),
    ],
)
def test_a_size_that_the_codec_cannot_hold_is_refused(
    suffix: str, codec: str | None, width: int, height: int, remedy: str, tmp_path: Path
) -> None:
    assert remedy in refusal(tmp_path / f"clip.{suffix}", spec(codec, width=width, height=height)).hint


@pytest.mark.parametrize(("suffix", "codec"), [("gif", None), ("webp", None), ("png", None)])
def test_formats_without_subsampling_take_odd_sizes(suffix: str, codec: str | None, tmp_path: Path) -> None:
    assert video.plan(tmp_path / f"clip.{suffix}", spec(codec, width=91, height=165)).frame_shape == (165, 91, 3)


def test_a_rate_that_gif_cannot_express_is_refused(tmp_path: Path) -> None:
    assert "50" in refusal(tmp_path / "clip.gif", spec(fps=60)).hint


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "missing" / "clip.mp4", spec()).message


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "file is a file" in refusal(tmp_path / "file" / "clip.mp4", spec()).message


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    folder = Path("/proc")
    if os.name != "posix" or not folder.is_dir():
        if not hasattr(os, "geteuid") or os.geteuid() == 0:
            pytest.skip("no folder here that this user cannot write")
        folder = tmp_path / "locked"
        folder.mkdir(mode=0o500)
    assert "cannot be written" in refusal(folder / "clip.mp4", spec()).message


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").mkdir()
    assert "is a folder" in refusal(tmp_path / "clip.mp4", spec()).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clip.mp4")
    refusal(tmp_path / "clip.mp4", spec())


def test_a_name_too_long_for_the_disk_is_refused(tmp_path: Path) -> None:
    refusal(tmp_path / f"{'x' * 300}.mp4", spec())


def test_a_sequence_does_not_replace_a_folder_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "frame_00001.png").touch()
    video.plan(tmp_path / "clip.png", spec())
    for other in ("thesis.txt", "frame_of_mind.png"):
        (tmp_path / "clip" / other).touch()
        assert "other files" in refusal(tmp_path / "clip.png", spec()).message
        (tmp_path / "clip" / other).unlink()


def test_planning_leaves_nothing_behind(tmp_path: Path) -> None:
    video.plan(tmp_path / "clip.mp4", spec())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_sound_is_refused_where_the_format_holds_none(suffix: str, tmp_path: Path) -> None:
    assert "sound" in refusal(tmp_path / f"clip.{suffix}", spec(), tmp_path / "song.wav").message


def test_a_missing_ffmpeg_is_one_error_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "no-ffmpeg"))
    there = tmp_path / "there.mp4"
    there.touch()
    for use in (lambda: video.plan(tmp_path / "clip.mp4", spec()), video.ffmpeg_version, lambda: video.probe(there)):
        with pytest.raises(VideoError) as caught:
            use()
        assert "imageio-ffmpeg" in caught.value.hint
    assert not any(video.encoders().values())


def test_an_ffmpeg_without_the_encoder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ffmpeg, "compiled_encoders", lambda: frozenset({"libvpx-vp9", "libaom-av1"}))
    with pytest.raises(VideoError, match=r"H\.264.*libx264"):
        video.plan(tmp_path / "clip.mp4", spec())
    assert video.plan(tmp_path / "clip.webm", spec("av1")).encoder == "libaom-av1"


@pytest.mark.parametrize("side", [16, 64, 66])
def test_av1_of_any_size_is_coded_where_libaom_alone_does_it(
    side: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "libaom-av1" not in _ffmpeg.compiled_encoders():
        pytest.skip("this ffmpeg was built without it")
    monkeypatch.setattr(_ffmpeg, "compiled_encoders", lambda: frozenset({"libaom-av1"}))
    assert write_gradients(tmp_path / "clip.mp4", spec("av1", frames=2, width=side, height=side)).encoder == "libaom-av1"


def test_the_encoders_are_tried_for_real() -> None:
    found = video.encoders()
    assert set(found) == {"h264", "h265", "vp9", "av1", "prores", "gif", "webp", "png"}
    assert all(found.values())


def test_the_version_is_what_the_binary_says() -> None:
    assert f"ffmpeg version {video.ffmpeg_version()} " in _ffmpeg.run(["-version"]).stdout
