"""Which encoder is taken: hardware only where a trial shows that it works, and never by its name."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from clip_reader import FILMS, frame_of, gradient, gradients, read_film, spec

from zoom3d import video
from zoom3d.errors import OutputError, VideoError
from zoom3d.types import OutputSpec
from zoom3d.video import _trial
from zoom3d.video._plan import formats

posix_only = pytest.mark.skipif(os.name != "posix", reason="shell scripts")

STAND_IN = """#!{python}
import subprocess, sys
arguments = sys.argv[1:]
if "-encoders" in arguments:
    print(" ------", *(f" V..... {{name}} it" for name in ("libx264", "h264_nvenc", "h264_vaapi", "h264_qsv")), sep="\\n")
    sys.exit()
name = arguments[arguments.index("-c:v") + 1] if "-c:v" in arguments else ""
behaviour = {behaviour!r}.get(name)
with open({log!r}, "a") as log:
    log.write(name + " " + " ".join(arguments) + "\\n")
if behaviour == "works":
    number = arguments.index("-c:v")
    last = next(index for index in range(number, len(arguments)) if arguments[index] == "-f")
    arguments[number + 1 : last] = ["libx264", "-pix_fmt", "yuv420p"]
    sys.exit(subprocess.run([{real!r}, *arguments]).returncode)
if behaviour == "hangs":
    import time
    time.sleep(60)
if behaviour == "silent":
    sys.stdin.buffer.read()
    sys.exit(0)
if behaviour:
    sys.stdin.buffer.read()
    print(f"[{{name}} @ 0x1] [error] {{behaviour}}\\n[out @ 0x2] [error] Nothing was written", file=sys.stderr)
    sys.exit(187)
sys.exit(subprocess.run([{real!r}, *arguments]).returncode)
"""


class Machine:
    """An ffmpeg with hardware encoders that behave as they are told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **behaviour: str) -> None:
        self.log = folder / "log"
        script = STAND_IN.format(
            python=sys.executable, behaviour=behaviour, log=str(self.log), real=imageio_ffmpeg.get_ffmpeg_exe()
        )
        path = folder / "ffmpeg"
        path.write_text(script)
        path.chmod(0o755)
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))
        _trial._try.cache_clear()

    def tried(self) -> list[str]:
        return [line.split()[0] for line in self.log.read_text().splitlines()] if self.log.exists() else []


def asked(encoder: str, **more: object) -> OutputSpec:
    return replace(spec(frames=3), encoder=encoder, **more)  # type: ignore[arg-type]


@posix_only
def test_software_is_the_default_and_tries_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch, h264_nvenc="works")
    assert video.plan(tmp_path / "clip.mp4", spec()).encoder == "libx264"
    assert machine.tried() == []


@posix_only
@pytest.mark.parametrize("failure", ["Cannot load libcuda.so.1", "silent"])
def test_auto_takes_the_first_in_hardware_that_works(failure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch, h264_nvenc=failure, h264_qsv="works", h264_vaapi="works")
    encoding = video.plan(tmp_path / "clip.mp4", asked("auto"))
    assert encoding.encoder == "h264_qsv"
    assert machine.tried() == ["h264_nvenc", "h264_qsv"]
    assert video.plan(tmp_path / "clip.mp4", asked("auto")) == encoding
    assert len(machine.tried()) == 2  # known from before
    assert video.write(gradients(encoding), encoding, tmp_path / "clip.mp4") == 3
    assert len(read_film(tmp_path / "clip.mp4").rgb) == 3


