"""Every picture comes upright, turned exactly once, and with the lens that took it."""

from __future__ import annotations

import io
import math
import struct

import numpy as np
import pillow_heif
import pytest
from photo_scene import Write, difference
from PIL import Image, TiffImagePlugin

from zoom3d.photo import load
from zoom3d.photo.exif import DEFAULT_FOCAL_DIAGONALS, turn, turn_array

ORIENTATIONS = range(1, 9)
DIAGONAL_PX = math.hypot(128, 96)
# What a camera held that way stores: the inverse of the turn that makes it upright.
STORED = {
    1: lambda rgb: rgb,
    2: lambda rgb: rgb[:, ::-1],
    3: lambda rgb: rgb[::-1, ::-1],
    4: lambda rgb: rgb[::-1],
    5: lambda rgb: rgb.transpose(1, 0, 2),
    6: np.rot90,
    7: lambda rgb: rgb[::-1, ::-1].transpose(1, 0, 2),
    8: lambda rgb: np.rot90(rgb, -1),
}


def stored(scene: np.ndarray, orientation: int) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(STORED[orientation](scene)))


def exif(orientation: int | None = None, **tags: object) -> Image.Exif:
    data = Image.Exif()
    if orientation is not None:
        data[0x0112] = orientation
    numbers = {"focal": 0x920A, "focal_35mm": 0xA405, "resolution": 0xA20E, "unit": 0xA210, "width": 0xA002, "height": 0xA003}
    if tags:
        data[0x8769] = {numbers[name]: value for name, value in tags.items()}
    return data


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("a.jpg", {"quality": 95}, 3.0),
        ("a.png", {}, 0.0),
        ("a.webp", {"lossless": True}, 0.0),
        ("a.tif", {}, 0.0),
        ("a.tif", {"compression": "tiff_lzw"}, 0.0),
        ("a.avif", {"quality": 95}, 4.0),
    ],
)
def test_turns_exactly_once(
    write: Write, scene: np.ndarray, orientation: int, name: str, options: dict[str, object], tolerance: float
) -> None:
    path = write(name, stored(scene, orientation), exif=exif(orientation), **options)
    assert difference(load(path).rgb, scene) <= tolerance


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_turns_once_when_reduced(write: Write, scene: np.ndarray, orientation: int) -> None:
    large = np.asarray(Image.fromarray(scene).resize((1280, 960)))
    path = write("a.jpg", stored(large, orientation), exif=exif(orientation), quality=95)
    loaded = load(path, usable_side_px=96)
    assert difference(loaded.rgb, scene) < 3.0


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_heic_is_turned_by_its_container_alone(write: Write, scene: np.ndarray, orientation: int) -> None:
    buffer = io.BytesIO()
    image = stored(scene, orientation)
    # The writer turns the EXIF orientation into the container's own and keeps the EXIF data beside it.
    pillow_heif.from_pillow(image).save(buffer, quality=-1, chroma=444, exif=exif(orientation).tobytes())
    assert difference(load(write("a.heic", buffer.getvalue())).rgb, scene) < 2.0


@pytest.mark.parametrize("orientation", [0, 9, 77, 65535])
def test_impossible_orientation_is_ignored(write: Write, scene: np.ndarray, orientation: int) -> None:
    assert (load(write("a.png", exif=exif(orientation))).rgb == scene).all()


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_arrays_turn_as_pictures_do(orientation: int) -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert (turn_array(values, orientation) == np.asarray(turn(Image.fromarray(values), orientation))).all()


def test_focal_length_from_its_35_mm_equivalent(write: Write) -> None:
    focal_px = load(write("a.jpg", exif=exif(focal_35mm=50))).focal_px
    assert focal_px == pytest.approx(50 / math.hypot(36, 24) * DIAGONAL_PX, rel=1e-6)


