"""What stands out of a picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from zoom3d import saliency
from zoom3d.depth import classical
from zoom3d.depth.builtin import estimate
from zoom3d.scene.subject import find_subject
from zoom3d.types import Box, DepthMap, Photo

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


def test_the_shaded_side_of_a_tower_is_the_towers_and_sky_between_its_rails_is_not() -> None:
    picture = np.empty((240, 320, 3), np.uint8)
    picture[:] = np.linspace(0, 1, 240)[:, None, None] * (40, 30, 10) + (90, 130, 200)
    lit, shaded, between = np.s_[60:200, 140:180], np.s_[90:150, 126:140], np.s_[150:170, 180:190]
    subject = np.zeros((240, 320), bool)
    for part in (lit, np.s_[140:180, 180:196]):
        picture[part], subject[part] = (245, 240, 235), True
    picture[between], subject[between] = picture[150:170, 20:30], False
    picture[shaded] = 150, 150, 152
    picture[200:] = np.random.default_rng(1).integers(60, 140, (40, 320, 3))
    found = saliency.remnants(subject, saliency.lab(picture))
    assert found[shaded].all()
    assert not found[between].any()
    assert found.sum() < 1.2 * picture[shaded][..., 0].size


def test_the_tip_stands_as_near_as_the_tower_below_it() -> None:
    disparity = estimate(launch_pad())
    tower, tip, sky = (
        float(np.median(disparity[part])) for part in (np.s_[96:116, 155:165], np.s_[74:86, 155:165], np.s_[60:120, 90:130])
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


PEOPLE = {
    "official_portrait.jpg": (
        [(0.5, 0.06), (0.5, 0.2), (0.3, 0.45), (0.76, 0.42), (0.14, 0.78), (0.5, 0.95), (0.84, 0.7)],
        [(0.05, 0.2), (0.06, 0.6), (0.25, 0.15), (0.72, 0.15), (0.96, 0.4)],
    ),
    "astronaut.png": ([(0.44, 0.06), (0.44, 0.2), (0.2, 0.6), (0.45, 0.9)], [(0.05, 0.2), (0.8, 0.2), (0.3, 0.1)]),
}
"""Photographs, and points, in fractions from the top left, in those whom they show and beside them."""


@pytest.mark.parametrize("name", PEOPLE)
def test_whoever_looks_at_the_camera_is_the_subject_from_hair_to_elbow(name: str, shared: Path) -> None:
    picture = Image.open(shared / "photos" / name).convert("RGB")
    picture.thumbnail((640, 640))
    subject = classical.guess(np.asarray(picture)).subject
    height, width = subject.shape
    inside, beside = ([bool(subject[int(y * height), int(x * width)]) for x, y in points] for points in PEOPLE[name])
    assert all(inside)
    assert not any(beside)


def test_a_body_is_looked_for_below_a_face_and_not_below_one_far_behind() -> None:
    near, far = Box(0.4, 0.2, 0.5, 0.3), Box(0.8, 0.2, 0.83, 0.23)
    likely = saliency.bodies([near, far], 200, 200)
    assert likely[50, 90] > likely[70, 90] > likely[34, 90] > likely[90, 70] > 0
    assert likely[90, 90] > 0.75 > likely[90, 97]  # the middle of the breast is surely theirs, and shows what they wear
    assert not likely[:30].any()
    assert not likely[:, :60].any()
    assert not likely[:, 120:].any()
    assert not saliency.bodies([], 200, 200).any()


HEAD = np.hypot(*(np.mgrid[:240, :320] - np.array([130, 150])[:, None, None])) < 75


def grain(seed: int, blur: float) -> np.ndarray:
    """Noise of one mean and spread, however blurred."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (240, 320)), (0, 0), blur)
    return 120 + 35 * (noise - noise.mean()) / noise.std()


def head_before(blur: float) -> np.ndarray:
    """A head of nearly the colours that are behind it, in focus before what is blurred so far."""
    grey = np.where(HEAD, grain(1, 1.0), grain(2, blur))
    return np.clip(grey[..., None] + HEAD[..., None] * (6, 0, -6), 0, 255).astype(np.uint8)


def test_what_is_in_focus_before_blur_is_the_subject_though_its_colours_hardly_tell_it() -> None:
    subject = classical.guess(head_before(8.0)).subject
    assert (subject & HEAD).sum() > 0.95 * (subject | HEAD).sum()
    assert saliency.shallow_focus(head_before(1.0), 240, 320) is None


def test_what_is_blurred_because_it_is_nearer_stays_before_what_is_in_focus() -> None:
    behind, before = (np.where(HEAD, near, 1 - near).astype(np.float32) for near in (1.0, 0.0))
    assert classical.guess(head_before(8.0), seen=lambda: behind).subject.any()
    assert not classical.guess(head_before(8.0), seen=lambda: before).subject.any()


def test_a_photograph_that_is_blurred_all_over_tells_of_no_focus() -> None:
    grey = np.clip(grain(3, 9.0), 0, 255).astype(np.uint8)
    sharp = saliency.shallow_focus(np.repeat(grey[..., None], 3, 2), 240, 320)
    assert sharp is not None
    assert not saliency.blur_is_behind(sharp, np.zeros((240, 320), np.float32))


