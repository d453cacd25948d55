"""What a reel adds to the camera moves: a flight into the picture and out of it at the far end, and a jump on every beat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zoom3d import geometry
from zoom3d.camera.curves import Keyframes, bend

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.camera import Preset
    from zoom3d.types import CameraPath, Float32, LayeredScene, Uint8

    Float64 = NDArray[np.float64]

RUN_UP = 0.16
"""How far before its place a flight into a picture begins, as a fraction of the way to the pivot."""

PULSE_S = 0.13
"""How long a jump takes to fall to 1 / e."""

FLIGHT = 0.92
"""How far a flight through a picture goes, as a fraction of the distance of its subject."""

SOFT = 0.07
"""Half the range of disparity over which a surface dissolves."""

_GRID = 96  # points across and down by which it is known what a frame shows


def arriving(preset: Preset, share: float, frames: int) -> Preset:
    """``preset``, begun from farther away and faster, settling into its own move after ``share`` of its time.

    As keyframes of the channels, so that the framing knows of it and shows nothing that is not there: one on each of the
    ``frames``, or its speed would change in steps.
    """
    time = np.linspace(0.0, 1.0, max(frames + preset.loop, 2))
    bent = bend(time, preset.speed)
    run_up = {"push": -RUN_UP * np.clip(1 - time / max(share, 1e-6), 0, 1) ** 3}
    channels = {}
    for key, channel in {"push": Keyframes(((0.0, 0.0),)), **preset.channels}.items():
        values = channel.at(bent) + run_up.get(key, 0.0)
        eases = np.where(channel.jumps(bent)[1:], "hold", "linear")
        channels[key] = Keyframes(tuple(zip(time.tolist(), values.tolist(), strict=True)), tuple(eases.tolist()))
    return replace(preset, speed=(), channels=channels)


def pulsing(path: CameraPath, beats: tuple[int, ...], fps: float, amount: float) -> CameraPath:
    """``path`` with the frame jumping ``amount`` closer about its middle on each of the frames ``beats``, and falling back."""
    frames = np.arange(len(path))
    closer = np.ones(len(path))
    for beat in beats:
        since_s = (frames - beat) / fps
        closer = np.maximum(closer, 1 + amount * np.exp(-np.maximum(since_s, 0) / PULSE_S) * (since_s >= 0))
    tangent = np.tan(path.fov_y / 2) / closer
    return replace(
        path,
        fov_y=(2 * np.arctan(tangent)).astype(np.float32),
        lens_shift=(path.lens_shift * closer[:, None]).astype(np.float32),
        jumps=tuple(sorted({*path.jumps, *(beat for beat in beats if beat > 0 and amount)})),
    )


@dataclass(frozen=True, eq=False)
class Flight:
    """A path that goes on into the scene. aim: (frames, 2), where in the frame it leads, 0..1 from the top left corner."""

    path: CameraPath
    aim: Float32


def departing(path: CameraPath, scene: LayeredScene, first: int, frame: tuple[int, int]) -> Flight:
    """``path`` from frame ``first`` on flying towards the middle of what is farthest, ever faster.

    frame: width and height in which the picture stands, in its middle.

    The framing does not know of it: flying on only magnifies, and what comes too close is what the transition dissolves.
    """
    left = len(path) - first
    way = np.zeros(len(path))
    way[first:] = FLIGHT * ((np.arange(left) + 1) / left) ** 2
    seen = _seen(scene, path, first)
    far = seen[seen[:, 2] <= np.quantile(seen[:, 2], 0.2)].mean(0)
    ray = geometry.unproject(scene, far[None])[0]
    ray = ray / -ray[2]
    eye = path.eye + way[:, None] * ray
    facing = np.einsum("nij,i->nj", path.rotation, ray)
    scale_y = 1 / np.tan(path.fov_y / 2)
    scale = np.stack([scale_y * path.viewport_size[1] / path.viewport_size[0], scale_y], 1)
    share = np.array(path.viewport_size) / frame
    aim = 0.5 + (facing[:, :2] / -facing[:, 2:] * scale + path.lens_shift) * [0.5, -0.5] * share
    return Flight(replace(path, eye=eye.astype(np.float32)), np.clip(aim, 0, 1).astype(np.float32))


def passage(flight: Flight, frame: int, progress: float, nearness: Uint8) -> dict[str, float | tuple[float, ...]]:
    """What the pass of the transition wants to know of ``frame`` of the path, ``progress`` of the way through it.

    nearness: (H, W) the disparity of what the frame shows, 255 = nearest.
    """
    return {
        "aim": (float(flight.aim[frame, 0]), float(flight.aim[frame, 1])),
        "opened": opened(nearness, min(1.15 * progress**1.2, 1.0)),
        "soft": SOFT,
        "first_blur": 0.35 * progress,
        "second_blur": 0.25 * (1 - progress) ** 2,
        "second_size": 1 - 0.3 * (1 - progress) ** 2.5,
    }


def opened(nearness: Uint8, gone: float) -> float:
    """The disparity about which surfaces dissolve, so that ``gone`` of the frame has, however much of it is equally far."""
    shares = np.bincount(nearness[::4, ::4].ravel(), minlength=256) / nearness[::4, ::4].size
    tried = np.linspace(-SOFT, 1 + SOFT, 300)
    part = np.clip((np.arange(256) / 255 - tried[:, None] + SOFT) / (2 * SOFT), 0, 1)
    left = (part * part * (3 - 2 * part)) @ shares  # as the pass has it: a smoothstep
    return float(np.interp(gone, 1 - left, tried))


def _seen(scene: LayeredScene, path: CameraPath, frame: int) -> Float32:
    """(V, 3) canvas x, canvas y and disparity of points of the photograph, evenly spread, that ``frame`` shows."""
    margin, (width, height) = scene.margin_px, scene.photo_size
    x, y = (margin + (np.arange(_GRID) + 0.5) * side / _GRID for side in (width, height))
    grid_x, grid_y = np.meshgrid(x, y)
    disparity = scene.layers[-1].disparity[grid_y.astype(int), grid_x.astype(int)]
    points = np.stack([grid_x.ravel(), grid_y.ravel(), disparity.ravel()], 1).astype(np.float32)
    place = geometry.project(scene, path, frame, points)
    inside = ((place > 0) & (place < np.array(path.viewport_size))).all(1)
    return points[inside] if inside.any() else points
