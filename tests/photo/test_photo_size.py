"""Large photographs come down to what is of use, by area, in bounded memory, and this is reported."""

from __future__ import annotations

import logging
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from photo_scene import Write, difference
from PIL import Image

from zoom3d.photo import load


@pytest.fixture(scope="module")
def large() -> np.ndarray:
    """(1200, 1600, 3) uint8 with detail down to the pixel."""
    generator = np.random.default_rng(3)
    smooth = cv2.resize(generator.integers(0, 256, (30, 40, 3), np.uint8), (1600, 1200), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth.astype(np.int16) + generator.integers(-30, 31, smooth.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("usable", [1199, 800, 333, 100, 16])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
def test_shorter_side_becomes_what_is_usable_by_averaging_areas(
    write: Write, large: np.ndarray, name: str, usable: int
) -> None:
    options = {
        "a.png": {"compress_level": 1},
        "a.jpg": {"quality": 95, "subsampling": 0},
        "a.webp": {"lossless": True, "method": 0, "quality": 0},
    }.get(name, {})
    rgb = load(write(name, large, **options), usable_side_px=usable).rgb
    assert rgb.shape == (usable, round(1600 * usable / 1200), 3)
    expected = cv2.resize(large, rgb.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert difference(rgb, expected) < (3.0 if usable > 16 else 5.0)


@pytest.mark.parametrize("usable", [1200, 1201, 5000, None])
def test_what_is_not_too_large_stays_as_it_is(
    write: Write, large: np.ndarray, usable: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert (load(write("a.png", large, compress_level=1), usable_side_px=usable).rgb == large).all()
    assert not caplog.records


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_what_is_usable_is_asked_of_the_picture_as_it_is_seen(write: Write, large: np.ndarray, name: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    path = write(name, large, exif=exif)
    rgb = load(path, usable_side_px=lambda width, height: 600 if (width, height) == (1200, 1600) else 300).rgb
    assert rgb.shape == (800, 600, 3)


def test_reduction_is_told_but_is_no_warning(write: Write, large: np.ndarray, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="zoom3d")
    load(write("a.png", large, compress_level=1), usable_side_px=300)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.INFO, "a.png is reduced from 1600x1200 to 400x300: the clip can use no more")
    ]


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "CMYK", "1", "I;16", "F"])
def test_every_mode_is_reduced(write: Write, large: np.ndarray, mode: str) -> None:
    grey = large[..., 1]
    image = {
        "I;16": lambda: Image.fromarray(grey.astype(np.uint16) * 257),
        "F": lambda: Image.fromarray(grey / np.float32(255)),
    }.get(mode, lambda: Image.fromarray(large).convert(mode))()
    rgb = load(write("a.tif", image), usable_side_px=150).rgb
    assert rgb.shape == (150, 200, 3)
    small = cv2.resize(
        grey if mode in ("I;16", "F") else np.asarray(image.convert("RGB")), (200, 150), interpolation=cv2.INTER_AREA
    )
    assert np.corrcoef(rgb[..., 1].ravel(), small.reshape(150, 200, -1)[..., small.ndim // 3].ravel())[0, 1] > 0.98


@pytest.mark.parametrize(
    ("name", "size", "bound_kb"),
    [
        ("a.jpg", (8064, 6048), 700_000),
        pytest.param("a.jpg", (11520, 8640), 1_200_000, marks=pytest.mark.slow),
        pytest.param("a.png", (11520, 8640), 1_200_000, marks=pytest.mark.slow),
        pytest.param("a.tif", (11520, 8640), 1_200_000, marks=pytest.mark.slow),
    ],
)
def test_large_photographs_take_about_a_gigabyte(
    write: Write, name: str, size: tuple[int, int], bound_kb: int, peak_memory_kb: Callable[..., int]
) -> None:
    row = np.tile(np.arange(256, dtype=np.uint8), 45)[: size[0]]
    path = write(name, np.broadcast_to(row[None, :, None], (size[1], size[0], 3)).copy())
    program = (
        "import sys\nfrom zoom3d.photo import load\nphoto = load(sys.argv[1], usable_side_px=1440)\n"
        "assert (photo.width, photo.height) == (1920, 1440)"
    )
    assert peak_memory_kb(program, path) < bound_kb
