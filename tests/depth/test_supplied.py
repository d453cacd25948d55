"""The depth map that the user brings is read whatever its file, and refused in words where it is none."""

from __future__ import annotations

import io
import logging
import os
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest
from PIL import Image

from zoom3d.depth.normalise import normalise
from zoom3d.depth.supplied import read
from zoom3d.errors import DepthError


@pytest.fixture
def disparity() -> np.ndarray:
    """(30, 40) float64 in [0, 1]: a slope with a box before it; 8 bits hold it exactly."""
    values = np.tile(np.linspace(0, 150, 40).round(), (30, 1))
    values[10:20, 10:20] = 255
    return values / 255.0


def write_exr(path: Path, channels: dict[str, np.ndarray]) -> None:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(str(path))


def save(path: Path, values: np.ndarray) -> Path:
    """Write ``values`` in the format of the suffix, with all their bits."""
    if path.suffix == ".npy":
        np.save(path, values)
    elif path.suffix == ".exr":
        write_exr(path, {"Z": values})
    else:
        assert cv2.imwrite(str(path), values)
    return path


@pytest.mark.parametrize(
    ("name", "dtype", "scale"),
    [
        ("d.png", "uint8", 255),
        ("d.png", "uint16", 65535),
        ("d.png", "uint16", 2550),
        ("d.tif", "uint8", 255),
        ("d.tif", "uint16", 65535),
        ("d.tif", "float32", 7.5),
        ("d.tif", "float64", 7.5),
        ("d.exr", "float16", 1.0),
        ("d.exr", "float32", 123.0),
        ("d.exr", "uint32", 100_000),
        ("d.npy", "float16", 2.0),
        ("d.npy", "float32", 1e-3),
        ("d.npy", "float64", 1e12),
        ("d.npy", ">f4", 3.0),
        ("d.npy", "uint8", 255),
        ("d.npy", "int16", 25500),
        ("d.npy", "int64", 1 << 40),
        ("d.npy", "bool", 1),
        ("d.bmp", "uint8", 255),
        ("d.webp", "uint8", 255),
    ],
)
def test_reads_with_all_its_bits(tmp_path: Path, disparity: np.ndarray, name: str, dtype: str, scale: float) -> None:
    values = disparity * scale
    values = values.astype(dtype) if "f" in dtype else values.round().astype(dtype)
    if name == "d.webp":
        Image.fromarray(values).save(tmp_path / name, lossless=True)
    else:
        save(tmp_path / name, values)
    result = read(tmp_path / name)
    assert result.dtype == np.float32
    assert result.shape == disparity.shape
    assert result == pytest.approx(normalise(values), abs=1e-6)
    assert result[15, 15] == 1.0


def test_reads_jpeg(tmp_path: Path, disparity: np.ndarray) -> None:
    Image.fromarray((disparity * 255).astype(np.uint8)).save(tmp_path / "d.jpg", quality=95)
    assert np.abs(read(tmp_path / "d.jpg") - normalise(disparity)).mean() < 0.02


def test_content_counts_and_not_the_name(tmp_path: Path, disparity: np.ndarray) -> None:
    for suffix in (".png", ".exr", ".npy"):
        path = save(tmp_path / f"d{suffix}", (disparity * 255).astype("uint8" if suffix == ".png" else "float32"))
        assert np.abs(read(path.rename(tmp_path / "odd näme.jpg")) - normalise(disparity)).max() < 0.01


@pytest.mark.parametrize("name", ["d.png", "d.npy", "d.exr"])
def test_near_dark_is_the_same_map_turned_round(tmp_path: Path, disparity: np.ndarray, name: str) -> None:
    dtype = "uint16" if name == "d.png" else "float32"
    path = save(tmp_path / name, (disparity * 1000).astype(dtype))
    assert read(path, near_dark=True) == pytest.approx(1.0 - read(path), abs=1e-5)


def test_sixteen_bits_in_colour_channels_keep_all_bits(tmp_path: Path) -> None:
    ramp = np.tile(np.arange(2000, 2600, dtype=np.uint16), (20, 1))
    for name in ("d.png", "d.tif"):
        save(tmp_path / name, np.repeat(ramp[..., None], 3, axis=2))
        assert len(np.unique(read(tmp_path / name))) > 590


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_equal_channels_are_grey(
    tmp_path: Path, disparity: np.ndarray, channels: int, caplog: pytest.LogCaptureFixture
) -> None:
    stacked = np.repeat((disparity * 255).astype(np.uint8)[..., None], channels, axis=2)
    if channels in (2, 4):
        stacked[..., -1] = 77  # alpha says nothing about depth
    np.save(tmp_path / "d.npy", stacked)
    assert read(tmp_path / "d.npy") == pytest.approx(normalise(disparity), abs=1e-6)
    assert not caplog.records


