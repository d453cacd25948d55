"""When each photograph is shown, and how one becomes the next: planning without rendering.

Times are seconds of the song and of the reel, which begin together; frame f is shown from f / fps on.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zoom3d.errors import OutputError
from zoom3d.reel import beats as rhythm
from zoom3d.reel.template import TRANSITIONS, Card, Template

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.reel.beats import Beats

log = logging.getLogger(__name__)

LONGEST_S = 600.0
_ROOM = 0.45  # of a shot that a transition at one end may take


@dataclass(frozen=True)
class Shot:
    """One photograph and one move, from frame ``start`` up to ``stop``, what transitions take at both ends included.

    cut: the frame that it is cut in at. beats: frames on which it jumps closer.
    arrives: the way in is a flight that goes on into this picture. card: the words that stand over it, None for a photograph.
    """

    photograph: int
    preset: str
    start: int
    cut: int
    stop: int
    beats: tuple[int, ...] = ()
    arrives: bool = False
    label: str = ""
    card: Card | None = None

    @property
    def length(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Transition:
    """From frame ``start`` up to ``stop`` both pictures are on; the next one's cut is frame ``cut``."""

    kind: str
    start: int
    cut: int
    stop: int

    def progress(self, frame: int) -> float:
        """How far it is in the middle of ``frame``, 0..1."""
        return (frame + 0.5 - self.start) / (self.stop - self.start)


@dataclass(frozen=True)
class Segment:
    """Frames that are made in one way: of one shot, or of two with the transition between them."""

    start: int
    stop: int
    shots: tuple[int, ...]
    transition: Transition | None = None


@dataclass(frozen=True)
class Timeline:
    """The whole reel. ``transitions[i]`` leads from ``shots[i]`` to ``shots[i + 1]``; a plain cut has no frames."""

    fps: float
    shots: tuple[Shot, ...]
    transitions: tuple[Transition, ...]

    @property
    def frame_count(self) -> int:
        return self.shots[-1].stop

    def segments(self) -> Iterator[Segment]:
        """The frames in order, each once."""
        shown_until = 0
        for number, shot in enumerate(self.shots):
            after = self.transitions[number] if number < len(self.transitions) else None
            alone_until = after.start if after else shot.stop
            if alone_until > shown_until:
                yield Segment(shown_until, alone_until, (number,))
            if after and after.stop > after.start:
                yield Segment(after.start, after.stop, (number, number + 1), after)
            shown_until = after.stop if after else shot.stop


@dataclass(frozen=True)
class _Slot:
    """What is shown, before it is known when. ``beats`` or ``length_s`` say for how long."""

    photograph: int
    preset: str
    beats: int
    length_s: float
    label: str = ""
    card: Card | None = None


def plan(
    template: Template, photographs: int, fps: float, song: Beats | None = None, duration_s: float | None = None
) -> Timeline:
    """When each of ``photographs`` is shown.

    song: the beats on which every cut lies; None = the template's own rhythm.
    duration_s: how long the whole is; None = as long as the template makes it.
    """
    if photographs % template.group:
        raise OutputError(
            f"the template {template.name} takes photographs in groups of {template.group}, and {photographs} were given",
            hint="give more or fewer, in their order, or choose another with --template",
        )
    slots = _slots(template, photographs)
    ends_s = _ends(slots, template, song, duration_s)
    if ends_s[-1] > LONGEST_S:
        raise OutputError(
            f"the reel would last {ends_s[-1]:.0f} s, and {LONGEST_S:.0f} s is the most",
            hint="give fewer photographs, ask for less with --duration, or choose a faster --template",
        )
    cuts = [0, *(round(float(end) * fps) for end in ends_s)]
    shortest = min(stop - start for start, stop in itertools.pairwise(cuts))
    if shortest < 2:
        raise OutputError(
            f"{len(slots)} shots in {ends_s[-1]:g} s leave less than two frames for one at {fps:g} frames a second",
            hint="give fewer photographs, or ask for more with --duration or --fps",
        )
    transitions = tuple(_transitions(slots, cuts, template, fps))
    pace = sum(slot.length_s for slot in slots) / float(ends_s[-1])
    song = song or rhythm.steady(template.bpm * pace, LONGEST_S)
    on_beat = [round(float(time) * fps) for time in song.until(float(ends_s[-1]))] if template.pulse else []
    return Timeline(fps, tuple(_shots(slots, cuts, transitions, on_beat)), transitions)


