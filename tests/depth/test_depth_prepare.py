"""What a network sees of a photograph."""

from __future__ import annotations

import logging

import cv2
import numpy as np
import pytest

from zoom3d.depth import models
from zoom3d.depth.prepare import _resize_sparsely, input_size, prepare, resize_cubic

SIZES = [((427, 640), (160, 256)), ((1200, 1600), (192, 256)), ((100, 90), (384, 352)), ((33, 1), (64, 32)), ((1, 1), (32, 32))]


@pytest.mark.parametrize(("source", "target"), SIZES)
def test_reading_only_the_needed_pixels_changes_nothing(source: tuple[int, int], target: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*source, 3), np.uint8)
    by_opencv = cv2.resize(rgb.astype(np.float64), target[::-1], interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(_resize_sparsely(rgb, *target), by_opencv, rtol=0, atol=1e-10)
    np.testing.assert_allclose(resize_cubic(rgb, *target), by_opencv, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "photo", "seen"),
    [
        ("midas_v21_small_256", (3000, 4000), (192, 256)),
        ("midas_v21_small_256", (4000, 3000), (256, 192)),
        ("midas_v21_384", (1080, 1920), (224, 384)),
        ("midas_v21_small_256", (100, 4000), (32, 256)),  # never thinner than one unit
        ("dpt_large_384", (427, 640), (384, 576)),
        ("dpt_large_384", (300, 900), (384, 1152)),  # the side whose scale is nearer to 1
        ("dpt_large_384", (384, 384), (384, 384)),
        ("dpt_beit_large_512", (1000, 1000), (512, 512)),
        ("dpt_levit_224", (427, 640), (224, 224)),
        ("depth_anything_v2_small", (427, 640), (518, 770)),
        ("depth_anything_v2_small", (640, 427), (770, 518)),
    ],
)
def test_the_input_size_follows_the_official_rule(name: str, photo: tuple[int, int], seen: tuple[int, int]) -> None:
    assert input_size(*photo, models.get(name)) == seen
    rgb = np.zeros((*photo, 3), np.uint8)
    assert prepare(rgb, models.get(name)).shape == (3, *seen)


def test_a_very_long_photograph_is_seen_smaller_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        height, width = input_size(500, 20000, models.get("dpt_large_384"))
    assert (height, width) == (32, 4 * 384)
    assert "lower resolution" in caplog.text


def test_white_and_black_are_normalised_by_mean_and_deviation() -> None:
    model = models.get("midas_v21_small_256")
    for value in (0, 255):
        rgb = np.full((64, 64, 3), value, np.uint8)
        expected = (value / 255 - np.array(model.mean)) / np.array(model.std)
        seen = prepare(rgb, model)
        np.testing.assert_allclose(seen, np.broadcast_to(expected[:, None, None], seen.shape), atol=1e-6)
