"""What a video file really holds, as ffmpeg reads it and as its boxes lie."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from zoom3d.errors import VideoError
from zoom3d.video import _boxes, _ffmpeg
from zoom3d.video._format import frame_rate

_VIDEO = re.compile(r"Stream #0.*: Video: (\w+)(?: \(([^)/]+)\))?[^,]*, (\w+)(?:\(([^)]*)\))?, (\d+)x(\d+)")
_RATE = re.compile(r"Stream #0.*: Video: .* ([\d.]+) fps")
_AUDIO = re.compile(r"Stream #0.*: Audio: (\w+)(?: \(([^)/]+)\))?[^,]*, (\d+) Hz")
_CONTAINER = re.compile(r"Input #0, ([\w,]+),")
_ASPECT = re.compile(r"Stream #0.*: Video: .*[\[ ]SAR (\d+):(\d+)")
_ROTATION = re.compile(r"rotation of (-?[\d.]+) degrees")
_CUT_OFF = re.compile(r"partial file|ended prematurely|Packet corrupt", re.IGNORECASE)
_KEY = 1  # AV_PKT_FLAG_KEY


@dataclass(frozen=True)
class VideoInfo:
    """What is in a file.

    width, height: of the picture as it is shown, after a turn that the file asks for.
    container: "mp4", "mov", "webm" or what ffmpeg calls it. whole: it does not end before what it announces.
    fps: frames a second, constant.
    frames: counted, not taken from a header.
    codec, audio_codec: as ffmpeg names them: "h264", "hevc", "vp9", "aac"; their profiles: "High", "LC".
    matrix, primaries, transfer: "bt709" and the like; None where the file does not say.
    color_range: "tv" (limited) or "pc" (full); None where the file does not say.
    video_bitrate, audio_bitrate: bits a second, on average over the clip.
    gop_max: most frames from key frame to key frame. closed_gop: no picture leads a key frame that it depends on.
    b_frames: most of them in a row.
    start_s: when the first picture is shown.
    moov_first: whether an MP4 or MOV can start playing before it is loaded whole; None for other formats.
    edit_list: whether an MP4 or MOV has one; None for other formats.
    """

    container: str
    whole: bool
    file_bytes: int
    width: int
    height: int
    square_pixels: bool
    interlaced: bool
    fps: float
    frames: int
    duration_s: float
    codec: str
    profile: str | None
    pixel_format: str
    matrix: str | None
    primaries: str | None
    transfer: str | None
    color_range: str | None
    video_bitrate: float
    gop_max: int
    closed_gop: bool
    b_frames: int
    audio_codec: str | None
    audio_profile: str | None
    audio_rate_hz: int | None
    audio_bitrate: float | None
    start_s: float
    moov_first: bool | None
    edit_list: bool | None


@dataclass(frozen=True)
class _Packets:
    """What the packets of one stream tell, in the order in which they are decoded. base: seconds a tick."""

    base: Fraction
    times: list[int]
    ends: list[int]
    sizes: list[int]
    keys: list[bool]

    @property
    def start_s(self) -> Fraction:
        return min(self.times, default=0) * self.base

    @property
    def duration_s(self) -> Fraction:
        return max(self.ends, default=0) * self.base - self.start_s

    @property
    def bitrate(self) -> float:
        return float(8 * sum(self.sizes) / self.duration_s) if self.duration_s else 0.0

    @property
    def closed(self) -> bool:
        key_time = self.times[0] if self.times else 0
        for time, key in zip(self.times, self.keys, strict=True):
            key_time = time if key else key_time
            if time < key_time:
                return False
        return True

    @property
    def gop_max(self) -> int:
        """Counted as shown; a clip with one key frame is one group."""
        shown = [key for _, key in sorted(zip(self.times, self.keys, strict=True))]
        starts = [index for index, key in enumerate(shown) if key]
        return max((end - start for start, end in itertools.pairwise([*starts, len(shown)])), default=0)

    @property
    def b_frames(self) -> int:
        """Pictures that are decoded after one that is shown later."""
        latest, late = None, {}
        for time in self.times:
            late[time] = latest is not None and time < latest
            latest = time if latest is None else max(latest, time)
        runs = (len(list(run)) for is_late, run in itertools.groupby(late[time] for time in sorted(late)) if is_late)
        return max(runs, default=0)


def probe(path: Path) -> VideoInfo:
    """Read what ``path`` holds. Every packet is looked at, none is decoded."""
    if not path.is_file():  # a pipe would be waited for
        why = "it is not a file" if path.exists() else "there is none"
        raise VideoError(f"{path} cannot be read as a video: {why}", hint="check the path")
    command = ["-hide_banner", "-nostdin", "-protocol_whitelist", "file,pipe", "-i", _ffmpeg.local(path)]
    streams = ["-map", "0:v:0", "-map", "0:a:0?"]
    result = _ffmpeg.run([*command, *streams, "-c", "copy", "-copyts", "-f", "framecrc", "pipe:1"])
    header = result.stderr.partition("Output #0")[0]
    video = _VIDEO.search(header)
    pictures, sound = (_packets(result.stdout, stream) for stream in (0, 1))
    if result.returncode != 0 or video is None or not pictures.times:
        opened = "Input #0" in header
        why = "there is no whole picture in it" if opened else _ffmpeg.last_words(result.stderr.splitlines(), 1)
        raise VideoError(f"{path} cannot be read as a video: {why}", hint="check that it is a whole video file")
    matrix, primaries, transfer, color_range = _colors(video[4] or "")
    audio = _AUDIO.search(header)
    boxes = _boxes.layout(path)
    width, height = _shown_size(int(video[5]), int(video[6]), header)
    return VideoInfo(
        container=_container(header, path, boxes),
        whole=_CUT_OFF.search(result.stderr) is None,
        file_bytes=path.stat().st_size,
        width=width,
        height=height,
        square_pixels=(aspect := _ASPECT.search(header)) is None or aspect[1] == aspect[2],
        interlaced=any(word in (video[4] or "") for word in ("top ", "bottom ")),
        fps=_rate(header, pictures),
        frames=len(pictures.times),
        duration_s=float(pictures.duration_s),
        codec=video[1],
        profile=video[2],
        pixel_format=video[3],
        matrix=matrix,
        primaries=primaries,
        transfer=transfer,
        color_range=color_range,
        video_bitrate=pictures.bitrate,
        gop_max=pictures.gop_max,
        closed_gop=pictures.closed,
        b_frames=pictures.b_frames,
        audio_codec=audio[1] if audio else None,
        audio_profile=audio[2] if audio else None,
        audio_rate_hz=int(audio[3]) if audio else None,
        audio_bitrate=sound.bitrate if audio else None,
        start_s=float(pictures.start_s),
        moov_first=boxes.moov_first if boxes else None,
        edit_list=boxes.edit_list if boxes else None,
    )


def _container(header: str, path: Path, boxes: _boxes.Layout | None) -> str:
    if boxes:
        return "mov" if boxes.brand in ("qt", "") else "mp4"
    names = _CONTAINER.search(header)
    known = names[1].split(",") if names else [""]
    suffix = path.suffix[1:].lower()
    return suffix if suffix in known else known[0]


def _shown_size(width: int, height: int, header: str) -> tuple[int, int]:
    """Width and height after the turn by quarters that a phone writes into its files."""
    turn = _ROTATION.search(header)
    return (height, width) if turn and round(float(turn[1]) / 90) % 2 else (width, height)


def _rate(header: str, pictures: _Packets) -> float:
    """The nominal rate where the counted one bears it out, for time stamps may be rounded, to 10 ms in GIF."""
    counted = float(len(pictures.times) / pictures.duration_s) if pictures.duration_s else 0.0
    stated = _RATE.search(header)
    nominal = float(stated[1]) if stated else counted
    return float(frame_rate(nominal if abs(nominal - counted) < 0.005 * counted else counted))


def _packets(listing: str, stream: int) -> _Packets:
    """From ffmpeg's framecrc: ``#tb 0: 1/15360``, then a line a packet: stream, dts, pts, duration, size, checksum, flags."""
    found = _Packets(Fraction(1), [], [], [], [])
    for line in listing.splitlines():
        if line.startswith(f"#tb {stream}:"):
            found = replace(found, base=Fraction(line.partition(":")[2].strip()))
        elif line.startswith(f"{stream},"):
            _, _, pts, duration, size, _, *rest = (field.strip() for field in line.split(","))
            flags = next((int(field[2:], 16) for field in rest if field.startswith("F=")), _KEY)
            found.times.append(int(pts))
            found.ends.append(int(pts) + int(duration))
            found.sizes.append(int(size))
            found.keys.append(bool(flags & _KEY))
    return found


def _colors(text: str) -> tuple[str | None, str | None, str | None, str | None]:
    """Matrix, primaries, transfer and range from what ffmpeg prints: ``tv, bt709/bt709/iec61966-2-1, progressive``."""
    words = [word.strip() for word in text.split(",")]
    color_range = next((word for word in words if word in ("tv", "pc")), None)
    tags = next((word for word in words if re.match(r"(bt|smpte|iec|gbr|unknown/|ycgco)", word)), "unknown")
    matrix, primaries, transfer = (None if tag == "unknown" else tag for tag in (tags.split("/") * 3)[:3])
    return matrix, primaries, transfer, color_range
