"""What the planner says of a path is what the frames along it show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from analytic import disc, still
from numpy.typing import NDArray

from zoom3d import camera, depth, geometry, inpaint, photo, render, scene
from zoom3d.camera import presets
from zoom3d.camera.framing import survey
from zoom3d.depth import DepthSource
from zoom3d.types import Box, CameraPath, DepthMap, LayeredScene, OutputSpec, Photo, Subject

PHOTOS = ("apollo_moonwalk.jpg", "coffee.png", "book_flowers_portrait.jpg", "astronaut.png", "lighthouse.jpg")
SHAPES = ((72, 128), (96, 96), (128, 72))
LOOPS = [name for name in presets.names() if presets.load(name).loop]
Uint8 = NDArray[np.uint8]


@pytest.fixture(scope="module")
def context() -> Iterator[object]:
    with render.open_context() as opened:
        yield opened


def _depth_of(name: str, shared: Path, side_px: int) -> tuple[Photo, DepthMap]:
    if name == "disc":
        picture, depth_map, _ = disc(240, 320, 76)
        return picture, depth_map
    picture = photo.load(shared / "photos" / name, usable_side_px=side_px)
    brought = shared / "photos" / "apollo_moonwalk_depth.png" if "moonwalk" in name else None
    return picture, depth.estimate(picture, DepthSource(file=brought, model="builtin"), use_cache=False)


def _blackened(rgb: Uint8, hole: NDArray[np.bool_], source: NDArray[np.bool_], disparity: NDArray[np.float32]) -> Uint8:
    """Paints everything hidden black."""
    painted = rgb.copy()
    painted[hole] = 0
    return painted


def _frames(context: object, made: LayeredScene, path: CameraPath, output: OutputSpec) -> list[Uint8]:
    with render.Renderer(context, made) as renderer:  # type: ignore[arg-type]
        return [frame.data for frame in renderer.frames(replace(path, effects=type(path.effects)()), output)]


@pytest.mark.parametrize("name", ["disc", *PHOTOS[:2], *(pytest.param(name, marks=pytest.mark.slow) for name in PHOTOS[2:])])
def test_the_painted_share_that_is_told_is_on_the_frames(name: str, request: pytest.FixtureRequest, context: object) -> None:
    """The photograph is white and what was painted black, so the darkness of a frame is the painted share."""
    picture, depth_map = _depth_of(name, Path() if name == "disc" else request.getfixturevalue("shared"), 300)
    made = scene.build(Photo(np.full_like(picture.rgb, 255), picture.focal_px), depth_map, _blackened)
    for preset in ("arc", "dolly-zoom-out", "tilt-up", "push-through", "reveal"):
        for shape in ((160, 240), (240, 136)):
            output = OutputSpec(*shape, fps=5, duration_s=2)
            path = camera.plan(presets.load(preset), made, output, max_reveal=0.3)
            seen = max(float(1 - ((frame / 255.0) ** 2.2).mean()) for frame in _frames(context, made, path, output))
            assert abs(path.revealed_max - seen) < 0.008, (preset, shape)


@pytest.mark.slow
@pytest.mark.parametrize("name", PHOTOS)
def test_no_preset_shows_anything_empty_on_any_photograph(name: str, shared: Path, context: object) -> None:
    """A white photograph gives white frames, and the planner says so."""
    picture, depth_map = _depth_of(name, shared, 200)
    made = scene.build(Photo(np.full_like(picture.rgb, 255), picture.focal_px), depth_map, inpaint.load("telea"))
    for preset in presets.names():
        for shape in SHAPES:
            output = OutputSpec(*shape, fps=8, duration_s=1)
            path = camera.plan(presets.load(preset), made, output)
            assert path.coverage_min == 1.0
            darkest = min(int(frame.min()) for frame in _frames(context, made, path, output))
            assert darkest >= 254, (preset, shape)


@pytest.mark.parametrize("name", ["disc", *(pytest.param(name, marks=pytest.mark.slow) for name in PHOTOS)])
def test_every_preset_keeps_its_bounds(name: str, request: pytest.FixtureRequest) -> None:
    picture, depth_map = _depth_of(name, Path() if name == "disc" else request.getfixturevalue("shared"), 160)
    made = scene.build(picture, depth_map, inpaint.load("telea"))
    for number, preset in enumerate(map(presets.load, presets.names())):
        for shape in SHAPES[number % 3 :][:1] if name == "disc" else SHAPES:
            path = camera.plan(preset, made, OutputSpec(*shape, duration_s=preset.duration_s))
            assert path.coverage_min == 1.0
            assert path.revealed_max <= camera.MAX_REVEAL
            assert path.strength > 0.3, preset.name
            assert _peak_speed(made, path) <= 1.02 * preset.speed_limit, preset.name


@pytest.mark.parametrize(("times", "share"), [(0.8, 0.0), (2.0, 1 / 3)])
def test_edges_that_open_farther_than_is_painted_behind_them_are_counted(times: float, share: float) -> None:
    """Beside a disc, gaps as wide as the cosine of the edge's direction, on one side: a third of them are wider than half."""
    picture, depth_map, _ = disc(240, 320, 76)
    made = scene.build(picture, depth_map, inpaint.load("telea"))
    aside = times * made.reach_px / made.focal_px / (1 / made.near - 1 / made.far)
    assert survey(made).opened(still(made, (aside, 0.0, 0.0))) == pytest.approx(share, abs=0.05)


