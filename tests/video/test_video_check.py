"""Each rule of a platform is broken by a file that is right but for it, and only that rule is named."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clip_reader import gradients
from test_video_audio import tone

from zoom3d import video
from zoom3d.errors import OutputError, VideoError
from zoom3d.types import Frame, OutputSpec
from zoom3d.video import _ffmpeg

SIZE = "540x960"
BT709 = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709"
CODED = ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "high", "-pix_fmt", "yuv420p"]
GROUPS = "open-gop=0:keyint=12:min-keyint=12:scenecut=0:bframes=2:b-adapt=0:8x8dct=1"
MUXED = ["-movflags", "+faststart+negative_cts_offsets", "-use_editlist", "0"]


def made(
    folder: Path,
    *,
    size: str = SIZE,
    fps: str = "24",
    seconds: float = 1.0,
    filters: str = "null",
    coded: list[str] = CODED,
    groups: str = GROUPS,
    tags: str | None = f"{BT709}:range=tv",
    sound: list[str] | None = None,
    muxed: list[str] = MUXED,
    name: str = "clip.mp4",
) -> Path:
    """A clip that YouTube Shorts take, unless something else is asked for."""
    target = folder / name
    source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={fps}:duration={seconds}"]
    music = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"] if sound else []
    x264 = ["-x264-params", groups] if "libx264" in coded else []
    looks = f"{filters},{tags}" if tags else filters
    command = [*_ffmpeg.QUIET, "-y", *source, *music, "-vf", looks, *coded, *x264, *(sound or []), *muxed]
    result = _ffmpeg.run([*command, _ffmpeg.local(target)])
    assert result.returncode == 0, result.stderr
    return target


LAME = [*["-c:a", "aac", "-ar", "48000", "-ac", "2", "-b:a", "128k"], "-bsf:a", "setts=ts=TS+1024"]


def sound(**changed: str) -> list[str]:
    arguments = dict(zip(LAME[::2], LAME[1::2], strict=True)) | {
        f"-{key}".replace("_", ":"): value for key, value in changed.items()
    }
    return [part for pair in arguments.items() for part in pair]


def test_a_right_clip_passes_with_and_without_sound(tmp_path: Path) -> None:
    for made_with in ({}, {"sound": LAME}):
        verdict = video.check(made(tmp_path, **made_with), video.platform("shorts"))  # type: ignore[arg-type]
        assert verdict.failures == ()
        assert verdict.passed


BROKEN: dict[str, tuple[str, dict[str, object], str]] = {
    "too short": ("tiktok", {"seconds": 2}, "it lasts 2 s, not 3 to 600 s"),
    "too slow": ("shorts", {"fps": "20", "groups": GROUPS.replace("12", "10")}, "20 frames a second, not 24 to 60"),
    "too fast": ("shorts", {"fps": "90", "groups": GROUPS.replace("12", "45")}, "90 frames a second"),
    "another shape": ("shorts", {"size": "960x540"}, "the frame must be 1080x1920"),
    "too small": ("shorts", {"size": "270x480"}, "shorter side must have 540 to 1080 pixels, not 270x480"),
    "pixels not square": ("shorts", {"filters": "setsar=2"}, "the pixels are not square"),
    "interlaced": ("shorts", {"coded": [*CODED, "-flags", "+ildct"]}, "interlaced"),
    "another codec": (
        "reels",
        {"coded": ["-c:v", "mpeg4", "-pix_fmt", "yuv420p", "-g", "12"], "seconds": 3},
        "coded as mpeg4, not h264 or h265",
    ),
    "another profile": ("shorts", {"groups": GROUPS.replace("8x8dct=1", "8x8dct=0")}, "the profile is Main, not High"),
    "full colour": ("reels", {"coded": [*CODED[:4], "-pix_fmt", "yuv444p"], "seconds": 3}, "the pixels are yuv444p"),
    "no tags": ("shorts", {"tags": None, "filters": "setparams=range=tv"}, "the colours are not tagged bt709"),
    "full range": ("shorts", {"tags": None, "filters": f"scale=out_range=pc,format=yuv420p,{BT709}:range=pc"}, "range is full"),
    "too many bits": ("shorts", {"filters": "noise=alls=60:allf=t", "groups": f"{GROUPS}:qp=16"}, "Mbit/s, not at most 8"),
    "open groups": (
        "reels",
        {"groups": GROUPS.replace("open-gop=0", "open-gop=1"), "seconds": 3},
        "groups of pictures are open",
    ),
    "long groups": (
        "shorts",
        {"groups": GROUPS.replace("12", "13")},
        "up to 13 frames from key frame to key frame, not at most 12",
    ),
    "many B-frames": (
        "shorts",
        {"groups": GROUPS.replace("bframes=2", "bframes=3")},
        "up to 3 B-frames in a row, not at most 2",
    ),
    "moov last": ("shorts", {"muxed": ["-movflags", "+negative_cts_offsets", "-use_editlist", "0"]}, "moov box lies behind"),
    "an edit list": ("shorts", {"muxed": ["-movflags", "+faststart", "-use_editlist", "1"]}, "the file has an edit list"),
    "another file": ("shorts", {"name": "clip.mkv", "muxed": []}, "the file is matroska, not mp4"),
    "another sound": ("shorts", {"sound": ["-c:a", "libmp3lame", "-ar", "48000", "-ac", "2"]}, "coded as mp3, not aac"),
    "a slow sound": ("shorts", {"sound": sound(ar="44100")}, "the sound has 44100 samples a second, not 48000 or 96000"),
    "a fat sound": ("tiktok", {"sound": sound(b_a="320k"), "seconds": 3}, "kbit/s, not at most 128"),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_named_and_no_other(rule: str, tmp_path: Path) -> None:
    name, changed, words = BROKEN[rule]
    target = made(tmp_path, **changed)  # type: ignore[arg-type]
    (failure,) = video.check(target, video.platform(name)).failures
    assert words in failure


def test_a_file_too_large_and_a_turned_one(tmp_path: Path) -> None:
    platform = tmp_path / "mine.toml"
    written = (Path(__file__).parents[2] / "platforms" / "shorts.toml").read_text()
    platform.write_text(written.replace("formats", "file_size_max_mb = 0.001\nformats"))
    (failure,) = video.check(made(tmp_path), video.platform(str(platform))).failures
    assert failure.startswith("the file has 0.")
    lying = made(tmp_path, size="960x540", name="lying.mp4")
    turned = tmp_path / "turned.mp4"
    command = [
        *_ffmpeg.QUIET,
        "-display_rotation",
        "90",
        "-i",
        _ffmpeg.local(lying),
        "-c",
        "copy",
        *MUXED,
        _ffmpeg.local(turned),
    ]
    assert _ffmpeg.run(command).returncode == 0
    assert not video.check(lying, video.platform("shorts")).passed
    assert video.check(turned, video.platform("shorts")).passed


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm"])
def test_a_file_that_was_cut_off_does_not_pass(name: str, tmp_path: Path) -> None:
    """It may still be long enough, and its header still tells of all that it had."""
    coded = CODED if name == "clip.mp4" else ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]
    whole = made(tmp_path, seconds=3.0, coded=coded, muxed=MUXED if name == "clip.mp4" else [], name=name)
    cut = tmp_path / f"cut{whole.suffix}"
    cut.write_bytes(whole.read_bytes()[: round(0.9 * whole.stat().st_size)])
    of_whole, of_cut = (set(video.check(path, video.platform("shorts")).failures) for path in (whole, cut))
    assert "the file is cut off: it ends before what it announces" in of_cut - of_whole


@pytest.mark.parametrize("content", [b"", b"\0\0\0\x08ftyp", b"\0\0\0\x01ftyp", b"text, not a film" * 40])
def test_what_is_no_video_is_an_error_and_no_verdict(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(VideoError, match="cannot be read as a video"):
        video.check(tmp_path / "clip.mp4", video.platform("reels"))


def test_a_video_without_a_whole_picture_is_told_as_that(tmp_path: Path) -> None:
    whole = made(tmp_path, seconds=0.2)
    header = whole.read_bytes().index(b"mdat") + 4
    (tmp_path / "cut.mp4").write_bytes(whole.read_bytes()[:header])
    with pytest.raises(VideoError, match="there is no whole picture in it"):
        video.check(tmp_path / "cut.mp4", video.platform("reels"))


def wanted(name: str, codec: str | None = None, **changed: object) -> OutputSpec:
    """The shortest clip for a platform, at 24 frames a second and a fifth of its size, which it is made to take."""
    target = replace(video.platform(name), short_side=(200, 1080), **changed)  # type: ignore[arg-type]
    width, height = (2 * round(side / 10) for side in target.size)
    return OutputSpec(width, height, 24, target.duration_s[0], codec=codec, platform=target)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", video.platform_names())
def test_what_is_written_for_a_platform_passes(name: str, tmp_path: Path) -> None:
    target, song = tmp_path / "clip.mp4", tone(tmp_path / "song.wav", 1)
    spec = wanted(name)
    encoding = video.plan(target, spec, audio=song)
    few = list(itertools.islice(gradients(encoding), 6))
    video.write(itertools.islice(itertools.cycle(few), encoding.frame_count), encoding, target, audio=song)
    assert spec.platform is not None
    verdict = video.check(target, spec.platform)
    assert verdict.failures == ()
    assert verdict.info.audio_rate_hz == 48000


@pytest.mark.parametrize(("name", "codec"), [("shorts", "h264"), ("reels", "h264"), ("reels", "h265")])
def test_noise_does_not_break_the_bit_rate(name: str, codec: str, tmp_path: Path) -> None:
    """What no encoder makes small: the cap binds, and holds on the whole file."""
    cap, target = 1_500_000, tmp_path / "clip.mp4"
    spec = wanted(name, codec, bitrate_max=((60, cap),))
    encoding = video.plan(target, spec)
    random = np.random.default_rng(0)

    def frames() -> Iterator[Frame]:
        for _ in range(encoding.frame_count):
            yield Frame(random.integers(16, 236, encoding.frame_shape, np.uint8), encoding.layout)

    video.write(frames(), encoding, target)
    assert spec.platform is not None
    verdict = video.check(target, spec.platform)
    assert verdict.failures == ()
    assert 0.5 * cap < verdict.info.video_bitrate <= cap


ASKED: dict[str, tuple[dict[str, object], str, str]] = {
    "another suffix": ({"name": "clip.webm"}, ".webm", ".mp4"),
    "another codec": ({"codec": "av1"}, "av1", "h264"),
    "another shape": ({"width": 1080, "height": 1080}, "1080x1080", "1080x1920"),
    "too large": ({"width": 2160, "height": 3840}, "540 to 1080", "1080x1920"),
    "too slow": ({"fps": 12}, "23 to 60", "--fps"),
    "too short": ({"duration_s": 1.0}, "3 to 900 s, not 1", "--duration"),
    "ten bits": ({"bit_depth": 10}, "8 bits", "--bit-depth"),
    "for GIF": ({"name": "clip.gif"}, ".gif", ".mov"),
    "in too small a file": (
        {"platform": replace(video.platform("reels"), file_size_max_mb=0.04)},
        "0.04 MB at most, which is not enough for 3 s",
        "--duration",
    ),
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_the_platform_would_not_take_is_refused_before_it_is_made(asked: str, tmp_path: Path) -> None:
    changed, message, hint = ASKED[asked]
    measures = {"width": 1080, "height": 1920, "platform": video.platform("reels"), **changed}
    target = tmp_path / str(measures.pop("name", "clip.mp4"))
    with pytest.raises(OutputError) as caught:
        video.plan(target, OutputSpec(**measures))  # type: ignore[arg-type]
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_ntsc_rates_and_what_the_platform_allows_are_taken_as_they_are(tmp_path: Path) -> None:
    for fps in (23.976, 29.97, 59.94, 60):
        spec = OutputSpec(720, 1280, fps, 4, codec="h265", platform=video.platform("reels"))
        assert video.plan(tmp_path / "clip.mp4", spec).codec == "h265"


@pytest.mark.parametrize("fps", [23, 23.3, 23.976, 24.5, 29.97, 30, 59.94, 60])
@pytest.mark.parametrize("wished", [0.8, 3.0, 3.01, 2000.0])
def test_a_preset_s_length_becomes_whole_frames_that_the_platform_takes(fps: float, wished: float, tmp_path: Path) -> None:
    story = video.platform("story")
    length = story.nearest_duration_s(wished, fps)
    encoding = video.plan(tmp_path / "clip.mp4", OutputSpec(1080, 1920, fps, length, platform=story))
    assert 3 <= encoding.duration_s <= Fraction(60)
    assert abs(length - min(max(wished, 3), 60)) <= 1 / fps


def test_a_frame_too_few_is_too_short(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"not 2\.99"):
        video.plan(tmp_path / "clip.mp4", OutputSpec(1080, 1920, 23.4, 3, platform=video.platform("reels")))


def test_a_long_clip_is_kept_below_the_files_size(tmp_path: Path) -> None:
    encoding = video.plan(tmp_path / "clip.mp4", OutputSpec(1080, 1920, 30, 60, platform=video.platform("story")))
    assert encoding.bitrate_max is not None
    assert (encoding.bitrate_max + 128_000) * 60 / 8 < 100e6


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("titel = 'x'", "unknown key titel"),
        ("fps = [60, 23]", "two numbers, the lesser first"),
        ("fps = 30", "fps = 30 is not a list"),
        ("fps = [true, 60]", "a number from 1 to 240"),
        ("size = [1080.5, 1920]", "a whole number"),
        ("moov_first = 1", "true or false"),
        ("audio = 3", "audio = 3 is not a table"),
        ("fps = [23, 60", "not valid TOML"),
        pytest.param(f"file_size_max_mb = {'9' * 400}", "a number from 0.001", id="beyond floating point"),
        pytest.param(f"file_size_max_mb = {'9' * 5000}", "not valid TOML", id="digits"),
        pytest.param("deep = " + 9999 * "[", "not valid TOML", id="deep"),
    ],
)
def test_a_malformed_platform_is_refused_by_file_and_key(broken: str, words: str, tmp_path: Path) -> None:
    written = (Path(__file__).parents[2] / "platforms" / "reels.toml").read_text()
    key = broken.partition(" ")[0]
    kept = [line for line in written.splitlines() if not line.startswith(key)]
    if key == "audio":
        kept = written.partition("[audio]")[0].splitlines()
    path = tmp_path / "mine.toml"
    path.write_text("\n".join([broken, *kept]))
    with pytest.raises(OutputError) as caught:
        video.platform(str(path))
    assert words in caught.value.message
    assert str(path) in caught.value.message


def test_a_missing_key_a_wrong_name_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("title = 'mine'")
    for name, words in (
        (str(tmp_path / "mine.toml"), "size is missing"),
        ("reel", "no platform"),
        ("no.toml", "cannot be read"),
        ("nul\0.toml", "cannot be read"),
    ):
        with pytest.raises(OutputError, match=words):
            video.platform(name)
