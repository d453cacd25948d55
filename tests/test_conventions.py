"""The conventions of ``zoom3d.types``, on real projections."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from analytic import flat_scene, still, texture

from zoom3d import geometry
from zoom3d.types import LayeredScene, OutputSpec


@pytest.fixture
def scene() -> LayeredScene:
    return flat_scene(texture(120, 160, 0))


def test_pixel_centres_lie_at_half_pixels(scene: LayeredScene) -> None:
    at = np.array([[10.5, 20.5, 0.5]], np.float32)
    assert geometry.project(scene, still(scene), 0, at)[0] == pytest.approx([10.5, 20.5], abs=1e-3)


def test_disparity_one_is_nearest_and_zero_farthest(scene: LayeredScene) -> None:
    assert scene.distance(1.0) == pytest.approx(scene.near)
    assert scene.distance(0.0) == pytest.approx(scene.far)


def test_a_camera_moved_right_sees_near_things_farther_left(scene: LayeredScene) -> None:
    moved = still(scene, (0.05, 0.0, 0.0))
    near, far = geometry.project(scene, moved, 0, np.array([[80, 60, 1.0], [80, 60, 0.0]], np.float32))
    assert near[0] < far[0] < 80
    assert near[1] == far[1] == pytest.approx(60, abs=1e-3)


def test_a_camera_moved_up_sees_things_farther_down(scene: LayeredScene) -> None:
    place = geometry.project(scene, still(scene, (0.0, 0.05, 0.0)), 0, np.array([[80, 60, 1.0]], np.float32))[0]
    assert place[1] > 60


def test_a_camera_moved_along_minus_z_comes_nearer(scene: LayeredScene) -> None:
    place = geometry.project(scene, still(scene, (0.0, 0.0, -0.1)), 0, np.array([[100, 60, 0.5]], np.float32))[0]
    assert place[0] == pytest.approx(80 + 20 * scene.distance(0.5) / (scene.distance(0.5) - 0.1), abs=1e-2)


def test_a_shifted_lens_puts_the_optical_axis_right_and_up(scene: LayeredScene) -> None:
    shifted = replace(still(scene), lens_shift=np.array([[0.25, 0.5]], np.float32))
    place = geometry.project(scene, shifted, 0, np.array([[80, 60, 0.5]], np.float32))[0]
    assert place == pytest.approx([80 + 0.25 * 80, 60 - 0.5 * 60], abs=1e-3)


def test_the_world_is_right_handed(scene: LayeredScene) -> None:
    corners = geometry.unproject(scene, np.array([[160, 60, 0.5], [80, 0, 0.5], [80, 60, 0.5]], np.float32))
    right, up, centre = corners
    assert right[0] > 0
    assert up[1] > 0
    assert centre[2] < 0


@pytest.mark.parametrize(
    ("duration_s", "fps", "count"), [(3.0, 30.0, 90), (0.5, 23.976, 12), (0.55, 23.976, 13), (0.06, 10.0, 1)]
)
def test_a_clip_has_the_nearest_whole_number_of_frames(duration_s: float, fps: float, count: int) -> None:
    assert OutputSpec(64, 64, fps, duration_s).frame_count == count
