"""Gaussian means of whole pictures, worked out in a copy as small as their smoothness allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.strips import blocks, each, strips, widened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32

    Index = NDArray[np.signedinteger]

_SIGMA = 1.5  # pixels of the reduced copy: below that it would show
_LINE = 1024


@dataclass(frozen=True, eq=False)
class Reduced:
    """Planes of a picture, each (h, w) float32, reduced by a whole factor."""

    planes: tuple[Float32, ...]
    factor: int

    def blurred(self, sigma: float) -> Reduced:
        """The Gaussian mean; ``sigma`` in pixels of the full picture."""
        more = max(1, int(sigma / _SIGMA) // self.factor)
        factor = more * self.factor
        planes = (cv2.GaussianBlur(_shrunk(plane, more), (0, 0), sigma / factor) for plane in self.planes)
        return Reduced(tuple(np.asarray(plane, np.float32) for plane in planes), factor)

    def plus(self, other: Reduced, share: float) -> Reduced:
        """These planes and ``share`` of those of ``other``, which are reduced by a multiple of this one's factor."""
        times = other.factor // self.factor
        return Reduced(tuple(map(partial(_with, times=times, share=share), self.planes, other.planes)), self.factor)

    def whole(self, shape: tuple[int, int]) -> list[Float32]:
        """Each plane for a full picture of that shape, interpolated linearly."""
        return [_enlarged(plane, self.factor, shape) for plane in self.planes]

    def at(self, rows: Index, columns: Index) -> list[Float32]:
        """Each plane at N pixels of the full picture: (N,) float32, interpolated linearly."""
        if self.factor == 1 or not len(rows):
            return [plane[rows, columns] for plane in self.planes]
        y, x = (_lines(((axis + 0.5) / self.factor - 0.5).astype(np.float32)) for axis in (rows, columns))
        found: list[Float32] = []
        for merged in self._merged:
            found += cv2.split(cv2.remap(merged, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        return [np.asarray(plane.ravel()[: len(rows)], np.float32) for plane in found]

    def over(self, tile: tuple[slice, slice]) -> list[Float32]:
        """Each plane in those rows and columns of the full picture, interpolated linearly."""
        if self.factor == 1:
            return [plane[tile] for plane in self.planes]
        (down, own_down), (right, own_right) = (
            widened(blocks(axis, self.factor), 1, size) for axis, size in zip(tile, self.planes[0].shape, strict=True)
        )
        top, left = (
            own.start * self.factor + axis.start % self.factor for own, axis in ((own_down, tile[0]), (own_right, tile[1]))
        )
        rows, columns = (axis.stop - axis.start for axis in tile)
        return [_enlarged(plane[down, right], self.factor, (top + rows, left + columns))[top:, left:] for plane in self.planes]

    @cached_property
    def _merged(self) -> list[Float32]:
        """Four planes at a time: as they are looked up."""
        groups = (self.planes[first : first + 4] for first in range(0, len(self.planes), 4))
        return [np.asarray(cv2.merge(group), np.float32) for group in groups]


def reduced(planes: Callable[[slice], list[Float32]], shape: tuple[int, int], sigma: float, step: int = 1) -> Reduced:
    """The planes of a picture of that shape, as small as may be if nothing less smooth than ``sigma`` is asked of them.

    planes: of some rows of the picture, to the planes there, each (rows, W) float32, or of every ``step``-th row and column.
    """
    factor = max(step, int(sigma / _SIGMA) // step * step)

    def shrunk(rows: slice) -> list[Float32]:
        return [_shrunk(plane, factor // step) for plane in planes(rows)]

    parts = each(shrunk, strips(*shape, factor))
    return Reduced(tuple(np.concatenate(plane) for plane in zip(*parts, strict=True)), factor)


def _shrunk(plane: Float32, factor: int) -> Float32:
    if factor == 1:
        return plane
    bottom, right = -plane.shape[0] % factor, -plane.shape[1] % factor
    if bottom or right:
        plane = np.asarray(cv2.copyMakeBorder(plane, 0, bottom, 0, right, cv2.BORDER_REPLICATE), np.float32)
    size = plane.shape[1] // factor, plane.shape[0] // factor
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _with(plane: Float32, other: Float32, *, times: int, share: float) -> Float32:
    return np.asarray(plane + np.float32(share) * _enlarged(other, times, plane.shape), np.float32)


def _enlarged(plane: Float32, times: int, shape: tuple[int, ...]) -> Float32:
    wide = cv2.resize(plane, (plane.shape[1] * times, plane.shape[0] * times), interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide[: shape[0], : shape[1]], np.float32)


def _lines(values: Float32) -> Float32:
    """(N,) as a rectangle: what OpenCV looks up may not be longer than 32767."""
    filled = np.zeros(-(-len(values) // _LINE) * _LINE, np.float32)
    filled[: len(values)] = values
    return filled.reshape(-1, _LINE)
