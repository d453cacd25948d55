"""What every method needs before it paints: a picture in which nothing but the source is left to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.opencv import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


def usable_source(hole: Mask, source: Mask) -> Mask:
    """``source``; where it is empty, all that is no hole."""
    usable = source & ~hole
    return usable if usable.any() else ~hole


def only_source(rgb: NDArray[np.uint8], source: Mask) -> NDArray[np.uint8]:
    """``rgb`` with every other pixel replaced by its nearest source pixel: no other colour remains."""
    painted: NDArray[np.uint8] = rgb.reshape(-1, 3)[nearest(source).index]
    return painted


def mean_colour(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What is left to do where the whole picture is to be painted: its mean colour everywhere."""
    mean = np.rint(rgb.reshape(-1, 3).mean(axis=0)).astype(np.uint8)
    result: NDArray[np.uint8] = np.broadcast_to(mean, rgb.shape).copy()
    return result


def grown(mask: Mask, radius: int) -> Mask:
    """``mask`` grown by ``radius`` pixels in every direction (a square)."""
    size = 2 * radius + 1
    dilated: NDArray[np.uint8] = cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8))
    return dilated.astype(bool)


def bounding_box(mask: Mask, margin: int) -> tuple[slice, slice]:
    """Rows and columns that hold ``mask`` (not empty), with ``margin`` pixels around it where there are any."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def pasted(rgb: NDArray[np.uint8], hole: Mask, painted: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy of ``rgb`` with ``painted`` in the hole."""
    result: NDArray[np.uint8] = np.where(hole[:, :, None], painted, rgb)
    return result
