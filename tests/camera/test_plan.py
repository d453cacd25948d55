from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
from analytic import flat_scene, still, texture
from numpy.typing import NDArray

from zoom3d import camera, geometry, video
from zoom3d.camera import framing, presets, window
from zoom3d.camera.curves import Keyframes
from zoom3d.camera.path import Way, Wish, trace
from zoom3d.camera.presets import Preset
from zoom3d.types import Box, Fit, LayeredScene, OutputSpec, Subject

CHANNELS_OF = {name: presets.load(name).channels for name in presets.names()}
SIZES = [(90, 160), (120, 120), (160, 90)]


@pytest.fixture
def scene() -> LayeredScene:
    y = np.mgrid[0:240, 0:200][0].astype(np.float32) / 240
    made = flat_scene(texture(240, 200, 0), 0.1 + 0.8 * y, margin_px=10)
    return replace(made, subject=Subject(0.4, 0.6, 0.5))


def _subject_point(scene: LayeredScene, disparity: float | None = None) -> NDArray[np.float32]:
    width, height = scene.photo_size
    place = scene.margin_px + scene.subject.x * width, scene.margin_px + scene.subject.y * height
    return np.array([[*place, scene.subject.disparity if disparity is None else disparity]], np.float32)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", presets.names())
def test_no_frame_shows_what_does_not_exist(scene: LayeredScene, name: str, size: tuple[int, int]) -> None:
    path = camera.plan(presets.load(name), scene, OutputSpec(*size))
    assert path.coverage_min == 1.0


@pytest.mark.parametrize("angle", [0.01, 0.1, 0.3, np.pi / 4])
@pytest.mark.parametrize("side", [16, 67, 500])
def test_the_corners_of_a_rolled_frame_are_covered(angle: float, side: int) -> None:
    """A square turned by an angle holds the upright one once it is cos + sin times as large."""
    made = flat_scene(np.zeros((side, side, 3), np.uint8))
    cos, sin = np.cos(angle), np.sin(angle)
    rolled = still(made, rotation=np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32))
    clearance = framing.Survey(made).outline(rolled).clearance()
    assert clearance == pytest.approx(1 / (cos + sin), rel=0.003)
    assert clearance <= 1 / (cos + sin) + 1e-6


@pytest.mark.parametrize("name", [name for name in presets.names() if not {"yaw_deg", "pitch_deg"} & set(CHANNELS_OF[name])])
def test_the_pivot_keeps_its_place(scene: LayeredScene, name: str) -> None:
    preset = presets.load(name)
    path = camera.plan(preset, scene, OutputSpec(90, 160))
    named = {"subject": scene.subject.disparity, "near": 1.0, "far": 0.0}
    point = _subject_point(scene, named[preset.pivot] if isinstance(preset.pivot, str) else preset.pivot)
    places = np.concatenate([geometry.project(scene, path, index, point) for index in range(len(path))])
    assert np.abs(places - places[0]).max() < 0.05


def test_dolly_zoom_keeps_the_subjects_size_while_the_background_changes(scene: LayeredScene) -> None:
    path = camera.plan(presets.load("dolly-zoom-in"), scene, OutputSpec(900, 1600))
    subject, ground = _subject_point(scene), _subject_point(scene)
    ground[:, 2] = 0.0
    sizes = []
    for point in (subject, ground):
        pair = np.concatenate([point, point + np.array([[20, 0, 0]], np.float32)])
        ends = [geometry.project(scene, path, index, pair) for index in range(len(path))]
        sizes.append(np.array([np.linalg.norm(one - other) for one, other in ends]))
    assert np.ptp(sizes[0]) < 0.5
    assert np.ptp(sizes[1]) > 0.1 * sizes[1][0]