@posix_only
def test_auto_falls_back_on_software(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(tmp_path, monkeypatch, h264_nvenc="no", h264_qsv="no", h264_vaapi="no")
    assert video.plan(tmp_path / "clip.mp4", asked("auto")).encoder == "libx264"


@posix_only
@pytest.mark.parametrize("name", ["nvenc", "h264_nvenc"])
def test_a_named_encoder_that_fails_says_why_and_is_not_replaced(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine(tmp_path, monkeypatch, h264_nvenc="Cannot load libcuda.so.1", h264_qsv="works")
    with pytest.raises(VideoError, match=r"h264_nvenc does not work here: .*Cannot load libcuda\.so\.1$") as caught:
        video.plan(tmp_path / "clip.mp4", asked(name))
    assert "auto" in caught.value.hint
    with pytest.raises(VideoError, match="h264_amf does not work here: this ffmpeg was built without it"):
        video.plan(tmp_path / "clip.mp4", asked("amf"))


@posix_only
def test_an_encoder_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(tmp_path, monkeypatch, h264_nvenc="hangs")
    monkeypatch.setattr(_trial, "PATIENCE_S", 0.5)
    with pytest.raises(VideoError, match=r"did not encode a frame within 0\.5 s"):
        video.plan(tmp_path / "clip.mp4", asked("nvenc"))


@posix_only
def test_a_trial_is_as_large_as_the_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch, h264_nvenc="works")
    video.plan(tmp_path / "clip.mp4", asked("nvenc", width=640, height=480))
    assert "640x480" in machine.log.read_text()
    assert "-cq" in machine.log.read_text()


@posix_only
def test_every_hardware_encoder_is_listed_with_what_keeps_it_from_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine(tmp_path, monkeypatch, h264_nvenc="No capable devices found", h264_qsv="works", h264_vaapi="silent")
    found = video.hardware_encoders()
    assert set(found) == {"h264_nvenc", "h264_qsv", "h264_vaapi"}
    assert found["h264_qsv"] is None
    assert "No capable devices found" in str(found["h264_nvenc"])
    assert found["h264_vaapi"] == "it encoded nothing"


def test_an_unknown_encoder_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no encoder 'nvidia' for H") as caught:
        video.plan(tmp_path / "clip.mp4", asked("nvidia"))
    assert all(name in caught.value.hint for name in ("auto", "software", "nvenc", "videotoolbox", "qsv", "amf", "vaapi"))
    with pytest.raises(OutputError, match="no encoder 'nvenc' for GIF"):
        video.plan(tmp_path / "clip.gif", asked("nvenc"))


def test_every_hardware_encoder_can_be_set_up_for_every_depth_and_limit(tmp_path: Path) -> None:
    for suffix, name in FILMS:
        codec = next(codec for codec in formats()[suffix].codecs if codec.name == name)
        for bits in (8, 10) if codec.deep_layout else (8,):
            if name == "prores":
                continue
            encoding = video.plan(tmp_path / f"clip.{suffix}", asked("software", codec=name, bit_depth=bits))
            for limited in (encoding, replace(encoding, bitrate_max=2_000_000)):
                for encoder in codec.encoders:
                    arguments = encoder.arguments(limited)
                    assert all(isinstance(argument, str) for argument in arguments)
                    assert {"bt709", "tv"} <= set(arguments)
                    if encoder.family != "software":
                        assert any("p010le" in argument for argument in arguments) == (bits == 10)
                        assert ("2000000" in " ".join(arguments)) or limited is encoding or "-maxrate" in arguments


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels"),
    [("mp4", "h265", "yuv420p10le"), ("mp4", "av1", "yuv420p10le"), ("mov", "prores", "yuv422p10le")],
)
def test_ten_bits_arrive_in_the_file(suffix: str, codec: str, pixels: str, tmp_path: Path) -> None:
    output = asked("software", codec=codec, bit_depth=10)
    encoding = video.plan(tmp_path / f"clip.{suffix}", output)
    assert encoding.layout == pixels.removesuffix("le")
    video.write(gradients(encoding), encoding, tmp_path / f"clip.{suffix}")
    film = read_film(tmp_path / f"clip.{suffix}")
    assert film.pixel_format == pixels
    for index, rgb in enumerate(film.rgb):
        assert np.abs(rgb - gradient(index, encoding.width, encoding.height)).mean() < 3


@pytest.mark.parametrize(("codec", "bits"), [("h264", 10), ("prores", 8), ("vp9", 10), ("h265", 12)])
def test_a_depth_that_a_codec_is_not_written_with_is_refused(codec: str, bits: int, tmp_path: Path) -> None:
    suffix = "mov" if codec == "prores" else "mp4"
    with pytest.raises(OutputError, match=f"not written with {bits} bits") as caught:
        video.plan(tmp_path / f"clip.{suffix}", asked("software", codec=codec, bit_depth=bits))
    assert "--bit-depth" in caught.value.hint


def test_frames_of_the_wrong_depth_are_a_bug(tmp_path: Path) -> None:
    narrow = video.plan(tmp_path / "clip.mp4", asked("software", codec="h265"))
    wide = video.plan(tmp_path / "clip.mp4", asked("software", codec="h265", bit_depth=10))
    frame = frame_of(gradient(0, narrow.width, narrow.height), narrow)
    with pytest.raises(ValueError, match="uint16"):
        video.write([frame] * 3, wide, tmp_path / "clip.mp4")
