from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest
from analytic import disc, texture
from numpy.typing import NDArray

from zoom3d import inpaint, render, scene
from zoom3d.pipeline import Settings
from zoom3d.reel import timeline
from zoom3d.reel.film import Film
from zoom3d.reel.template import Template
from zoom3d.types import DepthMap, LayeredScene, OutputSpec, Photo, PixelLayout

Uint8 = NDArray[np.uint8]
Shoot = Callable[..., list[Uint8]]

SIZE = (72, 128)


@pytest.fixture(scope="session")
def scenes() -> list[LayeredScene]:
    """A bright disc before a dark ground, and two plain slopes: bluish, then greenish."""
    photo, depth, _ = disc(160, 100, 34)
    made = [scene.build(photo, depth, inpaint.load("telea"))]
    for seed, channel in ((5, 2), (6, 1)):
        rgb = texture(160, 100, seed, 60, 120)
        rgb[..., channel] = np.minimum(rgb[..., channel] + 110, 255)
        slope = np.repeat(np.linspace(0, 1, 160, dtype=np.float32)[:, None], 100, 1)
        made.append(scene.build(Photo(rgb, 100.0), DepthMap(slope, "analytic"), inpaint.load("telea")))
    return made


@pytest.fixture(scope="session")
def context() -> Iterator[moderngl.Context]:
    with render.open_context() as opened:
        yield opened


@pytest.fixture
def shoot(context: moderngl.Context, scenes: list[LayeredScene]) -> Shoot:
    """The frames of a reel of some of ``scenes``."""

    def frames(
        template: Template, photographs: int = 2, layout: PixelLayout = "rgb24", fps: float = 20, first: int = 0
    ) -> list[Uint8]:
        planned = timeline.plan(template, photographs, fps)
        output = OutputSpec(*SIZE, fps=fps)
        staged = [replace(each) for each in scenes]
        with Film(context, planned, template, output, Settings(), lambda number: staged[(first + number) % 3]) as film:
            return [frame.data for frame in film.frames(layout)]

    return frames
