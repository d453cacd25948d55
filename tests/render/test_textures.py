"""Small photographs are enlarged sharply, and once: not in every frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from analytic import Draw, flat_scene, still
from numpy.typing import NDArray

from zoom3d.render import textures
from zoom3d.types import Layer, OutputSpec

EXAMPLE = Path(__file__).parents[2] / "examples" / "cat.jpg"


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


def test_a_photograph_at_twice_its_size_is_sharper_than_bilinear(draw: Draw) -> None:
    photo = cv2.imread(str(EXAMPLE))[60:260, 60:380, ::-1]
    small = np.ascontiguousarray(cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    made = flat_scene(small)
    (frame,) = draw(made, replace(still(made), viewport_size=(320, 200)), OutputSpec(320, 200))
    bilinear = cv2.resize(small, (320, 200), interpolation=cv2.INTER_LINEAR)
    assert psnr(frame, photo) > psnr(bilinear, photo) + 0.5


def test_textures_are_as_large_as_they_are_seen_and_no_larger() -> None:
    sizes = {
        magnification: textures.enlargement((600, 400), magnification, 16384) for magnification in (0.5, 0.8, 1, 1.4, 1.5, 9)
    }
    assert sizes == {0.5: 1, 0.8: 1, 1: 1.5, 1.4: 1.5, 1.5: 2, 9: 2}
    assert [textures.enlargement((side, side), 9, 16384) for side in (2500, 3000)] == [1.5, 1]  # memory
    assert [textures.enlargement((600, 400), 9, side) for side in (1000, 500)] == [1.5, 1]  # what the renderer takes


def test_an_enlarged_matte_stays_premultiplied_and_leaves_no_fringes(draw: Draw) -> None:
    back = flat_scene(np.full((60, 60, 3), 255, np.uint8), 0.2)
    rgba = np.full((60, 60, 4), 255, np.uint8)
    rgba[:, 30:, 3] = 0
    made = replace(back, layers=(back.layers[0], Layer(rgba, np.full((60, 60), 0.8, np.float32))))
    (frame,) = draw(made, replace(still(made), viewport_size=(240, 240)), OutputSpec(240, 240))
    assert frame.min() >= 254


def test_a_ramp_seen_edge_on_keeps_its_colour_in_a_reduced_view(draw: Draw) -> None:
    rgb = np.zeros((240, 400, 3), np.uint8)
    rgb[:, 180:220] = 255
    row, column = np.indices(rgb.shape[:2], np.float32)
    made = flat_scene(rgb, np.clip((column + row / 20 - 204) / 12, 0.2, 0.8))
    assert textures.halvings(0.4) == 1
    for aside in np.linspace(0.01, 0.04, 7):
        (frame,) = draw(made, replace(still(made, (aside, 0, 0)), viewport_size=(160, 96)), OutputSpec(160, 96))
        for line in frame[..., 0]:
            white = np.flatnonzero(line > 250)
            assert line[white[0] : white[-1]].min() > 240


def test_what_is_as_fine_as_pixels_is_as_sharp_between_them(draw: Draw) -> None:
    """A slow slide at the photograph's own size: without care every other frame is soft, and the whole picture flickers."""
    lot = np.random.default_rng(0)
    grain = cv2.GaussianBlur(lot.normal(0, 1, (96, 128)).astype(np.float32), (0, 0), 0.6)
    made = flat_scene(np.repeat(np.rint(128 + 50 * grain)[..., None], 3, 2).clip(0, 255).astype(np.uint8))
    path = still(made).each(lambda values: np.repeat(values, 9, axis=0))
    shifts = np.linspace(0, 1, 9) * 2 / np.array([[128], [96]])
    frames = list(draw(made, replace(path, lens_shift=shifts.T.astype(np.float32)), OutputSpec(128, 96, 9, 1)))
    energy = [np.var(cv2.Laplacian(frame[8:-8, 8:-8, 0].astype(np.float32), cv2.CV_32F)) for frame in frames]
    assert min(energy) > 0.6 * max(energy)
