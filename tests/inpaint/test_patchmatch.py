"""The exemplar method: texture goes on, at full sharpness, from the right distance."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from planted import Scene, disc_before, meadow, stripes

from zoom3d.inpaint import patchmatch, telea


def sharpness(rgb: np.ndarray, where: np.ndarray) -> float:
    grey = rgb.astype(np.float32).mean(axis=2)
    return float(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))[where].mean())


def inner(scene: Scene) -> np.ndarray:
    return cv2.erode(scene.hole.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)


def painted(scene: Scene) -> np.ndarray:
    return patchmatch.fill(scene.rgb, scene.hole, scene.source, scene.disparity)


def test_stripes_go_on_across_the_hole(striped_scene: Scene) -> None:
    s = striped_scene
    plain = telea.fill(s.rgb, s.hole, s.source, s.disparity)
    assert s.psnr(painted(s)) > s.psnr(plain) + 4.0


@pytest.mark.parametrize("budget_px", [14_000, 400])
def test_texture_is_as_sharp_as_its_surroundings(budget_px: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patchmatch, "HOLE_BUDGET_PX", budget_px)
    s = disc_before(meadow(200, 240), 20, 60)
    assert 0.7 < sharpness(painted(s), inner(s)) / sharpness(s.truth, inner(s)) < 1.25


def test_a_reduced_solution_sees_no_foreground_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patchmatch, "HOLE_BUDGET_PX", 300)
    s = disc_before(meadow(200, 240), 20, 60)
    assert patchmatch._reduction(s.hole) > 2
    noise = np.random.default_rng(1).integers(0, 256, s.rgb.shape, np.uint8)
    other = np.where(s.source[:, :, None], s.rgb, noise)
    assert np.array_equal(painted(s)[s.hole], patchmatch.fill(other, s.hole, s.source, s.disparity)[s.hole])


def test_the_hole_is_painted_from_its_own_distance() -> None:
    """A far blue wall, a middle red wall beside it, a hole between them that belongs to the blue one."""
    noise = np.random.default_rng(5).integers(-12, 13, (90, 140, 1))
    columns = np.arange(140)[None, :, None]
    rgb = np.clip(np.where(columns < 60, (40, 60, 190), (190, 60, 40)) + noise, 0, 255).astype(np.uint8)
    hole = np.zeros((90, 140), bool)
    hole[:, 60:84] = True
    disparity = np.broadcast_to(np.where(np.arange(140) < 84, 0.2, 0.5), (90, 140)).astype(np.float32)
    filled = patchmatch.fill(rgb, hole, ~hole, disparity)[hole].astype(int)
    assert (filled[:, 2] > filled[:, 0] + 80).all()


def test_slow_changes_of_light_go_on() -> None:
    """A ramp of grey hidden by a disc: the hole's mean error stays within a few grey levels everywhere."""
    ramp = np.broadcast_to(np.linspace(40, 210, 160)[None, :, None], (120, 160, 3)).astype(np.uint8)
    s = disc_before(ramp)
    assert np.abs(painted(s)[s.hole].astype(int) - s.truth[s.hole]).mean() < 8


def test_the_picture_need_not_be_a_multiple_of_the_reduction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patchmatch, "HOLE_BUDGET_PX", 250)
    s = disc_before(stripes(113, 157), 14, 38)
    result = painted(s)
    assert np.array_equal(result[~s.hole], s.rgb[~s.hole])
    assert 0.7 < sharpness(result, inner(s)) / sharpness(s.truth, inner(s)) < 1.25
    assert 0.35 < (result[s.hole].mean(axis=1) < 115).mean() < 0.65  # as many dark stripes as light ones


def test_specks_that_vanish_in_the_reduced_copy_are_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patchmatch, "HOLE_BUDGET_PX", 10)
    rgb = np.full((60, 80, 3), (90, 120, 40), np.uint8)
    hole = np.zeros((60, 80), bool)
    hole[5::9, 5::9] = True
    rgb[hole] = 255
    assert (patchmatch.fill(rgb, hole, ~hole, np.zeros((60, 80), np.float32)) == (90, 120, 40)).all()
