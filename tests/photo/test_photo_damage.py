"""What is missing, cut, damaged or hostile is refused in words, and what lost next to nothing is read."""

from __future__ import annotations

import io
import logging
import os
import stat
import threading
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from photo_scene import REFUSING, Write, difference, tiff
from PIL import Image, ImageFile

from zoom3d.errors import PhotoError
from zoom3d.photo import load


@pytest.fixture(scope="module")
def large() -> np.ndarray:
    """(512, 640, 3) uint8 with detail everywhere."""
    noise = np.random.default_rng(1).integers(0, 256, (64, 80, 3), np.uint8)
    return np.asarray(Image.fromarray(noise).resize((640, 512), Image.Resampling.BICUBIC))


def encoded(picture: np.ndarray, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(Image.fromarray(picture)).save(buffer, quality=90)
    else:
        Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no such file"):
        load(tmp_path / "absent.jpg")


def test_file_used_as_a_folder(write: Write) -> None:
    with pytest.raises(PhotoError, match="no such file"):
        load(write("photo.png") / "inside.jpg")


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="directory"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["with\0nul.jpg", "a" * 5000])
def test_impossible_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(PhotoError):
        load(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    with pytest.raises(PhotoError, match="pipe"):
        load(pipe)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such devices here")
@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_devices_are_refused(device: str) -> None:
    with pytest.raises(PhotoError, match="device"):
        load(device)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(write: Write) -> None:
    path = write("photo.png")
    path.chmod(0)
    with pytest.raises(PhotoError, match="may not be read"):
        load(path)
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)


def test_unreadable_file_as_root_sees_it(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write("photo.png")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PhotoError, match="may not be read"):
        load(path)


@pytest.mark.parametrize("missing", [1, 2, 3, 12, 60])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 4}, {"subsampling": 0}])
def test_jpeg_without_its_last_bytes_is_read(
    write: Write, large: np.ndarray, caplog: pytest.LogCaptureFixture, missing: int, options: dict[str, object]
) -> None:
    whole = encoded(large, "JPEG", quality=90, **options)
    expected = load(write("whole.jpg", whole)).rgb
    cut = load(write("cut.jpg", whole[:-missing])).rgb
    assert (cut[:-32] == expected[:-32]).mean() > 0.98
    assert difference(cut, expected) < 1.0
    assert not ((cut[-1] >= 127) & (cut[-1] <= 129)).all(axis=-1).any()
    if missing > 2:
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert "truncated" in caplog.text


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.9])
@pytest.mark.parametrize("filler", [b"", b"\0"])
def test_jpeg_cut_earlier_is_refused_as_truncated(write: Write, large: np.ndarray, share: float, filler: bytes) -> None:
    whole = encoded(large, "JPEG", quality=90)
    kept = int(len(whole) * share)
    with pytest.raises(PhotoError, match="truncated"):
        load(write("cut.jpg", whole[:kept] + filler * (len(whole) - kept)))


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_progressive_jpeg_without_whole_scans_is_refused_as_truncated(write: Write, large: np.ndarray, share: float) -> None:
    whole = encoded(large, "JPEG", quality=90, progressive=True)
    with pytest.raises(PhotoError, match="truncated"):
        load(write("cut.jpg", whole[: int(len(whole) * share)]))


def test_grey_picture_that_was_cut_is_judged_by_its_data(write: Write) -> None:
    textured = np.random.default_rng(0).integers(100, 156, (400, 400), np.uint8)
    whole = encoded(textured, "JPEG")
    with pytest.raises(PhotoError, match="truncated"):
        load(write("cut.jpg", whole[: len(whole) // 2]))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "TIFF", "GIF", "JPEG2000", "HEIF", "BMP"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.99])
def test_other_formats_cut_are_refused_as_truncated_or_damaged(
    write: Write, large: np.ndarray, kind: str, share: float, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"WEBP": {"quality": 80}, "TIFF": {"compression": "tiff_deflate"}}.get(kind, {})
    whole = encoded(large[:192, :256], kind, **options)
    with pytest.raises(PhotoError, match=r"truncated|damaged") as caught:
        load(write("cut.jpg", whole[: int(len(whole) * share)]))
    if kind not in ("TIFF", "JPEG2000", "GIF", "BMP") and share > 0.1:
        assert "truncated" in caught.value.message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "JPEG2000", "HEIF", "BMP"])
def test_overwritten_bytes_never_escape_as_anything_but_an_error_in_words(write: Write, large: np.ndarray, kind: str) -> None:
    whole = np.frombuffer(encoded(large[::4, ::4], kind), np.uint8)
    generator = np.random.default_rng(len(kind))
    for _ in range(25):
        damaged = whole.copy()
        places = generator.integers(0, min(len(damaged), 2000), 8)
        damaged[places] = generator.integers(0, 256, len(places))
        try:
            loaded = load(write("damaged.jpg", damaged.tobytes()), pixel_limit=2_000_000)
        except PhotoError as error:
            assert error.hint  # noqa: PT017
        else:
            assert loaded.rgb.size


def test_png_with_a_wrong_check_sum_in_an_extra_is_read(write: Write, scene: np.ndarray) -> None:
    data = encoded(scene, "PNG", dpi=(72, 72))
    place = data.index(b"pHYs") + 13
    damaged = data[:place] + bytes(4) + data[place + 4 :]
    assert (load(write("photo.png", damaged)).rgb == scene).all()


def test_png_with_broken_pixels_is_refused(write: Write, scene: np.ndarray) -> None:
    data = encoded(scene, "PNG")
    place = len(data) // 2
    with pytest.raises(PhotoError, match="damaged"):
        load(write("photo.png", data[:place] + bytes(4) + data[place + 4 :]))


def png_header_claiming(width: int, height: int) -> bytes:
    data = encoded(np.zeros((16, 16, 3), np.uint8), "PNG")
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]


