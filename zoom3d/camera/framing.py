"""What the camera would see of the end of the picture and behind its depth edges, known before rendering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import geometry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zoom3d.types import CameraPath, Float32, LayeredScene

_SAMPLED_FRAMES = 24
_OUTLINE_STEP_PX = 4
_SAFETY = 1.002
_EDGE_STEP = 0.02  # disparity between the two sides of an edge that counts as revealing something
_CLOSEST = 0.35  # share of the nearest point's distance that must be left to it


@dataclass(frozen=True)
class Reveal:
    """Painted content on a path.

    most: largest share of the viewport, over all frames.
    within_reach: no depth edge opens farther than the scene was painted behind it, and the camera passes through nothing.
    """

    most: float
    within_reach: bool


def overscan(scene: LayeredScene, path: CameraPath) -> float:
    """How much larger the picture must be shown so that its outline stays outside the frame, on every frame; 1 = as it is.

    The back layer is one unbroken sheet, so it covers the frame when no point of its outline lies inside. Enlarging the picture
    about the frame's middle multiplies a point's place by the same factor.
    """
    closest = _outline_distance(scene, path, _samples(path))
    return 1.0 if closest >= 1.0 else _SAFETY / max(closest, 1e-3)


def coverage(scene: LayeredScene, path: CameraPath) -> float:
    """Smallest share of the viewport that the scene covers, over all frames; exactly 1 when the outline stays outside."""
    return min(1.0, _outline_distance(scene, path, range(len(path))) ** 2)


def reveal(scene: LayeredScene, path: CameraPath) -> Reveal:
    """Painted content that ``path`` shows, from how far the two sides of every depth edge part on the screen."""
    edges = _depth_edges(scene)
    forward = float(-path.eye[:, 2].min())
    clear = bool(scene.near - forward >= _CLOSEST * scene.near)
    if edges is None:
        return Reveal(0.0, clear)
    near, far, inward = edges
    area = path.viewport_size[0] * path.viewport_size[1]
    reach = scene.reach_px * (near[:, 2] - far[:, 2])
    most, over = 0.0, 0.0
    for index in _samples(path):
        one, other = (geometry.project(scene, path, index, points) for points in (near, far))
        inside = ((one > 0) & (one < np.array(path.viewport_size))).all(1)
        magnification = path.viewport_size[1] / (2 * np.tan(path.fov_y[index] / 2) * scene.focal_px)
        opening = np.maximum(((one - other) * inward).sum(1), 0) * inside
        most = max(most, float(opening.sum()) * float(magnification) / area)
        over = max(over, float((opening > reach * magnification + 1.0).mean()))
    return Reveal(float(min(1.0, most)), clear and over < 0.01)


def _samples(path: CameraPath) -> list[int]:
    return [int(index) for index in np.unique(np.linspace(0, len(path) - 1, _SAMPLED_FRAMES).astype(int))]


def _outline_distance(scene: LayeredScene, path: CameraPath, indices: Iterable[int]) -> float:
    """Least distance of the outline from the middle of the frames ``indices``, 1 = the frame's border (maximum norm)."""
    outline = geometry.unproject(scene, _outline(scene))
    homogeneous = np.concatenate([outline, np.ones((len(outline), 1), np.float32)], 1)
    clips = (homogeneous @ geometry.world_to_clip(scene, path, index).T for index in indices)
    return min(_nearest(clip[:, :2] / clip[:, 3:]) for clip in clips)


def _nearest(place: Float32) -> float:
    """Least maximum norm on the lines that join the points ``place``, (V, 2)."""
    one, step = place[:-1].astype(np.float64), np.diff(place, axis=0)
    rises = np.stack([step[:, 0], step[:, 1], step[:, 0] - step[:, 1], step[:, 0] + step[:, 1]])
    values = np.stack([one[:, 0], one[:, 1], one[:, 0] - one[:, 1], one[:, 0] + one[:, 1]])
    # The norm is convex: between two points it is least where x, y, x - y or x + y is 0, as where a side cuts a corner.
    share = np.clip(-values / np.where(np.abs(rises) < 1e-12, np.inf, rises), 0, 1)
    between = one + share[..., None] * step
    return float(min(np.abs(place).max(1).min(), np.abs(between).max(-1).min()))


def _outline(scene: LayeredScene) -> Float32:
    """(V, 3) canvas x, canvas y, disparity once around the border of the back layer; the last point is the first."""
    disparity = scene.layers[0].disparity
    height, width = disparity.shape
    across = np.linspace(0, width, max(2, width // _OUTLINE_STEP_PX))
    down = np.linspace(0, height, max(2, height // _OUTLINE_STEP_PX))
    x = np.concatenate([across, np.full_like(down, width), across[::-1], np.zeros_like(down)])
    y = np.concatenate([np.zeros_like(across), down, np.full_like(across, height), down[::-1]])
    at = np.clip(y, 0, height - 1).astype(int), np.clip(x, 0, width - 1).astype(int)
    return np.stack([x, y, disparity[at]], 1).astype(np.float32)


def _depth_edges(scene: LayeredScene) -> tuple[Float32, Float32, Float32] | None:
    """(V, 3) near and far points on the two sides of depth edges, and (V, 2) unit vectors to the near side; None without."""
    if len(scene.layers) < 2:
        return None
    front, back = scene.layers[-1].disparity, scene.layers[0].disparity
    hides = (front - back > _EDGE_STEP) & (scene.layers[-1].rgba[..., 3] > 127)
    inner = cv2.erode(hides.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    outside = cv2.dilate((scene.layers[-1].rgba[..., 3] < 128).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    rows, columns = np.nonzero(hides & ~inner & outside)
    if not len(rows):
        return None
    solid = cv2.GaussianBlur((scene.layers[-1].rgba[..., 3] >= 128).astype(np.float32), (0, 0), 2.0)
    towards = np.stack(
        [cv2.Sobel(solid, cv2.CV_32F, 1, 0)[rows, columns], cv2.Sobel(solid, cv2.CV_32F, 0, 1)[rows, columns]], 1
    )
    inward = towards / np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-6)
    place = np.stack([columns + 0.5, rows + 0.5], 1)
    near = np.concatenate([place, front[rows, columns][:, None]], 1).astype(np.float32)
    far = np.concatenate([place, back[rows, columns][:, None]], 1).astype(np.float32)
    return near, far, inward.astype(np.float32)
