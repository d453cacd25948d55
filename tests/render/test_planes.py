"""Planes for the encoder against the same arithmetic in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from analytic import Draw, flat_scene, still
from numpy.typing import NDArray

from zoom3d.types import Fit, OutputSpec, PixelLayout

Float64 = NDArray[np.float64]


def _reference(rgb: NDArray[np.uint8], layout: PixelLayout) -> list[Float64]:
    """Y, U, V, not yet rounded: BT.709 limited range, chroma sited at the left and, in 4:2:0, between two rows."""
    finer = 4 if layout.endswith("10") else 1
    code = rgb / 255
    luma = code @ [0.2126, 0.7152, 0.0722]
    planes = [(16 + 219 * luma) * finer]
    for channel, scale in ((2, 1.8556), (0, 1.5748)):
        chroma = (code[..., channel] - luma) / scale
        padded = np.pad(chroma, ((0, 0), (1, 1)), "edge")
        sited = ((padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4)[:, ::2]
        if "420" in layout:
            sited = (sited[0::2] + sited[1::2]) / 2
        planes.append((128 + 224 * sited) * finer)
    return planes


@pytest.mark.parametrize("layout", ["yuv420p", "yuv420p10", "yuv422p10"])
@pytest.mark.parametrize("size", [(96, 64), (98, 66), (54, 96)])
def test_planes_are_bt709_limited_range_to_one_code(draw: Draw, layout: PixelLayout, size: tuple[int, int]) -> None:
    width, height = size
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    made = flat_scene(rgb)
    (planes,) = draw(made, still(made), layout=layout)
    assert planes.dtype == (np.uint16 if layout.endswith("10") else np.uint8)
    start = 0
    for expected in _reference(rgb, layout):
        plane = planes.ravel()[start : start + expected.size].reshape(expected.shape)
        assert np.abs(plane - expected).max() <= 1
        assert np.abs(plane - expected).mean() < 0.3
        start += expected.size
    assert start == planes.size


@pytest.mark.parametrize("fit", ["contain", "blur"])
def test_a_framed_picture_has_the_same_planes_as_its_rgb(draw: Draw, fit: Fit) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (40, 96, 3), dtype=np.uint8)
    made = flat_scene(rgb)
    output = OutputSpec(96, 64, fit=fit)
    (shown,) = draw(made, still(made), output)
    (planes,) = draw(made, still(made), output, "yuv420p")
    luma, *_ = _reference(shown, "yuv420p")
    assert np.abs(planes[:64] - luma).max() <= 1
