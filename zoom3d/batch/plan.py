"""What a batch has to do: which clips of which photographs, under which names, and which of them are there already."""

from __future__ import annotations

import dataclasses
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import zoom3d
from zoom3d import assets, cache, inpaint, video
from zoom3d.batch import naming, options
from zoom3d.batch.inputs import Wanted
from zoom3d.batch.manifest import Record
from zoom3d.batch.store import Inventory, Store, file_digest
from zoom3d.camera import Preset, presets
from zoom3d.depth import AUTO, BUILTIN, models
from zoom3d.errors import BatchError, OutputError, Zoom3DError
from zoom3d.pipeline import UPRIGHT, WIDE, Settings
from zoom3d.reel.template import Template
from zoom3d.title import TitleWish
from zoom3d.types import EffectWish
from zoom3d.video import platform

State = Literal["new", "changed", "done"]

_NOT_IN_A_CLIP = ("__main__.py", "__init__.py", "batch", "cli", "__pycache__")
"""What of the package has no say in what a clip looks like."""
_OF_THE_CLIP = (
    *("preset", "changes", "duration_s", "fps", "size", "fit", "platform", "strength", "max_reveal", "title", "codec"),
    *("crf", "bit_depth", "encoder", "effects", "supersample", "audio"),
)
"""Settings that the scene does not depend on: clips that differ only in these share one."""
_OF_THE_FILE = (
    *("preset", "changes", "duration_s", "fps", "size", "fit", "platform", "inpaint", "codec", "crf", "bit_depth", "encoder"),
    *("supersample", "audio"),
)
"""Settings on which it depends whether there can be such a file."""
_WITHOUT_EFFECT = ("device", "gpu", "offline", "use_cache", "pixel_limit")
"""Settings that do not change what is in a clip."""


@dataclass(frozen=True)
class Orders:
    """What to make of every photograph: a clip for each preset, platform and size; with a ``seed`` for one preset drawn by lot.

    template: makes a reel of each folder's photographs, with presets of its own.
    platforms: None = for none. sizes: None = what suits photograph and platform. suffix: the format's.
    """

    settings: Settings
    presets: tuple[str, ...]
    platforms: tuple[str | None, ...] = (None,)
    sizes: tuple[tuple[int, int] | None, ...] = (None,)
    seed: int | None = None
    suffix: str = "mp4"
    template: Template | None = None


