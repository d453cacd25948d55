"""How a reel goes, as data: strict TOML files, those that come along and the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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


def readable() -> Iterator[tuple[assets.Place, Template]]:
    """Every template, those that come along and the user's own, and where it lies; a warning tells of those that are wrong."""
    return _FILES.readable(load)


def parse(table: Mapping[str, Any], path: Path) -> Template:
    """A template from its TOML table; ``path`` is for messages and gives the name."""
    read = assets.Table(TemplateError, str(path), table)
    read.only(*(key for key in Template.__dataclass_fields__ if key != "name"))
    if ("shot_beats" in table) == ("shot_s" in table):
        read.fail(
            "it says neither or both of shot_beats and shot_s", "write how long photographs are shown, such as shot_beats = [2]"
        )
    return Template(
        name=path.stem,
        title=read.text("title", path.stem),
        description=read.text("description", ""),
        presets=tuple(_beside(path, preset) for preset in read.texts("presets")),
        bpm=read.number("bpm", 20, 400, Template.bpm),
        shot_beats=read.wholes("shot_beats", 1, 64, ()),
        shot_s=read.numbers("shot_s", 0.05, 60, ()),
        strength=read.number("strength", 0, 10, Template.strength),
        transitions=transitions_named(read.texts("transitions", ("cut",)), read.called),
        transition_s=read.number("transition_s", 0.05, 5, None),
        pulse=read.number("pulse", 0, 0.5, Template.pulse),
        group=read.whole("group", 1, 16, Template.group),
        labels=read.texts("labels", ()),
        opening=_card(read.table("opening", 'text = "…"')),
        closing=_card(read.table("closing", 'text = "…"')),
    )


def _beside(path: Path, preset: str) -> str:
    """A preset's name, or the whole path of its file, which stands relative to the template's."""
    return str(path.absolute().parent / preset) if preset.lower().endswith(".toml") else preset


def transitions_named(names: tuple[str, ...], where: str) -> tuple[str, ...]:
    """``names``, every one of which is a transition; ``where`` they are asked for. Raises TemplateError."""
    for name in names:
        if name not in TRANSITIONS:
            raise TemplateError(f"{where}: there is no transition {name!r}", hint=suggest(name, TRANSITIONS, "transitions"))
    return names


def _card(read: assets.Table) -> Card:
    read.only(*Card.__dataclass_fields__)
    card = Card(
        read.text("text", Card.text),
        read.number("length_s", 0.2, 30, Card.length_s),
        read.text("background", Card.background),
        read.text("transition", Card.transition),
    )
    if card.background != "photo" and not re.fullmatch("#[0-9a-fA-F]{6}", card.background):
        read.fail(f"{read.where}background = {card.background!r} is unknown", 'write "photo", or a colour such as "#101820"')
    shallow = [name for name, kind in TRANSITIONS.items() if not kind.deep]
    if card.transition not in shallow:
        hint = suggest(card.transition, shallow, "transitions of a card")
        read.fail(f"{read.where}transition = {card.transition!r} is unknown", hint)
    return card
