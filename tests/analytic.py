"""Scenes whose picture from any camera is known, for comparing renders with the truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from zoom3d.types import CameraPath, DepthMap, Layer, LayeredScene, Photo, Subject

Draw = Callable[..., list[NDArray[np.uint8]]]


def light(code: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Linear light in [0, 1] of sRGB (IEC 61966-2-1) in 8 bits, by other code than the program's."""
    share = code / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def levels(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """What ``light`` takes, from linear light in [0, 1], but not rounded."""
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def texture(height: int, width: int, seed: int, low: int = 40, high: int = 215) -> NDArray[np.uint8]:
    """A smooth random picture: (height, width, 3) uint8, features some pixels wide."""
    import cv2

    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3.0)
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    return np.rint(low + (high - low) * smooth).astype(np.uint8)


def flat_scene(rgb: NDArray[np.uint8], disparity: float | NDArray[np.float32] = 0.5, margin_px: int = 0) -> LayeredScene:
    """One opaque layer."""
    height, width = rgb.shape[:2]
    depth = np.broadcast_to(np.asarray(disparity, np.float32), (height, width)).copy()
    rgba = np.dstack([rgb, np.full((height, width), 255, np.uint8)])
    return LayeredScene(
        (Layer(rgba, depth),),
        margin_px=margin_px,
        focal_px=float(width),
        near=0.6,
        far=3.0,
        subject=Subject(0.5, 0.5, 0.5),
        reach_px=0.1 * width,
    )


def still(
    scene: LayeredScene, eye: tuple[float, float, float] = (0, 0, 0), rotation: NDArray[np.float32] | None = None
) -> CameraPath:
    """One frame from ``eye`` through the photograph's own lens, as large as the photograph."""
    width, height = scene.photo_size
    return CameraPath(
        eye=np.array([eye], np.float32),
        rotation=(np.eye(3) if rotation is None else rotation)[None].astype(np.float32),
        fov_y=np.array([2 * np.arctan(height / 2 / scene.focal_px)], np.float32),
        lens_shift=np.zeros((1, 2), np.float32),
        focus_distance=np.ones(1, np.float32),
        viewport_size=(width, height),
    )


def disc(height: int, width: int, radius: float) -> tuple[Photo, DepthMap, NDArray[np.bool_]]:
    """A bright disc before a dark ground, both textured; antialiased. Returns photo, depth and the disc's mask."""
    y, x = np.mgrid[0:height, 0:width] + 0.5
    distance = np.hypot(x - width / 2, y - height / 2)
    alpha = np.clip(radius - distance + 0.5, 0, 1)[..., None]
    front, back = texture(height, width, 1, 150, 250).astype(float), texture(height, width, 2, 10, 90).astype(float)
    front[..., 2] = 20
    rgb = np.rint(front * alpha + back * (1 - alpha)).astype(np.uint8)
    inside = distance < radius
    return Photo(rgb, float(width)), DepthMap(np.where(inside, 0.8, 0.2).astype(np.float32), "analytic"), inside
