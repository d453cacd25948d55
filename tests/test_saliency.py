"""What stands out of a picture."""

from __future__ import annotations

import numpy as np

from zoom3d import saliency
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
