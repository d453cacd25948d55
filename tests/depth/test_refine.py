"""Refinement: jumps go to the photograph's edges, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from zoom3d.depth.refine import refine

HEIGHT, WIDTH = 240, 320


def textured(colours: np.ndarray, seed: int = 0) -> np.ndarray:
    """A photograph of flat colours (H, W, 3) with fine noise and broad blotches over them."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 6, colours.shape)
    blotches = cv2.GaussianBlur(rng.normal(0, 200, colours.shape[:2]), (0, 0), 6)[..., None]
    return np.clip(colours + noise + blotches, 0, 255).astype(np.uint8)


def coarsened(disparity: np.ndarray, factor: int = 6, sigma: float = 0.8) -> np.ndarray:
    size = disparity.shape[1] // factor, disparity.shape[0] // factor
    return cv2.GaussianBlur(cv2.resize(disparity.astype(np.float32), size, interpolation=cv2.INTER_AREA), (0, 0), sigma)


def disc() -> np.ndarray:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.hypot(rows - 118, columns - 163) < 61


def two_colours(mask: np.ndarray) -> np.ndarray:
    return np.where(mask[..., None], (190, 120, 80), (70, 110, 130)).astype(float)


def test_a_jump_lands_within_one_pixel_of_the_photographs_edge() -> None:
    mask = disc()
    refined = refine(coarsened(np.where(mask, 0.9, 0.2)), textured(two_colours(mask)))
    wrong = (refined > 0.55) != mask
    distance = np.maximum(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3), 0)
    distance += cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
    assert (wrong & (distance > 1.5)).sum() == 0
    assert wrong.sum() < 0.25 * (distance <= 1).sum()


def test_a_jump_is_at_most_two_pixels_wide() -> None:
    mask = disc()
    refined = refine(coarsened(np.where(mask, 0.9, 0.2)), textured(two_colours(mask)))
    between = (refined > 0.3) & (refined < 0.8)
    outline = (cv2.dilate(mask.astype(np.uint8), np.ones((3, 3))) != mask).sum()
    assert between.sum() < 0.5 * outline


def test_surfaces_beside_a_jump_stay_flat_under_texture() -> None:
    mask = disc()
    refined = refine(coarsened(np.where(mask, 0.9, 0.2)), textured(two_colours(mask)))
    inside = cv2.erode(mask.astype(np.uint8), np.ones((5, 5))) > 0
    outside = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))) == 0
    assert np.abs(refined[inside] - 0.9).max() < 0.06
    assert np.abs(refined[outside] - 0.2).max() < 0.06


def test_a_wide_ramp_between_two_surfaces_becomes_a_jump() -> None:
    mask = disc()
    refined = refine(coarsened(np.where(mask, 0.9, 0.2), factor=4, sigma=2.5), textured(two_colours(mask)))
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    off_outline = np.abs(np.hypot(rows - 118, columns - 163) - 61) > 4
    assert ((refined > 0.55) != mask)[off_outline].mean() < 0.002
    between = (refined > 0.35) & (refined < 0.75)
    assert between.mean() < 0.02


@pytest.mark.parametrize("value", [0.0, 0.37, 1.0])
def test_a_flat_map_stays_flat_whatever_the_photograph_shows(value: float) -> None:
    refined = refine(np.full((40, 60), value, np.float32), textured(two_colours(disc())))
    assert refined.shape == (HEIGHT, WIDTH)
    np.testing.assert_allclose(refined, value, atol=1e-4)


def test_a_slanted_plane_stays_a_plane() -> None:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    plane = (0.1 + 0.5 * rows / HEIGHT + 0.3 * columns / WIDTH).astype(np.float32)
    refined = refine(coarsened(plane), textured(two_colours(disc())))
    inner = np.s_[24:-24, 24:-24]
    assert np.abs(refined - plane)[inner].max() < 0.012
    assert np.abs(np.diff(refined, axis=1)).max() < 0.02


def test_a_thin_post_is_kept() -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[30:220, 158:161] = True
    mask[150:, 60:120] = True
    photograph = textured(np.where(mask[..., None], (230, 220, 210), (60, 80, 70)).astype(float))
    refined = refine(coarsened(np.where(mask, 0.9, 0.2), factor=4), photograph)
    on_post = refined[60:200, 159]
    assert on_post.min() > 0.4
    assert refined[60:200, 150].max() < 0.3
    assert refined[60:200, 168].max() < 0.3


def test_a_sharp_map_at_the_photographs_size_is_left_alone() -> None:
    sharp = np.where(disc(), 0.9, 0.2).astype(np.float32)
    sharp[:40] = np.linspace(0, 1, WIDTH, dtype=np.float32)
    refined = refine(sharp, textured(np.full((HEIGHT, WIDTH, 3), 128.0)))
    np.testing.assert_allclose(refined, sharp, atol=0.004)