@pytest.mark.parametrize("name", [name for name in presets.names() if presets.load(name).loop])
def test_a_loop_ends_where_it_began(scene: LayeredScene, name: str) -> None:
    """The frame after the last is the first."""
    loop = presets.load(name).lasting(3.2)
    whole = camera.plan(loop, scene, OutputSpec(90, 160, duration_s=3.2))
    and_one = camera.plan(replace(loop, loop=False), scene, OutputSpec(90, 160, duration_s=3.2 + 1 / 30))
    for key in ("eye", "rotation", "fov_y", "lens_shift"):
        closed, going_on = getattr(whole, key), getattr(and_one, key)
        assert going_on[-1] == pytest.approx(going_on[0], abs=1e-5)
        assert going_on[:-1] == pytest.approx(closed, abs=1e-4)


@pytest.mark.parametrize("ahead", [0.0, 0.5])
@pytest.mark.parametrize("name", [name for name in presets.names() if name != "wiggle"])
def test_no_move_jolts(scene: LayeredScene, name: str, ahead: float) -> None:
    """Where speed has no steps, what it changes by from frame to frame falls with the square of the time between frames."""
    box = Box(0.3, 0.02, 0.5, 0.4)
    made = replace(scene, subject=Subject(box.x, box.y, 0.7, box))
    preset = presets.load(name)
    points = np.array([(x, y, d) for x in (60, 160) for y in (70, 190) for d in (0.1, 0.5, 0.9)], np.float32)
    most = []
    for fps in (30, 240):
        output = OutputSpec(900, 1600, fps, preset.duration_s)
        viewport = window.viewport_size(made, output)
        whole = window.choose(made, viewport, output.safe_area)
        wish = Wish(preset.lasting(output.duration_s), framing.Survey(made), output, whole, viewport, 0.03, 1.0)
        path = trace(wish, whole, 1.0, Way(ahead, kept=1.0))
        clip = geometry.world_to_clips(made, path) @ np.column_stack([geometry.unproject(made, points), np.ones(len(points))]).T
        most.append(np.abs(np.diff(clip[:, :2] / clip[:, 3:], 2, axis=0)).max())
    assert most[1] < most[0] / 30 + 1e-6


def test_a_move_too_large_is_made_smaller_and_said(scene: LayeredScene, caplog: pytest.LogCaptureFixture) -> None:
    wild = Preset("wild", "Wild", "", channels={"x": Keyframes(((0.0, -0.9), (1.0, 0.9)))})
    with caplog.at_level(logging.WARNING, "zoom3d"):
        path = camera.plan(wild, scene, OutputSpec(90, 160))
    assert 0 <= path.strength < 1
    assert path.coverage_min == 1.0
    assert "strength" in caplog.text


def test_a_strength_that_was_asked_for_is_told_as_the_presets_own_share(
    scene: LayeredScene, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "zoom3d"):
        path = camera.plan(presets.load("3d-zoom"), scene, OutputSpec(90, 160), 5.0)
    assert 1 < path.strength < 5
    assert f"made at {100 * path.strength:.0f} % of its strength: 500 %" in caplog.text


@pytest.mark.parametrize("name", ["pulse", "wiggle"])
def test_what_swings_by_the_second_is_as_strong_in_long_clips(scene: LayeredScene, name: str) -> None:
    short, long = (camera.plan(presets.load(name), scene, OutputSpec(90, 160, 10.0, seconds)) for seconds in (4.0, 40.0))
    assert short.strength == long.strength == 1


def test_strength_scales_the_move(scene: LayeredScene) -> None:
    whole, half = (camera.plan(presets.load("pan-left"), scene, OutputSpec(90, 160), strength) for strength in (1.0, 0.5))
    assert np.ptp(half.eye[:, 0]) == pytest.approx(np.ptp(whole.eye[:, 0]) / 2, rel=1e-3)
    assert half.strength == 0.5


