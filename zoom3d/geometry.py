"""Where things land on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import CameraPath, Float32, LayeredScene


def front(scene: LayeredScene) -> Float32:
    """(H, W): disparity of what the photograph's camera sees, over the canvas."""
    disparity = scene.layers[0].disparity
    for layer in scene.layers[1:]:
        disparity = np.where(layer.rgba[..., 3] > 127, layer.disparity, disparity)
    return disparity


def unproject(scene: LayeredScene, vertices: Float32) -> Float32:
    """(V, 3) of canvas x, canvas y, disparity -> (V, 3) positions in scene units, seen from the photograph's camera."""
    height, width = scene.layers[0].disparity.shape
    distance = np.asarray(scene.distance(vertices[:, 2]), np.float32)
    right = (vertices[:, 0] - width / 2) / scene.focal_px * distance
    up = (height / 2 - vertices[:, 1]) / scene.focal_px * distance
    return np.stack([right, up, -distance], 1).astype(np.float32)


def world_to_clip(scene: LayeredScene, path: CameraPath, index: int) -> Float32:
    """(4, 4) matrix of frame ``index``. The first row of the target is the top of the picture, so y points down."""
    return np.asarray(world_to_clips(scene, path, slice(index, index + 1 or None))[0], np.float32)


def nearer(world_to_clip: Float32, bias: float) -> Float32:
    """(4, 4) matrix that puts everything nearer by ``bias`` in 1 / distance, and else does what another one does."""
    moved = world_to_clip.copy()
    depth, distance = moved[2:].astype(np.float64)  # normalised depth is a constant and a share of 1 / distance
    moved[2] += bias * (depth[3] - depth[:3] @ distance[:3] * distance[3]) * moved[3]
    return moved


def between(world_to_clip: Float32, nearest: float, farthest: float) -> Float32:
    """(4, 4) matrix that leaves out what is nearer than that or farther, and else does what another one does."""
    cut = world_to_clip.copy()
    cut[2] = (farthest + nearest) / (farthest - nearest) * cut[3]
    cut[2, 3] -= 2 * farthest * nearest / (farthest - nearest)
    return cut


def world_to_clips(scene: LayeredScene, path: CameraPath, frames: slice | NDArray[np.intp] = slice(None)) -> Float32:
    """(N, 4, 4) matrices of ``frames``, as ``world_to_clip`` gives them one by one."""
    rotation, eye, shift = path.rotation[frames], path.eye[frames], path.lens_shift[frames]
    back = np.swapaxes(rotation, 1, 2)
    view = np.zeros((len(eye), 4, 4))
    view[:, :3, :3], view[:, :3, 3:], view[:, 3, 3] = back, -back @ eye[..., None], 1
    nearest, farthest = 0.02 * scene.near, 4.0 * scene.far + float(np.abs(path.eye).max())
    scale = 1.0 / np.tan(path.fov_y[frames] / 2.0)
    projection = np.zeros_like(view)
    projection[:, 0, 0], projection[:, 0, 2] = scale * (path.viewport_size[1] / path.viewport_size[0]), -shift[:, 0]
    projection[:, 1, 1], projection[:, 1, 2] = -scale, shift[:, 1]
    projection[:, 2, 2] = (farthest + nearest) / (nearest - farthest)
    projection[:, 2, 3] = 2 * farthest * nearest / (nearest - farthest)
    projection[:, 3, 2] = -1
    return (projection @ view).astype(np.float32)


def project(scene: LayeredScene, path: CameraPath, index: int, vertices: Float32) -> Float32:
    """(V, 3) of canvas x, canvas y, disparity -> (V, 2) pixels of the viewport in frame ``index``, from its top left corner."""
    homogeneous = np.concatenate([unproject(scene, vertices), np.ones((len(vertices), 1), np.float32)], 1)
    clip = homogeneous @ world_to_clip(scene, path, index).T
    return ((clip[:, :2] / clip[:, 3:] + 1.0) / 2.0 * np.array(path.viewport_size)).astype(np.float32)