@dataclass(frozen=True, eq=False)
class Clip:
    """One clip to make. clip: its name in the store; name: the part of it that stands for the photograph. See ``Record``."""

    clip: str
    name: str
    move: Preset | Template
    settings: Settings
    key: str
    state: State

    @property
    def options(self) -> dict[str, object]:
        """What was asked for, as the manifest tells it: what differs from the defaults."""
        default = Settings()
        asked = {field.name: getattr(self.settings, field.name) for field in dataclasses.fields(Settings)}
        plain = {name: value for name, value in asked.items() if name == "preset" or value != getattr(default, name)}
        told = {name: _plain(value) for name, value in plain.items()}
        return {**told, "preset": None, "template": self.move.name} if isinstance(self.move, Template) else told


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph and the clips to make of one scene. digest: of its content.

    asked: settings of all its clips, those that are there among them: the scene is the same for a second run.
    reel: the photographs of a reel; ``path`` is then their folder.
    """

    path: Path
    digest: str
    asked: tuple[Settings, ...]
    clips: tuple[Clip, ...]
    reel: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """No other photograph of the batch has it."""
        return self.clips[0].clip

    def usable_side_px(self, width: int, height: int) -> int:
        """As of ``Settings``, for the largest of its clips."""
        return max(settings.usable_side_px(width, height) for settings in self.asked)


@dataclass(frozen=True)
class Plan:
    """photographs: those with clips to make. done: the names of clips that are there."""

    photographs: tuple[Photograph, ...]
    done: tuple[str, ...]

    @property
    def clips(self) -> list[tuple[Photograph, Clip]]:
        """Every clip to make."""
        return [(photograph, clip) for photograph in self.photographs for clip in photograph.clips]

    def left(self, records: Mapping[str, Record]) -> int:
        """How many clips are still to make."""
        latest = [(clip, records.get(clip.clip)) for _, clip in self.clips]
        return sum(record is None or record.key != clip.key or record.error is not None for clip, record in latest)


def make(
    wanted: Iterable[Wanted], orders: Orders, store: Store, records: Mapping[str, Record], progress: Callable[[int], None]
) -> Plan:
    """Compare what is wanted with what is there. ``progress`` is told how many photographs were looked at."""
    planner = _Planner(orders, store, records)
    clips = {store.folder / clip for clip in records} if store.folder else set()
    asked = planner.named(one for one in wanted if one.path not in clips)  # in the folder of photographs, a GIF may be either
    planner.spare_the_sources(asked)
    for number, (path, settings) in enumerate(asked.items(), 1):
        planner.look_at(path, settings)
        progress(number)
    return Plan(tuple(planner.photographs), tuple(planner.done))


@dataclass(frozen=True)
class _Named:
    name: str
    clip: str
    settings: Settings


class _Planner:
    def __init__(self, orders: Orders, store: Store, records: Mapping[str, Record]) -> None:
        self._orders, self._store, self._records = orders, store, records
        self._holds: Inventory = store.inventory() if records else lambda *_: False
        self._reels: dict[Path, tuple[Path, ...]] = {}
        self.photographs: list[Photograph] = []
        self.done: list[str] = []

    def named(self, wanted: Iterable[Wanted]) -> dict[Path, list[_Named]]:
        """The clips of every photograph, each under a name that no other has."""
        asked: dict[Path, list[_Named]] = {}
        origins: dict[str, str] = {}
        template = self._orders.template
        for one, base in self._bases(list(wanted)):
            self._reels[one.path] = one.reel
            with _told(one):
                for settings in self._settings(one):
                    _check(settings, self._orders.suffix)
                    move = template.name if template else settings.preset
                    clip = f"{base}{naming.ending(move, settings.platform, settings.size)}.{self._orders.suffix}"
                    if clip in origins:
                        raise ValueError(
                            f"{origins[clip] or 'another'} asks for a clip called {clip} too; give a 'name' to one"
                        )
                    origins[clip] = one.origin
                    asked.setdefault(one.path, []).append(_Named(base, clip, settings))
        return asked

    def spare_the_sources(self, asked: Mapping[Path, list[_Named]]) -> None:
        """Refuse a clip that would be written over a file that clips are made from."""
        if self._store.folder is None:
            return
        named = [one for several in asked.values() for one in several]
        files = {file for one in named for file in (one.settings.depth, one.settings.audio) if file}
        sources = {_identity(file): file for file in files.union(asked, *self._reels.values())}
        for one in named:
            clip = _identity(self._store.folder / one.clip)
            if clip and (source := sources.get(clip)):
                raise BatchError(
                    f"the clip {one.clip} would be written over {source}, which clips are made from",
                    hint="choose another folder with -o",
                )

    def _bases(self, wanted: list[Wanted]) -> list[tuple[Wanted, str]]:
        """Each photograph with its name; those that were chosen go first."""
        names = naming.Names({record.photo: record.name for record in self._records.values()})
        bases = {}
        for number, one in sorted(enumerate(wanted), key=lambda numbered: not numbered[1].chosen):
            with _told(one):
                bases[number] = names.choose(one.name, one.path) if one.chosen else names.give(one.name, one.path)
        return [(one, bases[number]) for number, one in enumerate(wanted)]

    def _settings(self, one: Wanted) -> list[Settings]:
        """The settings of each clip of a photograph: where a row is silent, all that the orders say."""
        orders = self._orders
        if "preset" in one.settings:
            chosen: Sequence[str] = list(dict.fromkeys(preset.strip() for preset in one.settings["preset"].split(",")))
        elif orders.seed is not None:
            chosen = [max(orders.presets, key=lambda preset: _lot(orders.seed, one.name, preset))]
        else:
            chosen = orders.presets
        platforms = [one.settings["platform"]] if "platform" in one.settings else orders.platforms
        sizes = [one.settings["size"]] if "size" in one.settings else orders.sizes
        common = options.asked(orders.settings, one.settings)
        return [
            replace(common, preset=preset, platform=platform, size=size)
            for preset in chosen
            for platform in platforms
            for size in sizes
        ]

    def look_at(self, path: Path, asked: list[_Named]) -> None:
        """Sort the clips of one photograph into what is done and what is to do."""
        template, reel = self._orders.template, self._reels[path]
        digest = cache.key(*map(_digest, reel)) if reel else _digest(path)
        scenes: dict[Settings, list[Clip]] = {}
        for one in asked:
            move = template or _preset(one.settings.preset, one.settings.changes)
            key = _key(digest, move, one.settings)
            record = self._records.get(one.clip)
            stored = record.stored if record else None
            if record and stored and record.key == key and not record.error and self._holds(one.clip, stored):
                self.done.append(one.clip)
                continue
            clip = Clip(one.clip, one.name, move, one.settings, key, "changed" if stored else "new")
            scenes.setdefault(_scene(one.settings), []).append(clip)
        every = tuple(one.settings for one in asked)
        self.photographs += [Photograph(path, digest, every, tuple(clips), reel) for clips in scenes.values()]


@contextmanager
def _told(one: Wanted) -> Iterator[None]:
    """Say which row of which list a mistake stands in."""
    try:
        yield
    except ValueError as error:
        raise BatchError(f"{one.origin or one.path}: {error}", hint="correct that; nothing has been made yet") from None
    except Zoom3DError as error:
        if not one.origin:
            raise
        raise BatchError(f"{one.origin}: {error.message}", hint=error.hint) from error


def _scene(settings: Settings) -> Settings:
    """Equal for clips that share a scene."""
    plain = Settings()
    return replace(settings, **{name: getattr(plain, name) for name in _OF_THE_CLIP})


def _identity(path: Path) -> tuple[int, int] | None:
    """Equal for names of one file; None where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _digest(path: Path) -> str:
    """Of what is in a photograph; empty where it cannot be read, which is told when it is tried."""
    try:
        return file_digest(path) if path.is_file() else ""  # a pipe would be waited for
    except (OSError, ValueError):
        return ""


