"""Preset, scene and output in, camera path out."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zoom3d.camera import framing, window
from zoom3d.camera.curves import bend
from zoom3d.types import CameraPath

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.camera.presets import Preset
    from zoom3d.camera.window import Window
    from zoom3d.types import LayeredScene, OutputSpec

    Float64 = NDArray[np.float64]

log = logging.getLogger(__name__)

OVERSCAN_LIMIT = 1.25
"""How much closer the frame may crop before the move is made smaller instead."""

_STRENGTHS = (*(0.9**k for k in range(30)), 0.0)


def plan(preset: Preset, scene: LayeredScene, output: OutputSpec, strength: float = 1.0) -> CameraPath:
    """The path of ``preset`` through ``scene``, framed so that no frame shows what does not exist.

    Overscan comes first; where it would have to exceed OVERSCAN_LIMIT, or a depth edge would open farther than the scene was
    painted behind it, the move is made smaller, and a warning says so.
    """
    viewport = window.viewport_size(scene, output)
    whole = window.choose(scene, viewport)
    for share in _STRENGTHS:
        path, overscan = _framed(preset, scene, output, whole, viewport, strength * share)
        revealed = framing.reveal(scene, path)
        if overscan <= OVERSCAN_LIMIT and revealed.within_reach:
            break
    if share < 1.0:
        log.warning("the move is made at %.0f %% of its strength, so that nothing empty is shown", 100 * share)
    log.info(
        "the frame is cropped %.1f %% closer, and shows at most %.2f %% painted content",
        100 * (overscan - 1),
        100 * revealed.most,
    )
    return replace(path, coverage_min=framing.coverage(scene, path), revealed_max=revealed.most, strength=strength * share)


def _framed(
    preset: Preset, scene: LayeredScene, output: OutputSpec, whole: Window, viewport: tuple[int, int], strength: float
) -> tuple[CameraPath, float]:
    """The path with the smallest overscan that covers every frame, and that overscan (1 = none)."""
    path = _path(preset, scene, output, whole, viewport, strength)
    overscan = framing.overscan(scene, path)
    if overscan > 1.0:
        path = _path(preset, scene, output, whole.enlarged(overscan), viewport, strength)
    return path, overscan


def _path(
    preset: Preset, scene: LayeredScene, output: OutputSpec, shown: Window, viewport: tuple[int, int], strength: float
) -> CameraPath:
    count = output.frame_count
    time = np.arange(count) / (count if preset.loop else max(count - 1, 1))
    time = bend(time, preset.speed)
    value = {key: _amount(preset, key, time, strength) for key in ("x", "y", "push", "yaw_deg", "pitch_deg", "roll_deg")}
    width, height = scene.photo_size
    pivot = _pivot_point(preset, scene)
    sideways = np.hypot(width, height) / scene.focal_px / (1 / scene.near - 1 / scene.far)
    eye = value["push"][:, None] * pivot + np.stack([value["x"], value["y"], np.zeros(count)], 1) * sideways
    zoom = preset.channels["zoom"].at(time) ** strength if "zoom" in preset.channels else np.ones(count)
    if preset.hold_subject:
        zoom = zoom * (pivot[2] - eye[:, 2]) / pivot[2]
    focal_ndc = 2 * scene.focal_px / shown.height * zoom
    aspect = viewport[0] / viewport[1]
    centre = np.array([shown.x - width / 2, height / 2 - shown.y])
    rest = (pivot[:2] / -pivot[2] * scene.focal_px - centre) * 2 / np.array([shown.width, shown.height])
    to_pivot = pivot - eye
    scale = np.stack([focal_ndc / aspect, focal_ndc], 1)
    lens_shift = rest - to_pivot[:, :2] / -to_pivot[:, 2:] * scale
    return CameraPath(
        eye=eye.astype(np.float32),
        rotation=_rotation(*(np.radians(value[key]) for key in ("yaw_deg", "pitch_deg", "roll_deg"))),
        fov_y=(2 * np.arctan(1 / focal_ndc)).astype(np.float32),
        lens_shift=lens_shift.astype(np.float32),
        focus_distance=_focus(preset, scene, time),
        viewport_size=viewport,
    )


def _amount(preset: Preset, key: str, time: Float64, strength: float) -> Float64:
    channel = preset.channels.get(key)
    return np.zeros_like(time) if channel is None else strength * channel.at(time)


def _pivot_point(preset: Preset, scene: LayeredScene) -> Float64:
    """The point that keeps its place on the screen, in scene units: at the subject's place, at the pivot's distance."""
    named = {"subject": scene.subject.disparity, "near": 1.0, "far": 0.0}
    disparity = named[preset.pivot] if isinstance(preset.pivot, str) else preset.pivot
    distance = float(scene.distance(disparity))
    width, height = scene.photo_size
    x = (scene.subject.x - 0.5) * width / scene.focal_px
    y = (0.5 - scene.subject.y) * height / scene.focal_px
    return np.array([x, y, -1.0]) * distance


def _focus(preset: Preset, scene: LayeredScene, time: Float64) -> NDArray[np.float32]:
    channel = preset.channels.get("focus")
    disparity = np.full_like(time, scene.subject.disparity) if channel is None else np.clip(channel.at(time), 0, 1)
    return np.asarray(scene.distance(disparity.astype(np.float32)), np.float32)


def _rotation(yaw: Float64, pitch: Float64, roll: Float64) -> NDArray[np.float32]:
    """(N, 3, 3): yaw about +y, then pitch about the camera's +x, then roll about its +z (it looks along -z)."""
    zero, one = np.zeros_like(yaw), np.ones_like(yaw)

    def matrix(*rows: tuple[Float64, Float64, Float64]) -> Float64:
        return np.stack([np.stack(row, -1) for row in rows], -2)

    about_y = matrix((np.cos(yaw), zero, np.sin(yaw)), (zero, one, zero), (-np.sin(yaw), zero, np.cos(yaw)))
    about_x = matrix((one, zero, zero), (zero, np.cos(pitch), -np.sin(pitch)), (zero, np.sin(pitch), np.cos(pitch)))
    about_z = matrix((np.cos(roll), -np.sin(roll), zero), (np.sin(roll), np.cos(roll), zero), (zero, zero, one))
    return (about_y @ about_x @ about_z).astype(np.float32)
