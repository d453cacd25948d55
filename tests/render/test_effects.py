"""Lens, shutter and film: what each does to light, that nothing leaks, and that what is off costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import moderngl
import numpy as np
import pytest
from analytic import Draw, disc, flat_scene, levels, light, still, texture
from clip_reader import read_film
from numpy.typing import NDArray

from zoom3d import camera, inpaint, render, scene, video
from zoom3d.camera import presets
from zoom3d.errors import OutputError
from zoom3d.render import shader
from zoom3d.render.exposures import Exposures
from zoom3d.types import CameraPath, Effects, EffectWish, Layer, LayeredScene, OutputSpec

ALL = Effects(aperture=0.02, shutter=0.5, vignette=0.3, grain=0.04, aberration=0.003, seed=7)
ONE_BY_ONE = [Effects(**{name: getattr(ALL, name)}) for name in ("aperture", "shutter", "vignette", "grain", "aberration")]


def dot(disparity: float, size: int = 240, radius: float = 3.0) -> LayeredScene:
    y, x = np.mgrid[0:size, 0:size] + 0.5
    spot = np.clip(radius - np.hypot(x - size / 2, y - size / 2) + 0.5, 0, 1)
    return flat_scene(np.rint(255 * spot)[..., None].repeat(3, 2).astype(np.uint8), disparity)


def seen(path: CameraPath, focus: float, effects: Effects) -> CameraPath:
    return replace(path, effects=effects, focus_distance=np.full(len(path), focus, np.float32))


def passing_by(made: LayeredScene, frames: int, step_px: float) -> CameraPath:
    """A camera that slides so that what is at distance 1 moves by ``step_px`` to the left from frame to frame."""
    eye = np.zeros((frames, 3), np.float32)
    eye[:, 0] = (np.arange(frames) - frames // 2) * step_px / made.focal_px
    return replace(still(made).each(lambda values: np.repeat(values, frames, axis=0)), eye=eye)


def spread(weight: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre (x, y) and covariance (2, 2) of light, in pixels."""
    y, x = np.mgrid[0 : weight.shape[0], 0 : weight.shape[1]] + 0.5
    points, weight = np.stack([x.ravel(), y.ravel()]), weight.ravel() / weight.sum()
    centre = points @ weight
    return centre, (points - centre[:, None]) * weight @ (points - centre[:, None]).T


def test_a_point_out_of_focus_is_a_round_disc_of_the_size_that_was_asked_for(draw: Draw) -> None:
    made = dot(0.0)
    sharp, blurred = (
        light(draw(made, seen(still(made), made.near, Effects(aperture=aperture)))[0][..., 1]) for aperture in (0.0, 0.12)
    )
    diameter = 0.12 * 240 * np.sqrt(2)
    before, after = spread(sharp), spread(blurred)
    assert blurred.sum() == pytest.approx(sharp.sum(), rel=0.03)  # no light is lost or made
    assert after[0] == pytest.approx(before[0], abs=0.3)
    variances = np.linalg.eigvalsh(after[1] - before[1])
    assert variances == pytest.approx(np.full(2, (diameter / 4) ** 2), rel=0.12)
    assert variances[1] / variances[0] < 1.03
    inside = blurred[120 - 12 : 120 + 12, 120 - 12 : 120 + 12]
    assert inside.std() / inside.mean() < 0.25  # a disc, not a heap of dots


@pytest.mark.parametrize("diameter", [14, 20, 24, 36])
def test_a_small_light_out_of_focus_is_no_flower(draw: Draw, diameter: float) -> None:
    """Few samples of the lens stand in rings: they must stand close enough to be joined, or are seen as petals."""
    made = dot(0.0, radius=1.5)
    aperture = diameter / (240 * np.sqrt(2))
    blurred = light(draw(made, seen(still(made), made.near, Effects(aperture=aperture)))[0][..., 1]).astype(np.float32)
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    for radius in (0.3, 0.45):
        x, y = (120 - 0.5 + radius * diameter * each for each in (np.cos(angle), np.sin(angle)))
        around = cv2.remap(blurred, x.astype(np.float32)[None], y.astype(np.float32)[None], cv2.INTER_LINEAR)
        assert around.std() / around.mean() < 0.1


