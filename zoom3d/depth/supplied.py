"""Reads the depth map that the user brings: grey pictures of 8, 16 and 32 bits, OpenEXR and NumPy files, judged by content."""

from __future__ import annotations

import contextlib
import io
import logging
import stat
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from PIL import Image

from zoom3d import opencv
from zoom3d.depth.normalise import normalise
from zoom3d.errors import DepthError, printable, reason
from zoom3d.types import PIXEL_LIMIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32

log = logging.getLogger(__name__)

ACCEPTED = "give a grey PNG, TIFF, JPEG, EXR or .npy file, near is bright"

_NUMPY, _EXR, _ZIP = b"\x93NUMPY", b"\x76\x2f\x31\x01", b"PK\x03\x04"
_PICTURES = ("PNG", "TIFF", "JPEG", "WEBP", "BMP", "GIF", "JPEG2000", "AVIF", "PPM")
_DEPTH_CHANNELS = ("z", "depth", "disparity", "v", "y")
_GREY_TOLERANCE = 0.02  # of the range: what JPEG does to equal channels
_COLOURED = 0.1  # mean spread of the channels, of the range: no grey picture comes near, every colour map lies above


def read(path: str | Path, *, near_dark: bool = False) -> Float32:
    """The depth map in ``path`` as disparity: (h, w) float32 in [0, 1], 1 = nearest, at the file's own size.

    near_dark: small values are near, as in maps of distance; the order is turned round, nothing else. Infinity then is a
        distance, the farthest there is; otherwise infinite values are unknown, as NaN always is (see ``normalise``).
    """
    path = Path(path)
    name = printable(path)
    head = _read_head(path, name)
    if head.startswith(_NUMPY):
        values = _read_numpy(path, name)
    elif head.startswith(_EXR):
        values = _read_exr(path, name)
    elif head.startswith(_ZIP):
        raise DepthError(f"{name} is an archive, not a depth map", hint="save one array with numpy.save as .npy")
    else:
        values = _read_picture(path, name)
    return _to_disparity(_to_grey(values, name), near_dark, name)


def _read_head(path: Path, name: str) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a directory" if stat.S_ISDIR(status.st_mode) else "a pipe or a device, not a file"
            raise DepthError(f"the depth map {name} is {what}", hint=ACCEPTED)
        if status.st_size == 0:
            raise DepthError(f"the depth map {name} is empty (0 bytes)", hint="export the depth map again")
        with path.open("rb") as stream:
            return stream.read(16)
    except FileNotFoundError as error:
        raise DepthError(f"the depth map {name} does not exist", hint="check the path after --depth") from error
    except (OSError, ValueError) as error:
        raise DepthError(
            f"the depth map {name} cannot be read: {reason(error)}", hint="check its path and permissions"
        ) from error


def _refuse(name: str, error: Exception | None = None) -> NoReturn:
    log.debug("%s: %s", name, error)
    raise DepthError(f"{name} is no depth map that can be read: damaged, or of another kind", hint=ACCEPTED) from error


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > PIXEL_LIMIT:
        raise DepthError(f"the depth map {name} claims {width}x{height} pixels", hint="reduce it to the photograph's size")


