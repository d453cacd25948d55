"""Depth maps inside photographs are found, understood, turned with their picture, and never a reason to fail."""

from __future__ import annotations

import base64
import io
import struct
from typing import Any

import numpy as np
import pytest
from photo_scene import Write, difference
from PIL import Image

from zoom3d.photo import heic, load

XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
GUID = b"0123456789ABCDEF0123456789ABCDEF"


@pytest.fixture(scope="session")
def distances() -> np.ndarray:
    """(48, 64) uint8, near on the left: as Google's formats store distance, small is near."""
    return np.tile(np.linspace(0, 255, 64).round().astype(np.uint8), (48, 1))


def encode(picture: np.ndarray, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **({"quality": 95} | options if kind == "JPEG" else options))
    return buffer.getvalue()


def with_segments(jpeg: bytes, *payloads: bytes) -> bytes:
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload for payload in payloads)
    return jpeg[:2] + segments + jpeg[2:]


def packet(attributes: str, inside: str = "") -> bytes:
    text = f'<x:xmpmeta><rdf:RDF><rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
    return XMP + text.encode()


def extension(text: bytes, piece: int = 400) -> list[bytes]:
    starts = range(0, len(text), piece)
    pieces = [EXTENSION + GUID + struct.pack(">II", len(text), start) + text[start : start + piece] for start in starts]
    return pieces[::-1]  # readers must go by the offsets


