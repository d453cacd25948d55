from __future__ import annotations

import numpy as np
import pytest

from zoom3d.scene import smooth
from zoom3d.types import DepthMap, Photo

HEIGHT, WIDTH = 240, 320


def _slope() -> np.ndarray:
    return np.broadcast_to(np.linspace(0.2, 0.5, HEIGHT, dtype=np.float32)[:, None], (HEIGHT, WIDTH)).copy()


def _photo() -> Photo:
    return Photo(np.full((HEIGHT, WIDTH, 3), 128, np.uint8), 300.0)


def test_small_steps_on_a_slope_go_and_the_slope_stays() -> None:
    slope = _slope()
    steps = np.round(slope / 0.01).astype(np.float32) * np.float32(0.01)
    inside = np.s_[20:-20, 20:-20]
    smoothed = smooth(DepthMap(steps, "test"), _photo()).disparity[inside]
    assert np.abs(smoothed - slope[inside]).max() < 0.4 * np.abs(steps - slope)[inside].max()


def test_a_jump_stays_where_it_is_and_nothing_moves_far() -> None:
    disparity = _slope()
    disparity[60:180, 100:220] = 0.9
    disparity += np.random.default_rng(0).uniform(-0.008, 0.008, disparity.shape).astype(np.float32)
    smoothed = smooth(DepthMap(disparity, "test"), _photo()).disparity
    assert np.abs(smoothed - disparity).max() <= 0.01 + 1e-6
    assert np.array_equal(np.abs(np.diff(smoothed, axis=1)) > 0.3, np.abs(np.diff(disparity, axis=1)) > 0.3)


def test_a_slit_is_closed_and_a_gap_stays() -> None:
    disparity = np.full((HEIGHT, WIDTH), 0.7, np.float32)
    disparity[:, 60:62] = disparity[:, 200:220] = 0.1
    disparity[:, 120:122] = 0.9  # a thin thing in front stays as well
    smoothed = smooth(DepthMap(disparity, "test"), _photo()).disparity
    assert smoothed[:, 60:62].min() > 0.69
    assert smoothed[:, 200:220].max() < 0.11
    assert smoothed[:, 120:122].min() > 0.89


@pytest.mark.parametrize("like_near", [True, False])
def test_a_patch_half_way_between_two_surfaces_joins_the_one_it_looks_like(*, like_near: bool) -> None:
    disparity = np.full((HEIGHT, WIDTH), 0.1, np.float32)
    disparity[:, :160] = 0.9
    rgb = np.where(disparity[..., None] > 0.5, np.uint8([200, 60, 50]), np.uint8([120, 160, 220]))
    patch = np.s_[100:108, 159:161]
    disparity[patch], rgb[patch] = 0.5, rgb[0, 0 if like_near else -1]
    smoothed = smooth(DepthMap(disparity, "test"), Photo(rgb, 300.0)).disparity
    assert np.abs(smoothed[patch] - (0.9 if like_near else 0.1)).max() < 0.01


def test_what_is_half_way_between_two_surfaces_and_no_patch_stays() -> None:
    disparity = np.full((HEIGHT, WIDTH), 0.1, np.float32)
    disparity[:, :160] = 0.9
    disparity[40:44, 160:320] = 0.5  # a twig before the sky, held by what is nearer
    disparity[100:130, 150:180] = 0.5  # a thing that lies before one and behind the other
    smoothed = smooth(DepthMap(disparity, "test"), _photo()).disparity
    assert np.abs(smoothed - disparity).max() <= 0.01 + 1e-6