def _slots(template: Template, photographs: int) -> list[_Slot]:
    def nth(values: Sequence[str], number: int) -> str:
        return values[number % len(values)] if values else ""

    slots = []
    for number in range(photographs):
        beats = template.shot_beats[number % len(template.shot_beats)] if template.shot_beats else 0
        length_s = beats * 60 / template.bpm if beats else template.shot_s[number % len(template.shot_s)]
        slots.append(_Slot(number, nth(template.presets, number), beats, length_s, nth(template.labels, number)))
    for card, place, photograph in ((template.opening, 0, 0), (template.closing, len(slots) + 1, photographs - 1)):
        if card.text:
            slots.insert(place, _Slot(photograph, "zoom-in", 0, card.length_s, card=card))
    return slots


def _ends(slots: list[_Slot], template: Template, song: Beats | None, duration_s: float | None) -> NDArray[np.float64]:
    """(slots,) seconds at which each is over."""
    lengths = np.array([slot.beats * song.period_s if song and slot.beats else slot.length_s for slot in slots])
    wished = np.cumsum(lengths) * (1.0 if duration_s is None else duration_s / lengths.sum())
    if song is None:
        return wished
    grid = song.until(2 * LONGEST_S)
    grid = grid[grid > 0.5 * min(song.period_s, wished[0])]  # a beat at the very start ends nothing
    if duration_s is not None:
        grid = np.append(grid[grid < duration_s - 0.5 * song.period_s], duration_s)
    if len(grid) < len(slots):
        raise OutputError(
            f"{len(slots)} shots need as many beats, and {grid[-1]:g} s at {song.bpm:.0f} beats a minute have {len(grid)}",
            hint="give fewer photographs, or ask for more with --duration",
        )
    chosen: list[int] = []
    for number, slot in enumerate(slots):
        if slot.beats and chosen and duration_s is None:
            nearest = chosen[-1] + slot.beats
        else:
            nearest = int(np.abs(grid - wished[number] - _late(grid, chosen, wished, number, duration_s)).argmin())
        least, most = (chosen[-1] + 1 if chosen else 0), len(grid) - (len(slots) - number)
        chosen.append(min(max(nearest, least), most))
    if duration_s is not None:
        chosen[-1] = len(grid) - 1
    return grid[chosen]


def _late(
    grid: NDArray[np.float64], chosen: list[int], wished: NDArray[np.float64], number: int, duration_s: float | None
) -> float:
    """By how much the shot before ended later than wished, where the whole has no given length to keep to."""
    return float(grid[chosen[-1]] - wished[number - 1]) if chosen and duration_s is None else 0.0


def _transitions(slots: list[_Slot], cuts: list[int], template: Template, fps: float) -> Iterator[Transition]:
    plain = 0
    for number, (one, other) in enumerate(itertools.pairwise(slots)):
        card = one.card or other.card
        name = card.transition if card else template.transitions[plain % len(template.transitions)]
        plain += card is None
        kind, cut = TRANSITIONS[name], cuts[number + 1]
        wished = 0 if name == "cut" else round((template.transition_s or kind.length_s) * fps)
        before = min(round(kind.before * wished), int(_ROOM * (cut - cuts[number])))
        after = min(wished - round(kind.before * wished), int(_ROOM * (cuts[number + 2] - cut)))
        if before + after < wished:
            log.info(
                "transition %d, %s, takes %d frames instead of %d: the shots are short",
                number + 1,
                name,
                before + after,
                wished,
            )
        if before + after < 2:
            before = after = 0
        yield Transition(name if before + after else "cut", cut - before, cut, cut + after)


def _shots(slots: list[_Slot], cuts: list[int], transitions: tuple[Transition, ...], on_beat: list[int]) -> Iterator[Shot]:
    for number, slot in enumerate(slots):
        start = transitions[number - 1].start if number else 0
        stop = transitions[number].stop if number < len(transitions) else cuts[-1]
        yield Shot(
            photograph=slot.photograph,
            preset=slot.preset,
            start=start,
            cut=cuts[number],
            stop=stop,
            beats=tuple(frame for frame in on_beat if start <= frame < stop) if slot.card is None else (),
            arrives=bool(number) and TRANSITIONS[transitions[number - 1].kind].deep,
            label=slot.label,
            card=slot.card,
        )