def test_a_tint_is_read_by_brightness_with_a_warning(
    tmp_path: Path, disparity: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    tinted = (disparity[..., None] * (255, 240, 235)).astype(np.uint8)
    Image.fromarray(tinted).save(tmp_path / "d.png")
    assert np.abs(read(tmp_path / "d.png") - normalise(disparity)).max() < 0.02
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize("colours", [cv2.COLORMAP_INFERNO, cv2.COLORMAP_JET, cv2.COLORMAP_TURBO, cv2.COLORMAP_VIRIDIS])
def test_colour_maps_are_refused(tmp_path: Path, disparity: np.ndarray, colours: int) -> None:
    save(tmp_path / "d.png", cv2.applyColorMap((disparity * 255).astype(np.uint8), colours))
    with pytest.raises(DepthError, match="in colour"):
        read(tmp_path / "d.png")


@pytest.mark.parametrize("channel", ["Z", "Y", "V", "depth", "ViewLayer.Depth.Z"])
def test_exr_depth_is_found_among_other_channels(tmp_path: Path, disparity: np.ndarray, channel: str) -> None:
    values = (disparity * 9).astype(np.float32)
    noise = np.random.default_rng(0).random(values.shape, np.float32)
    write_exr(tmp_path / "d.exr", {channel: values, "Combined.R": noise, "Combined.A": noise})
    assert read(tmp_path / "d.exr") == pytest.approx(normalise(disparity), abs=1e-6)


def test_exr_of_equal_colours_is_grey(tmp_path: Path, disparity: np.ndarray) -> None:
    values = disparity.astype(np.float32)
    write_exr(tmp_path / "d.exr", {"R": values, "G": values, "B": values})
    assert read(tmp_path / "d.exr") == pytest.approx(normalise(disparity), abs=1e-6)


def test_exr_without_depth_names_what_it_has(tmp_path: Path, disparity: np.ndarray) -> None:
    write_exr(tmp_path / "d.exr", {"normal.X": disparity.astype("f"), "mist": disparity.astype("f")})
    with pytest.raises(DepthError, match=r"normal\.X"):
        read(tmp_path / "d.exr")


def test_unknown_pixels_are_filled_and_told(tmp_path: Path, disparity: np.ndarray, caplog: pytest.LogCaptureFixture) -> None:
    holed = disparity.copy()
    holed[12:15, 12:15] = np.nan
    holed[0, 20] = np.inf
    np.save(tmp_path / "d.npy", holed)
    caplog.set_level(logging.INFO)
    assert np.abs(read(tmp_path / "d.npy") - normalise(disparity)).max() < 0.02
    assert "unknown" in caplog.text


def test_infinite_distance_is_the_farthest(tmp_path: Path) -> None:
    distance = np.tile(np.linspace(1, 10, 50), (40, 1))
    distance[:10] = np.inf
    np.save(tmp_path / "d.npy", distance)
    result = read(tmp_path / "d.npy", near_dark=True)
    assert (result[:10] == 0.0).all()
    assert result[30, 0] == 1.0


def test_the_same_everywhere_is_read_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save(tmp_path / "d.png", np.full((20, 20), 9, np.uint8))
    assert (read(tmp_path / "d.png") == 0.5).all()
    assert "everywhere" in caplog.text


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=array.dtype == object)
    return buffer.getvalue()


def claiming(shape: str) -> bytes:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(64)


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 65536, (64, 64)).astype(np.uint16)
    Image.fromarray(noise if kind != "JPEG" else noise.astype(np.uint8)).save(buffer, kind)
    return buffer.getvalue()


def exr(folder: Path) -> bytes:
    path = folder / "whole.exr"
    write_exr(path, {"Z": np.random.default_rng(0).random((64, 64), np.float32)})
    return path.read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"depth, they said\n", id="text"),
        pytest.param(np.random.default_rng(0).bytes(4000), id="noise"),
        pytest.param(b"PK\x03\x04" + bytes(100), id="archive"),
        pytest.param(npy(np.array([{"a": 1}], dtype=object)), id="pickle"),
        pytest.param(npy(np.zeros((4, 4), "complex64")), id="complex"),
        pytest.param(npy(np.array([["a", "b"], ["c", "d"]])), id="words"),
        pytest.param(npy(np.zeros((4, 4), [("x", "f4")])), id="records"),
        pytest.param(npy(np.float32(3)), id="a number"),
        pytest.param(npy(np.zeros(100)), id="a line"),
        pytest.param(npy(np.zeros((0, 10))), id="no rows"),
        pytest.param(npy(np.zeros((10, 10, 7))), id="seven channels"),
        pytest.param(npy(np.zeros((2, 3, 10, 10))), id="four dimensions"),
        pytest.param(npy(np.full((10, 10), np.nan)), id="nothing known"),
        pytest.param(npy(np.zeros((10, 10)))[:-50], id="cut npy"),
        pytest.param(claiming("(10000000, 10000000)"), id="huge npy"),
        pytest.param(claiming("(-5, 10)"), id="negative npy"),
        pytest.param(b"\x93NUMPY\x09\x09" + bytes(50), id="unknown npy"),
        pytest.param(b"\x93NUMPY\x01\x00\x0a\x00{'descr': (" + bytes(50), id="open npy"),
        pytest.param(picture("PNG")[:-2000], id="cut png"),
        pytest.param(picture("TIFF")[:4000], id="cut tiff"),
        pytest.param(picture("JPEG")[:1500], id="cut jpeg"),
    ],
)
def test_refuses_in_one_line_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "d.png"
    path.write_bytes(content)
    with pytest.raises(DepthError) as caught:
        read(path)
    for line in (caught.value.message, caught.value.hint):
        assert line
        assert "\n" not in line


@pytest.mark.parametrize("kept", [0.1, 0.6, 0.95])
def test_refuses_cut_exr(tmp_path: Path, kept: float) -> None:
    whole = exr(tmp_path)
    (tmp_path / "cut.exr").write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(DepthError, match="damaged"):
        read(tmp_path / "cut.exr")


def test_missing_file_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(DepthError, match="does not exist") as caught:
        read(tmp_path / "absent.png")
    assert "--depth" in caught.value.hint


def test_directories_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DepthError, match="directory"):
        read(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="there are no such pipes")
def test_pipes_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DepthError, match="pipe"):
        read(tmp_path / "pipe")


def test_real_depth_maps_use_the_whole_range(shared: Path) -> None:
    result = read(shared / "photos" / "apollo_moonwalk_depth.png")
    assert result.shape == (640, 640)
    assert (result.min(), result.max()) == (0.0, 1.0)
