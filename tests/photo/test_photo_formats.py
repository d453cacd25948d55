"""Every format and pixel type gives the same picture, whatever the file is called."""

from __future__ import annotations

import io
import logging
import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import PIL
import pillow_heif
import pytest
from photo_scene import Write, difference, tiff
from PIL import Image

from zoom3d.errors import PhotoError
from zoom3d.photo import load

PIXELS_ARE_EXACT = 0.0


def heic(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=-1, chroma=444, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("photo.png", {}, PIXELS_ARE_EXACT),
        ("photo.bmp", {}, PIXELS_ARE_EXACT),
        ("photo.tif", {}, PIXELS_ARE_EXACT),
        ("photo.tif", {"compression": "tiff_lzw"}, PIXELS_ARE_EXACT),
        ("photo.tif", {"compression": "tiff_deflate"}, PIXELS_ARE_EXACT),
        ("photo.tif", {"compression": "jpeg", "quality": 95}, 3.0),
        ("photo.tif", {"big_tiff": True}, PIXELS_ARE_EXACT),
        ("photo.webp", {"lossless": True}, PIXELS_ARE_EXACT),
        ("photo.webp", {"quality": 95}, 4.0),
        ("photo.avif", {"quality": 95}, 4.0),
        ("photo.jp2", {}, 1.0),
        ("photo.jpg", {"quality": 95}, 3.0),
        ("photo.jpg", {"quality": 95, "progressive": True}, 3.0),
        ("photo.gif", {}, 12.0),
    ],
)
def test_reads(write: Write, scene: np.ndarray, name: str, options: dict[str, object], tolerance: float) -> None:
    assert difference(load(write(name, **options)).rgb, scene) <= tolerance


def test_reads_heic(write: Write, scene: np.ndarray) -> None:
    assert difference(load(write("photo.heic", heic(Image.fromarray(scene)))).rgb, scene) < 2.0


def test_reads_heic_with_transparency(write: Write, scene: np.ndarray) -> None:
    image = Image.fromarray(scene)
    image.putalpha(Image.fromarray(np.where(np.arange(128) < 64, 0, 255).astype(np.uint8) * np.ones((96, 1), np.uint8)))
    rgb = load(write("photo.heic", heic(image))).rgb
    assert difference(rgb[:, 66:], scene[:, 66:]) < 2.0
    assert rgb[:, :62].min() > 250


@pytest.mark.parametrize("mode", ["L", "I;16"])
def test_reads_grey_heic(write: Write, scene: np.ndarray, mode: str) -> None:
    grey = Image.fromarray(scene[..., 1] if mode == "L" else scene[..., 1].astype(np.uint16) * 257)
    assert difference(load(write("photo.heic", heic(grey))).rgb[..., 1], scene[..., 1]) < 2.0


@pytest.mark.skipif(sys.platform != "linux", reason="names are text here")
def test_names_that_are_no_text_are_read_and_can_be_printed(write: Write, scene: np.ndarray) -> None:
    source = write("photo.png")
    path = Path(os.fsdecode(os.fsencode(source.parent) + b"/\xff\xfe.png"))
    loaded = load(source.rename(path))
    assert (loaded.rgb == scene).all()
    loaded.name.encode()


def test_very_wide_pictures_are_read(write: Write) -> None:
    wide = np.zeros((16, 300_000, 3), np.uint8)
    wide[:, ::7] = 200
    assert (load(write("photo.png", wide)).rgb == wide).all()


@pytest.mark.parametrize(
    "name", ["photo", "photo.txt", "photo.jpg", "pho\nto.png", "%d.png", "写真 📷.heic", "-o.png", "a" * 200]
)
def test_content_counts_and_not_the_name(write: Write, scene: np.ndarray, name: str) -> None:
    source = write("source.png")
    path = source.rename(source.with_name(name))
    loaded = load(path)
    assert (loaded.rgb == scene).all()
    assert loaded.name.isprintable()


def test_takes_a_string_for_a_path(write: Write, scene: np.ndarray) -> None:
    assert (load(str(write("photo.png"))).rgb == scene).all()


def test_pixels_are_read_only_and_contiguous(write: Write) -> None:
    rgb = load(write("photo.png")).rgb
    assert rgb.flags.c_contiguous
    assert not rgb.flags.writeable


def test_infinitely_bright_samples_are_white(write: Write) -> None:
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    ramp[3, 3:5] = np.inf, -np.inf
    rgb = load(write("photo.tif", Image.fromarray(ramp))).rgb
    assert (rgb[3, 3] == 255).all()
    assert (rgb[3, 4] == 0).all()
    assert rgb[9, 32, 0] == pytest.approx(255 * 32 / 63, abs=1)


