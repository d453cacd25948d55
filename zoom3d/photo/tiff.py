"""TIFF: what its header asks for is looked at before a decoder believes it, and rare sample types go through OpenCV."""

from __future__ import annotations

import io

from PIL import Image, ImageFile, TiffImagePlugin

from zoom3d.errors import PhotoError
from zoom3d.photo import levels
from zoom3d.photo.files import CONVERT, Stream
from zoom3d.photo.picture import Picture, Request, refuse_damaged

_SUBFILE, _BITS, _PHOTOMETRIC, _ORIENTATION = 254, 258, 262, 274
_WIDTH, _HEIGHT, _SAMPLES, _SUB_IFDS, _ICC, _DNG_VERSION = 256, 257, 277, 330, 34675, 50706
_BYTE_COUNTS, _TILE_SIDES = (279, 325), (322, 323)
_MOST_SAMPLES = 16
_WHITE_IS_ZERO = 0


class NotPlausibleError(ValueError):
    """The header asks for what the file cannot hold."""


def directory(stream: Stream) -> TiffImagePlugin.ImageFileDirectory_v2:
    """The tags of the first page."""
    stream.seek(0)
    header = stream.read(8)
    if header[2:3] == b"+" or header[3:4] == b"+":  # BigTIFF
        header += stream.read(8)
    tags = TiffImagePlugin.ImageFileDirectory_v2(header)
    stream.seek(tags.next)
    tags.load(stream)
    return tags


def open_image(stream: Stream, name: str) -> ImageFile.ImageFile:
    """Open a TIFF lazily, unless its header asks for more than the file can hold, or it is a camera's raw file."""
    tags = directory(stream)
    if _DNG_VERSION in tags or (_SUB_IFDS in tags and tags.get(_SUBFILE) == 1):
        raise PhotoError(f"{name} is a camera's raw file, which zoom3d does not read", hint=f"develop it, or {CONVERT}")
    length = stream.seek(0, io.SEEK_END)
    if tags.get(_SAMPLES, 1) > _MOST_SAMPLES:
        raise NotPlausibleError("too many samples a pixel")
    if any(count > length for tag in _BYTE_COUNTS for count in _numbers(tags.get(tag))):
        raise NotPlausibleError("truncated: a strip is longer than the file")
    longest = 2 * max(tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0)) + 4096
    if any(side > longest for tag in _TILE_SIDES for side in _numbers(tags.get(tag))):
        raise NotPlausibleError("tiles larger than the picture")
    stream.seek(0)
    return TiffImagePlugin.TiffImageFile(stream)


def sample_bits(image: Image.Image) -> int | None:
    """Bits of a sample of a TIFF that is open; None for other formats."""
    tags = getattr(image, "tag_v2", None)
    bits = _numbers(tags.get(_BITS)) if tags is not None else ()
    return int(bits[0]) if bits else None


def is_negative(image: Image.Image) -> bool:
    """Whether 0 is white in samples of 16 bits, which Pillow leaves to its caller."""
    tags = getattr(image, "tag_v2", None)
    return tags is not None and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO and image.mode.startswith("I;16")


def read_rare(stream: Stream, request: Request, error: Exception) -> Picture:
    """Sample types that Pillow refused with ``error``, such as colour in floating point, by OpenCV."""
    try:
        picture = _read_by_opencv(stream, request)
    except PhotoError:
        raise
    except Exception:  # decoders raise whatever hostile bytes lead them to
        picture = None
    if picture is None:
        refuse_damaged(request, error)
    return picture


def _read_by_opencv(stream: Stream, request: Request) -> Picture | None:
    tags = directory(stream)
    width, height = int(tags.get(_WIDTH, 0)), int(tags.get(_HEIGHT, 0))
    bits = _numbers(tags.get(_BITS))
    if not bits or max(bits) < 16 or any(bit != bits[0] for bit in bits):
        return None
    request.check_size((width, height))
    stream.seek(0)
    from zoom3d import opencv  # which takes time to load, and is for rare files

    samples = opencv.decoded(stream.read())
    if samples is None or samples.shape[:2] != (height, width):
        return None
    if samples.ndim == 3:
        samples = samples[..., [2, 1, 0, 3][: samples.shape[2]]]  # OpenCV keeps blue first
    eight_bit = levels.to_eight_bit(samples, request.name)
    turn = tags.get(_ORIENTATION, 1)
    return Picture(
        Image.fromarray(eight_bit), (width, height), "TIFF", Image.Exif(), turn if turn in range(1, 9) else 1, tags.get(_ICC)
    )


def _numbers(value: object) -> tuple[float, ...]:
    values = value if isinstance(value, tuple) else (value,)
    return tuple(number for number in values if isinstance(number, (int, float)))
