"""Every file of the collection of difficult inputs behaves as its manifest says."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from photo_scene import REFUSING

from zoom3d.errors import PhotoError
from zoom3d.photo import load
from zoom3d.types import Photo

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "nasty"
MANIFEST = FOLDER / "manifest.json"
ENTRIES = json.loads(MANIFEST.read_text(encoding="utf-8"))["files"] if MANIFEST.is_file() else []
BY_NAME = {entry["file"]: entry for entry in ENTRIES}
MEMORY_BOUND_KB = 1_200_000

# What each refusal must say, beyond being one.
WORDS = {
    "jpegxl.jxl": "JPEG XL",
    "vector.svg": "SVG",
    "document.pdf": "PDF",
    "zero_byte.jpg": "empty",
    "text_renamed.jpg": "not an image",
    "random_bytes.png": "not an image",
    "truncated_early.jpg": "truncated",
    "truncated.png": "truncated",
    "bomb_65536x65536.png": "65536x65536",
    "line_1x450.png": "16 pixels",
    "tiny_2x2.png": "16 pixels",
    "icc_prophoto_1x1.png": "16 pixels",
    "directory.jpg/": "directory",
    "does_not_exist.jpg": "no such file",
}
REFUSED_THOUGH_EITHER_IS_FINE = {"icc_broken_position.jpg"}  # 10x10
# Files of one scene that are not one picture: bounds on their mean difference from the manifest's own words.
BOUNDS = {
    "exif_orient_1.jpg": (0.0, 0.0),
    "trailing_garbage.jpg": (0.0, 0.0),
    "exif_orient_3.jpg": (2.0, 8.0),
    "exif_orient_6.jpg": (2.0, 8.0),
    "exif_orient_8.jpg": (2.0, 8.0),
    "icc_display_p3.jpg": (3.0, 7.0),
}

pytestmark = pytest.mark.skipif(not ENTRIES, reason="the measuring data (../shared) is not here")


@functools.lru_cache(maxsize=4)
def photo(name: str) -> Photo:
    return load(FOLDER / name)


@pytest.mark.parametrize("name", [entry["file"] for entry in ENTRIES if entry["expect"] == "refuse"])
def test_refuses_in_one_line_with_a_remedy(name: str) -> None:
    with pytest.raises(PhotoError) as caught:
        load(FOLDER / name)
    for line in (caught.value.message, caught.value.hint):
        assert line
        assert "\n" not in line
    assert WORDS.get(name, "") in caught.value.message


@pytest.mark.parametrize("name", [entry["file"] for entry in ENTRIES if entry["expect"] == "accept"])
def test_accepts_upright_and_at_full_size(name: str) -> None:
    loaded = photo(name)
    entry = BY_NAME[name]
    if "upright_size" in entry:
        assert [loaded.width, loaded.height] == entry["upright_size"]
    if "same_scene_as" in entry and (FOLDER / entry["same_scene_as"]).is_file():
        twin = photo(entry["same_scene_as"])
        low, high = BOUNDS.get(name, (0.0, 6.0))
        assert low <= np.abs(loaded.rgb.astype(np.float32) - twin.rgb.astype(np.float32)).mean() <= high
    if not name.startswith("flat"):
        assert loaded.rgb.std() > 1.0


@pytest.mark.parametrize("name", [entry["file"] for entry in ENTRIES if entry["expect"] == "either"])
def test_either_reads_or_refuses_in_words(name: str) -> None:
    if name in WORDS:
        with pytest.raises(PhotoError, match=WORDS[name]):
            photo(name)
    elif name not in REFUSED_THOUGH_EITHER_IS_FINE:
        assert photo(name).rgb.std() > 0.1


def test_cut_by_its_last_bytes_equals_its_whole_twin_and_warns(caplog: pytest.LogCaptureFixture) -> None:
    cut, whole = load(FOLDER / "truncated_last_bytes.jpg"), photo("exif_orient_1.jpg")
    assert (cut.rgb[:-16] == whole.rgb[:-16]).all()
    assert np.abs(cut.rgb[-16:].astype(float) - whole.rgb[-16:]).mean() < 3.0
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "truncated" in caplog.text


def test_arrow_points_up_in_the_heic_that_its_container_turns() -> None:
    grey = cv2.resize(photo("heic_arrow_irot.heic").rgb, (756, 1008), interpolation=cv2.INTER_AREA).mean(axis=2)
    dark = grey < 0.4 * np.median(grey)
    rows = np.flatnonzero(dark.any(axis=1))
    rows = rows[(rows > rows[0]) & (rows < rows[-1])]
    width_px = np.array([np.ptp(np.flatnonzero(dark[row])) for row in rows])
    tenth = len(rows) // 10
    # The tip is narrow, the shaft broad, and the head broader still.
    assert width_px[:tenth].mean() < 0.5 * width_px[-tenth:].mean() < 0.5 * width_px.max()


def test_ink_of_the_flower_comes_out_like_its_twin_and_not_negative() -> None:
    ink = photo("cmyk_adobe_flower.jpg").rgb.astype(np.float32).mean(axis=2)
    twin = photo("gray_alpha.png").rgb.astype(np.float32).mean(axis=2)
    assert np.corrcoef(ink.ravel(), twin.ravel())[0, 1] > 0.5


def test_sixteen_bits_use_the_whole_scale() -> None:
    assert photo("gray16.png").rgb.mean() == pytest.approx(127.5, abs=2)
    assert photo("rgb16_small.png").rgb.mean() == pytest.approx(127.5, abs=8)


def test_flat_colour_stays_exact() -> None:
    assert (photo("flat_white_640x480.png").rgb == 255).all()


@pytest.mark.parametrize("name", ["bomb_65536x65536.png", "oom.tif", "random_bytes.png", "corrupted.heic", "document.pdf"])
def test_hostile_files_take_little_memory(name: str, peak_memory_kb: Callable[..., int]) -> None:
    assert peak_memory_kb(REFUSING, FOLDER / name) < MEMORY_BOUND_KB
