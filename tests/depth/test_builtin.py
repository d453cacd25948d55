"""The built-in estimator: a clean subject before a calm background, the same every time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from PIL import Image

from zoom3d.depth.builtin import WORKING_PIXELS, estimate, follow, stand
from zoom3d.depth.normalise import standardise


def meadow(height: int = 240, width: int = 320) -> np.ndarray:
    """Grainy green ground without a subject, (H, W, 3) uint8."""
    rng = np.random.default_rng(5)
    grain = cv2.GaussianBlur(rng.normal(0, 60, (height, width)), (0, 0), 1.2)[..., None]
    return np.clip(grain + np.array((70, 110, 60)), 0, 255).astype(np.uint8)


def ball() -> np.ndarray:
    rows, columns = np.mgrid[0:240, 0:320]
    return np.hypot(rows - 120, columns - 165) < 52


def test_a_bright_disc_stands_before_the_ground_around_it() -> None:
    photograph, mask = meadow(), ball()
    photograph[mask] = (235, 90, 40)
    disparity = estimate(photograph)
    inside = cv2.erode(mask.astype(np.uint8), np.ones((9, 9))) > 0
    ring = (cv2.dilate(mask.astype(np.uint8), np.ones((25, 25))) > 0) & (
        cv2.dilate(mask.astype(np.uint8), np.ones((9, 9))) == 0
    )
    upper = np.arange(240)[:, None] < 120
    assert disparity[inside].min() > disparity[ring & upper].max() + 0.1


def test_the_discs_outline_is_clean() -> None:
    photograph, mask = meadow(), ball()
    photograph[mask] = (235, 90, 40)
    disparity = estimate(photograph)
    upper = np.broadcast_to(np.arange(240)[:, None] < 110, mask.shape)
    background = np.sort(disparity[:, :40].mean(1))[:, None]
    before = disparity > background + 0.5 * (disparity[120, 165] - background)
    union = ((before | mask) & upper).sum()
    assert (before & mask & upper).sum() > 0.9 * union


def test_sky_is_farthest_and_the_ground_comes_nearer_towards_the_lower_border() -> None:
    photograph = meadow()
    blue = np.linspace(0, 1, 110)[:, None] * np.array((90, 60, 10)) + np.array((90, 140, 220))
    photograph[:110] = blue[:, None]
    disparity = estimate(photograph)
    assert disparity[:100].max() < 0.05
    assert disparity[125:].min() > 0.1
    assert disparity[215:].mean() > disparity[125:150].mean() + 0.2


def test_what_stands_upright_leans_less_and_nothing_else_moves() -> None:
    leaning = np.linspace(-1, 1, 120, dtype=np.float32)[:, None].repeat(90, 1)
    left, right = np.zeros((2, 120, 90), bool)
    left[10:100, 10:30], right[40:70, 50:60] = True, True
    stood = stand(leaning, left | right)
    np.testing.assert_array_equal(stood[~left & ~right], leaning[~left & ~right])
    for part in (left, right):
        assert (stood[part] >= leaning[part]).all()
        assert np.ptp(stood[part]) < 0.65 * np.ptp(leaning[part])
        assert stood[part].max() == leaning[part].max()
    np.testing.assert_array_equal(stand(leaning, np.zeros((8, 8), bool)), leaning)


@pytest.mark.parametrize(
    ("name", "foot", "top", "behind"),
    [
        ("official_portrait.jpg", (0.5, 0.75), (0.5, 0.06), [(0.3, 0.1), (0.75, 0.1)]),
        ("astronaut.png", (0.4, 0.8), (0.44, 0.06), [(0.2, 0.15), (0.65, 0.15)]),
        ("chelsea.png", (0.4, 0.8), (0.55, 0.06), [(0.95, 0.2)]),
        ("lighthouse.jpg", (0.5, 0.9), (0.47, 0.2), [(0.2, 0.2), (0.8, 0.2)]),
    ],
)
def test_the_top_of_what_stands_is_nearer_to_its_foot_than_to_what_is_behind(
    name: str, foot: tuple[float, float], top: tuple[float, float], behind: list[tuple[float, float]], shared: Path
) -> None:
    disparity = estimate(np.asarray(Image.open(shared / "photos" / name).convert("RGB")))
    height, width = disparity.shape
    low, high, *others = (float(disparity[int(y * height), int(x * width)]) for x, y in (foot, top, *behind))
    assert high > max(others) + 0.3
    assert low - high < high - max(others)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_photograph_gives_a_map_without_steps(level: int) -> None:
    disparity = estimate(np.full((120, 160, 3), level, np.uint8))
    assert np.isfinite(disparity).all()
    assert np.abs(np.diff(disparity, axis=1)).max() < 0.02


@pytest.mark.parametrize("size", [(16, 16), (16, 600), (900, 20), (333, 77)])
def test_any_shape_gives_a_map_of_its_proportions_in_range(size: tuple[int, int]) -> None:
    disparity = estimate(np.random.default_rng(2).integers(0, 256, (*size, 3), dtype=np.uint8))
    assert disparity.dtype == np.float32
    assert disparity.min() >= 0
    assert disparity.max() <= 1
    scale = min(1.0, (WORKING_PIXELS / (size[0] * size[1])) ** 0.5)
    assert abs(disparity.shape[0] - max(8, size[0] * scale)) <= 1
    assert abs(disparity.shape[1] - max(8, size[1] * scale)) <= 1


def test_the_same_photograph_gives_the_same_map_whatever_was_drawn_before() -> None:
    photograph, mask = meadow(), ball()
    photograph[mask] = (235, 90, 40)
    cv2.setRNGSeed(99)
    first = estimate(photograph)
    cv2.setRNGSeed(12345)
    np.testing.assert_array_equal(first, estimate(photograph))


NO_SUBJECT = np.zeros((8, 8), bool)


def test_following_moves_a_soft_step_onto_the_photographs_edge_and_keeps_both_sides_values() -> None:
    photograph = np.full((160, 240, 3), 60, np.uint8)
    photograph[:, 123:] = 190
    soft = standardise(
        cv2.GaussianBlur(np.where(np.arange(240) < 118, 0, 1).astype(np.float32)[None].repeat(160, 0), (0, 0), 8)
    )
    followed = follow(soft, photograph, NO_SUBJECT, NO_SUBJECT)
    across = np.abs(np.diff(followed, axis=1)).mean(0)
    assert across.argmax() == 122
    assert across.max() > 5 * np.abs(np.diff(soft, axis=1)).max()
    for side in (np.s_[:, :80], np.s_[:, 160:]):
        assert abs(followed[side].mean() - soft[side].mean()) < 0.1


def test_following_leaves_the_floor_of_a_panorama_rising() -> None:
    photograph = np.random.default_rng(3).integers(90, 120, (140, 540, 3), dtype=np.uint8)
    floor = standardise(np.linspace(0, 1, 140, dtype=np.float32)[:, None].repeat(540, 1) ** 2)
    followed = follow(floor, photograph, NO_SUBJECT, NO_SUBJECT)
    assert np.abs(followed - floor).mean() < 0.1
    assert (np.diff(followed.mean(1)) > 0).mean() > 0.95


def test_a_floor_has_no_steps_whatever_is_painted_on_it_and_what_stands_on_it_has() -> None:
    rows, columns = np.mgrid[0:240, 0:320]
    box = (np.abs(columns - 160) < 40) & (rows > 90) & (rows < 170)
    photograph = np.where((rows // 20 % 2 == 0)[..., None], (70, 140, 60), (215, 210, 200)).astype(np.uint8)
    photograph[box] = 150, 30, 30
    rising = np.maximum(rows - 60, 0) / 180
    scene = cv2.GaussianBlur(np.where(box, 110 / 180, rising).astype(np.float32), (0, 0), 4)
    followed = follow(standardise(scene), photograph, NO_SUBJECT, NO_SUBJECT)
    steps = np.diff(followed, axis=0)
    assert steps[100:, :60].max() < 1.5 * steps[100:, :60].mean()
    over_the_top = followed[100, 140:180] - followed[82, 140:180]
    assert (steps[86:95, 140:180].max(0) > 0.5 * over_the_top).all()


@pytest.mark.parametrize(("step", "stands"), [(0.1, False), (0.5, True)])
def test_a_subject_holds_together_where_only_its_paint_changes_and_what_stands_upright_where_it_leans(
    step: float, *, stands: bool
) -> None:
    photograph, mask = meadow(), ball()
    right = np.arange(320)[None] > 165
    photograph[mask & ~right], photograph[mask & right] = (235, 90, 40), (40, 60, 220)
    uneven = standardise(cv2.GaussianBlur(mask + step * (mask & right).astype(np.float32), (0, 0), 10))
    upright = mask if stands else NO_SUBJECT
    held, loose = (
        np.abs(np.diff(follow(uneven, photograph, *masks)[90:150, 150:180]))
        for masks in ((mask, upright), (NO_SUBJECT, NO_SUBJECT))
    )
    assert loose.max(1).mean() > 0.1
    assert held.max(1).mean() < 0.2 * loose.max(1).mean()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_measured_scenes_are_ordered_far_better_than_chance_and_have_edges(
    shared: Path, script: Callable[[str], ModuleType], every: int
) -> None:
    measure = script("score_depth.py")
    rows = []
    for _, path, truth in itertools.islice(measure.cases(str(shared)), 0, None, every):
        photograph = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
        rows.append(measure.score(truth, estimate(photograph)))
    mean = measure.mean(rows)
    assert mean["ordinal"] < 0.14
    assert mean["absrel"] < 0.19
    assert mean["boundary"] > 0.08
