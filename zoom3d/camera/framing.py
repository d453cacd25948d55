"""What every frame of a path would show of the end of the picture and of what was painted, known before rendering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import CameraPath, Float32, LayeredScene

    Float64 = NDArray[np.float64]

_OUTLINE_STEP_PX = 4
_EDGES_MOST = 4000  # points on depth edges that are looked at; more are thinned out
_EDGE_STEP = 0.02  # disparity between the two sides of an edge that counts as revealing something
_ROUNDING = 1e-6
_ROOM_STEPS = 48
_CELLS = 48  # of the frame each way, for areas
_POINTS = 24  # of the picture each way, for speeds
_AT_ONCE = 1 << 21  # points that are projected together


@dataclass(frozen=True, eq=False)
class Outline:
    """The border of the canvas on N frames: (N, 2, V) x and y in NDC, y down, once around."""

    places: Float32

    def clearance(self, x: float = 0.0, y: float = 0.0) -> float:
        """Least distance of the outline from the point (x, y) in NDC, over all frames: 1 = it touches the frame around it.

        The back layer is one unbroken sheet, so it covers the frame when no point of its outline lies inside.
        """
        return _nearest(self.places - np.array([[x], [y]], np.float32))

    @property
    def best_centre(self) -> tuple[float, float]:
        """The middle, in NDC, of the largest upright rectangle that is covered on every frame, as near as it can be."""
        top, right, bottom, left = np.array_split(self.places, 4, axis=2)
        spans = ((left[:, 0].max(), right[:, 0].min()), (top[:, 1].max(), bottom[:, 1].min()))
        half = min(1.0, *((high - low) / 2 for low, high in spans))
        x, y = (float(np.clip(0.0, low + half, max(low + half, high - half))) for low, high in spans)
        return x, y


@dataclass(frozen=True, eq=False)
class Look:
    """What the N frames of a path show of what was painted.

    hidden, border: (N,) shares of the viewport that show what was painted behind edges, and around the photograph.
    opened: share of the depth edges that open farther than the scene was painted behind them, at most.
    speed: fastest motion on the screen, in frame diagonals a frame.
    """

    hidden: Float64
    border: Float64
    opened: float
    speed: float

    @property
    def revealed(self) -> float:
        """Largest share of the viewport, over all frames, that shows painted content."""
        return float(min(1.0, (self.hidden + self.border).max()))


class Survey:
    """A scene's outlines and depth edges in space, found once and looked at along any number of paths."""

    def __init__(self, scene: LayeredScene) -> None:
        self.scene = scene
        height, width = scene.layers[0].disparity.shape
        margin, front = scene.margin_px, scene.layers[-1]
        shown = np.where(front.rgba[..., 3] > 127, front.disparity, scene.layers[0].disparity)
        self._canvas = self._place(_outline(scene.layers[0].disparity, (0, 0, width, height)))
        self._photo = self._place(_outline(shown, (margin, margin, width - margin, height - margin)))
        x, y = np.meshgrid(np.linspace(margin, width - margin - 1, _POINTS), np.linspace(margin, height - margin - 1, _POINTS))
        at = y.ravel().astype(int), x.ravel().astype(int)
        self._points = self._place(np.stack([x.ravel(), y.ravel(), shown[at]], 1))
        self._edges = _depth_edges(scene)
        if self._edges is not None:
            self._near, self._far = self._place(self._edges.near), self._place(self._edges.far)

    def look(self, path: CameraPath) -> Look:
        """What the frames of ``path`` show."""
        most = max(len(self._photo), len(self._points), 2 * self._edge_count)
        looks = [self._look(path, frames) for frames in _spans(len(path), _AT_ONCE // most)]
        return Look(
            np.concatenate([look.hidden for look in looks]),
            np.concatenate([look.border for look in looks]),
            max(look.opened for look in looks),
            max(look.speed for look in looks),
        )

    def outline(self, path: CameraPath) -> Outline:
        """Where the canvas ends on the frames of ``path``."""
        spans = _spans(len(path), _AT_ONCE // len(self._canvas))
        parts = [_on_screen(self._canvas, geometry.world_to_clips(self.scene, path, frames)) for frames in spans]
        return Outline(np.concatenate(parts))

    @property
    def _edge_count(self) -> int:
        return 0 if self._edges is None else len(self._edges.near)

    def _look(self, path: CameraPath, frames: slice) -> Look:
        matrices = geometry.world_to_clips(self.scene, path, frames)
        hidden, opened = self._hidden(matrices, path, frames)
        return Look(
            hidden,
            np.maximum(1 - _inside(_on_screen(self._photo, matrices)) - _ROUNDING, 0),
            opened,
            _fastest(_on_screen(self._points, geometry.world_to_clips(self.scene, path, _and_next(frames))), path),
        )

    def _hidden(self, matrices: Float32, path: CameraPath, frames: slice) -> tuple[Float64, float]:
        """(N,) share of the viewport between the two sides of depth edges, and the share of edges that open too far."""
        edges = self._edges
        if edges is None:
            return np.zeros(len(matrices)), 0.0
        near, far = (_on_screen(points, matrices) for points in (self._near, self._far))
        size = np.array(path.viewport_size, np.float32)
        magnification = size[1] / (2 * np.tan(path.fov_y[frames] / 2) * self.scene.focal_px)
        across, down = (edges.inward * (size / 2)).T
        width = np.maximum((near[:, 0] - far[:, 0]) * across + (near[:, 1] - far[:, 1]) * down, 0)  # (N, V) viewport pixels
        width *= _seen(near)
        reach = edges.step * self.scene.reach_px * magnification[:, None] + 1.0
        opened = float((width > reach).mean(1).max())
        scale = magnification[:, None] * self._near[:, 2] / -(matrices[:, 3] @ self._near.T)  # of what is as near as the edge
        area = (np.minimum(width, edges.room * scale) * edges.length * scale).sum(1) / (size[0] * size[1])
        return area.astype(np.float64), opened

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
    inward: (V, 2) unit vectors to the near side, y down; length: (V,) of the edge, in pixels, that the point stands for.
    room: (V,) pixels from the edge outwards to the next near thing, which hides again what the edge uncovers.
    """

    near: Float32
    far: Float32
    step: Float32
    inward: Float32
    length: Float32
    room: Float32


def _depth_edges(scene: LayeredScene) -> _DepthEdges | None:
    if len(scene.layers) < 2:
        return None
    front, back = scene.layers[-1].disparity, scene.layers[0].disparity
    solid = (scene.layers[-1].rgba[..., 3] > 127).astype(np.uint8)
    hides = ((front - back > _EDGE_STEP) & (solid > 0)).astype(np.uint8)
    window = np.ones((3, 3), np.uint8)
    rows, columns = np.nonzero((hides > cv2.erode(hides, window)) & (solid > cv2.erode(solid, window)))
    if not len(rows):
        return None
    smooth = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 2.0)
    towards = np.stack([cv2.Sobel(smooth, cv2.CV_32F, *order)[rows, columns] for order in ((1, 0), (0, 1))], 1)
    inward = towards / np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-6)
    thinned = -(-len(rows) // _EDGES_MOST)
    length = thinned / np.maximum(np.abs(inward).sum(1), 1)  # a slanting edge has more pixels than its length
    rows, columns, inward, length = rows[::thinned], columns[::thinned], inward[::thinned], length[::thinned]
    near, far = front[rows, columns], back[rows, columns]
    place = np.stack([columns + 0.5, rows + 0.5], 1)
    room = _room(np.where(solid > 0, front, -1), place, inward, np.asarray((near + far) / 2), scene.reach_px)
    return _DepthEdges(
        np.column_stack([place, near]).astype(np.float32),
        np.column_stack([place, far]).astype(np.float32),
        near - far,
        inward,
        length.astype(np.float32),
        room,
    )


def _room(disparity: NDArray[np.generic], place: Float64, inward: Float32, nearer: Float32, most: float) -> Float32:
    """(V,) pixels from ``place`` against ``inward`` to the first that is nearer than ``nearer``; ``most`` where none is."""
    height, width = disparity.shape
    room = np.full(len(place), most, np.float32)
    for distance in np.linspace(most, 2.0, max(2, min(_ROOM_STEPS, round(most)))):
        x, y = (place - distance * inward).T.astype(int)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        met = disparity[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)] > nearer
        room[inside & met] = distance
    return room


def _outline(disparity: Float32, box: tuple[int, int, int, int]) -> NDArray[np.generic]:
    """(V, 3) canvas x, canvas y, disparity once around ``box`` (left, top, right, bottom), as many points on every side."""
    left, top, right, bottom = box
    count = max(2, max(right - left, bottom - top) // _OUTLINE_STEP_PX)
    across, down = np.linspace(left, right, count), np.linspace(top, bottom, count)
    x = np.concatenate([across, np.full(count, right), across[::-1], np.full(count, left)])
    y = np.concatenate([np.full(count, top), down, np.full(count, bottom), down[::-1]])
    at = np.clip(y, top, bottom - 1).astype(int), np.clip(x, left, right - 1).astype(int)
    return np.stack([x, y, disparity[at]], 1)


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
    one, step = places[frames, :, close].astype(np.float64), step[frames, :, close].astype(np.float64)
    rises = np.stack([step[:, 0], step[:, 1], step[:, 0] - step[:, 1], step[:, 0] + step[:, 1]])
    values = np.stack([one[:, 0], one[:, 1], one[:, 0] - one[:, 1], one[:, 0] + one[:, 1]])
    share = np.clip(-values / np.where(np.abs(rises) < 1e-12, np.inf, rises), 0, 1)
    between = np.abs(one + share[..., None] * step).max(-1)
    return float(min(least, between.min())) if between.size else least


def _inside(outline: Float32) -> Float64:
    """(N,) share of the frame inside an outline, (N, 2, V) NDC whose four sides are about upright and level."""
    shares = np.ones(len(outline))
    top, right, bottom, left = np.array_split(outline.astype(np.float64), 4, axis=2)
    around = (left[:, 0].max(1), top[:, 1].max(1), -right[:, 0].min(1), -bottom[:, 1].min(1))
    cut = np.flatnonzero(np.max(around, axis=0) > -1)  # on all others the frame lies inside the outline
    edges = np.linspace(-1, 1, _CELLS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    lines = np.empty(
        (4, len(cut), _CELLS)
    )  # where the left, right, top and bottom side cross the middle of every row or column
    for line, side, along in zip(lines, (left[..., ::-1], right, top, bottom[..., ::-1]), (1, 1, 0, 0), strict=True):
        for index, frame in enumerate(cut):
            line[index] = np.interp(middle, side[frame, along], side[frame, 1 - along])
    across = _overlap(lines[0], lines[1], edges)  # frames, rows, columns
    down = _overlap(lines[2], lines[3], edges)  # frames, columns, rows
    shares[cut] = np.einsum("nij,nji->n", across, down) / _CELLS**2
    return shares


def _overlap(low: Float64, high: Float64, edges: Float64) -> Float64:
    """(N, V, cells) share of every cell between ``edges`` that lies between ``low`` and ``high``, (N, V)."""
    first, last = np.maximum(low[..., None], edges[:-1]), np.minimum(high[..., None], edges[1:])
    return np.asarray(np.maximum(last - first, 0) / (edges[1] - edges[0]))


def _fastest(points: Float32, path: CameraPath) -> float:
    """The longest way of a point inside the frame from one frame to the next, in frame diagonals."""
    if len(points) < 2:
        return 0.0
    size = np.array(path.viewport_size)
    inside = _seen(points)
    step = np.diff(points, axis=0) * (size[:, None] / 2)
    way = np.hypot(step[:, 0], step[:, 1]) * (inside[1:] | inside[:-1])
    return float(way.max() / np.linalg.norm(size))


def _spans(count: int, step: int) -> Iterator[slice]:
    step = max(2, step)
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def _and_next(frames: slice) -> slice:
    return slice(frames.start, frames.stop + 1)
