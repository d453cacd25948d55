"""What a camera sees of a scene, by casting rays on a coarse grid: the photograph, or what was painted."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from zoom3d.strips import strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import CameraPath, Float32, LayeredScene

    Float64 = NDArray[np.float64]
    Frames = NDArray[np.intp]

_SIDE = 384  # pixels of the reduced scene's longer side
CLOSELY, COARSELY = 8192, 512
"""Rays in a frame."""

_GOLDEN = (5**0.5 - 1) / 2  # spreads them more evenly than a grid: a strip beside the picture falls between no rows
_FEWEST, _MOST = 10, 40  # steps in disparity; between them, one to a reduced pixel that the ray moves by
_TORN = 0.1  # disparity between two steps: the surface has an edge there
_ROW_MOST = 32000  # places that OpenCV looks up at once
_SLACK = 1.0  # pixels
_HIDES = 0.012  # disparity by which a surface stands before the one behind it


class Sight:
    """A scene, reduced, in which rays are cast.

    A ray's place on the canvas is linear in disparity, so that it is followed from the nearest to the farthest. It meets the
    front layer where that rises above it evenly; where it rises at a torn edge, the ray goes on behind it, to the back layer.
    """

    def __init__(self, scene: LayeredScene) -> None:
        self.scene = scene
        front, back = scene.layers[-1], scene.layers[0]
        height, width = front.disparity.shape
        scale = min(1.0, _SIDE / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))

        def reduced(values: NDArray[np.generic]) -> Float32:
            return cv2.resize(values, size, interpolation=cv2.INTER_NEAREST).astype(np.float32)

        self._scale = size[0] / width, size[1] / height
        solid = reduced(np.ascontiguousarray(front.rgba[..., 3])) > 127
        near, far = reduced(front.disparity), reduced(back.disparity)
        x, y = (np.arange(count) + 0.5 for count in size)
        margin = scene.margin_px
        out_x = (x < margin * self._scale[0]) | (x > size[0] - margin * self._scale[0])
        out_y = (y < margin * self._scale[1]) | (y > size[1] - margin * self._scale[1])
        outside = out_y[:, None] | out_x
        hidden = solid & (near - far > _HIDES) & ~outside
        self._front, self._back = np.where(solid, near, np.float32(-1)), far
        self._kinds = np.dstack([hidden, outside]).view(np.uint8)
        self._plain = cv2.distanceTransform((~(hidden | outside)).view(np.uint8), cv2.DIST_L2, 3)  # pixels to what is painted

    def shares(self, path: CameraPath, frames: Frames, rays: int) -> Float64:
        """(n, 2) shares of the viewport, on ``frames``, that show what was painted behind edges, and around the photograph."""
        start, way = self._rays(path, frames, rays)
        middle = start + 0.5 * way
        near = _looked_up(self._plain, *middle)
        ray = np.flatnonzero(near <= 0.5 * np.hypot(*way) + _SLACK)
        if not len(ray):
            return np.zeros((len(frames), 2))
        start, way = start.take(ray, 1), way.take(ray, 1)
        steps = int(np.clip(np.hypot(*way).max(), _FEWEST, _MOST))
        disparities = np.linspace(1, 0, steps + 1, dtype=np.float32)[:, None]
        x, y = start[:, None] + disparities * way[:, None]
        front, back = (_looked_up(surface, x, y) for surface in (self._front, self._back))
        above = front >= disparities
        met = above.copy()  # the front layer's face
        met[1:] &= ~above[:-1] & (front[1:] - front[:-1] < _TORN)
        # The back layer is met up to a step too late.
        first = (met | (back >= disparities - 0.5 / steps)).argmax(0)
        at = first * len(ray) + np.arange(len(ray))
        hidden, outside = _looked_up(self._kinds, x.take(at), y.take(at)).T > 0
        hidden &= above.take(at) & ~met.take(at) & ~outside
        frame = ray // rays
        return np.stack([np.bincount(frame[seen], minlength=len(frames)) / rays for seen in (hidden, outside)], 1)

    def _rays(self, path: CameraPath, frames: Frames, count: int) -> Float32:
        """(2, 2, n * count): places on the reduced canvas at disparity 0, x and y, and the ways from there to disparity 1."""
        scene, (wide, tall) = self.scene, path.viewport_size
        rise = np.tan(path.fov_y[frames] / 2)
        lens = np.zeros((len(frames), 3, 3), np.float32)  # from x, y, 1 in NDC, y down, to what the camera sees there
        lens[:, 0, 0], lens[:, 1, 1], lens[:, 2, 2] = rise * wide / tall, -rise, -1
        lens[:, :2, 2] = path.lens_shift[frames] * np.stack([-lens[:, 0, 0], lens[:, 1, 1]], 1)
        seen = np.moveaxis(path.rotation[frames] @ lens @ _grid(count), 1, 0)
        slope = seen[:2] / -seen[2]
        aside, out = np.moveaxis(path.eye[frames, :2], 1, 0)[..., None], path.eye[frames, 2:]
        height, width = scene.layers[0].disparity.shape
        scaled = np.array(self._scale)
        unit = (scaled * [1, -1] * scene.focal_px)[:, None, None]
        middle = (scaled * [width, height] / 2 - 0.5)[:, None, None]
        rays = np.empty((2, *slope.shape), np.float32)
        rays[0] = middle + unit * (slope * (1 + out / scene.far) + aside / scene.far)
        rays[1] = unit * (slope * out + aside) * (1 / scene.near - 1 / scene.far)
        return rays.reshape(2, 2, -1)


@lru_cache
def _grid(count: int) -> Float32:
    """(3, count) x, y and 1: places spread over the frame, in NDC."""
    x, y = np.stack([(np.arange(count) + 0.5) / count, np.arange(count) * _GOLDEN % 1]) * 2 - 1
    return np.stack([x, y, np.ones(count)]).astype(np.float32)


def _looked_up(values: NDArray[Any], x: Float32, y: Float32) -> NDArray[Any]:
    """What ``values`` holds at those places, of any shape: the nearest one, beyond its border too."""
    flat_x, flat_y = x.reshape(1, -1), y.reshape(1, -1)  # a row is looked up in one thread: others would wait in circles
    found = [
        cv2.remap(values, flat_x[:, part], flat_y[:, part], cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        for part in strips(x.size, 1, pixels=_ROW_MOST)
    ]
    return (found[0] if len(found) == 1 else np.concatenate(found, axis=1)).reshape(*x.shape, *values.shape[2:])
