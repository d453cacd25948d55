"""The plan of a reel: every frame once, every cut on its beat, and no silent compromise."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from zoom3d.errors import OutputError
from zoom3d.reel import beats, template, timeline
from zoom3d.reel.beats import Beats
from zoom3d.reel.template import TRANSITIONS, Card, Template
from zoom3d.reel.timeline import Timeline

SIMPLE = Template("simple", "", "", presets=("zoom-in", "swing"), shot_beats=(2, 1))
SECONDS = replace(SIMPLE, shot_beats=(), shot_s=(1.5, 2.5))
CARDS = {"opening": Card("Hello", 1.3), "closing": Card("Bye", 1.7, "#000000")}


def song(bpm: float, first_s: float = 0.0, length_s: float = 60.0, seed: int = 0) -> Beats:
    """A player who keeps time to within 10 ms."""
    times = np.arange(first_s, length_s, 60 / bpm)
    times = times + np.random.default_rng(seed).uniform(-0.01, 0.01, len(times))
    return Beats(tuple(np.maximum(times, 0).tolist()), 60 / bpm, length_s)


def cuts(planned: Timeline) -> list[float]:
    """Seconds at which every shot but the first one is cut in, and at which the last one ends."""
    return [shot.cut / planned.fps for shot in planned.shots[1:]] + [planned.frame_count / planned.fps]


def is_whole(planned: Timeline) -> None:
    """Every frame is made once, by shots that hold it, and no two transitions meet."""
    made = [frame for segment in planned.segments() for frame in range(segment.start, segment.stop)]
    assert made == list(range(planned.frame_count))
    for segment in planned.segments():
        for number in segment.shots:
            assert planned.shots[number].start <= segment.start
            assert segment.stop <= planned.shots[number].stop
        assert (segment.transition is None) == (len(segment.shots) == 1)
    for one, other in itertools.pairwise(planned.transitions):
        assert one.stop < other.start
    for shot, way_in in zip(planned.shots[1:], planned.transitions, strict=True):
        assert way_in.start <= way_in.cut == shot.cut <= way_in.stop


@pytest.mark.parametrize("fps", [15, 24000 / 1001, 30, 50, 60])
@pytest.mark.parametrize("bpm", [61.7, 97.3, 128, 174])
@pytest.mark.parametrize("base", [SIMPLE, SECONDS, replace(SECONDS, **CARDS)])
def test_every_cut_lies_within_half_a_frame_of_a_beat(base: Template, bpm: float, fps: float) -> None:
    played = song(bpm, first_s=0.37)
    for kinds in (("cut",), tuple(TRANSITIONS)):
        planned = timeline.plan(replace(base, transitions=kinds), 9, fps, played)
        is_whole(planned)
        for cut in cuts(planned):
            assert np.abs(np.array(played.times_s) - cut).min() <= 0.5 / fps + 1e-9


def test_shots_take_as_many_beats_as_the_template_gives_them() -> None:
    played = song(120)
    planned = timeline.plan(SIMPLE, 6, 60, played)
    taken = np.diff([0.0, *cuts(planned)]) / 0.5
    assert np.rint(taken).tolist() == [2, 1, 2, 1, 2, 1]


def test_a_song_that_begins_late_does_not_hold_the_first_photograph_long() -> None:
    late = Beats(tuple(np.arange(0.41, 30, 0.5)), 0.5, 30.0)
    assert cuts(timeline.plan(SIMPLE, 3, 30, late))[0] == pytest.approx(0.91, abs=1 / 60)


@pytest.mark.parametrize("bpm", [60, 95, 180])
def test_seconds_are_kept_as_nearly_as_the_beats_allow(bpm: float) -> None:
    planned = timeline.plan(SECONDS, 8, 30, song(bpm))
    lengths = np.diff([0.0, *cuts(planned)])
    assert np.abs(lengths - np.array([1.5, 2.5] * 4)).max() <= 0.5 * 60 / bpm + 0.06


def test_without_a_song_the_templates_own_rhythm_counts() -> None:
    assert cuts(timeline.plan(replace(SIMPLE, bpm=100), 4, 50)) == pytest.approx([1.2, 1.8, 3.0, 3.6])
    assert cuts(timeline.plan(SECONDS, 3, 50)) == pytest.approx([1.5, 4.0, 5.5])


@pytest.mark.parametrize("played", [None, song(113, 0.2)])
@pytest.mark.parametrize("duration_s", [4.0, 11.5, 30.0])
def test_a_duration_is_kept_to_the_frame_and_the_rhythm_stretched(played: Beats | None, duration_s: float) -> None:
    planned = timeline.plan(SIMPLE, 5, 30, played, duration_s)
    assert planned.frame_count == round(duration_s * 30)
    lengths = np.diff([0.0, *cuts(planned)]) * 8 / duration_s
    assert np.abs(lengths - [2, 1, 2, 1, 2]).max() < (8 / duration_s * 60 / 113 if played else 0.1)
    if played:
        assert all(np.abs(np.array(played.times_s) - cut).min() <= 1 / 60 + 1e-9 for cut in cuts(planned)[:-1])


def test_a_song_that_is_too_short_begins_again_and_so_do_its_beats() -> None:
    short = song(120, 0.2, length_s=4.0)
    planned = timeline.plan(SIMPLE, 12, 30, short)
    assert cuts(planned)[-1] > 8
    again = short.until(20)
    assert all(np.abs(again - cut).min() <= 1 / 60 + 1e-9 for cut in cuts(planned))


def test_a_song_that_begins_slowly_has_a_beat_for_every_shot() -> None:
    slowly = Beats((*np.arange(0, 36, 0.6), *np.arange(36, 90, 0.5)), 0.5, 90.0)
    planned = timeline.plan(replace(SECONDS, shot_s=(0.05,)), 58, 30, slowly)
    assert np.diff(cuts(planned)) == pytest.approx(0.6, abs=1 / 30)


def test_more_photographs_than_beats_in_the_asked_time_are_refused() -> None:
    with pytest.raises(OutputError, match="30 shots need as many beats") as caught:
        timeline.plan(SIMPLE, 30, 30, song(60), 10.0)
    assert "--duration" in caught.value.hint


def test_shots_of_less_than_two_frames_are_refused() -> None:
    with pytest.raises(OutputError, match="less than two frames"):
        timeline.plan(SIMPLE, 40, 30, None, 1.0)


def test_a_reel_of_more_than_ten_minutes_is_refused() -> None:
    with pytest.raises(OutputError, match="600 s is the most"):
        timeline.plan(SECONDS, 400, 30)


def test_photographs_that_make_no_whole_groups_are_refused() -> None:
    with pytest.raises(OutputError, match="groups of 2, and 3 were given"):
        timeline.plan(replace(SIMPLE, group=2), 3, 30)


def test_one_photograph_is_a_reel_of_one_shot() -> None:
    planned = timeline.plan(SIMPLE, 1, 30)
    assert [(shot.start, shot.stop) for shot in planned.shots] == [(0, 30)]
    assert planned.transitions == ()
    is_whole(planned)


def test_cards_stand_before_and_after_the_photographs_that_lie_behind_them() -> None:
    planned = timeline.plan(replace(SECONDS, transitions=("push-through",), **CARDS), 3, 30)
    assert [shot.photograph for shot in planned.shots] == [0, 0, 1, 2, 2]
    assert [shot.card.text if shot.card else None for shot in planned.shots] == ["Hello", None, None, None, "Bye"]
    assert [way.kind for way in planned.transitions] == ["crossfade", "push-through", "push-through", "crossfade"]
    assert [shot.arrives for shot in planned.shots] == [False, False, True, True, False]
    assert cuts(planned)[0] == pytest.approx(1.3, abs=1 / 30)


def test_lists_begin_again_when_they_are_over() -> None:
    planned = timeline.plan(replace(SIMPLE, transitions=("flash", "cut"), labels=("a", "b", "c")), 5, 30)
    assert [shot.preset for shot in planned.shots] == ["zoom-in", "swing", "zoom-in", "swing", "zoom-in"]
    assert [way.kind for way in planned.transitions] == ["flash", "cut", "flash", "cut"]
    assert [shot.label for shot in planned.shots] == ["a", "b", "c", "a", "b"]


@pytest.mark.parametrize("name", sorted(template.places()))
@pytest.mark.parametrize("fps", [10, 24, 60])
def test_every_template_plans_whole_reels(name: str, fps: float) -> None:
    chosen = template.load(name)
    for played, groups in itertools.product((None, song(84), beats.steady(190, 20)), (1, 2, 9)):
        is_whole(timeline.plan(chosen, groups * chosen.group, fps, played))


def test_pictures_jump_on_the_beats_and_not_behind_words() -> None:
    planned = timeline.plan(replace(SIMPLE, pulse=0.1, **CARDS), 3, 30, beats.steady(120, 60))
    for shot in planned.shots:
        inside = [15 * number for number in range(99) if shot.start <= 15 * number < shot.stop]
        assert list(shot.beats) == ([] if shot.card else inside)
