"""The blurred fill around a picture that does not fill its frame: soft, moving with the clip, a little darker."""

from __future__ import annotations

import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest
from analytic import Draw, flat_scene, texture

from zoom3d import camera
from zoom3d.camera import presets
from zoom3d.types import LayeredScene, OutputSpec, Subject

SHAPES = [(600, 30), (30, 600), (160, 120), (90, 160)]


def photograph(width: int, height: int) -> LayeredScene:
    """Broad patches of colour, so that a blur of them is no flat grey."""
    coarse = texture(max(height // 10, 3), max(width // 10, 3), 5).repeat(10, 0).repeat(10, 1)[:height, :width]
    return replace(flat_scene(coarse, 0.5, margin_px=10), subject=Subject(0.5, 0.5, 0.5))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("frame", [(108, 192), (192, 108)])
def test_it_is_smooth_and_about_as_bright_as_the_picture(draw: Draw, shape: tuple[int, int], frame: tuple[int, int]) -> None:
    made = photograph(*shape)
    output = OutputSpec(*frame, fps=4, duration_s=1, fit="blur")
    path = camera.plan(presets.load("zoom-in"), made, output)
    width, height = path.viewport_size
    left, top = (frame[0] - width) // 2, (frame[1] - height) // 2
    for picture in draw(made, path, output):
        shown = picture[top : top + height, left : left + width]
        sides = [
            picture[: max(top - 1, 0)],
            picture[top + height + 1 :],
            picture[:, : max(left - 1, 0)],
            picture[:, left + width + 1 :],
        ]
        sides = [side.astype(int) for side in sides if min(side.shape) > 2]
        assert sides
        for side in sides:
            assert max(np.abs(np.diff(side, axis=axis)).max() for axis in (0, 1)) < 16, "a seam"
            assert 0.6 * shown.mean() < side.mean() < 1.05 * shown.mean()


def test_it_moves_with_the_clip(draw: Draw) -> None:
    made = photograph(160, 120)
    output = OutputSpec(108, 192, fps=4, duration_s=2, fit="blur")
    pictures = draw(made, camera.plan(presets.load("pan-left"), made, output), output)
    borders = [picture[:40].astype(int) for picture in pictures]
    assert np.abs(borders[-1] - borders[0]).mean() > 2
    assert all(np.abs(later - sooner).mean() < 8 for sooner, later in itertools.pairwise(borders))


def test_its_texels_are_not_seen(draw: Draw) -> None:
    step = np.zeros((90, 160, 3), np.uint8)
    step[:, 80:] = 255
    output = OutputSpec(540, 960, fps=4, duration_s=1, fit="blur")
    path = camera.plan(presets.load("zoom-in"), flat_scene(step, 0.5), output, 0.0)
    luma = draw(flat_scene(step, 0.5), path, output, "yuv420p10")[0][100].astype(int)
    assert luma.max() - luma.min() > 500
    bend = luma[8:] - 2 * luma[4:-4] + luma[:-8]  # of straight pieces between texels it would be all at their ends
    assert np.abs(bend[4:] - bend[:-4]).max() <= 6


def test_it_is_as_soft_in_a_frame_of_any_size(draw: Draw) -> None:
    made = photograph(160, 120)
    small, large = (
        draw(made, camera.plan(presets.load("zoom-in"), made, output, 0.0), output)[0]
        for output in (OutputSpec(90, 160, fit="blur", duration_s=0.1), OutputSpec(450, 800, fit="blur", duration_s=0.1))
    )
    reduced = cv2.resize(large, (90, 160), interpolation=cv2.INTER_AREA)
    assert np.abs(reduced[:40].astype(int) - small[:40]).max() <= 10
