"""Pixels out of bytes: the decoder for each format, held to a number of pixels."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
import warnings
from collections.abc import Callable, Iterator

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from zoom3d.errors import PhotoError
from zoom3d.photo import boxes, cicp, exif, heic, mend, reduce, tiff
from zoom3d.photo.files import Kind, Stream
from zoom3d.photo.picture import Picture, Request, refuse_damaged, refuse_truncated

log = logging.getLogger(__name__)

_LOCK = threading.RLock()
# Opened by class and not by Image.open: the format is known, and Pillow's own, global, pixel limit stays as it is.
_OPENERS: dict[Kind, Callable[[Stream], ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "JPEG 2000": Jpeg2KImagePlugin.Jpeg2KImageFile,
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing of Pillow's Python warnings: what the user should know is said in our words.

    The list of warning filters is global, so only one thread at a time may change it and put it back.
    """
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read(stream: Stream, request: Request) -> Picture:
    """Decode the picture in ``stream``; refused are pictures past the limit, too small, damaged or cut."""
    if request.kind == "HEIC":
        return heic.read(stream, request)
    try:
        _check_length(stream, request)
        picture = _decode(stream, request)
    except PhotoError:
        raise
    except Exception as error:  # decoders raise whatever hostile bytes lead them to
        if request.kind == "JPEG":
            return mend.read_cut_jpeg(stream, request, _decode, error)
        if request.kind == "PNG":
            return mend.read_png(stream, request, _decode, error)
        if request.kind == "TIFF":
            return tiff.read_rare(stream, request, error)
        refuse_damaged(request, error)
    if request.kind == "JPEG" and mend.is_unwritten_at_end(stream):
        return mend.read_cut_jpeg(stream, request, _decode, ValueError("truncated"))
    return picture


def _check_length(stream: Stream, request: Request) -> None:
    """Refuse a file that is shorter than its own outermost structure says."""
    length = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    head = stream.read(30)
    if request.kind == "WebP":
        if 8 + int.from_bytes(head[4:8], "little") > length + 1:
            refuse_truncated(request)
        if head[12:16] == b"VP8X":  # the decoder allocates its canvas before anyone can look at the size
            width, height = (1 + int.from_bytes(head[offset : offset + 3], "little") for offset in (24, 27))
            request.check_size((width, height))
    if (request.kind == "AVIF" or (request.kind == "JPEG 2000" and head[4:8] == b"jP  ")) and boxes.is_cut(stream):
        refuse_truncated(request)


def _decode(stream: Stream, request: Request) -> Picture:
    stream.seek(0)
    image = tiff.open_image(stream, request.name) if request.kind == "TIFF" else _OPENERS[request.kind](stream)
    request.check_size(image.size)
    full_size = image.size
    target = reduce.target_size(full_size, request.usable)
    if request.kind == "JPEG" and target != full_size:
        # The decoder averages blocks while it decodes, which saves most of its time and memory.
        image.draft(None, (reduce.HEADROOM * target[0], reduce.HEADROOM * target[1]))
    image.load()
    if request.kind == "TIFF":
        full_size = image.size  # turned by the decoder
    found = exif.read(image)
    icc = image.info.get("icc_profile") or (cicp.profile_in(stream) if request.kind == "AVIF" else None)
    if _holds_several(image, stream, request.kind):
        log.warning("%s holds several pictures; the first one is used", request.name)
    return Picture(
        image=reduce.coarse(image, reduce.target_size(full_size, request.usable)),
        full_size=full_size,
        kind=request.kind,
        exif=found,
        orientation=1 if request.kind == "TIFF" else exif.orientation(found),
        icc=icc if isinstance(icc, bytes) else None,
        sample_bits=tiff.sample_bits(image),
        # Pillow takes Adobe's convention, 255 = no ink, for every JPEG; without Adobe's marker it is the other way.
        inverted=tiff.is_negative(image) or (request.kind == "JPEG" and image.mode == "CMYK" and "adobe" not in image.info),
    )


def _holds_several(image: ImageFile.ImageFile, stream: Stream, kind: Kind) -> bool:
    """Whether frames or pages follow the first, found out without leaving it: Pillow seeks in GIF and TIFF files to count."""
    if kind == "GIF":
        stream.seek(0)
        try:
            return bool(GifImagePlugin.GifImageFile(stream).is_animated)
        except Exception:  # a broken second frame
            return True
    if kind == "TIFF":
        return bool(tiff.directory(stream).next)
    return int(getattr(image, "n_frames", 1)) > 1
