from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from analytic import Draw
from numpy.typing import NDArray

from zoom3d import render
from zoom3d.types import CameraPath, LayeredScene, OutputSpec, PixelLayout


@pytest.fixture(scope="session")
def draw() -> Iterator[Draw]:
    """Frames of a scene along a path, as arrays."""
    with render.open_context() as context:

        def frames(
            scene: LayeredScene, path: CameraPath, output: OutputSpec | None = None, layout: PixelLayout = "rgb24"
        ) -> list[NDArray[np.uint8]]:
            output = output or OutputSpec(*path.viewport_size)
            with render.Renderer(context, scene) as renderer:
                return [frame.data for frame in renderer.frames(path, output, layout)]

        yield frames
