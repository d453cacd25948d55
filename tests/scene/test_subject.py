"""The subject is found where a person would say it is, and is changed without making the scene anew."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from analytic import disc, texture
from PIL import Image

from zoom3d import inpaint, saliency, scene
from zoom3d.errors import OutputError
from zoom3d.scene.faces import find_faces
from zoom3d.scene.subject import find_subject
from zoom3d.types import Box, DepthMap, LayeredScene, Photo

FACES = {"astronaut.png": (0.43, 0.23), "official_portrait.jpg": (0.54, 0.21)}
SHARED = Path(__file__).resolve().parents[3] / "shared"
OTHERS = sorted(
    path
    for path in [*SHARED.glob("photos/*.*"), *SHARED.glob("mono/*/rgb.*"), *SHARED.glob("stereo/*/left.*")]
    if path.suffix != ".md" and "depth" not in path.name and path.name not in FACES
)
PEOPLE = {"person_kinect", "art"}  # a man, and a head of plaster


def standing(x: float, y: float, radius: float, ground: bool = True) -> tuple[Photo, DepthMap]:
    """A disc before a wall, on a floor that comes nearer towards the lower border."""
    row, column = (np.mgrid[0:120, 0:160] + 0.5) / np.array([120, 160])[:, None, None]
    inside = np.hypot((column - x) * 160, (row - y) * 120) < radius * 120
    floor = np.clip((row - 0.6) * 1.5, 0, 0.6) if ground else 0 * row
    disparity = np.where(inside, 0.6, 0.15 + floor).astype(np.float32)
    rgb = np.where(inside[..., None], texture(120, 160, 1, 150, 250), texture(120, 160, 2, 20, 90))
    return Photo(rgb.astype(np.uint8), 160.0), DepthMap(disparity, "analytic")


@pytest.mark.parametrize("ground", [True, False])
@pytest.mark.parametrize("place", [(0.5, 0.45), (0.3, 0.4), (0.68, 0.5)])
def test_what_stands_before_a_wall_is_the_subject_and_its_box_is_its_own(place: tuple[float, float], ground: bool) -> None:
    found = find_subject(*standing(*place, 0.17, ground))
    assert (found.x, found.y) == pytest.approx(place, abs=0.06)
    assert found.disparity == pytest.approx(0.6, abs=0.03)
    assert found.box is not None
    assert (found.box.x, found.box.width) == pytest.approx((place[0], 0.255), abs=0.04)
    assert found.box.top == pytest.approx(place[1] - 0.17, abs=0.03)


@pytest.mark.parametrize("right", [0.16, 0.18])
def test_of_two_things_one_is_the_subject_and_not_the_gap_between_them(right: float) -> None:
    row, column = (np.mgrid[0:120, 0:160] + 0.5) / np.array([120, 160])[:, None, None]
    left, other = (
        np.hypot((column - x) * 160, (row - 0.5) * 120) < radius * 120 for x, radius in ((0.24, 0.17), (0.76, right))
    )
    disparity = np.where(left | other, 0.6, 0.15).astype(np.float32)
    found = find_subject(Photo(np.full((120, 160, 3), 128, np.uint8), 160.0), DepthMap(disparity, "analytic"))
    assert min(abs(found.x - 0.24), abs(found.x - 0.76)) < 0.07
    assert found.box is not None
    assert found.box.width < 0.35


def ramp(height: int, width: int) -> DepthMap:
    """A floor, and nothing on it."""
    return DepthMap(np.repeat(np.linspace(0.1, 0.9, height, dtype=np.float32)[:, None], width, 1), "ramp")


def test_what_fills_the_picture_has_no_box() -> None:
    for depth in (DepthMap(np.full((240, 320), 0.5, np.float32), "flat"), ramp(240, 320)):
        found = find_subject(Photo(texture(240, 320, 1), 80.0), depth)
        assert (found.x, found.box) == (pytest.approx(0.5, abs=0.1), None)


@pytest.mark.parametrize("place", [(0.5, 0.45), (0.25, 0.4), (0.7, 0.55)])
def test_a_figure_that_the_depth_map_misses_is_found_by_its_colour(place: tuple[float, float]) -> None:
    photo, _ = standing(*place, 0.2)
    found = find_subject(photo, ramp(photo.height, photo.width))
    assert (found.x, found.y) == pytest.approx(place, abs=0.06)
    assert found.box is not None
    assert (found.box.x, found.box.y) == pytest.approx(place, abs=0.03)
    assert (found.box.width, found.box.height) == pytest.approx((0.3, 0.4), abs=0.06)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_figure_that_leans_aside_is_where_its_upper_part_is(side: int) -> None:
    """A frame that is narrower than the figure keeps its head."""
    row, column = (np.mgrid[0:120, 0:160] + 0.5) / np.array([120, 160])[:, None, None]
    column = 0.5 + side * (column - 0.5)
    body = np.hypot((column - 0.42) / 0.2, (row - 0.62) / 0.2) < 1
    head = (np.abs(column - 0.64) < 0.07) & (row > 0.2) & (row < 0.6)
    rgb = np.where((body | head)[..., None], texture(120, 160, 1, 150, 250), texture(120, 160, 2, 20, 90))
    found = find_subject(Photo(rgb.astype(np.uint8), 160.0), ramp(120, 160))
    assert found.box is not None
    assert found.box.width == pytest.approx(0.49, abs=0.05)
    assert side * (found.x - 0.5) > 0.05


def test_a_wall_at_the_side_has_no_box() -> None:
    """It is near, it stands out, and it goes on beside the picture."""
    wall = np.repeat((np.arange(160) < 75)[None], 120, 0)
    rgb = np.where(wall[..., None], (210, 190, 140), (70, 80, 90)) + texture(120, 160, 1, 0, 20)
    depth = DepthMap(np.where(wall, 0.7, 0.2).astype(np.float32), "analytic")
    assert find_subject(Photo(rgb.astype(np.uint8), 160.0), depth).box is None


@pytest.mark.parametrize("name", FACES)
def test_a_face_is_the_subject_and_its_person_the_box(name: str, shared: Path) -> None:
    rgb = np.asarray(Image.open(shared / "photos" / name).convert("RGB")).copy()
    height, width = rgb.shape[:2]
    row, column = (np.mgrid[0:height, 0:width] + 0.5) / np.array([height, width])[:, None, None]
    x, y = FACES[name]
    person = (np.abs(column - x) < 0.25) & (row > y - 0.15) & (row < 0.95)
    found = find_subject(Photo(rgb, 500.0), DepthMap(np.where(person, 0.8, 0.2).astype(np.float32), "analytic"))
    assert (found.x, found.y, found.disparity) == pytest.approx((x, y, 0.8), abs=0.04)
    assert found.box is not None
    assert (found.box.left, found.box.bottom) == pytest.approx((x - 0.25, 0.95), abs=0.03)


@pytest.mark.parametrize("name", FACES)
def test_a_face_is_found_in_a_thumbnail_as_in_the_photograph(name: str, shared: Path) -> None:
    """Or a sheet of moves would show another subject than the clip."""
    with Image.open(shared / "photos" / name) as opened:
        whole = opened.convert("RGB")
    thumbnail = whole.resize((176, round(176 * whole.height / whole.width)), Image.Resampling.LANCZOS)
    large, small = (saliency.faces(np.asarray(picture)) for picture in (whole, thumbnail))
    assert len(small) == len(large) == 1
    assert (small[0].x, small[0].y) == pytest.approx((large[0].x, large[0].y), abs=0.03)


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_nothing_else_is_taken_for_a_face(path: Path) -> None:
    rgb = np.asarray(Image.open(path).convert("RGB"))
    rgb = cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) if max(rgb.shape) > 1500 else rgb
    flat = np.full(rgb.shape[:2], 0.5, np.float32)
    assert bool(find_faces(rgb, flat)) == (path.parent.name in PEOPLE)


def test_a_face_that_is_no_head_in_depth_is_none(shared: Path) -> None:
    """A printed face on a receding table, and one far behind all else."""
    rgb = np.asarray(Image.open(shared / "photos" / "astronaut.png").convert("RGB"))
    flat = np.full(rgb.shape[:2], 0.5, np.float32)
    assert len(find_faces(rgb, flat)) == 1
    steep = np.repeat(np.clip(np.linspace(-0.8, 5, rgb.shape[0]), 0, 1)[:, None], rgb.shape[1], 1).astype(np.float32)
    assert find_faces(rgb, steep) == []
    behind = flat.copy()
    behind[30:200, 140:300] = 0.0
    assert find_faces(rgb, behind) == []


@pytest.fixture(scope="module")
def made() -> LayeredScene:
    photo, depth = standing(0.5, 0.45, 0.17)
    return scene.build(photo, depth, inpaint.load("telea"))


def test_another_focus_changes_the_subject_and_nothing_of_the_layers(made: LayeredScene) -> None:
    for wish, place, disparity in (
        ("0.1,0.2", (0.1, 0.2), 0.15),
        ("0.5,0.45", (0.5, 0.45), 0.6),
        ("0.2,0.99", (0.2, 0.99), 0.73),
    ):
        other = scene.focused(made, wish)
        assert (other.subject.x, other.subject.y) == place
        assert other.subject.disparity == pytest.approx(disparity, abs=0.03)
        assert other.distance(other.subject.disparity) == pytest.approx(1)
        assert other.far / other.near == pytest.approx(made.far / made.near)
        assert all(one is two for one, two in zip(made.layers, other.layers, strict=True))
    assert scene.focused(made, "subject") is made
    assert scene.focused(made, "0.5,0.45").subject.box is not None


def test_near_and_far_are_the_ends_of_the_scene(made: LayeredScene) -> None:
    near, far = scene.focused(made, "near").subject, scene.focused(made, "far").subject
    assert near.disparity > 0.65
    assert near.y > 0.9
    assert far.disparity == pytest.approx(0.15, abs=0.02)


@pytest.mark.parametrize(
    "wish", ["middle", "", "0.5", "0.5;0.3", "1.2,0.5", "540,960", "0.5,0.5,0.5", "nan,0.5", "-0.1,0", "x,y"]
)
def test_a_focus_that_is_none_is_refused(wish: str) -> None:
    with pytest.raises(OutputError) as caught:
        scene.check_focus(wish)
    assert "0.5,0.3" in caught.value.hint


def test_the_box_survives_the_cache(made: LayeredScene) -> None:
    stored = scene.from_arrays(scene.to_arrays(made))
    assert stored.subject == made.subject
    assert isinstance(stored.subject.box, Box)
    photo, depth, _ = disc(60, 60, 29)
    plain = scene.build(photo, DepthMap(np.full_like(depth.disparity, 0.5), "flat"), inpaint.load("telea"))
    assert scene.from_arrays(scene.to_arrays(plain)).subject.box is None


def test_finding_it_needs_no_network_library() -> None:
    program = "import sys, zoom3d.scene.subject; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
