"""Dolly zoom on real renders: spots planted on the subject stay where they are, those behind it do not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from zoom3d import camera, geometry, inpaint, render, scene
from zoom3d.camera import presets
from zoom3d.types import CameraPath, DepthMap, LayeredScene, OutputSpec, Photo

SPOTS = np.array([[150.0, 120.0], [210.0, 120.0], [180.0, 95.0], [180.0, 150.0]])  # on the subject, the first channel
BEHIND = np.array([[90.0, 60.0], [270.0, 60.0]])  # on the wall, the second channel


def planted() -> tuple[Photo, DepthMap]:
    """A slab before a wall, and bright spots of one pixel's width on both."""
    y, x = np.mgrid[0:240, 0:360] + 0.5
    rgb = np.zeros((240, 360, 3))
    for channel, spots in ((0, SPOTS), (1, BEHIND)):
        for spot in spots:
            rgb[..., channel] += 255 * np.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / (2 * 2.5**2))
    slab = (np.abs(x - 180) < 55) & (np.abs(y - 122) < 45)
    return Photo(np.clip(rgb, 0, 255).astype(np.uint8), 360.0), DepthMap(np.where(slab, 0.7, 0.2).astype(np.float32), "planted")


def found(frame: NDArray[np.uint8], channel: int, near: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centroids of the spots next to the places ``near``, (N, 2)."""
    y, x = np.mgrid[0 : frame.shape[0], 0 : frame.shape[1]] + 0.5
    places = []
    for at in near:
        weight = frame[..., channel] * (np.hypot(x - at[0], y - at[1]) < 14).astype(float)
        weight = np.maximum(weight - 40, 0)
        places.append([(weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()])
    return np.array(places)


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[render.Renderer, LayeredScene]]:
    photo, depth = planted()
    layered = scene.focused(scene.build(photo, depth, inpaint.load("telea")), "0.5,0.5")
    with render.open_context() as context, render.Renderer(context, layered) as renderer:
        yield renderer, layered


@pytest.mark.parametrize("name", [name for name in presets.names() if presets.load(name).hold_subject])
@pytest.mark.parametrize("size", [(360, 240), (240, 240), (136, 240)])
def test_the_subject_keeps_place_and_size_within_a_pixel_and_the_rest_does_not(
    made: tuple[render.Renderer, LayeredScene], name: str, size: tuple[int, int]
) -> None:
    renderer, layered = made
    output = OutputSpec(*size, fps=6, duration_s=2)
    path = camera.plan(presets.load(name), layered, output)
    assert path.strength > 0.3
    frames = [frame.data for frame in renderer.frames(path, output)]
    assert len(frames) == 12
    at = _expected(layered, path, SPOTS, 0.7)
    tracks = np.stack([found(frame, 0, at) for frame in frames])
    assert np.abs(tracks - tracks[0]).max() < 1.0
    assert np.abs(tracks - tracks.mean(0)).max() < 0.5
    if size[0] == 360:
        spread = [
            np.ptp(found(frame, 1, _expected(layered, path, BEHIND, 0.2, index))[:, 0]) for index, frame in enumerate(frames)
        ]
        assert np.ptp(spread) > 8


def _expected(
    layered: LayeredScene, path: CameraPath, spots: NDArray[np.float64], disparity: float, index: int = 0
) -> NDArray[np.float64]:
    points = np.column_stack([spots + layered.margin_px, np.full(len(spots), disparity)]).astype(np.float32)
    return geometry.project(layered, path, index, points).astype(np.float64)
