"""The data files: where the folders of them lie (``shaders/``, ``presets/``) in a checkout, in an installed wheel and of the
user's own, and how TOML files are found by name and read, strictly."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from zoom3d.errors import Zoom3DError, reason, suggest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

log = logging.getLogger(__name__)

Default = TypeVar("Default")
Loaded = TypeVar("Loaded")

_PACKAGE = Path(__file__).parent
_REQUIRED: Any = object()


def folder(name: str) -> Path:
    """The folder ``name`` of data files: inside the package when installed from a wheel, beside it in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def user_folders(name: str) -> list[Path]:
    """Where the user's own presets, or others, lie: what ``ZOOM3D_PRESETS`` names, then the place for configuration."""
    import platformdirs

    variable = f"ZOOM3D_{name.upper()}"
    asked = [Path(part) for part in os.environ.get(variable, "").split(os.pathsep) if part]
    for each in asked:
        if not each.is_dir():
            log.warning("%s names %s, which is no folder", variable, each)
    return [*asked, Path(platformdirs.user_config_dir("zoom3d", appauthor=False)) / name]


@dataclass(frozen=True)
class Place:
    """Where the file of a name lies. ``own``: it is the user's, not one of those that come along."""

    name: str
    path: Path
    own: bool


@dataclass(frozen=True)
class Kind:
    """A kind of TOML files, known by their names without suffix.

    name: what one of them is called: a "preset" lies in the folder ``presets``. error: what is raised about one.
    listed, example: hints, where those that come along are listed, and what a right one looks like.
    """

    name: str
    error: type[Zoom3DError]
    listed: str
    example: str

    def names(self) -> list[str]:
        """Those that come with the program, sorted."""
        return sorted(path.stem for path in folder(f"{self.name}s").glob("*.toml"))

    def places(self) -> dict[str, Place]:
        """Every file that has a name: those that come along, then the user's own by the order of their folders.

        A file of a name that is taken already is left out, and a warning says so.
        """
        found = {name: Place(name, folder(f"{self.name}s") / f"{name}.toml", own=False) for name in self.names()}
        for own in user_folders(f"{self.name}s"):
            try:
                files = sorted(path for path in own.glob("*.toml") if path.is_file())
            except OSError as error:
                log.warning("the %ss in %s cannot be listed: %s", self.name, own, reason(error))
                continue
            for path in files:
                taken = found.setdefault(path.stem, Place(path.stem, path, own=True))
                if taken.path == path:
                    continue
                other = f"{taken.path} comes first" if taken.own else f"a {self.name} of that name comes with the program"
                log.warning("%s is not used by its name: %s", path, other)
        return found

    def readable(self, load: Callable[[Path], Loaded]) -> Iterator[tuple[Place, Loaded]]:
        """What ``load`` makes of every file that has a name; a warning tells of those that are wrong."""
        for place in self.places().values():
            try:
                yield place, load(place.path)
            except self.error as error:
                log.warning("%s (%s)", error.message, error.hint)

    def find(self, name: str | Path) -> Path:
        """The file of that name, or ``name`` itself if it ends in ``.toml``."""
        if Path(name).suffix.lower() == ".toml":
            return Path(name)
        known = self.places()
        if str(name) not in known:
            hint = suggest(str(name), known, f"{self.name}s")
            raise self.error(f"there is no {self.name} {str(name)!r}", hint=hint)
        return known[str(name)].path

    def text(self, path: Path) -> str:
        """What stands in the file at ``path``."""
        try:
            if path.is_fifo():
                raise OSError("it is a pipe")  # which might be waited for without end
            return path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError, and so is what is not UTF-8
            raise self.error(f"the {self.name} {path} cannot be read: {reason(error)}", hint=self.listed) from error

    def table(self, path: Path) -> dict[str, Any]:
        """The TOML table in the file at ``path``."""
        return self.parsed(self.text(path), path)

    def parsed(self, text: str, path: Path) -> dict[str, Any]:
        """The TOML table that ``text``, from the file at ``path``, is."""
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # TOML's own error is a ValueError; a number can have too many digits
            raise self.error(f"{path}: not valid TOML: {' '.join(str(error).split())}", hint=self.example) from error


