"""Colours mean what their profile says, ink is never negative, and transparency has a defined background."""

from __future__ import annotations

import io
import itertools
import logging
import struct

import numpy as np
import pillow_heif
import pytest
from analytic import levels, light
from photo_scene import Write, difference
from PIL import Image, ImageCms

from zoom3d.photo import load
from zoom3d.photo.colour import BACKGROUND

D50 = np.array([0.9642, 1.0, 0.8249])
# Columns: what red, green and blue of each space are in CIE XYZ under D50, as their specifications' primaries give it.
PRIMARIES = {
    "Display P3": np.array([[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]]).T,
    "Adobe RGB": np.array([[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]]).T,
    "ProPhoto": np.array([[0.79767, 0.28804, 0.0], [0.13519, 0.71188, 0.0], [0.03134, 0.00009, 0.82491]]).T,
}
BT_2020 = np.array([[0.67348, 0.16566, 0.12505], [0.27904, 0.67535, 0.04561], [-0.00194, 0.02998, 0.79688]])
SRGB = np.array([[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]]).T


def profile(kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile, version 2, of the colour space ``kind`` with these tags (ICC.1:2001-04, 6)."""
    tags = {b"wtpt": xyz(D50), b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78), **tags}
    offset, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = (
        struct.pack(">I", offset + len(body))
        + bytes(4)
        + b"\x02\x40\0\0mntr"
        + kind
        + b"XYZ "
        + bytes(12)
        + b"acsp"
        + bytes(28)
    )
    return head + xyz(D50)[8:] + bytes(48) + struct.pack(">I", len(tags)) + table + body


def xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def gamma(exponent: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(exponent * 256)) + bytes(2)


def rgb_profile(primaries: np.ndarray, exponent: float) -> bytes:
    colours = {name: xyz(primaries[:, index]) for index, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    return profile(b"RGB ", colours | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(exponent)))


def expected_srgb(rgb: np.ndarray, primaries: np.ndarray, exponent: float) -> np.ndarray:
    linear = (rgb / 255.0) ** exponent @ (np.linalg.inv(SRGB) @ primaries).T
    return levels(linear.clip(0, 1))


@pytest.fixture
def muted(scene: np.ndarray) -> np.ndarray:
    """The scene with colours that every space can show."""
    return (128 + 0.3 * (scene.astype(np.float32) - 128)).astype(np.uint8)


@pytest.mark.parametrize("space", sorted(PRIMARIES))
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_rgb_profiles_are_applied(write: Write, muted: np.ndarray, space: str, name: str) -> None:
    options = {"lossless": True} if name == "a.webp" else {}
    path = write(name, muted, icc_profile=rgb_profile(PRIMARIES[space], 2.2), **options)
    assert np.abs(load(path).rgb - expected_srgb(muted, PRIMARIES[space], 2.19921875)).max() < 2.0


@pytest.mark.parametrize("primaries", [1, 2, 9, 12])
@pytest.mark.parametrize("transfer", [13, 16])
def test_primaries_told_by_number_are_applied_unless_the_range_is_high(
    write: Write, muted: np.ndarray, primaries: int, transfer: int
) -> None:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(muted)).save(
        buffer, quality=-1, chroma=444, color_primaries=primaries, transfer_characteristics=transfer
    )
    rgb = load(write("a.heic", buffer.getvalue())).rgb
    matrix = {9: BT_2020, 12: PRIMARIES["Display P3"]}.get(primaries, SRGB) if transfer == 13 else SRGB
    assert np.abs(rgb - expected_srgb(255.0 * light(muted), matrix, 1.0)).mean() < 1.5


def test_profile_survives_transparency(write: Write, muted: np.ndarray) -> None:
    rgba = np.concatenate([muted, np.full((*muted.shape[:2], 1), 255, np.uint8)], axis=2)
    path = write("a.png", rgba, icc_profile=rgb_profile(PRIMARIES["Display P3"], 2.2))
    assert np.abs(load(path).rgb - expected_srgb(muted, PRIMARIES["Display P3"], 2.19921875)).max() < 2.0


def test_srgb_profile_changes_no_pixel(write: Write, scene: np.ndarray) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert (load(write("a.png", icc_profile=icc)).rgb == scene).all()


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_profile_is_applied(write: Write, mode: str) -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (32, 1))
    image = Image.fromarray(ramp.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(ramp).convert(mode)
    path = write("a.png", image, icc_profile=profile(b"GRAY", {b"kTRC": gamma(1.0)}))
    rgb = load(path).rgb
    assert np.abs(rgb[0] - levels(ramp[0] / 255.0)[:, None]).max() < 2.0


def test_colour_profile_on_a_grey_picture_is_applied(write: Write) -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (32, 1))
    rgb = load(write("a.png", ramp, icc_profile=rgb_profile(SRGB, 1.0))).rgb
    assert rgb[0, 55].tolist() == pytest.approx([128] * 3, abs=2)


@pytest.mark.parametrize(
    ("icc", "words"),
    [
        (b"no profile at all", "broken"),
        (rgb_profile(SRGB, 1.0)[:200], "broken"),
        (profile(b"GRAY", {b"kTRC": gamma(1.0)}), "another kind"),
        (profile(b"CMYK", {}), "another kind"),
        (profile(b"RGB ", {}), "broken"),
    ],
)
def test_useless_profile_is_ignored_with_a_warning(
    write: Write, scene: np.ndarray, caplog: pytest.LogCaptureFixture, icc: bytes, words: str
) -> None:
    assert (load(write("a.png", icc_profile=icc)).rgb == scene).all()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert words in caplog.text


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_ink_without_profile_is_not_negative(write: Write, scene: np.ndarray, name: str) -> None:
    options = {"quality": 95} if name == "a.jpg" else {}
    path = write(name, Image.fromarray(scene).convert("CMYK"), **options)
    assert difference(load(path).rgb, scene) < 5.0


def test_ink_jpeg_without_adobe_marker_stores_ink_as_it_is(write: Write, scene: np.ndarray) -> None:
    buffer = io.BytesIO()
    # Pillow stores ink inverted and marks it as Adobe does; inverted once more and unmarked it is plain ink.
    ink = np.asarray(Image.fromarray(scene).convert("CMYK"))
    inverted = Image.frombytes("CMYK", ink.shape[1::-1], (255 - ink).tobytes())
    inverted.save(buffer, "JPEG", quality=95)
    data = buffer.getvalue()
    start = data.index(b"\xff\xee")
    unmarked = data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") :]
    assert difference(load(write("a.jpg", unmarked)).rgb, scene) < 5.0


def ink_profile() -> bytes:
    """A press whose cyan, magenta, yellow and black mix as plain subtraction: a table of two points for each ink, to CIELAB."""
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    corners = np.array(list(itertools.product((0, 1), repeat=4)))
    rgb = ((1 - corners[:, :3]) * (1 - corners[:, 3:]) * 255).astype(np.uint8)
    lab = np.asarray(ImageCms.applyTransform(Image.fromarray(rgb[None]), to_lab))[0] ^ np.array([0, 128, 128], np.uint8)
    identity = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 if index % 4 == 0 else 0 for index in range(9)))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4 + lab.tobytes() + identity * 3
    icc = profile(b"CMYK", {b"A2B0": table})
    return icc[:12] + b"prtr" + icc[16:20] + b"Lab " + icc[24:]


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_ink_with_a_profile_goes_through_it(write: Write, name: str, caplog: pytest.LogCaptureFixture) -> None:
    patches = {
        (0, 0, 0, 0): (255, 255, 255),
        (255, 0, 0, 0): (0, 255, 255),
        (0, 255, 0, 0): (255, 0, 255),
        (0, 0, 0, 255): (0, 0, 0),
    }
    ink = Image.new("CMYK", (64 * len(patches), 64))
    for index, patch in enumerate(patches):
        ink.paste(patch, (64 * index, 0, 64 * index + 64, 64))
    options = {"quality": 100, "subsampling": 0} if name == "a.jpg" else {}
    rgb = load(write(name, ink, icc_profile=ink_profile(), **options)).rgb
    assert not caplog.records
    for index, expected in enumerate(patches.values()):
        assert rgb[32, 64 * index + 32].tolist() == pytest.approx(expected, abs=12)


def test_lab_is_read_as_colour(write: Write, scene: np.ndarray) -> None:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(Image.fromarray(scene), to_lab)
    assert difference(load(write("a.tif", lab)).rgb, scene) < 4.0


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", "a.avif"])
def test_transparency_shows_the_background_with_a_warning(
    write: Write, scene: np.ndarray, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    alpha = np.zeros((*scene.shape[:2], 1), np.uint8)
    alpha[:, 40:80], alpha[:, 80:] = 128, 255
    options = {"a.webp": {"lossless": True, "exact": True}, "a.avif": {"quality": 100, "subsampling": "4:4:4"}}.get(name, {})
    rgb = load(write(name, np.concatenate([scene, alpha], axis=2), **options)).rgb
    tolerance = 6 if name == "a.avif" else 1
    assert np.abs(rgb[:, :40].astype(int) - BACKGROUND).max() <= tolerance
    assert np.abs(rgb[:, 80:].astype(int) - scene[:, 80:]).max() <= 3 * tolerance
    half = (scene[:, 40:80] * (128 / 255) + np.array(BACKGROUND) * (127 / 255)).round()
    assert np.abs(rgb[:, 40:80] - half).max() <= 3 * tolerance
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "transparent" in caplog.text


@pytest.mark.parametrize("mode", ["LA", "PA", "P", "L", "RGB"])
@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
def test_every_way_to_say_transparent_is_understood(write: Write, scene: np.ndarray, mode: str) -> None:
    grey = np.where(np.arange(64) < 32, 0, 200).astype(np.uint8) * np.ones((48, 1), np.uint8)
    image = Image.fromarray(grey)
    options: dict[str, object] = {}
    if mode == "LA":
        image.putalpha(Image.fromarray(np.where(grey == 0, 0, 255).astype(np.uint8)))
    elif mode in ("P", "PA"):
        image = image.convert("P")
        options["transparency"] = 0
    else:
        image = image.convert(mode)
        options["transparency"] = 0 if mode == "L" else (0, 0, 0)
    rgb = load(write("a.png", image, **options)).rgb
    assert (rgb[:, :32] == BACKGROUND).all()
    assert (rgb[:, 32:] == 200).all()


def test_opaque_alpha_is_no_reason_to_warn(write: Write, scene: np.ndarray, caplog: pytest.LogCaptureFixture) -> None:
    path = write("a.png", Image.fromarray(scene).convert("RGBA"))
    assert (load(path).rgb == scene).all()
    assert not caplog.records