def _peak_speed(made: LayeredScene, path: CameraPath, fps: float = 30.0) -> float:
    """The fastest of many points of the picture while it is in the frame, in frame diagonals a second."""
    drawn = np.random.default_rng(0).random((300, 2))
    width, height = made.photo_size
    places = made.margin_px + drawn * (width - 1, height - 1)
    disparity = made.layers[-1].disparity[places[:, 1].astype(int), places[:, 0].astype(int)]
    points = np.column_stack([places, disparity]).astype(np.float32)
    size = np.array(path.viewport_size)
    seen = np.stack([geometry.project(made, path, index, points) for index in range(len(path))])
    inside = ((seen > 0) & (seen < size)).all(-1)
    ways = np.linalg.norm(np.diff(seen, axis=0), axis=-1) * (inside[1:] & inside[:-1])
    return float(ways.max() * fps / np.linalg.norm(size))


@pytest.mark.parametrize("name", LOOPS)
def test_the_frame_after_a_loops_last_is_its_first(name: str, context: object) -> None:
    picture, depth_map, _ = disc(120, 160, 38)
    made = scene.build(picture, depth_map, inpaint.load("telea"))
    count, fps = 12, 30
    loop = presets.load(name)
    loop = replace(loop.lasting(loop.duration_s), loop=False)  # played on for one frame more
    output = OutputSpec(120, 160, fps=fps, duration_s=(count + 1) / fps)
    path = camera.plan(loop, made, output)
    first, *_, after = _frames(context, made, path, output)
    assert np.abs(first.astype(int) - after).max() <= 1


def test_a_clip_that_is_asked_to_be_quicker_keeps_its_way(context: object) -> None:
    picture, depth_map, _ = disc(120, 160, 38)
    made = scene.build(picture, depth_map, inpaint.load("telea"))
    slow, quick = (camera.plan(presets.load("3d-zoom"), made, OutputSpec(90, 160, duration_s=s)) for s in (3.0, 0.5))
    assert slow.strength == quick.strength == 1
    assert np.ptp(slow.eye[:, 2]) == pytest.approx(np.ptp(quick.eye[:, 2]))


@pytest.mark.parametrize(("share", "radius"), [(0.0, 38), (0.005, 38), (0.02, 38), (0.0, 3)])
def test_the_budget_for_painted_content_holds(share: float, radius: int) -> None:
    picture, depth_map, _ = disc(120, 160, radius)
    made = scene.build(picture, depth_map, inpaint.load("telea"))
    for name in ("arc", "dolly-zoom-in", "pan-left"):
        path = camera.plan(presets.load(name), made, OutputSpec(90, 160), max_reveal=share)
        assert path.revealed_max <= share + 1e-6
        assert path.coverage_min == 1.0


