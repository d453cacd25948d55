"""What the camera wrote beside the picture: which way up it was held, and how long its lens was.

Nothing here fails: EXIF that cannot be read, or says impossible things, counts as absent.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

DEFAULT_FOCAL_DIAGONALS = 0.65
"""Focal length of a photograph that does not tell, in picture diagonals: 28 mm equivalent, the main lens of a phone."""

QUARTER_TURNS = frozenset({5, 6, 7, 8})
"""Orientations whose stored width is the upright picture's height."""

_FULL_FRAME_DIAGONAL_MM = math.hypot(36, 24)
_PLAUSIBLE_DIAGONALS = (0.1, 50.0)  # a circular fisheye and a spotting scope
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
_ORIENTATION, _EXIF_IFD = 0x0112, 0x8769
_FOCAL_LENGTH, _FOCAL_LENGTH_35MM, _PIXEL_SIZE = 0x920A, 0xA405, (0xA002, 0xA003)
_PLANE_RESOLUTION, _PLANE_UNIT = 0xA20E, 0xA210


def read(image: Image.Image) -> Image.Exif:
    """The EXIF data of ``image``; empty where there is none or it is broken."""
    try:
        return image.getexif()
    except Exception as error:  # the parser raises whatever broken bytes lead it to
        log.info("broken EXIF data are ignored: %s", error)
        return Image.Exif()


def parse(data: bytes | None) -> Image.Exif:
    """EXIF from its bytes, as HEIC files carry it; empty where it is broken."""
    exif = Image.Exif()
    try:
        if data:
            exif.load(data)
    except Exception as error:  # as above
        log.info("broken EXIF data are ignored: %s", error)
        return Image.Exif()
    return exif


def orientation(exif: Image.Exif) -> int:
    """The EXIF orientation, 1 to 8; 1 = upright as stored."""
    try:
        value = _number(exif.get(_ORIENTATION))
    except Exception:  # values are parsed when asked for
        return 1
    return int(value) if value in _TURNS else 1


def turn(image: Image.Image, orientation: int) -> Image.Image:
    """``image`` upright."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def turn_array(values: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """``values``, (h, w), turned as ``turn`` turns a picture; contiguous."""
    import numpy as np

    if orientation in QUARTER_TURNS:
        values = values.T  # 5; the others follow by mirroring
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    return np.ascontiguousarray(values)


def focal_fraction(exif: Image.Exif, size: tuple[int, int]) -> float:
    """Focal length in picture diagonals: from the 35 mm equivalent, else from lens and sensor, else the default."""
    try:
        tags = exif.get_ifd(_EXIF_IFD)
        for fraction in (_from_equivalent(tags), _from_sensor(tags, size)):
            if fraction is not None and _PLAUSIBLE_DIAGONALS[0] <= fraction <= _PLAUSIBLE_DIAGONALS[1]:
                return fraction
    except Exception as error:  # the parser raises whatever broken bytes lead it to
        log.info("broken EXIF data are ignored: %s", error)
    return DEFAULT_FOCAL_DIAGONALS


def _from_equivalent(tags: dict[int, object]) -> float | None:
    equivalent_mm = _number(tags.get(_FOCAL_LENGTH_35MM))
    return equivalent_mm / _FULL_FRAME_DIAGONAL_MM if equivalent_mm else None


def _from_sensor(tags: dict[int, object], size: tuple[int, int]) -> float | None:
    """Resolution is told for the picture as it was taken; a copy, resized or turned, keeps the old size beside it."""
    focal_mm = _number(tags.get(_FOCAL_LENGTH))
    resolution = _number(tags.get(_PLANE_RESOLUTION))
    unit_mm = _MM_PER_UNIT.get(int(_number(tags.get(_PLANE_UNIT)) or 2))
    taken_px = max(_number(tags.get(side)) or 0 for side in _PIXEL_SIZE) or max(size)  # along the longer side
    if not focal_mm or not resolution or not unit_mm:
        return None
    return focal_mm / (taken_px / resolution * unit_mm) * max(size) / math.hypot(*size)


def _number(value: object) -> float | None:
    """A finite positive number from whatever stands in a tag; None for all else, 0/0 among it."""
    if isinstance(value, (tuple, list)):
        value = value[0] if value else None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None
