"""What every frame of a path would show of the end of the picture and of what was painted, known before rendering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import geometry
from zoom3d.camera.sight import CLOSELY, COARSELY, Sight

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import CameraPath, Float32, LayeredScene

    Float64 = NDArray[np.float64]

_OUTLINE_STEP_PX, _OUTLINE_MOST = 4, 256  # between points of the outline; points on its longer side
_OUTLINE_FLAT = 0.001  # disparity between points that are left out and the line that they are left for
_EDGES_MOST = 1000  # points on depth edges that are looked at; more are thinned out
_EDGES_SIDE = 800  # pixels of the longer side of the picture in which they are found
_EDGE_STEP = 0.02  # disparity between the two sides of an edge that counts as revealing something
_EVENLY = 5  # frames that are looked at beside those where the camera is farthest out
_LOOKS = ((CLOSELY // 4, 0.5, 2), (CLOSELY, 0.15, 1))
"""Closer looks: their rays, how near to the share in question the look before must have come, how many frames then count."""
_FINE = 0.01  # a smaller share is but a few of a look's rays: it comes near to another by chance
_POINTS = 24  # of the picture each way, for speeds
_AT_ONCE = 1 << 21  # points that are projected together
_CORNERS = np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, -1)  # of a box


@dataclass(frozen=True, eq=False)
class Outline:
    """The border of the canvas on N frames: (N, 2, V) x and y in NDC, y down, once around.

    turns: where in V the second, the third and the fourth side begin.
    """

    places: Float32
    turns: NDArray[np.intp]

    def clearance(self, x: float = 0.0, y: float = 0.0) -> float:
        """Least distance of the outline from the point (x, y) in NDC, over all frames: 1 = it touches the frame around it.

        The back layer is one unbroken sheet, so it covers the frame when no point of its outline lies inside.
        """
        return _nearest(self.places - np.array([[x], [y]], np.float32))

    @property
    def best_centre(self) -> tuple[float, float]:
        """The middle, in NDC, of the largest upright rectangle that is covered on every frame, as near as it can be."""
        top, right, bottom, left = np.split(self.places, self.turns, axis=2)
        spans = ((left[:, 0].max(), right[:, 0].min()), (top[:, 1].max(), bottom[:, 1].min()))
        half = min(1.0, *((high - low) / 2 for low, high in spans))
        x, y = (float(np.clip(0.0, low + half, max(low + half, high - half))) for low, high in spans)
        return x, y


@dataclass(frozen=True, eq=False)
class Look:
    """What a path shows of what was painted.

    hidden, border: (n,) shares of the viewport, on the frames that show most, of what was painted behind edges, and around the
        photograph.
    """

    hidden: Float64
    border: Float64

    @property
    def revealed(self) -> float:
        """Largest share of the viewport, over all frames, that shows painted content."""
        return float(min(1.0, (self.hidden + self.border).max()))


class Survey:
    """A scene's outline, surfaces and depth edges in space, found once and looked at along any number of paths."""

    def __init__(self, scene: LayeredScene) -> None:
        self.scene = scene
        height, width = scene.layers[0].disparity.shape
        margin, front = scene.margin_px, scene.layers[-1]
        sides = _outline(scene.layers[0].disparity)
        self._turns = np.cumsum([len(side) for side in sides[:3]])
        self._canvas = self._place(np.concatenate(sides))
        self._sight = Sight(scene)
        x, y = np.meshgrid(np.linspace(margin, width - margin - 1, _POINTS), np.linspace(margin, height - margin - 1, _POINTS))
        at = y.ravel().astype(int), x.ravel().astype(int)
        shown = np.where(front.rgba[..., 3][at] > 127, front.disparity[at], scene.layers[0].disparity[at])
        self._points = self._place(np.stack([x.ravel(), y.ravel(), shown], 1))
        self._edges = _depth_edges(scene)
        if self._edges is not None:
            self._near, self._far = self._place(self._edges.near), self._place(self._edges.far)

    def look(self, path: CameraPath, about: float | None = None) -> Look:
        """What the frames of ``path`` show; with ``about``, told exactly only where it is near that share of the viewport."""
        frames = _outermost(path)
        shown, shares = frames, self._sight.shares(path, frames, COARSELY)
        for rays, doubt, most in _LOOKS:
            total = shares.sum(1)
            if about is None or abs(total.max() - about) < doubt * max(about, _FINE):
                shown = shown[sorted({*np.argsort(-total)[:most], *shares.argmax(0)})]
                shares = self._sight.shares(path, shown, rays)
        hidden, border = shares.T
        return Look(hidden, border)

    def outline(self, path: CameraPath) -> Outline:
        """Where the canvas ends on the frames of ``path``."""
        spans = _spans(len(path), _AT_ONCE // len(self._canvas))
        parts = [_on_screen(self._canvas, geometry.world_to_clips(self.scene, path, frames)) for frames in spans]
        return Outline(np.concatenate(parts), self._turns)

    def speed(self, path: CameraPath) -> float:
        """The longest way of a point inside the frame from one frame to the next, in frame diagonals."""
        return max(self._speed(path, span) for span in _spans(len(path), _AT_ONCE // len(self._points)))

    def opened(self, path: CameraPath) -> float:
        """Share of the depth edges that open farther than the scene was painted behind them, at most."""
        edges, frames = self._edges, _outermost(path)
        if edges is None:
            return 0.0
        matrices = geometry.world_to_clips(self.scene, path, frames)
        near, far = (_on_screen(points, matrices) for points in (self._near, self._far))
        size = np.array(path.viewport_size, np.float32)
        magnification = size[1] / (2 * np.tan(path.fov_y[frames] / 2) * self.scene.focal_px)
        across, down = (edges.inward * (size / 2)).T
        width = ((near[:, 0] - far[:, 0]) * across + (near[:, 1] - far[:, 1]) * down) * _seen(near)  # (N, V) viewport pixels
        reach = edges.step * self.scene.reach_px * magnification[:, None] + 1.0
        return float((width > reach).mean(1).max())

    def _speed(self, path: CameraPath, frames: slice) -> float:
        points = _on_screen(self._points, geometry.world_to_clips(self.scene, path, slice(frames.start, frames.stop + 1)))
        size = np.array(path.viewport_size, np.float32)
        inside = _seen(points)
        step = np.diff(points, axis=0) * (size[:, None] / 2)
        squared = (step[:, 0] ** 2 + step[:, 1] ** 2) * (inside[1:] | inside[:-1])
        return float(np.sqrt(squared.max(initial=0)) / np.linalg.norm(size))

    def _place(self, vertices: NDArray[np.generic]) -> Float32:
        """(V, 3) of canvas x, canvas y, disparity -> (V, 4) homogeneous positions in scene units."""
        points = geometry.unproject(self.scene, vertices.astype(np.float32))
        return np.concatenate([points, np.ones((len(points), 1), np.float32)], 1)


@lru_cache(maxsize=1)
def survey(scene: LayeredScene) -> Survey:
    """The scene's survey; the last one is kept, for a scene is filmed several times."""
    return Survey(scene)


@dataclass(frozen=True, eq=False)
class _DepthEdges:
    """Points on the two sides of depth edges.

    near, far: (V, 3) canvas x, canvas y, disparity; step: (V,) the difference of their disparities.
    inward: (V, 2) unit vectors to the near side, y down.
    """

    near: Float32
    far: Float32
    step: Float32
    inward: Float32


def _depth_edges(scene: LayeredScene) -> _DepthEdges | None:
    if len(scene.layers) < 2:
        return None
    height, width = scene.layers[0].disparity.shape
    scale = min(1.0, _EDGES_SIDE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    maps = scene.layers[-1].disparity, scene.layers[0].disparity, np.ascontiguousarray(scene.layers[-1].rgba[..., 3])
    front, back, alpha = (cv2.resize(each, size, interpolation=cv2.INTER_NEAREST) for each in maps)
    solid = (alpha > 127).astype(np.uint8)
    hides = ((front - back > _EDGE_STEP) & (solid > 0)).astype(np.uint8)
    window = np.ones((3, 3), np.uint8)
    rows, columns = np.nonzero((hides > cv2.erode(hides, window)) & (solid > cv2.erode(solid, window)))
    if not len(rows):
        return None
    smooth = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 2.0)
    towards = np.stack([cv2.Sobel(smooth, cv2.CV_32F, *order)[rows, columns] for order in ((1, 0), (0, 1))], 1)
    inward = towards / np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-6)
    thinned = -(-len(rows) // _EDGES_MOST)
    rows, columns, inward = rows[::thinned], columns[::thinned], inward[::thinned]
    near, far = front[rows, columns], back[rows, columns]
    place = np.stack([(columns + 0.5) * width / size[0], (rows + 0.5) * height / size[1]], 1)
    return _DepthEdges(
        np.column_stack([place, near]).astype(np.float32),
        np.column_stack([place, far]).astype(np.float32),
        near - far,
        inward,
    )


def _outline(disparity: Float32) -> list[Float64]:
    """(V, 3) canvas x, canvas y, disparity of each side, once around the canvas, where it bends: it is as straight in space."""
    height, width = disparity.shape
    count = min(max(2, max(width, height) // _OUTLINE_STEP_PX), _OUTLINE_MOST)
    across, down = np.linspace(0, width, count), np.linspace(0, height, count)
    top, right, bottom, left = (np.full(count, end) for end in (0.0, width, height, 0.0))

    def side(x: Float64, y: Float64) -> Float64:
        seen = disparity[np.minimum(y, height - 1).astype(int), np.minimum(x, width - 1).astype(int)]
        return np.stack([x, y, seen], 1)[_corners(seen, _OUTLINE_FLAT)]

    return [side(across, top), side(right, down), side(across[::-1], bottom), side(left, down[::-1])]


def _corners(values: NDArray[np.generic], error: float) -> NDArray[np.intp]:
    """The places between which ``values``, of equally spaced points, are linear within ``error`` (Douglas and Peucker 1973)."""
    kept, left = {0, len(values) - 1}, [(0, len(values) - 1)]
    while left:
        first, last = left.pop()
        off = np.abs(values[first : last + 1] - np.linspace(values[first], values[last], last - first + 1))
        middle = first + int(off.argmax())
        if off.max() > error:
            kept.add(middle)
            left += [(first, middle), (middle, last)]
    return np.array(sorted(kept), np.intp)


def _on_screen(points: Float32, matrices: Float32) -> Float32:
    """(V, 4) positions and (N, 4, 4) matrices -> (N, 2, V) x and y in NDC, y down."""
    clip = matrices @ points.T
    return np.asarray(clip[:, :2] / clip[:, 3:], np.float32)


def _seen(places: Float32) -> NDArray[np.bool_]:
    """(N, 2, V) NDC -> (N, V) whether they lie in the frame."""
    return np.asarray((np.abs(places[:, 0]) < 1) & (np.abs(places[:, 1]) < 1))


def _nearest(places: Float32) -> float:
    """Least maximum norm on the lines that join the points ``places``, (N, 2, V)."""
    corners = np.maximum(np.abs(places[:, 0]), np.abs(places[:, 1]))
    least = float(corners.min())
    # The norm is convex: between two points it is least where x, y, x - y or x + y is 0, as where a side cuts a corner.
    step = np.diff(places, axis=2)
    frames, close = np.nonzero(corners[:, :-1] - np.maximum(np.abs(step[:, 0]), np.abs(step[:, 1])) < least)
    x, y = places[frames, :, close].T.astype(np.float64)
    right, down = step[frames, :, close].T.astype(np.float64)
    rises = np.stack([right, down, right - down, right + down])
    share = np.clip(-np.stack([x, y, x - y, x + y]) / np.where(np.abs(rises) < 1e-12, np.inf, rises), 0, 1)
    between = np.maximum(np.abs(x + share * right), np.abs(y + share * down))
    return float(between.min(initial=least))


def _outermost(path: CameraPath) -> NDArray[np.intp]:
    """The frames on which the camera is farthest out in some direction, and some in between."""
    pose = np.concatenate([path.eye, path.lens_shift, path.rotation[:, :2, 2], path.fov_y[:, None]], 1)
    way = np.concatenate([pose, path.eye / np.maximum(np.ptp(path.eye, axis=0), 1e-9) @ _CORNERS], 1)
    evenly = np.linspace(0, len(path) - 1, _EVENLY).astype(np.intp)
    return np.array(sorted({*way.argmin(0), *way.argmax(0), *evenly}), np.intp)


def _spans(count: int, step: int) -> Iterator[slice]:
    step = max(2, step)
    return (slice(start, min(start + step, count)) for start in range(0, count, step))
