"""The cameras whose pictures together make one frame.

Depth of field, motion blur and supersampling are one thing: the light that reaches a pixel comes through every point of the
lens, during the whole time that the shutter is open, onto the whole of the pixel. The scene is drawn from a camera for each of
several samples of all three, and the pictures are averaged (Haeberli and Akeley, "The Accumulation Buffer", 1990). What a near
blurred edge uncovers is really there, in the layers behind it, so nothing leaks. What is in focus looks the same through every
point of the lens: it is drawn apart, without samples of the lens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from zoom3d import geometry
from zoom3d.types import CameraPath

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import LayeredScene

    Float64 = NDArray[np.float64]

_LENS_STEP_PX = 5.0
"""How far samples of the lens may lie apart on the blur disc, so that they can be joined."""

_LENS_LEAST, _LENS_MOST = 8, 16
_JOINED = 1.8
"""What joining the samples adds to the disc's second moment, as a sample's share of it: the rings are so much smaller."""

_SHUTTER_STEP_PX, _SHUTTER_MOST = 1.5, 32
_NEAREST = 0.05
"""Distance, in scene units, below which nothing is thought to lie."""

_REACH = 0.01, 1000.0
"""Distances between which all lies that is drawn: a depth buffer tells no more apart."""

_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Lens:
    """How unsharp things are.

    disc: diameter of the blur disc, in pixels per difference of 1 / distance from ``in_focus``.
    """

    disc: float
    in_focus: float

    def reach(self, disc_px: float) -> tuple[float, float]:
        """Between which distances the disc is smaller than that."""
        away = disc_px / self.disc
        nearest, farthest = _REACH
        return max(1 / (self.in_focus + away), nearest), 1 / max(self.in_focus - away, 1 / farthest)


@dataclass(frozen=True, eq=False)
class Shots:
    """What is drawn for one frame: the pictures of ``numbers`` of ``cameras``.

    lens: None where all is sharp. blurred: what is out of focus is drawn, or else what is in focus.
    """

    cameras: CameraPath
    numbers: range
    lens: Lens | None = None
    blurred: bool = False


@dataclass(frozen=True, eq=False)
class Exposures:
    """Says from which cameras the frames of ``path`` are drawn. ``supersample``: samples across and down a pixel."""

    scene: LayeredScene
    path: CameraPath
    supersample: int = 1

    @property
    def several(self) -> bool:
        """Whether what is in focus of any frame is made of more than one picture."""
        return self.supersample > 1 or self._opens

    @property
    def _opens(self) -> bool:
        return self.path.effects.shutter > 0 and len(self.path) > 1

    @property
    def _blurs(self) -> bool:
        return self.path.effects.aperture > 0

    @property
    def swept(self) -> CameraPath:
        """Cameras all along the path, those that a frame passes while the shutter is open among them."""
        if not self._opens:
            return self.path
        time = np.array([0.0, 0.5, 1.0]) * self.path.effects.shutter
        count = len(self.path)
        return self._during(np.repeat(np.arange(count), len(time)), np.tile(time, count))

    def of(self, index: int) -> list[Shots]:
        """From where frame ``index`` is drawn: what is in focus; then, where there is a lens, what is not."""
        if not self.several and not self._blurs:
            return [Shots(self.path, range(index, index + 1))]
        shutter = self._shutter_samples(index)
        _, time, pixel = _samples(max(self.supersample**2, shutter))
        cameras = self._while_open(index, time)
        if self.supersample > 1:
            cameras = _shifted(cameras, (pixel - 0.5) * 2 / np.array(self.path.viewport_size))
        if not self._blurs:
            return [Shots(cameras, range(len(time)))]
        lens = Lens(self._disc_px, float(self._inverse_focus(cameras).mean()))
        points, time, _ = _samples(max(self._lens_samples, shutter // 2))  # in a small picture the way is shorter
        through = self._through(points, self._while_open(index, time))
        return [Shots(cameras, range(len(cameras)), lens), Shots(through, range(len(through)), lens, blurred=True)]

    def _while_open(self, index: int, time: Float64) -> CameraPath:
        return self._during(index, time * self.path.effects.shutter if self._opens else 0 * time)

    def _through(self, lens: Float64, cameras: CameraPath) -> CameraPath:
        """Each of ``cameras`` moved to its place on the lens and sheared, so that what is in focus stays where it is."""
        width, height = self.path.viewport_size
        scale = 1 / np.tan(cameras.fov_y.astype(np.float64) / 2)
        lens = lens * math.sqrt(1 - _JOINED / max(len(lens), 4))
        offset = lens * (self._disc_px / (scale * height))[:, None]  # half a disc over the focal length in pixels
        aside = np.einsum("nij,nj->ni", cameras.rotation[:, :, :2].astype(np.float64), offset)
        back = offset * np.stack([scale * height / width, scale], 1) * self._inverse_focus(cameras)[:, None]
        return _shifted(replace(cameras, eye=(cameras.eye + aside).astype(np.float32)), back)

    def _during(self, index: int | NDArray[np.intp], time: Float64) -> CameraPath:
        """The cameras at the times ``index + time``, time in 0..1: what the path does not go on with goes on as it came."""
        first, second = self._steps[:, index]
        part = time + (index - first)

        def between(values: NDArray[np.float32]) -> NDArray[np.float32]:
            column = part.reshape(-1, *[1] * (values.ndim - 1))
            return (values[first] + column * (values[second].astype(np.float64) - values[first])).astype(np.float32)

        cameras = self.path.each(between)
        return replace(cameras, rotation=_orthonormal(cameras.rotation))

    @cached_property
    def _steps(self) -> NDArray[np.intp]:
        """(2, N): between which two frames the camera moves while the shutter of each is open; twice itself where it rests."""
        count = len(self.path)
        moves = np.ones(count + 1, bool)  # to each frame, and from the last one
        moves[[0, count, *self.path.jumps]] = False
        frames = np.arange(count)
        return np.stack([frames - (moves[:-1] & ~moves[1:]), frames + moves[1:]])

    def _inverse_focus(self, cameras: CameraPath) -> Float64:
        """(N,) 1 / distance in focus, along each camera's axis."""
        ahead = (cameras.focus_distance + cameras.eye[:, 2]) / cameras.rotation[:, 2, 2]
        return 1 / np.maximum(ahead.astype(np.float64), _NEAREST)

    @property
    def _disc_px(self) -> float:
        """Diameter of the blur disc, in pixels per difference of 1 / distance from that in focus."""
        spread = 1 / self.scene.near - 1 / self.scene.far
        return self.path.effects.aperture * math.hypot(*self.path.viewport_size) / spread

    @cached_property
    def largest_disc_px(self) -> float:
        """Diameter of the largest blur disc on the path."""
        if not self._blurs:
            return 0.0
        planes = np.array([self.scene.near, self.scene.far]) + self.path.eye[:, 2:].astype(np.float64)
        away = np.abs(1 / np.maximum(planes, _NEAREST) - self._inverse_focus(self.path)[:, None]).max()
        return float(away) * self._disc_px

    @property
    def _lens_samples(self) -> int:
        """How many join for the largest disc: their pattern does not change from frame to frame."""
        disc = self.largest_disc_px
        return min(max(math.ceil(math.pi / 4 * (disc / _LENS_STEP_PX) ** 2), min(math.ceil(disc), _LENS_LEAST), 1), _LENS_MOST)

    def _shutter_samples(self, index: int) -> int:
        """Enough for the farthest way of any point on the screen while the shutter is open."""
        if not self._opens:
            return 1
        ends = self._during(index, np.array([0.0, self.path.effects.shutter]))
        width, height = self.scene.photo_size
        margin = self.scene.margin_px
        x, y, disparity = np.meshgrid(np.linspace(0, width, 5) + margin, np.linspace(0, height, 5) + margin, [0.0, 1.0])
        points = np.stack([x.ravel(), y.ravel(), disparity.ravel()], 1).astype(np.float32)
        before, after = (geometry.project(self.scene, ends, end, points) for end in (0, 1))
        size = np.array(self.path.viewport_size)
        shown = ((before > -0.1 * size) & (before < 1.1 * size)).all(1)
        way = np.linalg.norm(after - before, axis=1)[shown].max(initial=0.0)
        return min(max(1, math.ceil(float(way) / _SHUTTER_STEP_PX)), _SHUTTER_MOST)