@pytest.mark.parametrize("shift", [-60, 60])
def test_frames_are_about_what_alone_is_in_focus(shift: int) -> None:
    photo = Photo(np.roll(head_before(8.0), shift, axis=1), 300.0)
    found = find_subject(photo, DepthMap(np.full((240, 320), 0.5, np.float32), "flat"))
    assert found.x == pytest.approx((150 + shift) / 320, abs=0.03)
    assert found.box is not None
    assert found.box.width == pytest.approx(150 / 320, abs=0.04)


@pytest.mark.parametrize(("name", "shallow"), [("chelsea.png", True), ("coffee.png", False), ("falcon_flying.jpg", False)])
def test_shallow_focus_is_told_from_a_picture_that_is_sharp_all_over(name: str, shallow: bool, shared: Path) -> None:
    picture = np.asarray(Image.open(shared / "photos" / name).convert("RGB"))
    assert (saliency.shallow_focus(picture, 240, 320) is not None) == shallow


@pytest.mark.parametrize(("height", "width", "upright"), [(120, 40, True), (40, 120, False)])
def test_a_thing_told_by_colour_stands_if_it_is_taller_than_wide(height: int, width: int, upright: bool) -> None:
    picture = np.clip(grain(4, 2.0)[..., None] * np.array((0.5, 0.8, 0.5)), 0, 255).astype(np.uint8)
    thing = np.s_[130 - height // 2 : 130 + height // 2, 160 - width // 2 : 160 + width // 2]
    picture[thing] = (230, 90, 30)
    guess = classical.guess(picture)
    assert guess.subject[thing].mean() > 0.95
    assert guess.upright[thing].mean() == pytest.approx(guess.subject[thing].mean() if upright else 0)


def test_a_subject_takes_what_has_its_colours_and_hangs_together_with_it() -> None:
    picture = np.clip(grain(4, 2.0)[..., None] * np.array((0.5, 0.8, 0.5)), 0, 255).astype(np.uint8)
    head, body, other = np.s_[60:140, 140:220], np.s_[100:200, 0:140], np.s_[20:60, 270:310]
    for part in (head, body, other):
        picture[part] = np.clip(grain(5, 1.0)[part][..., None] + (60, -40, -60), 0, 255)
    seed, whole, nothing = np.zeros((3, 240, 320), bool)
    seed[head] = whole[head] = whole[body] = True
    grown = saliency.grow(picture, seed, nothing)
    assert grown[seed].all()
    assert (grown & whole).sum() > 0.97 * (grown | whole).sum()
    sky = np.zeros_like(seed)
    sky[body] = True
    np.testing.assert_array_equal(saliency.grow(picture, nothing, nothing), nothing)
    assert not saliency.grow(picture, seed, sky)[body][:, :-10].any()


def test_a_subject_that_would_be_most_of_the_picture_does_not_grow() -> None:
    picture = np.full((120, 160, 3), 90, np.uint8)
    picture[:, :130] = (200, 120, 40)
    seed = np.zeros((120, 160), bool)
    seed[40:80, 50:90] = True
    np.testing.assert_array_equal(saliency.grow(picture, seed, np.zeros_like(seed)), seed)


def test_an_animals_body_belongs_to_its_head(shared: Path) -> None:
    subject = classical.guess(np.asarray(Image.open(shared / "photos" / "raccoon.png").convert("RGB"))).subject
    height, width = subject.shape
    fur, leaves = [(0.65, 0.3), (0.9, 0.18), (0.2, 0.2), (0.45, 0.1), (0.55, 0.65)], [(0.97, 0.3), (0.1, 0.75), (0.9, 0.7)]
    assert all(subject[int(y * height), int(x * width)] for x, y in fur)
    assert not any(subject[int(y * height), int(x * width)] for x, y in leaves)


def test_what_alone_is_in_focus_stands_and_the_fur_around_it(shared: Path) -> None:
    guess = classical.guess(np.asarray(Image.open(shared / "photos" / "chelsea.png").convert("RGB")))
    assert guess.upright[guess.subject].all()
    assert guess.upright.sum() > 1.02 * guess.subject.sum()
    near = cv2.dilate(guess.subject.astype(np.uint8), np.ones((9, 9))) > 0
    assert not guess.upright[~near].any()


def test_a_cats_whole_head_stands_before_the_blur_behind_it(shared: Path) -> None:
    subject = classical.guess(np.asarray(Image.open(shared / "photos" / "chelsea.png").convert("RGB"))).subject
    height, width = subject.shape
    head, beside = ([(0.5, 0.05), (0.25, 0.2), (0.35, 0.4), (0.75, 0.4), (0.6, 0.7), (0.83, 0.1)], [(0.95, 0.3), (0.04, 0.1)])
    assert all(subject[int(y * height), int(x * width)] for x, y in head)
    assert not any(subject[int(y * height), int(x * width)] for x, y in beside)
