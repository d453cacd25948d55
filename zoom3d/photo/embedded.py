"""Depth maps that phones store inside their photographs.

HEIC: depth images of the container. JPEG: Google's GDepth metadata (the map as base64 inside extended XMP), Google's dynamic
depth format 1.0 (the map as a file of its own behind the picture, listed in a container directory), and Apple's auxiliary
images (further JPEGs behind the picture, each of which says in its own XMP what it is).

Values: a GDepth or dynamic depth map grows with distance: RangeLinear evenly, RangeInverse evenly in its reciprocal. An Apple
map is a disparity, or a distance, between the two floating-point limits that it names.
"""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import JpegImagePlugin, PngImagePlugin

from zoom3d.photo import heic, jpeg
from zoom3d.photo.files import Stream
from zoom3d.photo.picture import Picture

if TYPE_CHECKING:
    from zoom3d.types import Float32

_DEPTH_PIXEL_LIMIT = 50_000_000
_ASPECT_TOLERANCE = 0.1
_MOST_STREAMS = 16
_SMALLEST_SIDE_PX = 8
_START = b"\xff\xd8\xff"


def find(stream: Stream, picture: Picture) -> Float32 | None:
    """The depth map in the file, (h, w) float32 in [0, 1], 1 = nearest, turned as ``picture.image``; None where there is none.

    May raise anything on broken data.
    """
    found: Float32 | None = None
    if picture.depth_images:
        readings = (read() for read in picture.depth_images)
        found = next((depth for depth in readings if depth is not None), None)
    elif picture.kind == "JPEG":
        stream.seek(0)
        found = _find_in_jpeg(stream.read())
    if found is None or min(found.shape) < _SMALLEST_SIDE_PX or found.min() == found.max():
        return None
    aspect = found.shape[1] / found.shape[0]
    if abs(aspect * picture.full_size[1] / picture.full_size[0] - 1.0) > _ASPECT_TOLERANCE:
        raise ValueError(f"a depth map of {found.shape[1]}x{found.shape[0]} does not belong to this picture")
    return np.ascontiguousarray(found, np.float32)


def _find_in_jpeg(data: bytes) -> Float32 | None:
    structure = jpeg.walk(data)
    xmp = jpeg.xmp(data, structure)
    if encoded := _value(xmp, "GDepth:Data"):
        return _from_range(_decode(base64.b64decode(re.sub(rb"\s", b"", encoded) + b"==")), xmp, "GDepth")
    if b"DepthMap:" in xmp and (contained := _from_container(data, structure.end, xmp)) is not None:
        return _from_range(contained, xmp, "DepthMap")
    return _from_auxiliary(data, structure.end)


def _value(xmp: bytes, name: str) -> bytes | None:
    """A property of an XMP packet, written as an attribute or as an element."""
    key = re.escape(name.encode())
    match = re.search(rb"\b" + key + rb"\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", xmp) or re.search(rb"<" + key + rb">([^<]*)<", xmp)
    return next((group for group in match.groups() if group is not None), None) if match else None


def _number(xmp: bytes, name: str) -> float:
    return float(_value(xmp, name) or "nan")


def _decode(data: bytes) -> Float32:
    """Grey levels in [0, 1] of a small JPEG or PNG."""
    opener = JpegImagePlugin.JpegImageFile if data.startswith(_START) else PngImagePlugin.PngImageFile
    image: Any = opener(io.BytesIO(data))
    if image.width * image.height > _DEPTH_PIXEL_LIMIT:
        raise ValueError(f"a depth map of {image.width}x{image.height} is not plausible")
    image.load()
    if not image.mode.startswith("I"):
        image = image.convert("L")
    samples = np.asarray(image)
    white = 255.0 if samples.dtype.itemsize == 1 else 65535.0
    return np.asarray(np.clip(samples.astype(np.float32) / white, 0.0, 1.0), np.float32)


def _from_range(values: Float32, xmp: bytes, prefix: str) -> Float32:
    """Disparity of a map that grows with distance between ``Near`` and ``Far`` (depthmap-metadata, encoding formulas)."""
    if _value(xmp, f"{prefix}:Format") == b"RangeLinear":
        return heic.from_distance(values, {"z_near": _number(xmp, f"{prefix}:Near"), "z_far": _number(xmp, f"{prefix}:Far")})
    return 1.0 - values


def _from_container(data: bytes, end: int, xmp: bytes) -> Float32 | None:
    """The map among the files behind the picture: each item says its length, and they follow one another to the file's end."""
    uri = _value(xmp, "DepthMap:DepthURI")
    items = [item.group(0) for item in re.finditer(rb"<(?:Container:Item|rdf:li)\b[^>]*>", xmp) if b"Item:" in item.group(0)]
    lengths = [int(_value(item, "Item:Length") or 0) for item in items]
    position = end + int(_value(items[0], "Item:Padding") or 0) if items else end
    from_behind = len(data) - sum(lengths[1:])
    for item, length in list(zip(items, lengths, strict=True))[1:]:
        is_depth = _value(item, "Item:DataURI") == uri if uri else b"depth" in (_value(item, "Item:Semantic") or b"").lower()
        for start in (position, from_behind):
            if is_depth and data[start : start + 4] in (b"\x89PNG", *(_START + bytes([kind]) for kind in range(256))):
                return _decode(data[start : start + length])
        position += length
        from_behind += length
    return None


def _from_auxiliary(data: bytes, end: int) -> Float32 | None:
    """The first of the JPEGs behind the picture that says that it is a disparity or a depth map."""
    for _ in range(_MOST_STREAMS):
        start = data.find(_START, end)
        if start < 0:
            return None
        structure = jpeg.walk(data, start)
        xmp = jpeg.xmp(data, structure)
        kind = (_value(xmp, "apdi:AuxiliaryImageType") or _value(xmp, "AuxiliaryImageType") or b"").lower()
        if b"disparity" in kind or b"depth" in kind:
            values = _decode(data[start : structure.end])
            if b"disparity" in kind:
                return values
            limits = (_number(xmp, "apdi:FloatMinValue"), _number(xmp, "apdi:FloatMaxValue"))
            return heic.from_distance(values, {"z_near": limits[0], "z_far": limits[1]})
        end = structure.end
    return None
