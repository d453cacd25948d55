"""What stands out of a picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from zoom3d import saliency
from zoom3d.depth import classical
from zoom3d.depth.builtin import estimate

TOWER, BAND, TIP, POST = np.s_[94:200, 150:170], np.s_[90:94, 150:170], np.s_[70:90, 152:168], np.s_[120:200, 60:70]


def launch_pad() -> np.ndarray:
    """A tower with a band below its tip, and a post, before an evening sky."""
    picture = np.empty((240, 320, 3), np.uint8)
    picture[:] = np.linspace(0, 1, 240)[:, None, None] * (60, 60, 40) + (20, 30, 80)
    for thing, colour in ((TOWER, (230, 220, 200)), (BAND, (25, 25, 30)), (TIP, (70, 75, 105)), (POST, (90, 90, 90))):
        picture[thing] = colour
    picture[200:] = np.random.default_rng(1).integers(60, 140, (40, 320, 3))
    return picture


def test_a_tip_that_a_band_parts_from_a_tower_is_the_towers_and_what_stands_elsewhere_is_not() -> None:
    subject = np.zeros((240, 320), bool)
    subject[TOWER] = True
    found = saliency.remnants(subject, saliency.lab(launch_pad()))
    assert found[TIP].mean() > 0.95
    assert not found[POST].any()
    assert not found[200:].any()
    assert not found[subject].any()
    assert found.sum() < 1.5 * found[TIP].size


def test_the_tip_stands_as_near_as_its_tower() -> None:
    disparity = estimate(launch_pad())
    tower, tip, sky = (
        float(np.median(disparity[part])) for part in (np.s_[100:140, 155:165], np.s_[74:86, 155:165], np.s_[60:120, 90:130])
    )
    assert tower > sky + 0.3
    assert abs(tip - tower) < 0.35 * (tower - sky)


FIGURE = np.s_[50:180, 148:182]


def lit_ground(reach: float, level: float) -> np.ndarray:
    """A figure on ground which the sun lights around it, as bright as the figure or nearly, before the dark."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:240, :320]
    light = np.exp(-(((x - 165) / reach) ** 2) - ((y - 170) / (0.6 * reach)) ** 2) * (y > 90)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (240, 320)), (0, 0), 1.5)
    grain *= 8 / grain.std()
    grey = 40 + (level - 40) * light + grain * (0.3 + light)
    grey[FIGURE] = 200 + grain[FIGURE] / 2
    return np.clip(grey[..., None] * (1, 0.98, 0.95), 0, 255).astype(np.uint8)


def rising_floor() -> np.ndarray:
    seen = np.repeat(np.linspace(0, 1, 120, dtype=np.float32)[:, None], 160, 1)
    seen[25:90, 74:91] = np.maximum(seen[25:90, 74:91], 0.7)
    return seen


@pytest.mark.parametrize(("reach", "level"), [(100, 180), (130, 180), (160, 180)])
def test_ground_of_a_figures_colour_is_told_from_it_by_depth(reach: float, level: float) -> None:
    figure = np.zeros((240, 320), bool)
    figure[FIGURE] = True
    found = classical.guess(lit_ground(reach, level), seen=rising_floor).subject
    assert (found & figure).sum() > 0.95 * (found | figure).sum()


def test_a_surface_that_only_fades_holds_no_subject() -> None:
    y, x = np.mgrid[:240, :320]
    glow = np.exp(-(((x - 160) / 90) ** 2) - ((y - 120) / 70) ** 2)
    noise = np.random.default_rng(0).integers(-3, 4, (240, 320, 3))
    picture = np.clip(90 + 110 * glow[..., None] * (1, 0.8, 0.5) + noise, 0, 255).astype(np.uint8)
    lab = saliency.lab(picture)
    nothing = np.zeros((240, 320), bool)
    assert saliency.segment(picture, saliency.likelihood(picture, lab, nothing, 600), nothing).any()
    assert not classical.guess(picture).subject.any()
