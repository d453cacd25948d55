"""How exact the meshes of a scene must be along a path, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import geometry
from zoom3d.strips import each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import CameraPath, Float32, Layer, LayeredScene

    Mask = NDArray[np.bool_]

_SAMPLED_FRAMES, _AT_ONCE = 48, 16
_GRID, _COARSE_GRID = 65, 33  # points along each side: what parts move by, and how large the whole is seen
_STEP = 0.01  # disparity
_LEAST = 1e-3  # pixels: what is shown counts, also where it does not move
_ORDER = np.float32(50)  # pixels: an error costs so much at least, for it may put hidden things before others
_REDUCTION = 4  # of the canvas, for what is seen behind edges
_ALIKE = 1e-4  # disparity
_INVENTED = 0.25  # how much the error of a surface counts that the photograph does not show
_ROOM_PX = 8  # pixels of the canvas by which more is seen than the parallax opens: silhouettes are soft


def weights(
    scene: LayeredScene, path: CameraPath, magnification: float, spares: Sequence[Mask | None], blur_px: float = 0.0
) -> list[Float32]:
    """For every layer, far to near: what an error of its disparity costs at most on the whole path, and where.

    (H, W) float32 over the canvas, in pixels of the viewport per unit of disparity; 0 where the path never shows the layer.
    magnification: the least on the path.
    spares: as ``spare`` tells.
    blur_px: radius in pixels of the viewport by which edges are blurred, so that more is seen behind them.
    """
    costs = each(lambda layer: _pixels_per_disparity(scene, path, layer.disparity, blur_px), scene.layers)
    room = _ROOM_PX + blur_px / magnification
    found = (
        cost if alike is None else cost * _shown(scene, number, cost / magnification, room, alike)
        for number, (cost, alike) in enumerate(zip(costs, [*spares[1:], None], strict=True))
    )
    return [np.where(cost > 0, np.maximum(cost, _ORDER), np.float32(0)) for cost in found]


def spare(scene: LayeredScene) -> list[Mask | None]:
    """For every layer, far to near: (H, W) where the one behind it shows the same; None for the farthest."""
    return [None, *(_alike(layer, behind) for layer, behind in zip(scene.layers[1:], scene.layers, strict=False))]


def _alike(layer: Layer, behind: Layer) -> Mask:
    """(H, W): where both are opaque, of one colour and in one place."""
    colours, others = (np.ascontiguousarray(each.rgba).view(np.uint32)[..., 0] for each in (layer, behind))
    near = np.abs(layer.disparity - behind.disparity) < _ALIKE
    return np.asarray(near & (colours == others) & (layer.rgba[..., 3] == 255))


def least_magnification(scene: LayeredScene, path: CameraPath) -> float:
    """Pixels of the viewport per pixel of the photograph where that is least, over all that the path shows of the scene."""
    grids = [_grid(layer.disparity, _COARSE_GRID) for layer in (scene.layers[0], scene.layers[-1])]
    points = np.concatenate([_points(places, value) for places, *values in grids for value in values])
    least = np.inf
    for matrices in _sampled(scene, path):
        corner, right, below = (
            _projected(scene, path, matrices, points + np.array([*shift, 0], np.float32)) for shift in ((0, 0), (1, 0), (0, 1))
        )
        shown = ((corner > 0) & (corner < np.array(path.viewport_size))).all(2)
        size = np.minimum(np.linalg.norm(right - corner, axis=2), np.linalg.norm(below - corner, axis=2))
        least = min(least, float(size[shown].min(initial=np.inf)))
    return least if np.isfinite(least) else 1.0


def _pixels_per_disparity(scene: LayeredScene, path: CameraPath, disparity: Float32, blur_px: float) -> Float32:
    """(H, W): how far a step of disparity moves the points of a layer on the screen; 0 where they are never on it."""
    screen = np.array(path.viewport_size)
    height, width = disparity.shape
    places, near, far = _grid(disparity, _GRID)
    worst = np.zeros(len(places), np.float32)
    for matrices in _sampled(scene, path):
        closer, middle, farther, back = (
            _projected(scene, path, matrices, _points(places, value)) for value in (near + _STEP, near, near - _STEP, far)
        )
        low, high = _around(np.minimum(middle, back), cv2.erode), _around(np.maximum(middle, back), cv2.dilate)
        shown = ((high > -blur_px) & (low < screen + blur_px)).all(2)
        cost = np.linalg.norm(closer - farther, axis=2) / (2 * _STEP) + _LEAST
        np.maximum(worst, (cost * shown).max(0), out=worst)
    return np.asarray(cv2.resize(worst.reshape(_GRID, _GRID), (width, height), interpolation=cv2.INTER_LINEAR))


def _around(points: Float32, extreme: Callable[..., NDArray[np.generic]]) -> Float32:
    """(F, V, 2), of each of the grid's points and its neighbours the least or largest: the screen may lie between them all."""
    grid = np.moveaxis(points.reshape(-1, _GRID, _GRID, 2), 0, 2).reshape(_GRID, _GRID, -1)
    spread = extreme(np.ascontiguousarray(grid), np.ones((3, 3), np.uint8))
    return np.asarray(np.moveaxis(spread.reshape(_GRID, _GRID, -1, 2), 2, 0).reshape(points.shape), np.float32)