@pytest.mark.parametrize("disparity", [0.0, 0.4, 1.0])
def test_what_is_in_focus_stays_as_it_is(draw: Draw, disparity: float) -> None:
    made = flat_scene(texture(120, 160, 3), disparity)
    path = still(made)
    focus = float(made.distance(disparity))
    sharp, through_lens = (draw(made, seen(path, focus, Effects(aperture=aperture)))[0] for aperture in (0.0, 0.05))
    assert np.abs(sharp.astype(int) - through_lens).max() <= 1


def half(disparity: float, colour: tuple[int, int, int], behind: tuple[int, int, int]) -> LayeredScene:
    """A near sheet over the left half of a far one."""
    back = flat_scene(np.full((160, 200, 3), behind, np.uint8), 0.0)
    rgba = np.zeros((160, 200, 4), np.uint8)
    rgba[..., :3] = colour
    rgba[:, :100, 3] = 255
    return replace(back, layers=(back.layers[0], Layer(rgba, np.full((160, 200), disparity, np.float32))))


def test_a_near_edge_out_of_focus_shows_what_is_behind_it(draw: Draw) -> None:
    """Share of light along the edge: that of a disc cut by a line."""
    made = half(1.0, (255, 0, 0), (0, 0, 255))
    (frame,) = draw(made, seen(still(made), made.far, Effects(aperture=0.1)))
    radius = 0.1 * np.hypot(200, 160) / 2
    away = np.clip((np.arange(200) + 0.5 - 100) / radius, -1, 1)
    share = (np.arccos(away) - away * np.sqrt(1 - away**2)) / np.pi
    rows, share = light(frame[60:100, 40:160]), share[40:160]
    assert np.abs(rows[..., 0] - share).max() < 0.09
    assert np.abs(rows[..., 0] - share).mean() < 0.012
    assert np.abs(rows[..., 2] - (1 - rows[..., 0])).max() < 0.02


def test_a_far_ground_out_of_focus_takes_no_colour_from_a_sharp_near_edge(draw: Draw) -> None:
    made = half(1.0, (255, 0, 0), (0, 0, 255))
    (frame,) = draw(made, seen(still(made), made.near, Effects(aperture=0.1)))
    assert light(frame[:, 101:, 0]).max() < 0.05  # of the pixels that the edge cuts
    assert frame[:, 106:, 0].max() == 0
    assert frame[:, :98, 2].max() == 0


