"""How exact the meshes of a scene must be along a path, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import geometry

if TYPE_CHECKING:
    from zoom3d.types import CameraPath, Float32, LayeredScene

_SAMPLED_FRAMES = 16
_GRID = 33
_STEP = 0.01  # disparity
_REDUCTION = 4  # of the canvas, for what is seen behind edges
_ROOM_PX = 8  # pixels of the canvas by which more is seen than the parallax opens: silhouettes are soft


def weights(scene: LayeredScene, path: CameraPath, magnification: float, blur_px: float = 0.0) -> list[Float32]:
    """For every layer, far to near: what an error of its disparity costs at most on the whole path, and where.

    (H, W) float32 over the canvas, in pixels of the viewport per unit of disparity; 0 where the path never shows the layer.
    magnification: the least on the path.
    blur_px: radius in pixels of the viewport by which edges are blurred, so that more is seen behind them.
    """
    costs = [_pixels_per_disparity(scene, path, layer.disparity) for layer in scene.layers]
    room = _ROOM_PX + blur_px / magnification
    behind = [cost * _uncovered(scene, number, cost / magnification, room) for number, cost in enumerate(costs[:-1])]
    return [*behind, costs[-1]]


def least_magnification(scene: LayeredScene, path: CameraPath) -> float:
    """Pixels of the viewport per pixel of the photograph where that is least, over all that the path shows of the scene."""
    least = np.inf
    for disparity in (layer.disparity for layer in (scene.layers[0], scene.layers[-1])):
        places, near, far = _grid(disparity)
        for index in _samples(path):
            for value in (near, far):
                corner, right, below = (
                    geometry.project(scene, path, index, np.column_stack([places + shift, value]).astype(np.float32))
                    for shift in ((0, 0), (1, 0), (0, 1))
                )
                shown = ((corner > 0) & (corner < np.array(path.viewport_size))).all(1)
                size = np.minimum(np.linalg.norm(right - corner, axis=1), np.linalg.norm(below - corner, axis=1))
                least = min(least, float(size[shown].min(initial=np.inf)))
    return least if np.isfinite(least) else 1.0


def _pixels_per_disparity(scene: LayeredScene, path: CameraPath, disparity: Float32) -> Float32:
    """(H, W): how far a step of disparity moves the points of a layer on the screen; 0 where they are never on it."""
    height, width = disparity.shape
    places, near, far = _grid(disparity)
    worst = np.zeros(len(places), np.float32)
    shown = np.zeros(len(places), bool)
    for index in _samples(path):
        closer, middle, farther, back = (
            geometry.project(scene, path, index, np.column_stack([places, value]).astype(np.float32))
            for value in (near + _STEP, near, near - _STEP, far)
        )
        np.maximum(worst, np.linalg.norm(closer - farther, axis=1) / (2 * _STEP), out=worst)
        low, high = np.minimum(middle, back), np.maximum(middle, back)
        shown |= ((high > 0) & (low < np.array(path.viewport_size))).all(1)
    seen = cv2.dilate(shown.reshape(_GRID, _GRID).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.resize(worst.reshape(_GRID, _GRID) * seen, (width, height), interpolation=cv2.INTER_LINEAR))


def _uncovered(scene: LayeredScene, number: int, opening: Float32, room: float) -> Float32:
    """(H, W): 1 where the path can show a hidden layer, else 0.

    opening: (H, W), how far a step of disparity between two surfaces parts them, in pixels of the canvas.
    room: pixels of the canvas by which more is seen.
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
    seen = distance <= (np.maximum(step, 0) * cv2.resize(opening, size) + room) / _REDUCTION
    return np.asarray(cv2.resize(seen.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST))


def _grid(disparity: Float32) -> tuple[Float32, Float32, Float32]:
    """(V, 2) places on a coarse grid over the canvas, with the nearest and the farthest disparity around each."""
    height, width = disparity.shape
    x, y = np.meshgrid(np.linspace(0, width, _GRID), np.linspace(0, height, _GRID))
    coarse = cv2.resize(disparity, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    ring = np.ones((3, 3), np.uint8)
    return np.stack([x.ravel(), y.ravel()], 1), cv2.dilate(coarse, ring).ravel(), cv2.erode(coarse, ring).ravel()


def _samples(path: CameraPath) -> list[int]:
    return [int(index) for index in np.unique(np.linspace(0, len(path) - 1, _SAMPLED_FRAMES).astype(int))]