@pytest.mark.parametrize("name", ["3d-zoom", "zoom-out", "punch"])
def test_the_lens_makes_up_for_the_size_that_a_weaker_push_lacks_but_not_for_one_that_was_asked_weaker(name: str) -> None:
    picture, _, hole = disc(120, 160, 38)  # a hole in a wall, through which the push goes
    depth_map = DepthMap(np.where(hole, 0.3, 0.8).astype(np.float32), "analytic")
    made = scene.build(picture, depth_map, inpaint.load("telea"))
    made = replace(made, subject=Subject(0.5, 0.5, 0.3))
    spot = np.array([[made.margin_px + x, made.margin_px + 60, made.subject.disparity] for x in (75, 85)], np.float32)
    grown, strengths = [], []
    for asked, budget in ((1.0, 1.0), (1.0, 0.005), (0.2, 1.0)):
        path = camera.plan(presets.load(name), made, OutputSpec(90, 160, fps=10), asked, budget)
        widths = [float(np.ptp(geometry.project(made, path, index, spot)[:, 0])) for index in range(len(path))]
        grown.append(max(widths) / min(widths))
        strengths.append(path.strength)
    push = presets.load(name).channels["push"].at(np.linspace(0, 1, 100)).max()
    assert strengths[1] < strengths[0]
    assert grown[:2] == pytest.approx([1 / (1 - push)] * 2, rel=0.02)
    assert strengths[2] == 0.2
    assert grown[2] == pytest.approx(1 / (1 - 0.2 * push), rel=0.02)


def test_a_subject_that_is_wider_than_the_frame_grows_no_more_than_the_push_that_is_made(
    caplog: pytest.LogCaptureFixture,
) -> None:
    picture, _, hole = disc(120, 160, 38)
    made = scene.build(picture, DepthMap(np.where(hole, 0.3, 0.8).astype(np.float32), "analytic"), inpaint.load("telea"))
    made = replace(made, subject=Subject(0.5, 0.5, 0.3, Box(0.1, 0.3, 0.9, 0.7)))
    spot = np.array([[made.margin_px + x, made.margin_px + 60, 0.3] for x in (75, 85)], np.float32)
    path = camera.plan(presets.load("zoom-in"), made, OutputSpec(90, 160), max_reveal=0.02)
    push = presets.load("zoom-in").channels["push"].at(np.array([1.0]))[0]
    assert path.strength < 0.9
    assert _growth(made, path, spot) == pytest.approx(1 / (1 - path.strength * push), rel=0.02)
    assert "the frame shows 53 % of the subject's width" in caplog.text  # 67.5 of 128 pixels
    caplog.clear()
    camera.plan(presets.load("zoom-in"), made, OutputSpec(90, 160, fit="blur"))
    assert "width" not in caplog.text


def test_a_push_that_would_show_too_much_begins_farther_back_with_the_subject_as_large_as_ever() -> None:
    picture, _, hole = disc(120, 160, 38)
    made = scene.build(picture, DepthMap(np.where(hole, 0.3, 0.8).astype(np.float32), "analytic"), inpaint.load("telea"))
    made = replace(made, subject=Subject(0.5, 0.5, 0.3))
    spot = np.array([[made.margin_px + x, made.margin_px + 60, 0.3] for x in (75, 85)], np.float32)
    asked, held = (camera.plan(presets.load("zoom-in"), made, OutputSpec(90, 160), max_reveal=share) for share in (1.0, 0.05))
    assert held.revealed_max <= 0.05
    assert held.eye[0, 2] > 0.02
    assert np.ptp(held.eye[:, 2]) > 0.5 * np.ptp(asked.eye[:, 2])
    assert _growth(made, held, spot) == pytest.approx(_growth(made, asked, spot), rel=0.02)


def _growth(made: LayeredScene, path: CameraPath, spot: NDArray[np.float32]) -> float:
    first, last = (float(np.ptp(geometry.project(made, path, index, spot)[:, 0])) for index in (0, len(path) - 1))
    return last / first


def test_a_turn_moves_the_picture_as_far_through_any_lens() -> None:
    picture, depth_map, _ = disc(120, 160, 38)
    ways = []
    for focal_px in (130.0, 600.0):
        made = scene.build(replace(picture, focal_px=focal_px), depth_map, inpaint.load("telea"))
        path = camera.plan(presets.load("tilt-up"), made, OutputSpec(160, 120))
        point = np.array([[made.margin_px + 80, made.margin_px + 60, 0.2]], np.float32)
        first, last = (geometry.project(made, path, index, point)[0, 1] for index in (0, len(path) - 1))
        assert path.strength == 1
        ways.append(last - first)
    assert ways[0] == pytest.approx(ways[1], rel=0.15)
