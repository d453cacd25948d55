"""Whether a file is what a platform takes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zoom3d.types import Platform
from zoom3d.video._platforms import size_problem
from zoom3d.video._probe import VideoInfo, probe

_NAMES = {"hevc": "h265", "libdav1d": "av1"}
_RATE_SLACK = 1.02  # of a bit rate: encoders keep to theirs within a per cent or two
_TIME_SLACK_S = 0.005


@dataclass(frozen=True)
class Verdict:
    """failures: what the platform would not take, a plain sentence each."""

    platform: Platform
    info: VideoInfo
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.failures


def check(path: Path, platform: Platform) -> Verdict:
    """Look into ``path`` and hold what is there against the platform's table. Raises VideoError for what is no video."""
    info = probe(path)
    failures = (*_of_the_file(info, platform), *_of_the_pictures(info, platform), *_of_the_sound(info, platform))
    return Verdict(platform, info, failures)


def _of_the_file(info: VideoInfo, platform: Platform) -> Iterator[str]:
    if not info.whole:
        yield "the file is cut off: it ends before what it announces"
    least, most = platform.duration_s
    if not least - _TIME_SLACK_S <= info.duration_s <= most + _TIME_SLACK_S:
        yield f"it lasts {info.duration_s:.4g} s, not {least:g} to {most:g} s"
    if info.container not in platform.formats:
        yield f"the file is {info.container}, not {' or '.join(platform.formats)}"
    if platform.file_size_max_mb is not None and info.file_bytes > platform.file_size_max_mb * 1e6:
        yield f"the file has {info.file_bytes / 1e6:.4g} MB, not at most {platform.file_size_max_mb:g}"
    if platform.moov_first and info.moov_first is False:
        yield "the moov box lies behind the pictures, not before them"
    if not platform.edit_list and info.edit_list:
        yield "the file has an edit list"


def _of_the_pictures(info: VideoInfo, platform: Platform) -> Iterator[str]:
    if problem := size_problem(platform, info.width, info.height):
        yield problem
    if not info.square_pixels:
        yield "the pixels are not square"
    least, most = platform.fps
    if not least <= round(info.fps, 2) <= most:
        yield f"it has {info.fps:.4g} frames a second, not {least:g} to {most:g}"
    codec = _NAMES.get(info.codec, info.codec)
    if codec not in platform.codecs:
        yield f"the pictures are coded as {codec}, not {' or '.join(platform.codecs)}"
    if platform.profile is not None and info.profile != platform.profile:
        yield f"the profile is {info.profile or 'unknown'}, not {platform.profile}"
    if info.pixel_format.replace("yuvj", "yuv") != platform.pixel_format:  # ffmpeg's j is full range, which is another rule
        yield f"the pixels are {info.pixel_format}, not {platform.pixel_format}"
    if info.interlaced:
        yield "the pictures are interlaced, not progressive"
    tags = {"matrix": info.matrix, "primaries": info.primaries, "transfer": info.transfer}
    if wrong := {name: tag for name, tag in tags.items() if tag != platform.colour}:
        said = ", ".join(f"{name} {tag or 'untagged'}" for name, tag in wrong.items())
        yield f"the colours are not tagged {platform.colour}: {said}"
    if info.color_range == "pc":  # without a tag it is limited
        yield "the colour range is full, not limited"
    cap = platform.video_bitrate_max(info.fps)
    if cap is not None and info.video_bitrate > cap * _RATE_SLACK:
        yield f"the pictures take {info.video_bitrate / 1e6:.3g} Mbit/s, not at most {cap / 1e6:g}"
    if platform.closed_gop and not info.closed_gop:
        yield "groups of pictures are open, not closed"
    if platform.gop_s is not None and info.gop_max > (frames := math.ceil(platform.gop_s * round(info.fps, 2))):
        yield f"there are up to {info.gop_max} frames from key frame to key frame, not at most {frames}"
    if platform.b_frames is not None and info.b_frames > platform.b_frames:
        yield f"there are up to {info.b_frames} B-frames in a row, not at most {platform.b_frames}"


def _of_the_sound(info: VideoInfo, platform: Platform) -> Iterator[str]:
    if info.audio_codec is None:  # no platform demands sound
        return
    if info.audio_codec != platform.audio_codec:
        yield f"the sound is coded as {info.audio_codec}, not {platform.audio_codec}"
    elif platform.audio_profile is not None and info.audio_profile != platform.audio_profile:
        yield f"the sound's profile is {info.audio_profile or 'unknown'}, not {platform.audio_profile}"
    if info.audio_rate_hz not in platform.audio_rates_hz:
        rates = " or ".join(str(rate) for rate in platform.audio_rates_hz)
        yield f"the sound has {info.audio_rate_hz} samples a second, not {rates}"
    if info.audio_bitrate is not None and info.audio_bitrate > platform.audio_bitrate * 1.1:
        yield f"the sound takes {info.audio_bitrate / 1e3:.0f} kbit/s, not at most {platform.audio_bitrate / 1e3:g}"
