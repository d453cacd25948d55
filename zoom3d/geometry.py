"""Where things land on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zoom3d.types import CameraPath, Float32, LayeredScene


def unproject(scene: LayeredScene, vertices: Float32) -> Float32:
    """(V, 3) of canvas x, canvas y, disparity -> (V, 3) positions in scene units, seen from the photograph's camera."""
    height, width = scene.layers[0].disparity.shape
    distance = np.asarray(scene.distance(vertices[:, 2]), np.float32)
    right = (vertices[:, 0] - width / 2) / scene.focal_px * distance
    up = (height / 2 - vertices[:, 1]) / scene.focal_px * distance
    return np.stack([right, up, -distance], 1).astype(np.float32)


def world_to_clip(scene: LayeredScene, path: CameraPath, index: int, bias: float = 0.0) -> Float32:
    """(4, 4) matrix of frame ``index``. The first row of the target is the top of the picture, so y points down.

    bias: moves everything nearer by this much in normalised depth.
    """
    rotation, eye = path.rotation[index], path.eye[index]
    view = np.eye(4)
    view[:3, :3] = rotation.T
    view[:3, 3] = -rotation.T @ eye
    nearest, farthest = 0.02 * scene.near, 4.0 * scene.far + float(np.abs(path.eye).max())
    scale = 1.0 / np.tan(path.fov_y[index] / 2.0)
    aspect = path.viewport_size[0] / path.viewport_size[1]
    shift_x, shift_y = path.lens_shift[index]
    projection = np.array(
        [
            [scale / aspect, 0, -shift_x, 0],
            [0, -scale, shift_y, 0],
            [0, 0, (farthest + nearest) / (nearest - farthest) + bias, 2 * farthest * nearest / (nearest - farthest)],
            [0, 0, -1, 0],
        ]
    )
    return (projection @ view).astype(np.float32)


def project(scene: LayeredScene, path: CameraPath, index: int, vertices: Float32) -> Float32:
    """(V, 3) of canvas x, canvas y, disparity -> (V, 2) pixels of the viewport in frame ``index``, from its top left corner."""
    homogeneous = np.concatenate([unproject(scene, vertices), np.ones((len(vertices), 1), np.float32)], 1)
    clip = homogeneous @ world_to_clip(scene, path, index).T
    return ((clip[:, :2] / clip[:, 3:] + 1.0) / 2.0 * np.array(path.viewport_size)).astype(np.float32)
