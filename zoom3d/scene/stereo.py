"""A second picture beside the photograph: disparity in pixels in, scene and sideways camera out."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.errors import DepthError, OutputError, printable, reason
from zoom3d.scene.build import Extent
from zoom3d.types import CameraPath, DepthMap

if TYPE_CHECKING:
    from zoom3d.types import Float32, LayeredScene, Photo

_ACCEPTED = "save float32 disparity in pixels, height x width, with numpy.save"
_FARTHEST_SHIFT = 1.0  # of the photograph's width: points that go farther are out of sight, and so is all else soon
_SPARE_PX = 2
_LAYER_COUNT = 3  # a single picture has the time for it


def read_disparity(path: str | Path) -> Float32:
    """The disparity in ``path``, a .npy file: (H, W) float32 in pixels, NaN where it is unknown (NaN, infinite or 0 there)."""
    path = Path(path)
    name = printable(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DepthError(f"the disparity {name} is not a file", hint=_ACCEPTED)
        with path.open("rb") as stream:
            values = np.lib.format.read_array(stream, allow_pickle=False)
    except DepthError:
        raise
    except FileNotFoundError as error:
        raise DepthError(f"the disparity {name} does not exist", hint="check the path after --disparity") from error
    except OSError as error:
        raise DepthError(f"the disparity {name} cannot be read: {reason(error)}", hint=_ACCEPTED) from error
    except Exception as error:  # the parser of its header raises whatever broken bytes lead it to
        raise DepthError(f"{name} is no whole .npy file", hint=_ACCEPTED) from error
    if values.dtype.kind != "f":
        raise DepthError(f"{name} holds {values.dtype} numbers, so its unit is not known to be pixels", hint=_ACCEPTED)
    if values.ndim != 2:
        shape = "x".join(str(side) for side in values.shape) or "one"
        raise DepthError(f"{name} holds {shape} values, not one for each point of a picture", hint=_ACCEPTED)
    with np.errstate(over="ignore"):
        disparity = values.astype(np.float32)
    disparity[~np.isfinite(disparity) | (disparity == 0)] = np.nan
    if np.isnan(disparity).all():
        raise DepthError(
            f"the disparity {name} is unknown everywhere", hint="NaN and 0 mean unknown; some values must be known"
        )
    return disparity


def fill_unknown(disparity: Float32) -> Float32:
    """``disparity`` with its NaN filled: at least one value is known.

    Cameras miss what only one of them sees, which is background, so an unknown pixel takes the farther of the two known
    neighbours of its row, and a row without any copies the nearest row that has some. A median takes out the streaks.
    """
    known = ~np.isnan(disparity)
    if known.all():
        return disparity
    height, width = disparity.shape
    columns = np.arange(width)[None, :]
    left = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    right = np.minimum.accumulate(np.where(known, columns, width)[:, ::-1], axis=1)[:, ::-1]
    rows = np.arange(height)[:, None]
    before = np.where(left >= 0, disparity[rows, np.maximum(left, 0)], np.inf)
    after = np.where(right < width, disparity[rows, np.minimum(right, width - 1)], np.inf)
    full = np.minimum(before, after).astype(np.float32)
    told = np.flatnonzero(known.any(axis=1))
    following = np.clip(np.searchsorted(told, np.arange(height)), 0, len(told) - 1)
    preceding = np.maximum(following - 1, 0)
    closer = np.abs(told[preceding] - np.arange(height)) <= np.abs(told[following] - np.arange(height))
    full = full[told[np.where(closer, preceding, following)]]
    calm = cv2.medianBlur(full, 5) if min(height, width) >= 5 else full
    return np.where(known, disparity, calm)


@dataclass(frozen=True, eq=False)
class Beside:
    """A camera beside the photograph's, and what it asks of the scene: another one on the other side asks for the same.

    From there disparity d in [0, 1] lies ``constant_px + parallax_px * d`` pixels farther left.
    """

    depth: DepthMap
    extent: Extent
    constant_px: float
    parallax_px: float


def beside(photo: Photo, disparity: Float32, baseline: float, *, estimated: bool = False) -> Beside:
    """The camera from which a point of disparity D lies ``baseline`` * D pixels to the left of where it is.

    disparity: (H, W) float32, pixels, finite. estimated: it is a guess, not measured.
    """
    if disparity.shape != (photo.height, photo.width):
        sizes = f"{disparity.shape[1]}x{disparity.shape[0]}", f"{photo.width}x{photo.height}"
        raise DepthError(f"the disparity is {sizes[0]} pixels, the photograph {sizes[1]}", hint="they must be of the same size")
    low, high = float(disparity.min()), float(disparity.max())
    farthest = abs(baseline) * max(abs(low), abs(high))
    if not farthest <= _FARTHEST_SHIFT * photo.width:
        raise OutputError(
            f"points would move by {farthest:.4g} pixels, and the photograph is {photo.width} wide",
            hint="give a smaller --baseline",
        )
    spread = high - low
    relative = (disparity - low) / spread if spread > 0 else np.full_like(disparity, 0.5)
    depth = DepthMap(np.clip(relative, 0, 1).astype(np.float32), "brought disparity")
    margin_px = int(np.ceil(farthest)) + _SPARE_PX
    extent = Extent(max(abs(baseline) * spread, 1.0), margin_px, _LAYER_COUNT, estimated)
    return Beside(depth, extent, baseline * low, baseline * spread)


def sideways(scene: LayeredScene, beside: Beside) -> CameraPath:
    """One frame from there.

    The camera steps sideways as far as the difference between d = 0 and 1 asks; what that moves the point at d = 0 too much
    or too little, the shifted lens takes back.
    """
    width, height = scene.photo_size
    step = beside.parallax_px / (scene.focal_px * (1 / scene.near - 1 / scene.far))
    surplus_px = scene.focal_px * step / scene.far - beside.constant_px
    return CameraPath(
        eye=np.array([[step, 0, 0]], np.float32),
        rotation=np.eye(3, dtype=np.float32)[None],
        fov_y=np.array([2 * np.arctan(height / 2 / scene.focal_px)], np.float32),
        lens_shift=np.array([[2 * surplus_px / width, 0]], np.float32),
        focus_distance=np.ones(1, np.float32),
        viewport_size=(width, height),
    )