def textured(disparities: tuple[float, float], height: int = 161, width: int = 203) -> LayeredScene:
    """A sheet over the left half of a slope that leads from nothing to half of its disparity."""
    back = flat_scene(texture(height, width, 5, 0, 255), np.linspace(0, 0.6, width, dtype=np.float32)[None].repeat(height, 0))
    rgba = np.dstack([texture(height, width, 6, 0, 255), np.zeros((height, width), np.uint8)])
    rgba[:, : width // 2, 3] = 255
    disparity = np.linspace(*disparities, height, dtype=np.float32)[:, None].repeat(width, 1)
    return replace(back, layers=(back.layers[0], Layer(rgba, disparity)))


@pytest.mark.parametrize("focus", [0.1, 0.5, 0.75, 1.0])
def test_through_the_lens_is_the_mean_of_what_its_points_see(draw: Draw, focus: float, monkeypatch: pytest.MonkeyPatch) -> None:
    made = textured((0.7, 1.0))
    path = seen(still(made), float(made.distance(focus)), Effects(aperture=0.06))
    (frame,) = draw(made, path)
    monkeypatch.setattr(Exposures, "_lens_samples", 144)
    points = Exposures(made, path).of(0)[1].cameras
    truth = np.mean([light(each) for each in draw(made, replace(points, effects=Effects()))], axis=0)
    off = (frame - levels(truth))[8:-8, 8:-8]
    assert np.sqrt(np.mean(off**2)) < 1.2
    assert np.abs(off).max() < 25


def test_focus_can_be_pulled(draw: Draw) -> None:
    made = half(1.0, (250, 250, 250), (40, 40, 40))
    sheet = np.random.default_rng(0).integers(0, 256, (160, 200), dtype=np.uint8)
    layers = tuple(Layer(np.dstack([sheet, sheet, sheet, layer.rgba[..., 3]]), layer.disparity) for layer in made.layers)
    made = replace(made, layers=layers)
    path = seen(passing_by(made, 3, 0.0), 1.0, Effects(aperture=0.05))
    path = replace(path, focus_distance=np.array([made.near, 1.0, made.far], np.float32))
    contrast = [(frame[:, 10:80, 1].std(), frame[:, 120:190, 1].std()) for frame in draw(made, path)]
    assert contrast[0][0] > 3 * contrast[0][1]
    assert contrast[2][1] > 3 * contrast[2][0]
    assert contrast[0][0] > contrast[1][0] > contrast[2][0]


def test_the_frame_is_covered_also_through_the_rim_of_the_lens(draw: Draw) -> None:
    made = flat_scene(np.full((80, 100, 3), 255, np.uint8), 0.0)
    for frame in draw(made, seen(passing_by(made, 3, 4.0), made.near, Effects(aperture=0.15, shutter=1.0))):
        assert frame[:, 12:-12].min() >= 254


def test_what_moves_is_drawn_out_along_its_way_while_the_shutter_is_open(draw: Draw) -> None:
    made = dot(0.5)
    distance = float(made.distance(0.5))
    path = passing_by(made, 4, 16.0 * distance)
    sharp = [spread(light(frame[..., 1])) for frame in draw(made, path)]
    open_half = [spread(light(frame[..., 1])) for frame in draw(made, seen(path, 1.0, Effects(shutter=0.5)))]
    for (before, still_spread), (after, moved_spread) in zip(sharp, open_half, strict=True):
        assert after - before == pytest.approx([-4.0, 0.0], abs=0.1)  # half of half a step
        assert moved_spread[0, 0] - still_spread[0, 0] == pytest.approx(8.0**2 / 12, rel=0.08)
        assert moved_spread[1, 1] == pytest.approx(still_spread[1, 1], rel=0.02)


def test_what_jumps_is_not_drawn_out(draw: Draw) -> None:
    made = flat_scene(texture(90, 160, 3), 0.9, margin_px=20)
    output = OutputSpec(*made.photo_size, fps=8, duration_s=3.2)
    path = camera.plan(presets.load("wiggle", ["x.hertz=1", "pivot='far'"]), made, output)
    assert len(path.jumps) > 2
    opened = replace(path, effects=Effects(shutter=0.5))
    assert np.array_equal(draw(made, path, output), draw(made, opened, output))


def test_a_frame_before_a_jump_goes_on_as_it_came() -> None:
    made = flat_scene(texture(120, 160, 3))
    path = seen(passing_by(made, 6, 6.0), 1.0, Effects(shutter=0.5))
    far = np.where(np.arange(6)[:, None] < 3, path.eye, path.eye + np.float32([0.4, 0, 0]))
    jumping = replace(path, eye=far, jumps=(3,))
    for index in range(6):
        ways = [np.ptp(Exposures(made, each).of(index)[0].cameras.eye[:, 0]) for each in (path, jumping)]
        assert ways[1] == pytest.approx(ways[0], abs=1e-6)


def test_a_camera_at_rest_is_exposed_once_and_a_fast_one_often() -> None:
    made = flat_scene(texture(120, 160, 3))
    path = seen(passing_by(made, 5, 6.0), 1.0, Effects(shutter=0.5))
    path = replace(path, eye=np.where(np.arange(5)[:, None] < 3, path.eye[:1], path.eye))
    counts = [len(Exposures(made, path).of(index)[0].numbers) for index in range(5)]
    assert counts[:2] == [1, 1]
    assert min(counts[2:]) >= 2
    assert counts[2] > counts[3]  # it jumps to where it goes on from


def test_corners_lose_the_share_of_light_that_was_asked_for_and_the_centre_none(draw: Draw) -> None:
    made = flat_scene(np.full((90, 160, 3), 200, np.uint8))
    (frame,) = draw(made, seen(still(made), 1.0, Effects(vignette=0.4)))
    received = light(frame) / light(np.uint8(200))
    assert received[45, 80] == pytest.approx(np.ones(3), abs=0.01)
    assert received[[0, 0, -1, -1], [0, -1, 0, -1]] == pytest.approx(np.full((4, 3), 0.6), abs=0.02)
    assert np.all(np.diff(received[45, 80:, 0]) <= 0)
    assert np.array_equal(frame, frame[::-1, ::-1])


def test_grain_is_strongest_in_mid_grey_and_leaves_the_mean(draw: Draw) -> None:
    made = flat_scene(np.repeat(np.array([0, 40, 128, 220, 255], np.uint8), 64)[None, :, None].repeat(200, 0).repeat(3, 2))
    (frame,) = draw(made, seen(still(made), 1.0, Effects(grain=0.05)))
    bands = [frame[:, 64 * band + 4 : 64 * band + 60, 1].astype(float) for band in range(5)]
    deviation = [band.std() / 255 for band in bands]
    assert deviation[2] == pytest.approx(0.05, rel=0.08)
    assert max(deviation[0], deviation[4]) < 0.001
    assert 0.5 * deviation[2] < deviation[1] < deviation[2] > deviation[3] > 0.5 * deviation[2]
    assert [band.mean() for band in bands[1:4]] == pytest.approx([40, 128, 220], abs=1)


def test_grain_is_the_same_in_every_run_and_another_in_every_frame_and_seed(draw: Draw) -> None:
    made = flat_scene(np.full((64, 64, 3), 128, np.uint8))
    path = passing_by(made, 24, 0.0)
    first, again, other = (
        np.stack(draw(made, seen(path, 1.0, Effects(grain=0.05, seed=seed)))).astype(float)[..., 1] - 128 for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert np.std(first - other) > 1.2 * np.std(first)
    assert np.std(first.mean(0)) < 1.5 * np.std(first) / np.sqrt(24)  # nothing stands still
    assert abs(np.corrcoef(first[0].ravel(), first[1].ravel())[0, 1]) < 0.2
    assert np.corrcoef(first[:, :, :-1].ravel(), first[:, :, 1:].ravel())[0, 1] > 0.3  # grains, not pixels


def test_grain_survives_the_encoder(draw: Draw, tmp_path: Path) -> None:
    made = flat_scene(np.full((480, 270, 3), 128, np.uint8))
    output = OutputSpec(272, 480, fps=10, duration_s=0.6)
    path = replace(seen(passing_by(made, 6, 0.0), 1.0, Effects(grain=0.04)), viewport_size=(272, 480))
    with render.open_context() as context, render.Renderer(context, made) as renderer:
        encoding = video.plan(tmp_path / "clip.mp4", output)
        video.write(renderer.frames(path, output, encoding.layout), encoding, tmp_path / "clip.mp4")
    decoded = read_film(tmp_path / "clip.mp4").rgb[:, 20:-20, 20:-20, 1] / 255
    assert decoded.std(axis=(1, 2)) == pytest.approx(np.full(6, 0.04), rel=0.35)


def test_red_and_blue_part_in_the_corners_and_meet_in_the_centre(draw: Draw) -> None:
    made = flat_scene(np.zeros((200, 200, 3), np.uint8))
    rgba = made.layers[0].rgba.copy()
    y, x = np.mgrid[0:200, 0:200] + 0.5
    for place in (100, 180):
        rgba[..., :3] = np.maximum(rgba[..., :3], np.rint(255 * np.exp(-((x - place) ** 2 + (y - place) ** 2) / 18))[..., None])
    made = replace(made, layers=(Layer(rgba, made.layers[0].disparity),))
    (frame,) = draw(made, seen(still(made), 1.0, Effects(aberration=0.02)))

    def parted(region: NDArray[np.uint8]) -> NDArray[np.float64]:
        return spread(light(region[..., 0]))[0] - spread(light(region[..., 2]))[0]

    assert parted(frame[60:140, 60:140]) == pytest.approx([0, 0], abs=0.1)
    assert parted(frame[140:, 140:]) == pytest.approx(np.full(2, -2 * 0.02 * 80), abs=0.15)


def test_supersampling_takes_its_samples_all_over_the_pixel(draw: Draw) -> None:
    made = flat_scene(texture(60, 90, 1), 0.3)
    (shots,) = Exposures(made, still(made), supersample=3).of(0)
    offset = shots.cameras.lens_shift * np.array(made.photo_size) / 2
    thirds = np.array([-1, 0, 1]) / 3
    assert sorted(map(tuple, np.round(offset, 4).tolist())) == sorted(
        (round(x, 4), round(y, 4)) for x in thirds for y in thirds
    )
    plain, fine = (draw(made, still(made), OutputSpec(90, 60, supersample=count))[0] for count in (1, 3))
    assert np.abs(plain.astype(int) - fine).max() <= 6  # what is smooth stays as it is
    with pytest.raises(OutputError, match="9 samples"):
        OutputSpec(90, 60, supersample=9)


class Counted:
    """What is compiled, drawn and allocated."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passes: list[tuple[str, tuple[str, ...]]] = []
        self.draws = self.textures = 0
        compile_, draw, allocate = shader.program, moderngl.VertexArray.render, moderngl.Context.texture

        def program(context: Any, name: str, *rest: Any, defines: tuple[str, ...] = ()) -> moderngl.Program:
            self.passes.append((name, defines))
            return compile_(context, name, *rest, defines=defines)

        def render(array: Any, *rest: Any, **options: Any) -> None:
            self.draws += 1
            draw(array, *rest, **options)

        def allocated(context: Any, *rest: Any, **options: Any) -> moderngl.Texture:
            self.textures += 1
            return allocate(context, *rest, **options)

        monkeypatch.setattr(shader, "program", program)
        monkeypatch.setattr(moderngl.VertexArray, "render", render)
        monkeypatch.setattr(moderngl.Context, "texture", allocated)


def test_an_effect_that_is_off_costs_nothing(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    made = flat_scene(texture(64, 96, 5), 0.8)
    path = passing_by(made, 3, 4.0)

    def cost(effects: Effects) -> tuple[set[tuple[str, tuple[str, ...]]], int, int]:
        with monkeypatch.context() as patch:
            counted = Counted(patch)
            draw(made, seen(path, 1.0, effects))
        return set(counted.passes), counted.draws, counted.textures

    passes, draws, textures = cost(Effects())
    assert passes == {("layer", ()), ("develop", ())}
    for effects, define, added in zip(ONE_BY_ONE[2:], ("VIGNETTE", "GRAIN", "ABERRATION"), (0, 1, 0), strict=True):
        assert cost(effects) == ({("layer", ()), ("develop", (define,))}, draws, textures + added)
    assert cost(Effects(shutter=0.5))[0] == passes - {("develop", ())} | {("expose", ()), ("develop", ("EXPOSED",))}
    through_lens = cost(Effects(aperture=0.02))[0]
    assert ("expose", ("BLURRED",)) in through_lens
    assert ("expose", ()) not in through_lens  # what is in focus is drawn once


def test_two_runs_with_every_effect_draw_the_same_bytes(draw: Draw) -> None:
    photo, depth, _ = disc(180, 140, 50)
    made = scene.build(photo, depth, inpaint.load("telea"))
    path = seen(passing_by(made, 4, 5.0), made.near, ALL)
    first, second = (np.stack(draw(made, path, OutputSpec(140, 180), "yuv420p")) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.ptp(first.astype(int), axis=0).max() > 20


def test_effects_out_of_range_are_refused() -> None:
    for wrong in ({"aperture": 0.3}, {"shutter": float("nan")}, {"vignette": -0.1}, {"grain": 1}, {"seed": -1}):
        with pytest.raises(OutputError, match=next(iter(wrong))):
            Effects(**wrong)  # type: ignore[arg-type]


def test_a_wish_changes_what_it_names_and_nothing_else() -> None:
    assert ALL.changed(EffectWish()) == ALL
    assert ALL.changed(EffectWish(aperture=0, grain=0.1)) == replace(ALL, aperture=0, grain=0.1)


@pytest.mark.parametrize("count", [250, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("effects", [Effects(), ALL], ids=["none", "all"])
def test_long_clips_leave_neither_memory_nor_gl_objects_behind(
    peak_memory_kb: Callable[..., int], effects: Effects, count: int
) -> None:
    short, long = (peak_memory_kb(MANY_FRAMES, repr(effects), frames) for frames in (40, count))
    assert long - short < 5000


def test_the_first_frame_of_a_move_that_starts_at_rest_is_the_photograph(draw: Draw) -> None:
    rgb = texture(90, 120, 4)
    made = flat_scene(rgb, 0.5)
    path = passing_by(made, 3, 5.0)
    path = replace(path, eye=path.eye - path.eye[:1])
    frames = draw(made, path)
    assert np.abs(frames[0].astype(int) - rgb).max() <= 1
    assert np.abs(frames[1].astype(int) - rgb).max() > 10


MANY_FRAMES = """
import gc, sys
from dataclasses import replace
import moderngl
import numpy as np
from zoom3d import render
from zoom3d.types import CameraPath, Effects, Layer, LayeredScene, OutputSpec, Subject
effects, count = eval(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(0)
rgba = rng.integers(0, 256, (32, 32, 4), np.uint8)
rgba[..., 3] = 255
layer = Layer(rgba, np.full((32, 32), 0.5, np.float32))
scene = LayeredScene((layer,), 0, 32.0, 0.6, 3.0, Subject(0.5, 0.5, 0.5), 3.0)
eye = np.zeros((count, 3), np.float32)
eye[:, 0] = 0.02 * np.sin(np.arange(count))
path = CameraPath(eye, np.tile(np.eye(3, dtype=np.float32), (count, 1, 1)), np.full(count, 0.9, np.float32),
                  np.zeros((count, 2), np.float32), np.ones(count, np.float32), (32, 32), effects)
def alive(context):
    gc.collect()
    kinds = (moderngl.Texture, moderngl.Buffer, moderngl.Framebuffer, moderngl.Program, moderngl.VertexArray)
    things = [thing for thing in gc.get_objects() if issubclass(type(thing), kinds) and thing.ctx is context]
    return sum(not isinstance(thing.mglo, moderngl.InvalidObject) for thing in things)
with render.open_context() as context:
    with render.Renderer(context, scene) as renderer:
        sum(1 for _ in renderer.frames(path, OutputSpec(32, 32), "yuv420p", range(1)))  # keeps its textures for the next path
        before = alive(context)
        frames = renderer.frames(path, OutputSpec(32, 32), "yuv420p")
        next(frames)
        during = alive(context)
        assert sum(1 for _ in frames) == count - 1
        assert before < during and alive(context) == before
    assert alive(context) <= 1
"""