@pytest.mark.parametrize("mode", ["L", "1", "LA", "P", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I;16B", "I", "F"])
@pytest.mark.filterwarnings("ignore:Saving I mode")
def test_modes_of_tiff_keep_their_brightness(write: Write, mode: str) -> None:
    if mode == "YCbCr" and PIL.__version__ < "13":
        pytest.skip("this Pillow, the newest for Python 3.10, does not read what it writes")
    ramp = np.tile(np.linspace(0, 255, 128).round().astype(np.uint8), (64, 1))
    grey = Image.fromarray(ramp)
    if mode == "F":
        image = Image.fromarray(ramp / np.float32(255))
    elif mode == "I":
        image = Image.fromarray(ramp.astype(np.int32) * 257)
    elif mode.startswith("I;16"):
        image = Image.frombytes(
            mode, grey.size, (ramp.astype(np.uint16) * 257).astype(">u2" if mode[-1] == "B" else "<u2").tobytes()
        )
    elif mode == "LAB":
        image = Image.merge("LAB", [grey, Image.new("L", grey.size, 128), Image.new("L", grey.size, 128)])
    else:
        image = grey.convert("RGB").convert(mode) if mode in ("CMYK", "YCbCr") else grey.convert(mode)
    rgb = load(write("photo.tif", image)).rgb.astype(np.float32)
    assert rgb.std(axis=2).max() < 3.0
    tolerance = {"1": 255.0, "LAB": 30.0}.get(mode, 3.0)
    assert np.abs(rgb.mean(axis=2) - ramp).max() <= tolerance
    assert np.corrcoef(rgb.mean(axis=2).ravel(), ramp.ravel())[0, 1] > (0.5 if mode == "1" else 0.99)


def png16(samples: np.ndarray) -> bytes:
    """A PNG of (H, W, C) uint16 samples: grey, grey and alpha, colour, or colour and alpha."""
    height, width, channels = samples.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)

    def chunk(kind: bytes, payload: bytes) -> bytes:
        return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bit_png_is_scaled_by_257(write: Write, scene: np.ndarray, channels: int) -> None:
    colours = scene if channels > 2 else np.repeat(scene[..., 1:2], 3, axis=2)
    samples = colours.astype(np.uint16)[..., : 3 if channels > 2 else 1] * 257
    if channels in (2, 4):
        samples = np.concatenate([samples, np.full((*samples.shape[:2], 1), 65535, np.uint16)], axis=2)
    assert np.abs(load(write("photo.png", png16(samples))).rgb.astype(int) - colours).max() <= 1


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_rare_sample_types_of_tiff_are_read_with_a_warning(
    tmp_path: Path, scene: np.ndarray, caplog: pytest.LogCaptureFixture, dtype: str, channels: int
) -> None:
    import cv2

    colours = scene if channels == 3 else np.repeat(scene[..., 1:2], 3, axis=2)
    samples = colours[..., ::-1] if channels == 3 else colours[..., 0]
    samples = (samples / 255.0).astype(dtype) if dtype.startswith("float") else samples.astype(dtype)
    path = tmp_path / "photo.tif"
    assert cv2.imwrite(str(path), samples)
    assert np.abs(load(path).rgb.astype(int) - colours).max() <= 1
    assert "samples of type" in caplog.text


def test_sixteen_bit_tiff_whose_zero_is_white_is_not_negative(write: Write) -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (32, 1))
    rgb = load(write("photo.tif", tiff(65535 - ramp, {262: 0}))).rgb
    assert np.abs(rgb[..., 0] - ramp / 257.0).max() <= 1.0


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_tiff_of_either_byte_order_is_scaled_by_257(write: Write, order: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (32, 1))
    assert np.abs(load(write("photo.tif", tiff(ramp, {}, order))).rgb[..., 0] - ramp / 257.0).max() <= 1.0


def test_first_frame_of_several_is_used_with_a_warning(
    write: Write, scene: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    frames = [Image.fromarray(scene), Image.fromarray(255 - scene)]
    for name, options in (
        ("a.gif", {}),
        ("a.png", {}),
        ("a.webp", {"lossless": True}),
        ("a.tif", {}),
        ("a.avif", {"quality": 95}),
    ):
        caplog.clear()
        path = write(name, frames[0], save_all=True, append_images=frames[1:], **options)
        assert difference(load(path).rgb, scene) < 12.0
        assert [record.levelno for record in caplog.records] == [logging.WARNING], name
        assert "several pictures" in caplog.text


def test_mpo_gives_its_first_picture_silently(write: Write, scene: np.ndarray, caplog: pytest.LogCaptureFixture) -> None:
    other = Image.fromarray(255 - scene)
    path = write("photo.mpo", Image.fromarray(scene), save_all=True, append_images=[other], quality=95)
    assert difference(load(path).rgb, scene) < 3.0
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\xff\x0a" + bytes(60), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(60), "JPEG XL"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (b"8BPS\0\x01" + bytes(60), "Photoshop"),
        (b"II*\0\x10\0\0\0CR\x02\0" + bytes(60), "raw"),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom" + bytes(60), "raw"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(60), "video"),
        (b"RIFF\x40\0\0\0AVI LIST" + bytes(60), "video"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "text file"),
        ("héllo wörld\n".encode(), "text file"),
        pytest.param(("é" * 5000).encode(), "text file", id="long text"),
        pytest.param(("x" + "é" * 5000).encode(), "text file", id="long text, otherwise cut"),
        (bytes(5000), "not an image"),
        (b"PK\x03\x04" + bytes(60), "ZIP"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"GIF89a", "GIF"),
        (b"BM", "BMP"),
        (b"II*\0", "TIFF"),
        (b"MM\0*\0\0\0\x08\xff\xff", "TIFF"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WebP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"x", "text file"),
    ],
)
def test_refuses_by_name(write: Write, content: bytes, word: str) -> None:
    with pytest.raises(PhotoError) as caught:
        load(write("photo.jpg", content))
    assert word in caught.value.message
    assert caught.value.hint
