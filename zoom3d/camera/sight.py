"""What a camera sees of a scene, by casting rays on a coarse grid: the photograph, or what was painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import CameraPath, Float32, LayeredScene

    Float64 = NDArray[np.float64]
    Frames = NDArray[np.intp]

_SIDE = 384  # pixels of the reduced scene's longer side
CLOSELY, COARSELY = 8192, 512
"""Rays in a frame."""

_GOLDEN = (5**0.5 - 1) / 2  # spreads them more evenly than a grid: a strip beside the picture falls between no rows
_STEPS = 40  # in disparity
_TORN = 0.1  # disparity between two steps: the surface has an edge there
_DISPARITIES = np.linspace(1, 0, _STEPS + 1, dtype=np.float32)[:, None]
_LATE = 0.5 / _STEPS  # a ray is met up to a step too late
_CANVAS_MOST = 32000  # columns that OpenCV looks up at once
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
        self._maps = np.dstack([np.where(solid, near, -1), far, hidden, outside]).astype(np.float32)
        self._plain = cv2.distanceTransform((~(hidden | outside)).view(np.uint8), cv2.DIST_L2, 3)  # pixels to what is painted

    def shares(self, path: CameraPath, frames: Frames, rays: int) -> Float64:
        """(n, 2) shares of the viewport, on ``frames``, that show what was painted behind edges, and around the photograph."""
        at_once = max(1, _CANVAS_MOST // rays)
        parts = [self._shares(path, frames[start : start + at_once], rays) for start in range(0, len(frames), at_once)]
        return np.concatenate(parts)

    def _shares(self, path: CameraPath, frames: Frames, rays: int) -> Float64:
        start, way = self._rays(path, frames, rays)
        middle = start + 0.5 * way
        near = cv2.remap(self._plain, *middle, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        frame, ray = np.nonzero(near <= 0.5 * np.hypot(*way) + _SLACK)
        if not len(ray):
            return np.zeros((len(frames), 2))
        places = start[:, None, frame, ray] + _DISPARITIES * way[:, None, frame, ray]
        maps = cv2.remap(self._maps, *places, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        front, back = maps[..., 0], maps[..., 1]
        above = front >= _DISPARITIES
        met = above.copy()  # the front layer's face
        met[1:] &= ~above[:-1] & (front[1:] - front[:-1] < _TORN)
        first = (met | (back >= _DISPARITIES - _LATE)).argmax(0)
        at = first, np.arange(len(first))
        outside = maps[..., 3][at] > 0
        hidden = (maps[..., 2][at] > 0) & above[at] & ~met[at] & ~outside
        return np.stack([np.bincount(frame[seen], minlength=len(frames)) / rays for seen in (hidden, outside)], 1)

    def _rays(self, path: CameraPath, frames: Frames, count: int) -> Float32:
        """(2, 2, n, count): places on the reduced canvas at disparity 0, x and y, and the ways from there to disparity 1."""
        scene, (wide, tall) = self.scene, path.viewport_size
        x, y = np.stack([(np.arange(count) + 0.5) / count, np.arange(count) * _GOLDEN % 1]) * 2 - 1
        scale = 1 / np.tan(path.fov_y[frames, None] / 2)
        right = (x - path.lens_shift[frames, :1]) / (scale * tall / wide)
        up = -(y + path.lens_shift[frames, 1:]) / scale
        aside = np.stack([right, up, -np.ones_like(up)], 1).astype(np.float32)
        across, above, away = np.moveaxis(path.rotation[frames] @ aside, 1, 0)
        eye = path.eye[frames, :, None]
        slope = np.stack([across, -above]) / -away
        bend = np.stack([eye[:, 0], -eye[:, 1]]) + eye[:, 2] * slope
        height, width = scene.layers[0].disparity.shape
        size = np.array([width, height]).reshape(2, 1, 1)
        scaled = np.array(self._scale).reshape(2, 1, 1)
        start = scaled * (size / 2 + scene.focal_px * (slope + bend / scene.far)) - 0.5
        return np.stack([start, scaled * scene.focal_px * bend * (1 / scene.near - 1 / scene.far)]).astype(np.float32)