def _read_numpy(path: Path, name: str) -> NDArray[np.generic]:
    try:
        # Mapped, so that a header which claims more than the file holds fails before memory is asked for.
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        if mapped.dtype.kind not in "buif":
            raise DepthError(
                f"{name} holds values of type {mapped.dtype}, not depth", hint="save an array of numbers with numpy.save"
            )
        if mapped.ndim >= 2:
            _check_size(mapped.shape[-1], mapped.size // max(1, mapped.shape[-1]), name)
        return np.array(mapped)
    except DepthError:
        raise
    except Exception as error:  # the parser of its header raises whatever broken bytes lead it to
        _refuse(name, error)


def _read_exr(path: Path, name: str) -> NDArray[np.generic]:
    """The channel that is called like depth, else the colours, of the first part that has any."""
    try:
        import OpenEXR
    except ImportError as error:
        raise DepthError(f"{name} is an EXR file, and OpenEXR is not installed", hint="pip install openexr") from error
    try:
        low, high = OpenEXR.File(str(path), header_only=True).header()["dataWindow"]
        _check_size(int(high[0]) - int(low[0]) + 1, int(high[1]) - int(low[1]) + 1, name)
        with OpenEXR.File(str(path), separate_channels=True) as opened:
            channels = {key: np.asarray(channel.pixels) for key, channel in opened.channels().items()}
    except DepthError:
        raise
    except Exception as error:  # the binding raises whatever broken bytes lead it to
        _refuse(name, error)
    by_last_name = {key.rsplit(".", 1)[-1].lower(): values for key, values in channels.items()}
    for wanted in _DEPTH_CHANNELS:
        if wanted in by_last_name:
            return by_last_name[wanted]
    if len(channels) == 1:
        return next(iter(channels.values()))
    if {"r", "g", "b"} <= by_last_name.keys():
        return np.stack([by_last_name[channel] for channel in "rgb"], axis=-1)
    raise DepthError(f"{name} has no depth among its channels: {', '.join(channels)}", hint="name the channel Z or depth")


def _read_picture(path: Path, name: str) -> NDArray[np.generic]:
    data = path.read_bytes()
    image: Image.Image | None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=_PICTURES)
            _check_size(*image.size, name)
            image.load()  # OpenCV takes cut files for whole ones
    except DepthError:
        raise
    except Image.DecompressionBombError as error:
        raise DepthError(f"the depth map {name} claims too many pixels", hint="reduce it to the photograph's size") from error
    except Exception as error:  # decoders raise whatever broken bytes lead them to
        if data[:2] not in (b"II", b"MM") or "truncated" in str(error):
            _refuse(name, error)
        image = None  # sample types of TIFF that Pillow does not know
    if image is None or image.format == "TIFF" or (image.format == "PNG" and image.mode in ("RGB", "RGBA")):
        every_bit = opencv.decoded(data)  # of which Pillow keeps eight in colour; blue comes first, which does not matter here
        if every_bit is not None:
            return every_bit
        if image is None:
            _refuse(name)
    if image.mode in ("P", "PA", "CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    return np.asarray(image)


def _to_grey(values: NDArray[np.generic], name: str) -> NDArray[np.float64]:
    """(h, w) of a map that may have come with single, equal or colour channels."""
    if values.ndim == 3 and values.shape[0] == 1:
        values = values[0]
    if values.ndim == 3 and values.shape[2] in (1, 2):  # grey, grey with alpha
        values = values[..., 0]
    colours = values.ndim == 3 and values.shape[2] in (3, 4)
    if (values.ndim != 2 and not colours) or min(values.shape[:2], default=0) < 2:
        shape = "x".join(str(side) for side in values.shape) or "a single number"
        raise DepthError(f"{name} holds {shape} values, not one for each point of a picture", hint="save it as height x width")
    exact = values.astype(np.float64)
    if not colours:
        return exact
    exact = exact[..., :3]
    with contextlib.suppress(ValueError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spread = np.nanmax(exact, axis=2) - np.nanmin(exact, axis=2)
        span = float(np.nanmax(exact) - np.nanmin(exact)) or 1.0
        if np.nanmax(spread) <= _GREY_TOLERANCE * span:
            return np.asarray(exact[..., 1])
        if np.nanmean(spread) > _COLOURED * span:
            raise DepthError(
                f"{name} is in colour, and colours do not tell near from far", hint="export the depth as grey levels"
            )
    log.warning("the depth map %s is not quite grey; its brightness is used", name)
    return np.asarray(exact.mean(axis=2))


def _to_disparity(values: NDArray[np.float64], near_dark: bool, name: str) -> Float32:
    known = np.isfinite(values)
    if not known.any():
        raise DepthError(f"the depth map {name} holds no number at all", hint="export the depth map again")
    if near_dark:
        values = -np.where(np.isposinf(values), values[known].max(), values)
        known = np.isfinite(values)
    unknown_share = 1.0 - float(known.mean())
    if unknown_share > 0.0:
        tell = log.warning if unknown_share > 0.01 else log.info
        tell("%.1f %% of the depth map %s is unknown and is filled from beside it", 100.0 * unknown_share, name)
    disparity = normalise(values)
    if disparity.min() == disparity.max():
        log.warning("the depth map %s is the same everywhere: nothing will move before anything else", name)
    return disparity
