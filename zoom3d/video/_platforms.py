"""What the platforms take, as data: strict TOML files, one a platform, found by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from zoom3d import assets
from zoom3d.errors import OutputError, suggest
from zoom3d.types import Margins, OutputSpec, Platform
from zoom3d.video._format import frame_rate

Number = TypeVar("Number", int, float)

_EXAMPLE = "see platforms/reels.toml for an example"
_FILES = assets.Kind("platform", OutputError, "check the path after --for", _EXAMPLE)
platform_names = _FILES.names

_KEYS = ("title", "source", "size", "short_side", "fps", "duration_s", "formats", "file_size_max_mb", "moov_first", "edit_list")

_SHAPE = 0.01
"""How far the aspect ratio of a frame may be off, as a share: sides are whole pixels."""


def platform(name: str) -> Platform:
    """The platform of that name, or from that file if ``name`` ends in ``.toml``. Raises OutputError."""
    path = Path(name)
    if path.suffix.lower() != ".toml":
        if name not in platform_names():
            raise OutputError(f"there is no platform {name!r}", hint=suggest(name, platform_names(), "platforms"))
        path = assets.folder("platforms") / f"{name}.toml"
    return _parsed(_FILES.text(path), path)


@lru_cache(maxsize=16)
def _parsed(text: str, path: Path) -> Platform:
    """Kept, for everything that is asked of a clip is checked wherever it is changed."""
    return parse_platform(_FILES.parsed(text, path), path)


def check_asked(asked: OutputSpec, container: str, codec: str) -> None:
    """Refuse what the platform of ``asked`` does not take, before anything is made."""
    target = asked.platform
    if target is None:
        return
    if container not in target.formats:
        endings = " or ".join(f".{name}" for name in target.formats)
        raise OutputError(f"{target.title} takes no .{container} files", hint=f"let the name after -o end in {endings}")
    if codec not in target.codecs:
        raise OutputError(f"{target.title} does not take {codec}", hint=f"leave --codec out, or ask for {target.codecs[0]}")
    if asked.bit_depth == 10 and "10" not in target.pixel_format:
        raise OutputError(
            f"{target.title} takes samples of 8 bits, not of 10", hint="leave --bit-depth out, or leave --for out"
        )
    if problem := size_problem(target, asked.width, asked.height):
        width, height = target.size
        raise OutputError(f"for {target.title} {problem}", hint=f"leave --size out for {width}x{height}, or leave --for out")
    for value, (least, most), unit, option in (
        (float(frame_rate(asked.fps)), target.fps, "frames a second", "--fps"),
        (float(asked.frame_count / frame_rate(asked.fps)), target.duration_s, "s", "--duration"),
    ):
        if not least <= round(value, 3) <= most:
            raise OutputError(
                f"{target.title} takes {least:g} to {most:g} {unit}, not {value:g}",
                hint=f"change {option} or leave it out, or leave --for out",
            )


def size_problem(target: Platform, width: int, height: int) -> str | None:
    """What is wrong with a frame of that size; None = nothing."""
    across, down = target.size
    if abs(width * down / (height * across) - 1) > _SHAPE:
        return f"the frame must be {across}x{down}, or smaller or larger in that shape, not {width}x{height}"
    least, most = target.short_side
    if not least <= min(width, height) <= most:
        return f"the frame's shorter side must have {least} to {most} pixels, not {width}x{height}"
    return None


def parse_platform(table: Mapping[str, Any], path: Path) -> Platform:
    """A platform from its TOML table; ``path`` is for messages and gives the name."""
    main = assets.Table(OutputError, str(path), table)
    video, audio, sides = (main.table(name) for name in ("video", "audio", "keep_clear"))
    main.only(*_KEYS, "video", "audio", "keep_clear")
    video.only("codecs", "profile", "pixel_format", "colour", "bitrate_max", "closed_gop", "gop_s", "b_frames")
    audio.only("codec", "profile", "bitrate", "rates_hz")
    sides.only("top", "right", "bottom", "left")
    return Platform(
        name=path.stem,
        title=main.text("title"),
        size=_pair(main, "size", main.wholes("size", 16, 16384)),
        short_side=_pair(main, "short_side", main.wholes("short_side", 16, 16384), rising=True),
        fps=_pair(main, "fps", main.numbers("fps", 1, 240), rising=True),
        duration_s=_pair(main, "duration_s", main.numbers("duration_s", 0, 1e6), rising=True),
        formats=main.texts("formats"),
        file_size_max_mb=main.number("file_size_max_mb", 0.001, 1e9, None),
        moov_first=main.flag("moov_first"),
        edit_list=main.flag("edit_list", default=True),
        codecs=video.texts("codecs"),
        profile=video.text("profile", None),
        pixel_format=video.text("pixel_format"),
        colour=video.text("colour"),
        bitrate_max=_bitrates(video),
        closed_gop=video.flag("closed_gop"),
        gop_s=video.number("gop_s", 0.01, 600, None),
        b_frames=video.whole("b_frames", 0, 16, None),
        audio_codec=audio.text("codec"),
        audio_profile=audio.text("profile", None),
        audio_bitrate=audio.whole("bitrate", 8_000, 10_000_000),
        audio_rates_hz=audio.wholes("rates_hz", 1, 1_000_000),
        keep_clear=Margins(*(sides.number(side, 0, 0.49, 0.0) for side in ("top", "right", "bottom", "left"))),
    )


def _pair(read: assets.Table, key: str, values: tuple[Number, ...], *, rising: bool = False) -> tuple[Number, Number]:
    if len(values) != 2 or (rising and values[0] > values[1]):
        words = "two numbers, the lesser first" if rising else "two numbers"
        read.fail(f"{read.where}{key} = {list(values)} is not {words}", _EXAMPLE)
    return values[0], values[1]


def _bitrates(read: assets.Table) -> tuple[tuple[float, int], ...]:
    pairs = read.pairs("bitrate_max", (1, 240), (1, 1e9), "[60, 25_000_000]")
    if list(pairs) != sorted(pairs):
        read.fail(f"{read.where}bitrate_max does not rise", "write pairs of frames a second and bits a second, rising")
    return tuple((fps, int(bits)) for fps, bits in pairs)