def test_equivalent_wins_over_the_sensor(write: Write) -> None:
    tags = exif(focal_35mm=50, focal=10.0, resolution=1000.0, unit=3, width=128)
    assert load(write("a.jpg", exif=tags)).focal_px == pytest.approx(50 / math.hypot(36, 24) * DIAGONAL_PX, rel=1e-6)


@pytest.mark.parametrize(("unit", "mm"), [(2, 25.4), (3, 10.0), (4, 1.0), (5, 0.001)])
def test_focal_length_from_lens_and_sensor(write: Write, unit: int, mm: float) -> None:
    # A sensor 36 mm wide that took 6000 pixels; this copy has 128, which leaves the lens as wide as it was.
    tags = exif(focal=36.0, resolution=6000 / 36 * mm, unit=unit, width=6000)
    assert load(write("a.jpg", exif=tags)).focal_px == pytest.approx(128, rel=1e-4)


@pytest.mark.parametrize("name", ["a.jpg", "a.heic"])
@pytest.mark.parametrize("size", [{}, {"width": 4500, "height": 6000}])
def test_the_sensor_is_as_long_as_the_picture_whichever_way_up_it_is_stored(
    write: Write, scene: np.ndarray, name: str, size: dict[str, int]
) -> None:
    tags = exif(6, focal=36.0, resolution=(6000 if size else 128) / 36 * 10, unit=3, **size)
    buffer = io.BytesIO()
    image = stored(scene, 6)
    if name == "a.heic":
        pillow_heif.from_pillow(image).save(buffer, exif=tags.tobytes())
    else:
        image.save(buffer, "JPEG", exif=tags)
    assert load(write(name, buffer.getvalue())).focal_px == pytest.approx(128, rel=1e-4)


def test_focal_length_follows_reduction_and_turning(write: Write, scene: np.ndarray) -> None:
    large = Image.fromarray(scene).resize((1280, 960)).transpose(Image.Transpose.ROTATE_90)
    path = write("a.jpg", large, exif=exif(6, focal_35mm=28))
    full, reduced = load(path), load(path, usable_side_px=240)
    assert (reduced.width, reduced.height) == (320, 240)
    assert reduced.focal_px == pytest.approx(full.focal_px / 4, rel=1e-6)
    assert full.focal_px == pytest.approx(28 / math.hypot(36, 24) * 1600, rel=1e-6)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"focal_35mm": 0},
        {"focal_35mm": 65535},
        {"focal": 50.0},
        {"focal": TiffImagePlugin.IFDRational(50, 0), "resolution": 100.0, "unit": 2, "width": 100},
        {"focal": 50.0, "resolution": TiffImagePlugin.IFDRational(0, 0), "unit": 2, "width": 100},
        {"focal": 50.0, "resolution": 0.0, "unit": 2, "width": 100},
        {"focal": 50.0, "resolution": 1e9, "unit": 1, "width": 1},
    ],
)
def test_focal_length_that_is_not_told_or_not_possible_is_the_default(write: Write, tags: dict[str, object]) -> None:
    assert load(write("a.jpg", exif=exif(**tags))).focal_px == pytest.approx(DEFAULT_FOCAL_DIAGONALS * DIAGONAL_PX)


@pytest.mark.parametrize(
    "data",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff" * 20,
        b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\0",  # its EXIF directory is itself
        b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\2\0\0\0\4abc\0\0\0\0\0",  # orientation as text
        b"Exif\0\0" + bytes(60000),
        np.random.default_rng(5).bytes(60000),
    ],
)
def test_broken_exif_is_ignored(write: Write, scene: np.ndarray, data: bytes) -> None:
    buffer = io.BytesIO()
    Image.fromarray(scene).save(buffer, "JPEG", quality=95)
    jpeg = buffer.getvalue()
    segment = b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data
    loaded = load(write("a.jpg", jpeg[:2] + segment + jpeg[2:]))
    assert difference(loaded.rgb, scene) < 3.0
    assert loaded.focal_px == pytest.approx(DEFAULT_FOCAL_DIAGONALS * DIAGONAL_PX)
