"""What a reel shows, on real renders: whole pictures alone, both of them in transitions, words over cards."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest
from analytic import disc, light, texture
from numpy.typing import NDArray

from zoom3d import camera, inpaint, render, scene
from zoom3d.camera import presets
from zoom3d.pipeline import Settings
from zoom3d.reel import timeline
from zoom3d.reel.film import Film
from zoom3d.reel.template import TRANSITIONS, Card, Template
from zoom3d.types import DepthMap, EffectWish, Frame, LayeredScene, OutputSpec, Photo, PixelLayout

Uint8 = NDArray[np.uint8]

PLAIN = Template("plain", "", "", presets=("zoom-in",), shot_s=(1.0,), transition_s=0.5)
STILL = replace(PLAIN, strength=0.0)
FPS = 20
SIZE = (72, 128)
Shoot = Callable[..., list[Uint8]]


@pytest.fixture(scope="module")
def scenes() -> list[LayeredScene]:
    """A bright disc before a dark ground, and two plain slopes: bluish, then greenish."""
    photo, depth, _ = disc(160, 100, 34)
    made = [scene.build(photo, depth, inpaint.load("telea"))]
    for seed, channel in ((5, 2), (6, 1)):
        rgb = texture(160, 100, seed, 60, 120)
        rgb[..., channel] = np.minimum(rgb[..., channel] + 110, 255)
        slope = np.repeat(np.linspace(0, 1, 160, dtype=np.float32)[:, None], 100, 1)
        made.append(scene.build(Photo(rgb, 100.0), DepthMap(slope, "analytic"), inpaint.load("telea")))
    return made


@pytest.fixture(scope="module")
def context() -> Iterator[moderngl.Context]:
    with render.open_context() as opened:
        yield opened


@pytest.fixture
def shoot(context: moderngl.Context, scenes: list[LayeredScene]) -> Shoot:
    """The frames of a reel of some of ``scenes``."""

    def frames(
        template: Template,
        photographs: int = 2,
        layout: PixelLayout = "rgb24",
        fps: float = 20,
        first: int = 0,
        effects: EffectWish | None = None,
    ) -> list[Uint8]:
        planned = timeline.plan(template, photographs, fps)
        output = OutputSpec(*SIZE, fps=fps)
        staged = [replace(each) for each in scenes]
        with Film(
            context,
            planned,
            template,
            output,
            Settings(effects=effects or EffectWish()),
            lambda number: staged[(first + number) % 3],
        ) as film:
            return [frame.data for frame in film.frames(layout)]

    return frames


def ways(kind: str, template: Template = PLAIN) -> tuple[timeline.Transition, Template]:
    template = replace(template, transitions=(kind,))
    return timeline.plan(template, 2, FPS).transitions[0], template


def off(one: Uint8, other: Uint8) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def test_a_reel_of_one_photograph_is_its_clip(shoot: Shoot, context: moderngl.Context, scenes: list[LayeredScene]) -> None:
    output = OutputSpec(*SIZE, fps=FPS, duration_s=1.0)
    path = camera.plan(presets.load("zoom-in"), scenes[0], output)
    with render.Renderer(context, scenes[0]) as renderer:
        clip = [frame.data for frame in renderer.frames(path, output)]
    assert np.array_equal(shoot(PLAIN, 1), clip)


@pytest.mark.parametrize("kind", sorted(TRANSITIONS))
def test_two_runs_make_the_same_bytes_and_begin_and_end_with_the_pictures(shoot: Shoot, kind: str) -> None:
    """What is beside the transition is the shot alone; right beside it, the transition has hardly begun."""
    way, template = ways(kind)
    frames = shoot(template)
    assert np.array_equal(frames, shoot(template))
    assert len(frames) == 2 * FPS
    if kind == "cut":
        assert off(frames[FPS - 1], frames[FPS]) > 20
        return
    across = off(frames[way.start - 1], frames[way.stop])
    limit = 0.5 if kind == "flash" else 0.25  # a flash sets in at once
    assert off(frames[way.start - 1], frames[way.start]) < limit * across
    assert off(frames[way.stop - 1], frames[way.stop]) < 0.25 * across
    assert max(off(frames[way.start - 1], frame) for frame in frames[way.start : way.stop]) > 0.8 * across


def test_a_crossfade_mixes_light(shoot: Shoot) -> None:
    way, template = ways("crossfade", STILL)
    frames = shoot(template)
    middle = (way.start + way.stop) // 2
    share = way.progress(middle)
    share = share * share * (3 - 2 * share)
    expected = (1 - share) * light(frames[way.start - 1]) + share * light(frames[way.stop])
    assert np.abs(light(frames[middle]) - expected).max() < 0.01
    coded = (1 - share) * frames[way.start - 1] + share * frames[way.stop]
    assert frames[middle].mean() > coded.mean() + 1, "mixed in code values it would be darker"


def test_a_flash_is_white_on_the_beat(shoot: Shoot) -> None:
    way, template = ways("flash")
    frames = shoot(template)
    brightness = [frame.mean() for frame in frames]
    assert int(np.argmax(brightness)) == way.cut == FPS
    assert brightness[way.cut] > 225
    assert (np.diff(brightness[way.cut : way.stop]) < 0).all()


def test_a_whip_blurs_along_its_way_only(shoot: Shoot) -> None:
    way, template = ways("whip", STILL)
    frames = shoot(template)

    def detail(frame: Uint8, axis: int) -> float:
        return float(np.abs(np.diff(frame.astype(float), axis=axis)).mean())

    before, swinging = frames[way.start - 1], frames[way.start + round(0.3 * (way.stop - way.start))]
    sharp, blurred = (detail(frame, 1) / detail(frame, 0) for frame in (before, swinging))
    assert sharp > 0.8
    assert blurred < 0.5


def test_a_wipe_shows_the_second_on_the_left_and_the_first_on_the_right(shoot: Shoot) -> None:
    way, template = ways("wipe", STILL)
    frames = shoot(template)
    middle = frames[(way.start + way.stop) // 2]
    third = SIZE[0] // 3
    assert off(middle[:, :third], frames[way.stop][:, :third]) < 5 < off(middle[:, :third], frames[way.start - 1][:, :third])
    assert off(middle[:, -third:], frames[way.start - 1][:, -third:]) < 5
    assert middle.min(2).max() > 220, "there is a line between them"


def test_a_push_through_opens_the_far_ground_before_the_near_disc(shoot: Shoot) -> None:
    way, template = ways("push-through")
    frames = shoot(template)
    disc = (slice(56, 72), slice(28, 44))  # its middle
    early = frames[way.start + round(0.45 * (way.stop - way.start))]
    blueness = early[..., 2].astype(int) - early[..., 0]
    assert np.median(blueness[:12]) > 40, "the second picture, in place of the ground"
    assert np.median(blueness[disc]) < -40, "the disc is still there"
    late = frames[way.stop - 1]
    assert (late[..., 2].astype(int) > late[..., 0]).mean() > 0.99


def test_a_push_through_opens_at_an_even_pace_where_much_is_equally_far(shoot: Shoot) -> None:
    """The ground behind the disc is all at one depth: it must not be half gone at once, and then wait."""
    way, template = ways("push-through", replace(STILL, shot_s=(2.0,), transition_s=1.0))
    frames = shoot(template)
    ground = [frame[:16].mean((0, 1)) for frame in frames[way.start - 1 : way.start + round(0.8 * (way.stop - way.start))]]
    steps = np.linalg.norm(np.diff(ground, axis=0), axis=1)
    assert steps.max() < 2.5 * steps.mean()


def test_what_has_dissolved_does_not_depend_on_lens_and_film(shoot: Shoot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vignette darkens; it must not make the corners seem far."""
    seen: list[Uint8] = []
    genuine = render.Compositor.frames

    def watched(self: render.Compositor, compositions: Iterator[render.Composition]) -> Iterator[Frame]:
        def each() -> Iterator[render.Composition]:
            for composition in compositions:
                seen.append(np.asarray(composition.pictures["disparity"]))
                yield composition

        return genuine(self, each())

    monkeypatch.setattr(render.Compositor, "frames", watched)
    _, template = ways("push-through")
    shoot(template)
    shoot(template, effects=EffectWish(vignette=1.0, grain=0.1))
    half = len(seen) // 2
    assert half > 5
    assert np.ptp(seen[0]) > 100
    assert np.array_equal(seen[:half], seen[half:])