def _shifted(cameras: CameraPath, shift: Float64) -> CameraPath:
    return replace(cameras, lens_shift=(cameras.lens_shift + shift).astype(np.float32))


def _samples(count: int) -> tuple[Float64, Float64, Float64]:
    """``count`` samples of lens (N, 2) in the unit disc, time (N,) in 0..1, and pixel (N, 2) in 0..1.

    Time is stratified, in an order of its own; so are pixels, on a grid where the count is a square.
    """
    number = np.arange(count)
    time = (np.argsort(np.argsort(number * _GOLDEN % 1)) + 0.5) / count
    side = math.isqrt(count)
    if side * side == count:
        pixel = np.stack([number % side + 0.5, number // side + 0.5], 1) / side
    else:
        pixel = np.stack([(number + 0.5) / count, (number * _GOLDEN + 0.5) % 1], 1)
    return _rings(count), time, pixel


def _rings(count: int) -> Float64:
    """(count, 2) points that share the unit disc evenly, in rings: the blur of a point is round however few there are."""
    rings = max(1, round(math.sqrt(count / 3)))  # the outer one dense: its points make the outline
    ends = [round(count * ((ring + 1) / rings) ** 2) for ring in range(rings)]
    if ends[0] == 2 and rings > 1:
        ends[0] = 1
    points, start = [], 0
    for ring, end in enumerate(ends):
        size = end - start
        radius = math.sqrt((start + end) / 2 / count) if size > 1 else 0.0
        angle = 2 * np.pi * (np.arange(size) + ring % 2 / 2) / size
        points.append(radius * np.stack([np.cos(angle), np.sin(angle)], 1))
        start = end
    return np.concatenate(points)


def _orthonormal(rotation: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rotations next to (N, 3, 3) matrices."""
    left, _, right = np.linalg.svd(rotation.astype(np.float64))
    return (left @ right).astype(np.float32)
