"""What a video file really holds, as ffmpeg reads it and as its boxes lie."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from zoom3d.errors import VideoError
from zoom3d.video import _ffmpeg
from zoom3d.video._format import frame_rate

_VIDEO = re.compile(r"Stream #0.*: Video: (\w+)[^,]*, (\w+)(?:\(([^)]*)\))?, (\d+)x(\d+)")
_RATE = re.compile(r"Stream #0.*: Video: .* ([\d.]+) fps")
_AUDIO = re.compile(r"Stream #0.*: Audio: (\w+)[^,]*, (\d+) Hz")


@dataclass(frozen=True)
class VideoInfo:
    """What is in a file.

    fps: frames a second, constant.
    frames: counted, not taken from a header.
    codec, audio_codec: as ffmpeg names them: "h264", "hevc", "vp9", "aac".
    matrix, primaries, transfer: "bt709" and the like; None where the file does not say.
    color_range: "tv" (limited) or "pc" (full); None where the file does not say.
    start_s: when the first picture is shown.
    moov_first: whether an MP4 or MOV can start playing before it is loaded whole; None for other formats.
    """

    width: int
    height: int
    fps: float
    frames: int
    duration_s: float
    codec: str
    pixel_format: str
    matrix: str | None
    primaries: str | None
    transfer: str | None
    color_range: str | None
    audio_codec: str | None
    audio_rate_hz: int | None
    start_s: float
    moov_first: bool | None


@dataclass(frozen=True)
class _Timing:
    frames: int
    start_s: Fraction
    duration_s: Fraction


def probe(path: Path) -> VideoInfo:
    """Read what ``path`` holds. Every packet is looked at, none is decoded."""
    command = ["-hide_banner", "-nostdin", "-protocol_whitelist", "file,pipe", "-i", _ffmpeg.local(path)]
    result = _ffmpeg.run([*command, "-map", "0:v:0", "-c", "copy", "-copyts", "-f", "framecrc", "pipe:1"])
    header = result.stderr.partition("Output #0")[0]
    video = _VIDEO.search(header)
    if result.returncode != 0 or video is None:
        raise VideoError(
            f"{path} cannot be read as a video: {_ffmpeg.last_words(result.stderr.splitlines(), 1)}",
            hint="check that it is a whole video file",
        )
    timing = _timing(result.stdout)
    matrix, primaries, transfer, color_range = _colors(video[3] or "")
    audio = _AUDIO.search(header)
    return VideoInfo(
        width=int(video[4]),
        height=int(video[5]),
        fps=_rate(header, timing),
        frames=timing.frames,
        duration_s=float(timing.duration_s),
        codec=video[1],
        pixel_format=video[2],
        matrix=matrix,
        primaries=primaries,
        transfer=transfer,
        color_range=color_range,
        audio_codec=audio[1] if audio else None,
        audio_rate_hz=int(audio[2]) if audio else None,
        start_s=float(timing.start_s),
        moov_first=_moov_first(path),
    )


def _rate(header: str, timing: _Timing) -> float:
    """The nominal rate where the counted one bears it out, for time stamps may be rounded, to 10 ms in GIF."""
    counted = float(timing.frames / timing.duration_s) if timing.duration_s else 0.0
    stated = _RATE.search(header)
    nominal = float(stated[1]) if stated else counted
    return float(frame_rate(nominal if abs(nominal - counted) < 0.005 * counted else counted))


def _timing(listing: str) -> _Timing:
    """From ffmpeg's framecrc: ``#tb 0: 1/15360``, then a line a packet: stream, dts, pts, duration, size, checksum."""
    base = Fraction(1)
    shown: list[tuple[int, int]] = []
    for line in listing.splitlines():
        if line.startswith("#tb 0:"):
            base = Fraction(line.partition(":")[2].strip())
        elif line and not line.startswith("#"):
            _, _, pts, duration, *_ = line.split(",")
            shown.append((int(pts), int(duration)))
    if not shown:
        return _Timing(0, Fraction(0), Fraction(0))
    start, end = min(pts for pts, _ in shown), max(pts + duration for pts, duration in shown)
    return _Timing(len(shown), start * base, (end - start) * base)


def _colors(text: str) -> tuple[str | None, str | None, str | None, str | None]:
    """Matrix, primaries, transfer and range from what ffmpeg prints: ``tv, bt709/bt709/iec61966-2-1, progressive``."""
    words = [word.strip() for word in text.split(",")]
    color_range = next((word for word in words if word in ("tv", "pc")), None)
    tags = next((word for word in words if re.match(r"(bt|smpte|iec|gbr|unknown/|ycgco)", word)), "unknown")
    matrix, primaries, transfer = (None if tag == "unknown" else tag for tag in (tags.split("/") * 3)[:3])
    return matrix, primaries, transfer, color_range


def _moov_first(path: Path) -> bool | None:
    """Whether the ``moov`` box lies before ``mdat`` (ISO/IEC 14496-12); None where the file has no such boxes."""
    with path.open("rb") as stream:
        while len(header := stream.read(8)) == 8:
            size, kind = struct.unpack(">I4s", header)
            if kind in (b"moov", b"mdat"):
                return bool(kind == b"moov")
            if kind not in (b"ftyp", b"free", b"skip", b"wide", b"uuid"):
                return None
            if size == 1:
                size = struct.unpack(">Q", stream.read(8))[0] - 8
            stream.seek(max(size - 8, 0), 1)
    return None
