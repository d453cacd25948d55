"""Any file that a phone, a camera or the web makes, as an upright sRGB ``Photo``.

One file a question: ``files`` (is it a picture at all, and which format?), ``decode`` (pixels out of bytes, with a limit),
``exif`` (which way up, which lens?), ``colour`` (which sRGB colour is meant?), ``reduce`` (how many pixels are of use?),
``embedded`` (does the file bring a depth map?); ``jpeg`` and ``png`` know the two formats that are worth mending.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from zoom3d.errors import PhotoError, printable
from zoom3d.photo import colour, decode, embedded, exif, files, reduce
from zoom3d.photo.picture import Picture, Request
from zoom3d.types import PIXEL_LIMIT, Photo

if TYPE_CHECKING:
    from zoom3d.photo.reduce import UsableSide
    from zoom3d.types import Float32

log = logging.getLogger(__name__)


def load(path: str | Path, *, pixel_limit: int = PIXEL_LIMIT, usable_side_px: int | UsableSide | None = None) -> Photo:
    """Read the photograph in ``path``.

    pixel_limit: a picture that claims more pixels is refused from its header.
    usable_side_px: how long the shorter side can be and still be of use, or what tells that from the width and height of
        the photograph; a larger one is reduced, never enlarged.
    """
    path = Path(path)
    usable = (lambda *_: usable_side_px) if isinstance(usable_side_px, int) else usable_side_px
    name = printable(path)
    with files.opened(path, name) as (stream, kind), decode.quiet():
        request = Request(name, kind, pixel_limit, usable)
        picture = decode.read(stream, request)
        depth = _embedded(stream, picture, name)
    width, height = reduce.target_size(_turned(picture), usable, upright=True)
    image = exif.turn(colour.to_srgb(picture, name), picture.orientation)
    rgb = reduce.to_array(image, (width, height))
    if (width, height) != _turned(picture):
        log.info("%s is reduced from %dx%d to %dx%d: the clip can use no more", name, *_turned(picture), width, height)
    focal_px = exif.focal_fraction(picture.exif, picture.full_size) * float(width**2 + height**2) ** 0.5
    return Photo(rgb, focal_px, depth, name)


def _turned(picture: Picture) -> tuple[int, int]:
    width, height = picture.full_size
    return (height, width) if picture.orientation in exif.QUARTER_TURNS else (width, height)


def _embedded(stream: files.Stream, picture: Picture, name: str) -> Float32 | None:
    """The file's own depth map, turned like its picture; a broken one is as good as none."""
    try:
        found = embedded.find(stream, picture)
    except PhotoError:
        raise
    except Exception as error:  # whatever decoders raise on odd bytes: the picture itself is fine
        log.info("the depth map inside %s cannot be read and is ignored: %s", name, error)
        return None
    if found is None:
        return None
    log.info("%s brings a depth map of %dx%d", name, found.shape[1], found.shape[0])
    return exif.turn_array(found, picture.orientation)
