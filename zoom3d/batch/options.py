"""Options of a single clip, as a row of a list gives them: the fields of ``Settings`` under the names of the command line."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from zoom3d import types
from zoom3d.errors import suggest
from zoom3d.pipeline import Settings
from zoom3d.title import TitleWish
from zoom3d.types import EFFECT_OPTIONS

_OF_THE_BATCH = {"device", "gpu", "offline", "use_cache", "pixel_limit"}
_MAY_BE_FILES = {"preset", "platform"}
_CALLED = {"platform": "for", "changes": "set"}
_TITLE = {"title": "text"} | {
    f"title-{field.name}": field.name for field in dataclasses.fields(TitleWish) if field.name != "text"
}


def columns() -> dict[str, str]:
    """Fields of ``Settings`` by the names of the columns that set them."""
    return {
        _CALLED.get(field.name, field.name.removesuffix("_s").replace("_", "-")): field.name
        for field in dataclasses.fields(Settings)
        if field.name not in _OF_THE_BATCH and _converter(str(field.type)) is not None
    }


def read(row: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What the cells of a row ask for, empty ones left out, for ``asked``. A ValueError says what is wrong.

    folder: what paths are relative to.
    """
    known = columns()
    found: dict[str, Any] = {}
    effects: dict[str, Any] = {}
    title: dict[str, Any] = {}
    for given, value in row.items():
        column = given.replace("_", "-")
        if column not in known and column not in EFFECT_OPTIONS and column not in _TITLE:
            hint = suggest(given, ["photo", "name", *known, *EFFECT_OPTIONS, *_TITLE], "columns")
            raise ValueError(f"there is no column {given!r}; {hint}")
        if value is None or value == "":
            continue
        try:
            if column in EFFECT_OPTIONS:
                name, unit = EFFECT_OPTIONS[column]
                effects[name] = _number(value, folder) / unit
            elif column in _TITLE:
                title[_TITLE[column]] = _converted(TitleWish, _TITLE[column], value, folder)
            else:
                found[known[column]] = _converted(Settings, known[column], value, folder)
        except ValueError as error:
            raise ValueError(f"{given} = {value!r}: {error}") from None
    return found | ({"title": title} if title else {}) | ({"effects": effects} if effects else {})


def asked(settings: Settings, row: Mapping[str, Any]) -> Settings:
    """``settings`` with what a row asks for; of a title and of effects it changes what it names. Raises ValueError."""
    values, title = dict(row), row.get("title", {})
    if "text" in title:
        title = {**title, "text": title["text"].replace("\\n", "\n")}
    elif title and settings.title is None:
        raise ValueError("it says how the title is to be, and there is no title")
    if title:
        values["title"] = replace(settings.title, **title) if settings.title else TitleWish(**title)
    values["effects"] = replace(settings.effects, **row.get("effects", {}))
    return replace(settings, **values)


def _converted(kind: type, name: str, value: Any, folder: Path) -> Any:
    """The value of the field ``name`` of the dataclass ``kind`` from a cell."""
    annotation = next(str(field.type) for field in dataclasses.fields(kind) if field.name == name)
    convert = _converter(annotation)
    assert convert is not None
    converted = convert(value, folder)
    return ",".join(_beside(one.strip(), folder) for one in converted.split(",")) if name in _MAY_BE_FILES else converted


def _beside(name: str, folder: Path) -> str:
    return str(folder / name) if name.lower().endswith(".toml") else name


def _converter(kind: str) -> Callable[[Any, Path], Any] | None:
    """What makes a value of an annotation from a cell; None for annotations that no cell can hold."""
    plain = kind.removesuffix(" | None")
    if plain in _CONVERTERS:
        return _CONVERTERS[plain]
    choices = get_args(getattr(types, plain, None))
    return (lambda value, _: _one_of(value, choices)) if choices and all(isinstance(one, str) for one in choices) else None


def _text(value: Any, _: Path) -> str:
    if not isinstance(value, str):
        raise ValueError("it is not text")
    return value


def _path(value: Any, folder: Path) -> Path:
    text = _text(value, folder)
    if "\0" in text:
        raise ValueError("it holds a NUL")
    return folder / text


def _texts(value: Any, folder: Path) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else _text(value, folder).split(";")
    return tuple(_text(part, folder).strip() for part in parts)


def _number(value: Any, _: Path) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("it is not a number")
    return number


def _whole_number(value: Any, folder: Path) -> int:
    number = _number(value, folder)
    if number != int(number):
        raise ValueError("it is not a whole number")
    return int(number)


def _flag(value: Any, _: Path) -> bool:
    word = str(value).lower()
    if word not in ("true", "yes", "1", "false", "no", "0"):
        raise ValueError("it is neither true nor false")
    return word in ("true", "yes", "1")


def _size(value: Any, _: Path) -> tuple[int, int]:
    return types.frame_size("x".join(map(str, value)) if isinstance(value, list) else str(value))


def _one_of(value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"it is none of {', '.join(choices)}")
    return str(value)


_CONVERTERS: dict[str, Callable[[Any, Path], Any]] = {
    "str": _text,
    "Path": _path,
    "float": _number,
    "int": _whole_number,
    "bool": _flag,
    "tuple[int, int]": _size,
    "tuple[str, ...]": _texts,
}
