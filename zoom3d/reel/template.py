"""How a reel goes, as data: strict TOML files, those that come along and the user's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoom3d import assets
from zoom3d.errors import TemplateError, suggest

_FILES = assets.Kind(
    "template",
    TemplateError,
    "see zoom3d templates for those that come along",
    "see zoom3d templates show beat-cut for an example",
)
places, find, text = _FILES.places, _FILES.find, _FILES.text
"""See ``assets.Kind``. What is wrong with a template is a TemplateError."""


@dataclass(frozen=True)
class TransitionKind:
    """A way from one picture to the next. ``length_s``: how long it takes; ``before``: which share of it lies before the cut.

    deep: it flies through the first picture's depth, so there has to be one.
    """

    length_s: float
    before: float
    deep: bool = False


TRANSITIONS = {
    "cut": TransitionKind(0.0, 0.0),
    "flash": TransitionKind(0.35, 0.25),
    "crossfade": TransitionKind(0.8, 0.5),
    "whip": TransitionKind(0.5, 0.5),
    "wipe": TransitionKind(0.7, 0.5),
    "push-through": TransitionKind(0.9, 0.7, deep=True),
}
"""Every transition by its name."""


@dataclass(frozen=True)
class Card:
    """Words before or after the photographs.

    background: "photo" = the next photograph, moving, blurred and darkened; or a colour, "#rrggbb".
    """

    text: str = ""
    length_s: float = 2.0
    background: str = "photo"
    transition: str = "crossfade"


@dataclass(frozen=True)
class Template:
    """A reel's rhythm, moves and transitions; each list begins again when it is over.

    bpm: beats a minute where no song sets them.
    shot_beats: how many beats each photograph is shown; empty where ``shot_s`` says it in seconds.
    transition_s: how long transitions take; None = each as long as suits it. They are shorter between short shots.
    pulse: how much closer the picture jumps on every beat, as a share.
    group: photographs come in groups of so many.
    labels: what is written on each photograph.
    """

    name: str
    title: str
    description: str
    presets: tuple[str, ...]
    bpm: float = 120.0
    shot_beats: tuple[int, ...] = ()
    shot_s: tuple[float, ...] = ()
    strength: float = 1.0
    transitions: tuple[str, ...] = ("cut",)
    transition_s: float | None = None
    pulse: float = 0.0
    group: int = 1
    labels: tuple[str, ...] = ()
    opening: Card = Card()
    closing: Card = Card()


def load(name: str | Path) -> Template:
    """The template of that name, or from that file if ``name`` ends in ``.toml``. Raises TemplateError."""
    path = find(name)
    return parse(_FILES.table(path), path)


def parse(table: Mapping[str, Any], path: Path) -> Template:
    """A template from its TOML table; ``path`` is for messages and gives the name."""
    read = _Table(path, table, "")
    read.only(*(key for key in Template.__dataclass_fields__ if key != "name"))
    if ("shot_beats" in table) == ("shot_s" in table):
        read.fail(
            "it says neither or both of shot_beats and shot_s", "write how long photographs are shown, such as shot_beats = [2]"
        )
    return Template(
        name=path.stem,
        title=read.text("title", path.stem),
        description=read.text("description"),
        presets=read.texts("presets", ()) or read.fail("presets is missing", 'write for example presets = ["3d-zoom"]'),
        bpm=read.number("bpm", 120.0, 20, 400),
        shot_beats=tuple(round(value) for value in read.numbers("shot_beats", 1, 64, whole=True)),
        shot_s=read.numbers("shot_s", 0.05, 60),
        strength=read.number("strength", 1.0, 0, 10),
        transitions=read.texts("transitions", ("cut",), TRANSITIONS),
        transition_s=read.number("transition_s", 0.5, 0.05, 5) if "transition_s" in table else None,
        pulse=read.number("pulse", 0.0, 0, 0.5),
        group=round(read.number("group", 1, 1, 16, whole=True)),
        labels=read.texts("labels", ()),
        opening=read.card("opening"),
        closing=read.card("closing"),
    )


def transitions_named(names: tuple[str, ...]) -> tuple[str, ...]:
    """``names``, every one of which is a transition. Raises TemplateError."""
    for name in names:
        if name not in TRANSITIONS:
            raise TemplateError(f"there is no transition {name!r}", hint=suggest(name, TRANSITIONS, "transitions"))
    return names


class _Table:
    """Reads one table of a file; every complaint names the file and the key."""

    def __init__(self, path: Path, table: Mapping[str, Any], prefix: str) -> None:
        self._path, self._table, self._prefix = path, table, prefix

    def fail(self, message: str, hint: str) -> Any:
        raise TemplateError(f"{self._path}: {message}", hint=hint)

    def only(self, *known: str) -> None:
        for key in self._table:
            if key not in known:
                self.fail(f"unknown key {self._prefix}{key}", suggest(key, known, "keys"))

    def text(self, key: str, default: str = "") -> str:
        value = self._table.get(key, default)
        if not isinstance(value, str):
            self.fail(f"{self._prefix}{key} = {value!r} is not text", f'write {key} = "…"')
        return str(value)

    def number(self, key: str, default: float, low: float, high: float, *, whole: bool = False) -> float:
        return self._checked(self._table.get(key, default), key, low, high, whole=whole)

    def numbers(self, key: str, low: float, high: float, *, whole: bool = False) -> tuple[float, ...]:
        values = self._list(key, [], f"[{low:g}]")
        return tuple(self._checked(value, key, low, high, whole=whole) for value in values)

    def texts(self, key: str, default: tuple[str, ...], known: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        values = self._list(key, list(default), '["…"]')
        for value in values:
            if not isinstance(value, str):
                self.fail(f"{self._prefix}{key} holds {value!r}, which is not text", f'write {key} = ["…"]')
            if known is not None and value not in known:
                self.fail(f"{self._prefix}{key} holds {value!r}, which is unknown", suggest(value, known, key))
        return tuple(values)

    def card(self, key: str) -> Card:
        table = self._table.get(key, {})
        if not isinstance(table, dict):
            self.fail(f"{key} is not a table", f'write [{key}] and below it text = "…"')
        read = _Table(self._path, table, f"{key}.")
        read.only(*Card.__dataclass_fields__)
        background = read.text("background", "photo")
        if background != "photo" and not re.fullmatch("#[0-9a-fA-F]{6}", background):
            self.fail(f"{key}.background = {background!r} is unknown", 'write "photo", or a colour such as "#101820"')
        shallow = {name: kind for name, kind in TRANSITIONS.items() if not kind.deep}
        transition = read.text("transition", "crossfade")
        if transition not in shallow:
            self.fail(f"{key}.transition = {transition!r} is unknown", suggest(transition, shallow, "transitions of a card"))
        return Card(read.text("text"), read.number("length_s", 2.0, 0.2, 30), background, transition)

    def _list(self, key: str, default: list[Any], example: str) -> list[Any]:
        values = self._table.get(key, default)
        if not isinstance(values, list) or (key in self._table and not values):
            self.fail(f"{self._prefix}{key} = {values!r} is not a list of something", f"write for example {key} = {example}")
        return list(values)

    def _checked(self, value: Any, key: str, low: float, high: float, *, whole: bool) -> float:
        kinds = int if whole else int | float
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            kind = "whole number" if whole else "number"
            self.fail(f"{self._prefix}{key}: {value!r} is not a {kind} from {low:g} to {high:g}", f"write for example {low:g}")
        return float(value)