def test_a_blurred_map_at_the_photographs_size_is_sharpened_like_a_small_one() -> None:
    mask = disc()
    photograph = textured(two_colours(mask))
    blurred = cv2.GaussianBlur(np.where(mask, 0.9, 0.2).astype(np.float32), (0, 0), 5)
    refined = refine(blurred, photograph)
    assert ((refined > 0.55) != mask).mean() < 0.006
    between = (refined > 0.35) & (refined < 0.75)
    assert between.sum() < 0.1 * ((blurred > 0.35) & (blurred < 0.75)).sum()


def test_eight_bit_steps_do_not_become_jumps() -> None:
    rows = np.mgrid[0:HEIGHT, 0:WIDTH][0]
    coarse = np.round(coarsened(rows / HEIGHT) * 255).astype(np.float32) / 255
    refined = refine(coarse, textured(two_colours(disc())))
    assert np.abs(np.diff(refined, axis=0)).max() < 0.045


@pytest.mark.parametrize("map_size", [(1, 1), (2, 3), (16, 16), (5, 400), (300, 7)])
@pytest.mark.parametrize("size", [(16, 16), (17, 900), (700, 20), (64, 48)])
def test_any_shape_gives_the_photographs_shape_within_the_maps_range(map_size: tuple[int, int], size: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    coarse = (0.2 + 0.5 * rng.random(map_size)).astype(np.float32)
    refined = refine(coarse, rng.integers(0, 256, (*size, 3), dtype=np.uint8))
    assert refined.shape == size
    assert refined.dtype == np.float32
    assert coarse.min() <= refined.min()
    assert refined.max() <= coarse.max()


def test_large_photographs_get_jumps_on_their_own_pixels() -> None:
    rows, columns = np.mgrid[0:1500, 0:2000]
    mask = np.hypot(rows - 740, columns - 1015) < 401
    photograph = np.where(mask[..., None], (190, 120, 80), (70, 110, 130)).astype(np.int16)
    photograph += np.random.default_rng(3).integers(-12, 13, photograph.shape, dtype=np.int16)
    refined = refine(coarsened(np.where(mask, 0.9, 0.2), factor=8), photograph.astype(np.uint8))
    wrong = (refined > 0.55) != mask
    outline = np.abs(np.hypot(rows - 740, columns - 1015) - 401)
    assert outline[wrong].max(initial=0) < 2
    assert ((refined > 0.3) & (refined < 0.8)).sum() < 0.5 * 2 * np.pi * 401


def test_the_same_input_gives_the_same_map() -> None:
    mask = disc()
    coarse, photograph = coarsened(np.where(mask, 0.9, 0.2)), textured(two_colours(mask))
    before = coarse.copy(), photograph.copy()
    np.testing.assert_array_equal(refine(coarse, photograph), refine(coarse, photograph))
    np.testing.assert_array_equal(coarse, before[0])
    np.testing.assert_array_equal(photograph, before[1])


def test_read_only_and_strided_input_is_taken() -> None:
    coarse = np.broadcast_to(np.float32(0.5), (30, 40))
    photograph = textured(two_colours(disc()))[:, ::-1]
    photograph.setflags(write=False)
    np.testing.assert_allclose(refine(coarse, photograph), 0.5, atol=1e-4)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_measured_scenes_gain_along_edges_and_lose_nothing_elsewhere(shared: Path, script: Callable[[str], ModuleType]) -> None:
    measure = script("score_refine.py")
    band_ratios, flat_ratios = [], []
    for folder in sorted((shared / "stereo").iterdir()):
        truth = measure.truth(str(folder))
        coarse = measure.degrade(truth)
        photograph = cv2.cvtColor(cv2.imread(str(folder / "left.png")), cv2.COLOR_BGR2RGB)
        bicubic = np.abs(cv2.resize(coarse, truth.shape[::-1], interpolation=cv2.INTER_CUBIC) - truth)
        error = np.abs(measure.align(refine(coarse, photograph), truth) - truth)
        band, flat = measure.regions(truth)
        band_ratios.append(error[band].mean() / bicubic[band].mean())
        flat_ratios.append(error[flat].mean() / bicubic[flat].mean())
    assert np.mean(band_ratios) <= 0.45
    assert np.mean(flat_ratios) <= 1.3
    assert max(band_ratios) < 0.6


@pytest.mark.parametrize("shape", [(18, 14), (60, 50), (150, 117), (900, 700)])
def test_rounding_never_leaves_the_range(shape: tuple[int, int]) -> None:
    """Resampling a map that touches 0 and 1 overshoots by a rounding error, and a depth map must not."""
    disparity = np.float32(1) - np.random.default_rng(5).integers(0, 65536, shape).astype(np.float32) / np.float32(65535)
    refined = refine(disparity, np.full((450, 350, 3), 255, np.uint8))
    assert refined.min() >= 0.0
    assert refined.max() <= 1.0
