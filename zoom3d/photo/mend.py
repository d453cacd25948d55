"""Files that lost something on their way: JPEGs without their last bytes, PNGs with a broken extra."""

from __future__ import annotations

import dataclasses
import io
import logging
from collections.abc import Callable

import numpy as np
from PIL import Image

from zoom3d.errors import PhotoError
from zoom3d.photo import jpeg, png
from zoom3d.photo.files import Stream
from zoom3d.photo.picture import Picture, Request, refuse_damaged, refuse_truncated

log = logging.getLogger(__name__)

ACCEPTED_LOSS = 0.05
"""Share of a picture that may be missing at its lower end before it is refused: a row of blocks of a small one."""

_ZEROS = bytes(64)
Decode = Callable[[Stream, Request], Picture]


def is_unwritten_at_end(stream: Stream) -> bool:
    """Whether a JPEG's end was set aside but never written, as copies broken off leave it: decoders take zeros for picture."""
    stream.seek(-min(len(_ZEROS), stream.seek(0, io.SEEK_END)), io.SEEK_END)
    if stream.read() != _ZEROS:
        return False
    stream.seek(0)
    return not jpeg.walk(stream.read()).complete


def read_cut_jpeg(stream: Stream, request: Request, decode: Decode, error: Exception) -> Picture:
    """A JPEG whose end is missing: right, with a warning, where next to nothing is lost."""
    stream.seek(0)
    data = stream.read()
    structure = jpeg.walk(data)
    if structure.complete:
        refuse_damaged(request, error)
    if not structure.all_scans_begun:
        refuse_truncated(request)
    whole = dataclasses.replace(request, usable=None)
    try:
        picture = decode(io.BytesIO(data.rstrip(b"\0") + jpeg.END), whole)
    except PhotoError:
        raise
    except Exception:  # decoders raise whatever hostile bytes lead them to
        refuse_truncated(request)
    image = picture.image
    samples = np.array(image).reshape(image.height, image.width, -1)
    lost = jpeg.repaint_missing(samples, structure.block_rows)
    if lost > ACCEPTED_LOSS:
        refuse_truncated(request, f"{lost:.0%} of the picture is missing")
    log.warning("%s is truncated: its last bytes are missing, and the lower edge may look wrong", request.name)
    return dataclasses.replace(picture, image=Image.frombytes(image.mode, image.size, samples.tobytes()))


def read_png(stream: Stream, request: Request, decode: Decode, error: Exception) -> Picture:
    """A PNG that the decoder refused, read without the extras whose check sum is wrong."""
    stream.seek(0)
    data = stream.read()
    if png.is_cut(data):
        refuse_truncated(request)
    mended = png.without_broken_extras(data)
    if mended == data:  # whole, whatever the decoder takes it for
        refuse_damaged(request, ValueError(type(error).__name__))
    log.info("broken extras inside %s are ignored: %s", request.name, error)
    try:
        return decode(io.BytesIO(mended), request)
    except PhotoError:
        raise
    except Exception as second:  # as above
        refuse_damaged(request, second)