def _key(digest: str, move: Preset | Template, settings: Settings) -> str:
    """Another one for another clip."""
    moves = [move] if isinstance(move, Preset) else [move, *(_preset(name, ()) for name in move.presets)]
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    values["font"] = settings.title and settings.title.font
    values = {name: _content(name, value) for name, value in values.items() if name not in _WITHOUT_EFFECT}
    return cache.key(digest, moves, sorted(values.items()), _code())


def _plain(value: object) -> object:
    """``value`` as JSON holds it."""
    if isinstance(value, (TitleWish, EffectWish)):
        return {name: _plain(part) for name, part in vars(value).items() if part is not None}
    return str(value) if isinstance(value, Path) else value


def _content(name: str, value: object) -> object:
    if not isinstance(value, Path):
        return Path(str(value)).stem if name == "preset" else platform(str(value)) if name == "platform" and value else value
    if not value.is_file():  # a pipe would be waited for
        return None
    try:
        status = value.stat()
        return (status.st_size, status.st_mtime_ns) if name == "weights" else _digest_of(value, status.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=1024)
def _digest_of(path: Path, _modified_ns: int) -> str:
    return file_digest(path)


@lru_cache(maxsize=1024)
def _preset(name: str, changes: tuple[str, ...]) -> Preset:
    return presets.load(name, changes)


@lru_cache(maxsize=1024)
def _code() -> str:
    package = Path(zoom3d.__file__).parent
    rooms = [path for path in package.iterdir() if path.name not in _NOT_IN_A_CLIP]
    return cache.code_version(*rooms, assets.folder("shaders"))


def _lot(seed: int | None, name: str, preset: str) -> bytes:
    """A number by lot for each preset; the highest wins, so that few draws change when presets join."""
    return hashlib.blake2b(f"{seed}\0{name}\0{preset}".encode(), digest_size=8).digest()


def _check(settings: Settings, suffix: str) -> None:
    """Refuse, before anything is made, what could be made of no photograph."""
    if settings.depth_source.model not in (AUTO, BUILTIN):
        models.get(settings.model)
    _check_file(replace(Settings(), **{name: getattr(settings, name) for name in _OF_THE_FILE}), suffix)


@lru_cache(maxsize=1024)
def _check_file(settings: Settings, suffix: str) -> None:
    """The same for what is common to many clips: to look into a sound takes long."""
    preset = _preset(settings.preset, settings.changes)
    inpaint.find(settings.inpaint)
    with tempfile.TemporaryDirectory(prefix="zoom3d-") as folder:
        target = Path(folder) / f"clip.{suffix}"
        for shape in (UPRIGHT,) if settings.size else (UPRIGHT, WIDE):
            video.plan(target, settings.output(preset, shape), audio=settings.audio)
    if not video.destination(target).suffix:
        raise OutputError(
            f"a batch makes no folders of .{suffix} files", hint="ask for mp4, mov, webm, gif or webp with --format"
        )