def _shown(scene: LayeredScene, number: int, opening: Float32, room: float, alike: Mask) -> Float32:
    """(H, W): 0 where the path never shows a layer behind others, 1 where the photograph does, less where only the path does.

    opening: (H, W), how far a step of disparity between two surfaces parts them, in pixels of the canvas.
    room: pixels of the canvas by which more is seen.
    alike: (H, W), where the layer before it shows the same.
    """
    height, width = opening.shape
    size = max(1, width // _REDUCTION), max(1, height // _REDUCTION)
    before = scene.layers[number + 1 :]
    alpha = np.max([layer.rgba[..., 3] for layer in before], axis=0)
    torn = cv2.resize((alpha < 255).astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    distance = cv2.distanceTransform((~torn).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)  # huge where nothing is torn
    cell = np.ones((max(3, size[1] // 16), max(3, size[0] // 16)), np.uint8)
    nearest = cv2.dilate(cv2.resize(before[-1].disparity, size, interpolation=cv2.INTER_AREA), cell)
    step = nearest - cv2.resize(scene.layers[number].disparity, size, interpolation=cv2.INTER_AREA)
    opened = (distance <= (np.maximum(step, 0) * cv2.resize(opening, size) + room) / _REDUCTION) | (step < 0)
    known = torn | (cv2.resize(alike.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0)
    share = np.where(known, np.float32(1), np.float32(_INVENTED) * opened)
    return np.asarray(cv2.resize(share, (width, height), interpolation=cv2.INTER_NEAREST))


def _grid(disparity: Float32, count: int) -> tuple[Float32, Float32, Float32]:
    """(V, 2) places on a coarse grid over the canvas, with the nearest and the farthest disparity around each."""
    height, width = disparity.shape
    x, y = np.meshgrid(np.linspace(0, width, count), np.linspace(0, height, count))
    coarse = cv2.resize(disparity, (count, count), interpolation=cv2.INTER_AREA)
    ring = np.ones((3, 3), np.uint8)
    return np.stack([x.ravel(), y.ravel()], 1), cv2.dilate(coarse, ring).ravel(), cv2.erode(coarse, ring).ravel()


def _points(places: Float32, disparity: Float32) -> Float32:
    return np.column_stack([places, disparity]).astype(np.float32)


def _sampled(scene: LayeredScene, path: CameraPath) -> Iterator[NDArray[np.floating]]:
    """The matrices of some frames all along the path, (F, 4, 4) at a time."""
    frames = np.unique(np.linspace(0, len(path) - 1, _SAMPLED_FRAMES).astype(int))
    matrices = geometry.world_to_clips(scene, path)[frames]
    for start in range(0, len(frames), _AT_ONCE):
        yield matrices[start : start + _AT_ONCE]


def _projected(scene: LayeredScene, path: CameraPath, matrices: NDArray[np.floating], points: Float32) -> Float32:
    """(V, 3) of canvas x, canvas y, disparity -> (F, V, 2) pixels of the path's viewport."""
    homogeneous = np.concatenate([geometry.unproject(scene, points), np.ones((len(points), 1), np.float32)], 1)
    clip = homogeneous @ np.swapaxes(matrices, 1, 2)
    return np.asarray((clip[..., :2] / clip[..., 3:] + 1) / 2 * np.array(path.viewport_size), np.float32)
