"""What is asked of a decoder, what it gives, and how it says no."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from PIL import Image

from zoom3d.errors import PhotoError
from zoom3d.photo.files import Kind

if TYPE_CHECKING:
    from zoom3d.photo.reduce import UsableSide
    from zoom3d.types import Float32

log = logging.getLogger(__name__)

SMALLEST_SIDE_PX = 16
AGAIN = "copy or download the photograph again"


@dataclass(frozen=True)
class Request:
    """What is asked of a decoder. See ``photo.load``."""

    name: str
    kind: Kind
    pixel_limit: int
    usable: UsableSide | None = None

    def check_size(self, size: tuple[int, int]) -> None:
        """Refuse a picture that is too large or too small, by its header."""
        width, height = size
        if width * height > self.pixel_limit:
            raise PhotoError(
                f"{self.name} claims {width}x{height} pixels, more than the limit of {self.pixel_limit}",
                hint=f"if you trust the file, allow it with --pixel-limit {width * height}",
            )
        if min(size) < SMALLEST_SIDE_PX:
            raise PhotoError(
                f"{self.name} has {width}x{height} pixels; the smallest side that can be animated is {SMALLEST_SIDE_PX} pixels",
                hint="give a larger photograph",
            )


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture before colour and orientation are settled.

    image: loaded, in the mode of its file, already coarsely reduced where far more pixels came than are of use.
    full_size: width and height of what the file holds, turned as ``image`` is.
    orientation: the EXIF turn that is still to be made.
    sample_bits: bits a sample really uses where the mode does not tell.
    inverted: the decoder gave the negative: it took 0 for full ink, or for black, and the file does not.
    depth_images: readers of the depth maps that the decoder found: (h, w) float32 in [0, 1], 1 = nearest.
    """

    image: Image.Image
    full_size: tuple[int, int]
    kind: Kind
    exif: Image.Exif
    orientation: int = 1
    icc: bytes | None = None
    sample_bits: int | None = None
    inverted: bool = False
    depth_images: tuple[Callable[[], Float32 | None], ...] = ()


def refuse_damaged(request: Request, error: Exception) -> NoReturn:
    """Say in our words what a decoder stumbled over."""
    log.debug("%s: %s: %s", request.name, type(error).__name__, error)
    if isinstance(error, Image.DecompressionBombError):
        raise PhotoError(
            f"{request.name} claims more pixels than a {request.kind} file can be read with",
            hint="reduce the picture first; --pixel-limit cannot help here",
        ) from error
    if isinstance(error, MemoryError):
        raise PhotoError(f"{request.name} needs more memory than there is", hint="reduce the picture first") from error
    what = "truncated" if "truncat" in str(error).lower() else "damaged"
    raise PhotoError(f"{request.name} is a {what} {request.kind} file", hint=AGAIN) from error


def refuse_truncated(request: Request, missing: str = "its end is missing") -> NoReturn:
    raise PhotoError(f"{request.name} is a truncated {request.kind} file: {missing}", hint=AGAIN)
