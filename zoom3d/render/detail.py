"""How exact the meshes of a scene must be along a path, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import cv2
import numpy as np

from zoom3d import geometry
from zoom3d.strips import each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import CameraPath, Float32, Layer, LayeredScene, Uint8

    Cells = TypeVar("Cells", Float32, Uint8)
    Mask = NDArray[np.bool_]
    _Grid = tuple[Float32, Float32, Float32]

_SAMPLED_FRAMES, _AT_ONCE = 48, 16
_GRID, _COARSE_GRID = 65, 33  # points along each side: what parts move by, and how large the whole is seen
_STEP = 0.01  # disparity
_LEAST = 1e-3  # pixels: what is shown counts, also where it does not move
_ORDER = np.float32(50)  # pixels: an error costs so much at least, for it may put hidden things before others
_REDUCTION = 4  # of the canvas, for what is seen behind edges
_ALIKE = 1e-4  # disparity
_INVENTED = 0.25  # how much the error of a surface counts that the photograph does not show
_ROOM_PX = 8  # pixels of the canvas by which more is seen than the parallax opens: silhouettes are soft


class Survey:
    """How the layers of a scene lie before each other: found once, and looked at along any number of paths.

    spares: for every layer, far to near, (H, W) where the one behind it shows the same; None for the farthest.
    """

    def __init__(self, scene: LayeredScene) -> None:
        self.scene = scene
        layers = scene.layers
        self.spares = [None, *(_alike(layer, behind) for layer, behind in zip(layers[1:], layers, strict=False))]
        coarse = [_reduced(layer.disparity) for layer in layers]
        canvas = layers[0].disparity.shape
        self._grids = [_grid(disparity, canvas, _GRID) for disparity in coarse]
        self._ends = [_grid(disparity, canvas, _COARSE_GRID) for disparity in (coarse[0], coarse[-1])]
        self._size = coarse[0].shape[::-1]
        self._covers = [
            _cover(scene.layers[number + 1 :], alike, coarse[-1], coarse[number])
            for number, alike in enumerate(self.spares[1:])
            if alike is not None
        ]

    def parallax(self, path: CameraPath, blur_px: float = 0.0) -> list[Float32]:
        """For every layer, far to near: how far a step of disparity moves it at most on the whole path, and where.

        (h, w) float32 coarsely over the canvas, in pixels of the viewport per unit of disparity; 0 where the layer is never in
        the frame.
        blur_px: radius in pixels of the viewport by which edges are blurred, so that more is seen behind them.
        """
        return each(lambda grid: self._pixels_per_disparity(path, grid, blur_px), self._grids)

    def weights(self, parallax: list[Float32], magnification: float, blur_px: float = 0.0) -> list[Float32]:
        """For every layer: what an error of its disparity costs, as ``parallax``, and 0 also where another hides the layer.

        magnification: the least on the path.
        """
        room = _ROOM_PX + blur_px / magnification
        costs = list(parallax)
        for number, cover in enumerate(self._covers):
            costs[number] = costs[number] * cover.shown(costs[number] / magnification, room)
        return [np.where(cost > 0, np.maximum(cost, _ORDER), np.float32(0)) for cost in costs]

    def shows(self, path: CameraPath, disparity: Float32, blur_px: float = 0.0) -> Mask:
        """(h, w), coarsely over the canvas: where the path has a surface of ``disparity``, of any size, in the frame."""
        grid = _grid(disparity, self.scene.layers[0].disparity.shape, _GRID)
        return self._pixels_per_disparity(path, grid, blur_px) > 0

    def least_magnification(self, path: CameraPath) -> float:
        """Pixels of the viewport per pixel of the photograph where that is least, over all that the path shows of the scene."""
        points = np.concatenate([_points(places, value) for places, *values in self._ends for value in values])
        screen = np.array(path.viewport_size).reshape(2, 1, 1)
        least = np.inf
        for matrices in _sampled(self.scene, path):
            corner, right, below = (
                _projected(self.scene, path, matrices, points + np.array([*shift, 0], np.float32))
                for shift in ((0, 0), (1, 0), (0, 1))
            )
            shown = ((corner > 0) & (corner < screen)).all(0)
            size = np.minimum(_length(right - corner), _length(below - corner))
            least = min(least, float(size[shown].min(initial=np.inf)))
        return least if np.isfinite(least) else 1.0

    def _pixels_per_disparity(self, path: CameraPath, grid: _Grid, blur_px: float) -> Float32:
        """(h, w): how far a step of disparity moves the points of a layer on the screen; 0 where they are never on it."""
        screen = np.array(path.viewport_size).reshape(2, 1, 1)
        places, near, far = grid
        worst = np.zeros(len(places), np.float32)
        for matrices in _sampled(self.scene, path):
            closer, middle, farther, back = (
                _projected(self.scene, path, matrices, _points(places, value))
                for value in (near + _STEP, near, near - _STEP, far)
            )
            low, high = _around(np.minimum(middle, back), cv2.erode), _around(np.maximum(middle, back), cv2.dilate)
            shown = ((high > -blur_px) & (low < screen + blur_px)).all(0)
            cost = _length(closer - farther) / (2 * _STEP) + _LEAST
            np.maximum(worst, (cost * shown).max(0), out=worst)
        return np.asarray(cv2.resize(worst.reshape(_GRID, _GRID), self._size, interpolation=cv2.INTER_LINEAR))


def _alike(layer: Layer, behind: Layer) -> Mask:
    """(H, W): where both are opaque, of one colour and in one place."""
    colours, others = (np.ascontiguousarray(each.rgba).view(np.uint32)[..., 0] for each in (layer, behind))
    near = np.abs(layer.disparity - behind.disparity) < _ALIKE
    return np.asarray(near & (colours == others) & (layer.rgba[..., 3] == 255))


@dataclass(frozen=True, eq=False)
class _Cover:
    """How a layer lies behind the others: (h, w), coarsely over the canvas.

    known: whether the photograph shows the layer, or the one before it the same. distance: to where a layer before it ends.
    step: of disparity, to the nearest thing around that lies before it.
    """

    known: Mask
    distance: Float32
    step: Float32

    def shown(self, opening: Float32, room: float) -> Float32:
        """(h, w): 0 where the path never shows the layer, 1 where the photograph does, less where only the path does.

        opening: (h, w), how far a step of disparity between two surfaces parts them, in pixels of the canvas.
        room: pixels of the canvas by which more is seen.
        """
        opened = (self.distance <= (np.maximum(self.step, 0) * opening + room) / _REDUCTION) | (self.step < 0)
        return np.where(self.known, np.float32(1), np.float32(_INVENTED) * opened)


def _cover(before: Sequence[Layer], alike: Mask, front: Float32, own: Float32) -> _Cover:
    """Of a layer with ``before`` before it. alike: (H, W), where the next of these shows the same.

    front, own: (h, w) disparity of the front layer and of its own.
    """
    torn = _reduced(np.where(np.maximum.reduce([layer.rgba[..., 3] for layer in before]) < 255, np.uint8(255), np.uint8(0))) > 0
    distance = cv2.distanceTransform((~torn).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)  # huge where nothing is torn
    cell = np.ones([max(3, side // 16) for side in own.shape], np.uint8)
    known = torn | (_reduced(255 * alike.view(np.uint8)) > 0)
    return _Cover(known, distance, cv2.dilate(front, cell) - own)


def _reduced(picture: Cells) -> Cells:
    """(H, W) -> (h, w): means, as coarse as all that is said of what is seen behind edges."""
    height, width = picture.shape
    size = max(1, width // _REDUCTION), max(1, height // _REDUCTION)
    return cast("Cells", cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _around(points: Float32, extreme: Callable[..., NDArray[np.generic]]) -> Float32:
    """(2, F, V), of each of the grid's points and its neighbours the least or largest: the screen may lie between them all."""
    grid = np.moveaxis(points.reshape(-1, _GRID, _GRID), 0, 2)
    spread = extreme(np.ascontiguousarray(grid), np.ones((3, 3), np.uint8))
    return np.asarray(np.moveaxis(spread, 2, 0).reshape(points.shape), np.float32)