def test_the_second_picture_of_a_push_through_arrives(shoot: Shoot) -> None:
    """After the flight it still moves on, faster than by its own move."""
    way, template = ways("push-through")
    flown, cut = shoot(template), shoot(replace(template, transitions=("cut",)))
    assert off(flown[way.stop], flown[way.stop + 2]) > 1.2 * off(cut[way.stop], cut[way.stop + 2])
    assert off(flown[-1], cut[-1]) < 8


@pytest.mark.parametrize("kind", ["cut", "crossfade"])
def test_no_more_than_two_scenes_are_on_the_graphics_card(shoot: Shoot, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    alive: list[int] = []
    most = 0

    class Counted(render.Renderer):
        def __enter__(self) -> Counted:
            nonlocal most
            alive.append(id(self))
            most = max(most, len(alive))
            return self

        def __exit__(self, *error: object) -> None:
            alive.remove(id(self))
            self._owned.close()

    monkeypatch.setattr(render, "Renderer", Counted)
    shoot(replace(PLAIN, transitions=(kind,)), 5)
    gc.collect()
    assert most == 2
    assert alive == []


def test_frames_come_as_the_encoder_wants_them(shoot: Shoot) -> None:
    for frame in shoot(replace(PLAIN, transitions=("flash",), labels=("one",), closing=Card("End")), layout="yuv420p"):
        assert frame.shape == (SIZE[1] * 3 // 2, SIZE[0])


def test_a_card_is_a_dark_blurred_moving_picture_with_words_and_clears_up(shoot: Shoot) -> None:
    frames = shoot(replace(PLAIN, opening=Card("Hello", 1.0)), 1)
    words, picture = frames[10], frames[-1]
    assert words.max() > 220
    ground = np.concatenate([words[:40], words[90:]]).astype(float)
    assert ground.mean() < 0.75 * picture.mean()
    detail = [np.abs(np.diff(part.astype(float), axis=1)).mean() for part in (ground, picture)]
    assert detail[0] < 0.4 * detail[1]
    assert off(frames[0][:40], frames[12][:40]) > 0.1, "the ground moves"
    assert frames[0].max() < 200, "the words fade in"


def test_a_card_may_be_of_one_colour(shoot: Shoot) -> None:
    frames = shoot(replace(PLAIN, closing=Card("Bye", 1.0, "#204060", "cut")), 1)
    corner = frames[-1][:20, :20].reshape(-1, 3)
    assert np.abs(corner.astype(int) - [0x20, 0x40, 0x60]).max() <= 1
    assert frames[-1].max() > 220


def test_labels_lie_on_their_photographs(shoot: Shoot) -> None:
    plain, labelled = shoot(PLAIN), shoot(replace(PLAIN, labels=("Before", "After")))
    for frame in (15, 35):
        changed = np.abs(labelled[frame].astype(int) - plain[frame]).max(2) > 30
        assert changed.any()
        assert np.flatnonzero(changed.any(1)).min() > 0.4 * SIZE[1]


def test_a_picture_jumps_closer_on_the_beat(shoot: Shoot) -> None:
    beating = replace(PLAIN, pulse=0.3, bpm=120)
    still, jumping = shoot(PLAIN, 1, first=1), shoot(beating, 1, first=1)
    by_frame = [off(one, other) for one, other in zip(still, jumping, strict=True)]
    assert by_frame[10] > 2 * by_frame[9]
    assert by_frame[0] > 2 * by_frame[8]