@dataclass(frozen=True)
class Table:
    """A table of a TOML file. Every complaint names the file, the key, and what would be right instead.

    error: what is raised. called: how the file is named. where: what goes before the table's keys: "audio.".
    Where no default is given, the key has to be there.
    """

    error: type[Zoom3DError]
    called: str
    values: Mapping[str, Any]
    where: str = ""

    def fail(self, message: str, hint: str) -> NoReturn:
        raise self.error(f"{self.called}: {message}", hint=hint)

    def only(self, *known: str) -> None:
        """Refuse all other keys."""
        for key in self.values:
            if key not in known:
                self.fail(f"unknown key {self.where}{key}", suggest(key, sorted(known), "keys"))

    def table(self, key: str, example: str = "its keys") -> Table:
        """A table in this one; empty where it is not there. example: what may stand in it."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.fail(f"{self.where}{key} = {value!r} is not a table", f"write [{self.where}{key}] and below it {example}")
        return replace(self, values=value, where=f"{self.where}{key}.")

    def text(self, key: str, default: Default = _REQUIRED) -> str | Default:
        return self._value(key, default, _TEXT)

    def texts(self, key: str, default: Default = _REQUIRED) -> tuple[str, ...] | Default:
        return self._values(key, default, _TEXT)

    def flag(self, key: str, default: bool = False) -> bool:
        return bool(self._value(key, default, _FLAG))

    def number(self, key: str, low: float, high: float, default: Default = _REQUIRED) -> float | Default:
        value = self._value(key, default, _number(low, high))
        return float(value) if key in self.values else value

    def numbers(self, key: str, low: float, high: float, default: Default = _REQUIRED) -> tuple[float, ...] | Default:
        values = self._values(key, default, _number(low, high))
        return tuple(map(float, values)) if key in self.values else values

    def whole(self, key: str, low: int, high: int, default: Default = _REQUIRED) -> int | Default:
        return self._value(key, default, _whole(low, high))

    def wholes(self, key: str, low: int, high: int, default: Default = _REQUIRED) -> tuple[int, ...] | Default:
        return self._values(key, default, _whole(low, high))

    def pairs(
        self, key: str, first: tuple[float, float], second: tuple[float, float], example: str
    ) -> tuple[tuple[float, float], ...]:
        """Pairs of numbers, none where the key is not there. first, second: the least and the most. example: of some."""
        pair = _Wanted(lambda value: isinstance(value, list) and len(value) == 2, "a pair of numbers", example)
        pairs = self._values(key, (), pair)
        for place, limits in enumerate((first, second)):
            wanted = replace(_number(*limits), example=f"[{example}]")
            for values in pairs:
                self._check(key, ":", values[place], wanted)
        return tuple((float(one), float(other)) for one, other in pairs)

    def _value(self, key: str, default: Any, wanted: _Wanted) -> Any:
        if key not in self.values:
            return self._absent(key, default, wanted)
        self._check(key, " =", self.values[key], wanted)
        return self.values[key]

    def _values(self, key: str, default: Any, wanted: _Wanted) -> Any:
        wanted = replace(wanted, example=f"[{wanted.example}]")
        if key not in self.values:
            return self._absent(key, default, wanted)
        self._check(key, " =", self.values[key], _Wanted(_is_filled, "a list with something in it", wanted.example))
        for value in self.values[key]:
            self._check(key, ":", value, wanted)
        return tuple(self.values[key])

    def _absent(self, key: str, default: Any, wanted: _Wanted) -> Any:
        if default is _REQUIRED:
            self._refuse(key, " is missing", wanted)
        return default

    def _check(self, key: str, sign: str, value: Any, wanted: _Wanted) -> None:
        if not wanted.is_met(value):
            self._refuse(key, f"{sign} {value!r} is not {wanted.words}", wanted)

    def _refuse(self, key: str, problem: str, wanted: _Wanted) -> NoReturn:
        self.fail(f"{self.where}{key}{problem}", f"write for example {self.where}{key} = {wanted.example}")


@dataclass(frozen=True)
class _Wanted:
    """What a value should be."""

    is_met: Callable[[Any], bool]
    words: str
    example: str


_TEXT = _Wanted(lambda value: isinstance(value, str), "text", '"…"')
_FLAG = _Wanted(lambda value: isinstance(value, bool), "true or false", "true")


def _is_filled(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _number(low: float, high: float) -> _Wanted:
    def is_met(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high  # NaN fails both

    return _Wanted(is_met, f"a number from {low:g} to {high:g}", f"{min(max(low, 0.5), high):g}")


def _whole(low: int, high: int) -> _Wanted:
    def is_met(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return _Wanted(is_met, f"a whole number from {low} to {high}", f"{min(max(low, 1), high)}")