def gdepth(jpeg: bytes, depth: bytes, shape: str = "RangeInverse", near: object = 1.0, far: object = 5.0) -> bytes:
    head = packet(f'GDepth:Format="{shape}" GDepth:Near="{near}" GDepth:Far="{far}" GDepth:Mime="image/jpeg"')
    data = b'<rdf:Description GDepth:Data="' + base64.b64encode(depth) + b'"/>'
    return with_segments(jpeg, head, *extension(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_gdepth_with_even_reciprocals(write: Write, scene: np.ndarray, distances: np.ndarray, kind: str) -> None:
    photo = load(write("a.jpg", gdepth(encode(scene), encode(distances, kind))))
    assert photo.embedded_disparity is not None
    assert photo.embedded_disparity.dtype == np.float32
    assert np.abs(photo.embedded_disparity - (1.0 - distances / 255.0)).max() < 0.02
    assert difference(photo.rgb, scene) < 3.0


def test_gdepth_with_even_distances(write: Write, scene: np.ndarray, distances: np.ndarray) -> None:
    photo = load(write("a.jpg", gdepth(encode(scene), encode(distances, "PNG"), "RangeLinear", 1.0, 5.0)))
    reciprocal = 1.0 / (1.0 + distances / 255.0 * 4.0)
    assert photo.embedded_disparity == pytest.approx((reciprocal - 0.2) / 0.8, abs=1e-4)


def test_gdepth_of_sixteen_bits(write: Write, scene: np.ndarray, distances: np.ndarray) -> None:
    photo = load(write("a.jpg", gdepth(encode(scene), encode(distances.astype(np.uint16) * 257, "PNG"))))
    assert photo.embedded_disparity == pytest.approx(1.0 - distances / 255.0, abs=1e-4)


def test_depth_is_turned_with_its_picture(write: Write, scene: np.ndarray, distances: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encode(np.rot90(scene), exif=exif.tobytes())
    photo = load(write("a.jpg", gdepth(turned, encode(np.rot90(distances), "PNG"))))
    assert difference(photo.rgb, scene) < 3.0
    assert photo.embedded_disparity == pytest.approx(1.0 - distances / 255.0, abs=1e-4)


@pytest.mark.parametrize("padding", [0, 10])
def test_dynamic_depth(write: Write, scene: np.ndarray, distances: np.ndarray, padding: int) -> None:
    confidence, depth = encode(255 - distances), encode(distances)
    items = "".join(
        f'<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Length="{length}"{more}/></rdf:li>'
        for length, more in (
            (0, f' Item:Padding="{padding}" Item:DataURI="primary_image"'),
            (len(confidence), ' Item:DataURI="android/confidencemap"'),
            (len(depth), ' Item:DataURI="android/depthmap"'),
        )
    )
    attributes = 'DepthMap:Format="RangeInverse" DepthMap:Near="0.5" DepthMap:Far="9" DepthMap:DepthURI="android/depthmap"'
    data = with_segments(encode(scene), packet(attributes, items)) + bytes(padding) + confidence + depth
    disparity = load(write("a.jpg", data)).embedded_disparity
    assert disparity is not None
    assert np.abs(disparity - (1.0 - distances / 255.0)).max() < 0.02


@pytest.mark.parametrize("kind", ["disparity", "depth"])
def test_auxiliary_pictures_of_apple(write: Write, scene: np.ndarray, distances: np.ndarray, kind: str) -> None:
    gain_map = with_segments(
        encode(255 - distances), packet('apdi:AuxiliaryImageType="urn:com:apple:photo:2020:aux:hdrgainmap"')
    )
    limits = "<apdi:FloatMinValue>1.0</apdi:FloatMinValue><apdi:FloatMaxValue>5.0</apdi:FloatMaxValue>"
    depth = with_segments(encode(distances), packet(f'apdi:AuxiliaryImageType="{kind}"', limits))
    disparity = load(write("a.jpg", encode(scene) + gain_map + depth)).embedded_disparity
    fraction = distances / 255.0
    expected = fraction if kind == "disparity" else (1.0 / (1.0 + 4.0 * fraction) - 0.2) / 0.8
    assert disparity is not None
    assert np.abs(disparity - expected).max() < 0.03


def broken(scene: np.ndarray, distances: np.ndarray) -> dict[str, bytes]:
    jpeg, depth = encode(scene), encode(distances)
    huge = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 60000, 60000, 8, 0, 0, 0, 0) + bytes(4)
    return {
        "no base64": with_segments(jpeg, packet('GDepth:Format="RangeInverse" GDepth:Data="!!!!"')),
        "no picture": gdepth(jpeg, b"not a picture"),
        "cut": gdepth(jpeg, depth[:300]),
        "huge": gdepth(jpeg, huge),
        "another shape": gdepth(jpeg, encode(distances[:, :20])),
        "flat": gdepth(jpeg, encode(distances * 0)),
        "lost piece": with_segments(jpeg, packet('GDepth:Format="x"'), *extension(b'GDepth:Data="AAAA')[:1]),
        "container": with_segments(
            jpeg, packet('DepthMap:DepthURI="a"', '<Container:Item Item:Length="zz" Item:DataURI="a"/>')
        ),
        "auxiliary": jpeg + with_segments(depth[:200], packet('apdi:AuxiliaryImageType="disparity"')),
    }


@pytest.mark.parametrize(
    "case", ["no base64", "no picture", "cut", "huge", "another shape", "flat", "lost piece", "container", "auxiliary"]
)
def test_broken_depth_is_as_good_as_none(write: Write, scene: np.ndarray, distances: np.ndarray, case: str) -> None:
    photo = load(write("a.jpg", broken(scene, distances)[case]))
    assert photo.embedded_disparity is None
    assert difference(photo.rgb, scene) < 3.0


def test_linear_depth_with_impossible_limits_is_simply_turned_round(
    write: Write, scene: np.ndarray, distances: np.ndarray
) -> None:
    photo = load(write("a.jpg", gdepth(encode(scene), encode(distances, "PNG"), "RangeLinear", 0, "nan")))
    assert photo.embedded_disparity == pytest.approx(1.0 - distances / 255.0, abs=1e-5)


class DepthImage:
    """What libheif's reader hands out for a depth image: no writer at hand makes files with one."""

    def __init__(self, samples: np.ndarray, metadata: dict[str, Any] | None) -> None:
        self.samples, self.info = samples, {"metadata": metadata}

    def to_pillow(self) -> Image.Image:
        return Image.fromarray(self.samples)


@pytest.mark.parametrize("metadata", [None, {}, {"representation_type": 0}, {"representation_type": 1}])
def test_heic_disparity_is_taken_as_it_is(distances: np.ndarray, metadata: dict[str, Any] | None) -> None:
    read = heic.reader(DepthImage(distances, metadata))
    assert read() == pytest.approx(distances / 255.0, abs=1e-6)


def test_heic_depth_that_grows_with_distance_is_turned_into_disparity(distances: np.ndarray) -> None:
    metadata = {"representation_type": 2, "z_near": 1.0, "z_far": 5.0}
    reciprocal = 1.0 / (1.0 + distances / 255.0 * 4.0)
    assert heic.reader(DepthImage(distances, metadata))() == pytest.approx((reciprocal - 0.2) / 0.8, abs=1e-5)


def test_heic_without_depth_brings_none(write: Write, scene: np.ndarray) -> None:
    import pillow_heif

    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(scene)).save(buffer)
    assert load(write("a.heic", buffer.getvalue())).embedded_disparity is None