@pytest.mark.parametrize("fit", ["contain", "blur"])
def test_a_photograph_that_fits_whole_keeps_its_shape(scene: LayeredScene, fit: Fit) -> None:
    path = camera.plan(presets.load("zoom-in"), scene, OutputSpec(320, 180, fit=fit))
    width, height = path.viewport_size
    assert height == 180
    assert width / height == pytest.approx(200 / 240, abs=0.02)


def test_the_window_contains_the_subject_where_the_photograph_is_cropped() -> None:
    made = flat_scene(texture(100, 400, 0), 0.5, margin_px=8)
    scene = replace(made, subject=Subject(0.85, 0.5, 0.5))
    path = camera.plan(presets.load("zoom-in"), scene, OutputSpec(90, 160))
    for index in (0, len(path) - 1):
        x, y = geometry.project(scene, path, index, _subject_point(scene))[0]
        assert 0 < x < 90
        assert 0 < y < 160


def test_planning_twice_gives_the_same(scene: LayeredScene) -> None:
    one, other = (camera.plan(presets.load("circle"), scene, OutputSpec(90, 160)) for _ in range(2))
    assert np.array_equal(one.eye, other.eye)
    assert np.array_equal(one.lens_shift, other.lens_shift)


@pytest.mark.parametrize("name", ["3d-zoom", "3d-zoom-out", "punch", "dutch", "zoom-in"])
@pytest.mark.parametrize("top", [0.02, 0.4])
def test_a_subject_that_fits_is_whole_also_when_it_has_grown(name: str, top: float) -> None:
    """A head near the edge of a photograph: a push straight at the face would cut it off."""
    made = flat_scene(texture(240, 200, 0), 0.4, margin_px=10)
    box = Box(0.4, top, 0.6, top + 0.4)
    made = replace(made, subject=Subject(0.5, top + 0.2, 0.4, box))
    path = camera.plan(presets.load(name), made, OutputSpec(90, 160))
    assert path.strength == 1
    corners = np.array([(x * 200 + 10, y * 240 + 10, 0.4) for x in (0.4, 0.6) for y in (top, top + 0.4)], np.float32)
    seen = np.stack([geometry.project(made, path, index, corners) for index in range(len(path))])
    assert 1.15 < np.ptp(seen[..., 1], axis=1).max() / np.ptp(seen[..., 1], axis=1).min() < 1.6
    assert seen.min() > -2
    assert (seen < (92, 162)).all()


def test_of_a_subject_that_grows_too_tall_for_the_free_area_the_head_stays() -> None:
    made = flat_scene(texture(240, 200, 0), 0.4, margin_px=10)
    made = replace(made, subject=Subject(0.5, 0.3, 0.4, Box(0.4, 0.03, 0.6, 0.6)))
    reels = replace(video.platform("reels"), size=(90, 160))
    path = camera.plan(presets.load("3d-zoom"), made, OutputSpec(90, 160, platform=reels))
    head = np.array([[10 + 0.5 * 200, 10 + 0.03 * 240, 0.4]], np.float32)
    assert min(geometry.project(made, path, index, head)[0][1] for index in range(len(path))) > 0


@pytest.mark.parametrize(("bottom", "stays"), [(0.74, True), (0.97, False)])
def test_of_a_subject_that_grows_too_tall_for_the_frame_the_head_stays_unless_it_is_seen_close_up(
    bottom: float, *, stays: bool
) -> None:
    made = flat_scene(texture(240, 200, 0), 0.4, margin_px=10)
    box = Box(0.4, 0.04, 0.6, bottom)
    made = replace(made, subject=Subject(0.5, box.y, 0.4, box))
    path = camera.plan(presets.load("3d-zoom"), made, OutputSpec(90, 160))
    head, middle = np.array([(10 + 0.5 * 200, 10 + y * 240, 0.4) for y in (box.top, box.y)], np.float32)
    places = np.stack([geometry.project(made, path, index, np.stack([head, middle]))[:, 1] for index in range(len(path))])
    assert (places[:, 0].min() > 0) == stays
    assert (np.ptp(places[:, 1]) > 0.05 * 160) == stays


