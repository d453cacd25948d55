"""What the platforms take, as data: strict TOML files, one a platform, found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from zoom3d import assets
from zoom3d.errors import OutputError, suggest
from zoom3d.types import Margins, OutputSpec, Platform
from zoom3d.video._format import frame_rate

_FILES = assets.Kind("platform", OutputError, "check the path after --for", "see platforms/reels.toml for an example")
platform_names = _FILES.names

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
    main = _Table(table, path, "", {"source", "video", "audio", "keep_clear"})
    video, audio, sides = (_Table(main.table(name), path, f"{name}.", set()) for name in ("video", "audio", "keep_clear"))
    made = Platform(
        name=path.stem,
        title=main.take("title", _text),
        size=main.take("size", _pair(16, 16384, whole=True)),
        short_side=main.take("short_side", _pair(16, 16384, whole=True, rising=True)),
        fps=main.take("fps", _pair(1, 240, rising=True)),
        duration_s=main.take("duration_s", _pair(0, 1e6, rising=True)),
        formats=main.take("formats", _texts),
        file_size_max_mb=main.take("file_size_max_mb", _number(0.001, 1e9), None),
        moov_first=main.take("moov_first", _flag, False),
        edit_list=main.take("edit_list", _flag, True),
        codecs=video.take("codecs", _texts),
        profile=video.take("profile", _text, None),
        pixel_format=video.take("pixel_format", _text),
        colour=video.take("colour", _text),
        bitrate_max=video.take("bitrate_max", _pairs, ()),
        closed_gop=video.take("closed_gop", _flag, False),
        gop_s=video.take("gop_s", _number(0.01, 600), None),
        b_frames=video.take("b_frames", _whole(0, 16), None),
        audio_codec=audio.take("codec", _text),
        audio_profile=audio.take("profile", _text, None),
        audio_bitrate=audio.take("bitrate", _whole(8_000, 10_000_000)),
        audio_rates_hz=audio.take("rates_hz", _wholes),
        keep_clear=Margins(*(sides.take(side, _number(0, 0.49), 0.0) for side in ("top", "right", "bottom", "left"))),
    )
    for each in (main, video, audio, sides):
        each.check_nothing_left()
    return made


class _WrongValueError(ValueError):
    """What a value should be."""


Read = Callable[[Any], Any]
_REQUIRED: Any = object()


class _Table:
    """One table of one file; every complaint names both, and what is left at the end is unknown."""

    def __init__(self, table: Mapping[str, Any], path: Path, where: str, known: set[str]) -> None:
        self._table, self._path, self._where = table, path, where
        self._known = set(known)

    def table(self, key: str) -> Mapping[str, Any]:
        value = self._table.get(key, {})
        if not isinstance(value, dict):
            self._fail(f"{key} is not a table", f"write [{key}] and its keys below it")
        return dict(value)

    def take(self, key: str, read: Read, default: Any = _REQUIRED) -> Any:
        self._known.add(key)
        if key not in self._table:
            if default is _REQUIRED:
                self._fail(f"{self._where}{key} is missing", "see platforms/reels.toml for a whole file")
            return default
        try:
            return read(self._table[key])
        except _WrongValueError as problem:
            return self._fail(f"{self._where}{key} = {self._table[key]!r} is not {problem}", "see platforms/reels.toml")

    def check_nothing_left(self) -> None:
        for key in self._table:
            if key not in self._known:
                self._fail(f"unknown key {self._where}{key}", suggest(key, sorted(self._known), "keys"))

    def _fail(self, message: str, hint: str) -> None:
        raise OutputError(f"{self._path}: {message}", hint=hint)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _WrongValueError("text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongValueError("true or false")
    return value


def _number(low: float, high: float) -> Read:
    def read(value: Any) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not low <= value <= high:  # NaN fails both
            raise _WrongValueError(f"a number from {low:g} to {high:g}")
        return float(value)

    return read


def _whole(low: int, high: int) -> Read:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise _WrongValueError(f"a whole number from {low} to {high}")
        return value

    return read


def _list(value: Any, read: Read) -> tuple[Any, ...]:
    if not isinstance(value, list) or not value:
        raise _WrongValueError("a list")
    return tuple(read(item) for item in value)


def _texts(value: Any) -> tuple[str, ...]:
    return _list(value, _text)


def _wholes(value: Any) -> tuple[int, ...]:
    return _list(value, _whole(1, 1_000_000))


def _pair(low: float, high: float, *, whole: bool = False, rising: bool = False) -> Read:
    def read(value: Any) -> tuple[Any, ...]:
        values = _list(value, _whole(int(low), int(high)) if whole else _number(low, high))
        if len(values) != 2 or (rising and values[0] > values[1]):
            raise _WrongValueError("two numbers, the lesser first" if rising else "two numbers")
        return values

    return read


def _pairs(value: Any) -> tuple[tuple[float, int], ...]:
    pairs = _list(value, _pair(1, 1e9))
    if list(pairs) != sorted(pairs):
        raise _WrongValueError("a list of [frames a second, bits a second], rising")
    return tuple((fps, int(bits)) for fps, bits in pairs)
