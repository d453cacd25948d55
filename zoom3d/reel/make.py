"""Photographs in, one clip out."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoom3d import photo, pipeline, render, sources, video
from zoom3d.camera import presets
from zoom3d.errors import OutputError, PhotoError
from zoom3d.pipeline import UPRIGHT, Settings
from zoom3d.reel import beats, lettering, timeline
from zoom3d.reel.film import Film

if TYPE_CHECKING:
    from zoom3d.reel.beats import Beats
    from zoom3d.reel.template import Template
    from zoom3d.reel.timeline import Timeline
    from zoom3d.types import LayeredScene, Photo, Progress

log = logging.getLogger(__name__)

LOUDNESS_LUFS = -14.0
"""What the platforms play sound at."""

_COARSE_HZ = 8000


@dataclass(frozen=True)
class Reel:
    """A reel that was made.

    bpm: tempo of the song that it was cut to; None without.
    verdict: whether the written file is what the platform takes; None where none was named.
    seconds: time by stage.
    """

    path: Path
    timeline: Timeline
    width: int
    height: int
    renderer: str
    bpm: float | None
    verdict: video.Verdict | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def make(
    photographs: Sequence[Path],
    target: Path,
    template: Template,
    settings: Settings,
    *,
    on_beat: bool = False,
    font: Path | None = None,
    progress: Progress | None = None,
) -> Reel:
    """Make one clip of ``photographs``, in their order.

    settings: of these, preset, changes, depth and depth_near_dark do not count; ``strength`` multiplies the template's;
        ``duration_s`` is that of the whole reel; None = as long as the template makes it.
    on_beat: every cut lies on a beat of ``settings.audio``.
    font: the file of the words' font; None = the one that comes along.
    """
    began = time.perf_counter()
    sources.spare([target, video.destination(target)], "clip", *photographs, settings.audio, settings.weights, font)
    moves = [presets.load(name) for name in template.presets]  # fails early
    template = replace(template, strength=template.strength * settings.strength)
    settings = replace(settings, depth=None, depth_near_dark=False)
    output = settings.output(moves[0], UPRIGHT)
    settings = replace(settings, size=(output.width, output.height))
    fps = float(video.plan(target, output, audio=settings.audio).fps)  # fails early
    lettering.check([template.opening.text, template.closing.text, *template.labels], font)
    _check(photographs, settings, progress)
    song = _song(settings.audio, progress) if on_beat else None
    planned = timeline.plan(template, len(photographs), fps, song, settings.duration_s)
    output = replace(output, duration_s=planned.frame_count / output.fps)
    encoding = video.plan(target, output, audio=settings.audio)
    if settings.audio:
        _tell_of_repetition(settings.audio, song, output.duration_s)
    planned_s = time.perf_counter() - began

    def stage(number: int) -> LayeredScene:
        return pipeline.stage(_load(photographs[number], settings), settings).scene

    with (
        render.open_context(settings.gpu) as context,
        Film(context, planned, template, output, settings, stage, font) as film,
    ):
        video.write(
            film.frames(encoding.layout),
            encoding,
            target,
            audio=settings.audio,
            loudness_lufs=LOUDNESS_LUFS,
            progress=progress,
        )
        renderer = render.describe(context)
    return Reel(
        path=video.destination(target),
        timeline=planned,
        width=output.width,
        height=output.height,
        renderer=renderer,
        bpm=song.bpm if song else None,
        verdict=video.check(target, output.platform) if output.platform else None,
        seconds={"planning": planned_s, "video": time.perf_counter() - began - planned_s},
    )


def _load(path: Path, settings: Settings) -> Photo:
    return photo.load(path, pixel_limit=settings.pixel_limit, usable_side_px=settings.usable_side_px)


def _check(photographs: Sequence[Path], settings: Settings, progress: Progress | None) -> None:
    """Read every photograph once, so that a broken one is known before anything is rendered. Raises PhotoError."""
    broken: list[PhotoError] = []
    for number, path in enumerate(photographs):
        try:
            _load(path, settings)
        except PhotoError as error:
            broken.append(error)
        if progress:
            progress("photographs", number + 1, len(photographs))
    if broken:
        others = f"; and {len(broken) - 1} more: {', '.join(error.message for error in broken[1:])}" if broken[1:] else ""
        raise PhotoError(broken[0].message + others, hint=broken[0].hint)


def _tell_of_repetition(audio: Path, song: Beats | None, duration_s: float) -> None:
    length_s = song.length_s if song else len(video.read_sound(audio, _COARSE_HZ, duration_s)) / _COARSE_HZ
    if length_s < duration_s - 1 / 10:
        log.warning("%s lasts %.1f s and is repeated, for the reel lasts %.1f s", audio.name, length_s, duration_s)


def _song(audio: Path | None, progress: Progress | None) -> Beats:
    if audio is None:
        raise OutputError("there is no song whose beat could be followed", hint="name one with --audio, or leave --on-beat out")
    if progress:
        progress("beats", 0, 0)
    song = beats.track(audio)
    if progress:
        progress("beats", 1, 1)
    log.info("%s has %.1f beats a minute", audio.name, song.bpm)
    return song