def test_pixel_limit_is_told_with_its_option(write: Write) -> None:
    with pytest.raises(PhotoError, match="40000x30000") as caught:
        load(write("bomb.png", png_header_claiming(40000, 30000)))
    assert "--pixel-limit 1200000000" in caught.value.hint


def test_pixel_limit_can_be_raised_and_lowered(write: Write, scene: np.ndarray) -> None:
    path = write("photo.png")
    assert load(path, pixel_limit=scene.shape[0] * scene.shape[1]).rgb.shape == scene.shape
    with pytest.raises(PhotoError, match="limit of 12287"):
        load(path, pixel_limit=scene.shape[0] * scene.shape[1] - 1)


def webp_claiming(width: int, height: int) -> bytes:
    canvas = b"VP8X\x0a\0\0\0\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = encoded(np.zeros((16, 16, 3), np.uint8), "WEBP")[12:]
    return b"RIFF" + (4 + len(canvas) + len(frame)).to_bytes(4, "little") + b"WEBP" + canvas + frame


HOSTILE = {
    "huge.png": png_header_claiming(60000, 60000),
    "huge.webp": webp_claiming(16384, 16384),
    "huge.tif": tiff(np.zeros((16, 16), np.uint8), {256: 100_000, 257: 100_000}),
    "samples.tif": tiff(np.zeros((16, 16), np.uint8), {277: 300_000_000}),
    "strip.tif": tiff(np.zeros((16, 16), np.uint8), {279: 4_000_000_000}),
    "rows.tif": tiff(np.zeros((16, 16), np.uint8), {256: 14_000, 257: 14_000, 278: 4_000_000_000, 277: 16, 258: 16}),
    "tiles.tif": tiff(np.zeros((16, 16), np.uint8), {322: 65520, 323: 65520, 324: 8, 325: 256, 259: 8}),
    "huge.gif": b"GIF89a\xff\xff\xff\xff\xf0\0\0" + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x4c\x01\0;",
    "huge.bmp": b"BM" + bytes(12) + (40).to_bytes(4, "little") + (90_000).to_bytes(4, "little") * 2 + b"\1\0\x18\0" + bytes(24),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_absurd_headers_are_refused_with_little_memory(write: Write, name: str, peak_memory_kb: Callable[..., int]) -> None:
    assert peak_memory_kb(REFUSING, write(name, HOSTILE[name])) < 600_000


@pytest.mark.parametrize("size", [(15, 400), (400, 15), (1, 1), (1, 450)])
def test_too_small_is_refused_naming_the_smallest_side(write: Write, size: tuple[int, int]) -> None:
    with pytest.raises(PhotoError, match=f"{size[0]}x{size[1]}.*16 pixels"):
        load(write("small.png", Image.new("RGB", size)))


def test_smallest_side_is_accepted(write: Write) -> None:
    assert load(write("small.png", Image.new("RGB", (16, 16)))).width == 16


def test_settings_of_pillow_and_warnings_stay_as_they_were(write: Write) -> None:
    settings = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    paths = [write(f"{index}.png") for index in range(4)] + [write("cut.jpg", b"\xff\xd8\xff\xe0\0\x10")]

    def load_all() -> None:
        for path in paths:
            try:
                load(path)
            except PhotoError:
                continue

    threads = [threading.Thread(target=load_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == settings