def test_no_crop_takes_the_head_of_a_tower_to_keep_it_in_later() -> None:
    """The far sky grows less than the tower: to follow its head upwards uncovers what lies above the picture."""
    disparity = np.full((320, 240), 0.2, np.float32)
    disparity[26:, 62:178] = 0.9
    made = flat_scene(texture(320, 240, 0), disparity, margin_px=10)
    made = replace(made, subject=Subject(0.5, 0.5, 0.9, Box(0.24, 0.053, 0.73, 1.0)))
    path = camera.plan(presets.load("3d-zoom"), made, OutputSpec(90, 160))
    assert path.strength == 1
    head = np.array([[120, 10 + 0.053 * 300, 0.9]], np.float32)
    first, last = (geometry.project(made, path, index, head)[0][1] for index in (0, len(path) - 1))
    assert first > 0
    assert last > -0.1 * 160


def test_a_subject_that_the_photograph_itself_cuts_off_stays_in_place() -> None:
    """A tower whose foot lies below the picture: to keep all that is seen of it would drive its head out."""
    made = flat_scene(texture(240, 200, 0), 0.4, margin_px=10)
    made = replace(made, subject=Subject(0.5, 0.4, 0.4, Box(0.27, 0.34, 0.73, 1.0)))
    path = camera.plan(presets.load("3d-zoom"), made, OutputSpec(120, 160))
    first, last = (geometry.project(made, path, index, _subject_point(made))[0] for index in (0, len(path) - 1))
    assert last == pytest.approx(first, abs=0.1)


def test_of_a_subject_that_outgrows_the_frame_no_side_is_brought_in_at_the_cost_of_its_middle() -> None:
    """A man whose one shoulder the frame cuts off: to bring the other in would drive his head out."""
    made = flat_scene(texture(240, 200, 0), 0.4, margin_px=10)
    made = replace(made, subject=Subject(0.54, 0.21, 0.4, Box(0.24, 0.03, 0.95, 0.46)))
    path = camera.plan(presets.load("3d-zoom"), made, OutputSpec(90, 160))
    faces = np.stack([geometry.project(made, path, index, _subject_point(made))[0] for index in range(len(path))])
    assert faces[:, 0] == pytest.approx(45, abs=1)


@pytest.mark.parametrize("name", ["arc", "float", "orbit"])
@pytest.mark.parametrize("side", [0.03, 0.17])
def test_a_crop_keeps_the_subject(scene: LayeredScene, name: str, side: float) -> None:
    """Moves aside need a closer crop, and one around the middle would cut off what stands near an edge."""
    box = Box(0.45, side, 0.62, side + 0.35)
    made = replace(scene, subject=Subject(box.x, box.y, 0.5, box))
    path = camera.plan(presets.load(name), made, OutputSpec(90, 160, fps=5), 2.0, 0.0)
    assert path.coverage_min == 1
    corners = [(10 + x * 200, 10 + y * 240, 0.5) for x in (box.left, box.right) for y in (box.top, box.bottom)]
    seen = np.stack([geometry.project(made, path, index, np.array(corners, np.float32)) for index in range(len(path))])
    assert seen.min() > -4
    assert (seen < (94, 164)).all()


@pytest.mark.parametrize("name", ["circle", "dolly-zoom-in"])
def test_room_above_a_head_is_given_up_before_the_move_is_made_smaller(scene: LayeredScene, name: str) -> None:
    box = Box(0.4, 0.03, 0.6, 0.5)
    made = replace(scene, subject=Subject(box.x, box.y, 0.5, box))
    path = camera.plan(presets.load(name), made, OutputSpec(90, 160, fps=5), max_reveal=0.005)
    assert path.strength == 1
    head = np.array([[10 + box.x * 200, 10 + box.top * 240, 0.5]], np.float32)
    assert 0 < min(geometry.project(made, path, index, head)[0][1] for index in range(len(path))) < 5