def _grid(disparity: Float32, canvas: tuple[int, int], count: int) -> _Grid:
    """(V, 2) places on a coarse grid over the canvas, with the nearest and the farthest disparity around each."""
    height, width = canvas
    x, y = np.meshgrid(np.linspace(0, width, count), np.linspace(0, height, count))
    coarse = cv2.resize(disparity, (count, count), interpolation=cv2.INTER_AREA)
    ring = np.ones((3, 3), np.uint8)
    return np.stack([x.ravel(), y.ravel()], 1), cv2.dilate(coarse, ring).ravel(), cv2.erode(coarse, ring).ravel()


def _length(ways: Float32) -> Float32:
    """(2, F, V) -> (F, V)."""
    return np.asarray(np.sqrt(ways[0] ** 2 + ways[1] ** 2))


def _points(places: Float32, disparity: Float32) -> Float32:
    return np.column_stack([places, disparity]).astype(np.float32)


def _sampled(scene: LayeredScene, path: CameraPath) -> Iterator[NDArray[np.floating]]:
    """The matrices of some frames all along the path, (F, 4, 4) at a time."""
    frames = np.linspace(0, len(path) - 1, min(_SAMPLED_FRAMES, len(path))).astype(int)
    matrices = geometry.world_to_clips(scene, path)[frames]
    for start in range(0, len(frames), _AT_ONCE):
        yield matrices[start : start + _AT_ONCE]


def _projected(scene: LayeredScene, path: CameraPath, matrices: NDArray[np.floating], points: Float32) -> Float32:
    """(V, 3) of canvas x, canvas y, disparity -> (2, F, V) pixels of the path's viewport, x and y."""
    homogeneous = np.concatenate([geometry.unproject(scene, points), np.ones((len(points), 1), np.float32)], 1).T
    x, y, distance = (matrices[:, row].astype(np.float32) @ homogeneous for row in (0, 1, 3))
    width, height = path.viewport_size
    return np.stack([(x / distance + 1) * np.float32(width / 2), (y / distance + 1) * np.float32(height / 2)])
