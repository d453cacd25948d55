"""A crop keeps the subject: whole where it fits, clear of what the platform draws, inside the photograph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from analytic import flat_scene

from zoom3d.camera import window
from zoom3d.types import Box, LayeredScene, Subject

REELS = Box(0.06, 0.14, 0.94, 0.65)


def scene(size: tuple[int, int], subject: Subject) -> LayeredScene:
    return replace(flat_scene(np.zeros((size[1], size[0], 3), np.uint8)), subject=subject)


def seen(made: LayeredScene, shown: window.Window, x: float, y: float) -> tuple[float, float]:
    """Where a point of the photograph, in fractions, lies in the window, in fractions."""
    width, height = made.photo_size
    return (x * width - shown.x) / shown.width + 0.5, (y * height - shown.y) / shown.height + 0.5


@pytest.mark.parametrize("size", [(1200, 60), (60, 1200), (400, 300), (300, 400), (100, 100)])
@pytest.mark.parametrize("viewport", [(90, 160), (160, 90), (100, 100)])
@pytest.mark.parametrize("x", [0.0, 0.1, 0.5, 0.97])
def test_the_window_lies_in_the_photograph_and_shows_the_subject(
    size: tuple[int, int], viewport: tuple[int, int], x: float
) -> None:
    made = scene(size, Subject(x, 1 - x, 0.5))
    shown = window.choose(made, viewport, REELS)
    assert shown.width / shown.height == pytest.approx(viewport[0] / viewport[1])
    assert shown.width == pytest.approx(size[0]) or shown.height == pytest.approx(size[1])
    assert shown.x - shown.width / 2 >= -1e-9
    assert shown.y - shown.height / 2 >= -1e-9
    assert shown.x + shown.width / 2 <= size[0] + 1e-9
    assert shown.y + shown.height / 2 <= size[1] + 1e-9
    at = seen(made, shown, x, 1 - x)
    assert -1e-9 <= min(at) <= max(at) <= 1 + 1e-9


def test_the_subject_lies_in_the_middle_of_the_safe_area_of_a_tall_screenshot() -> None:
    made = scene((300, 3000), Subject(0.5, 0.4, 0.5))
    shown = window.choose(made, (90, 160), REELS)
    assert seen(made, shown, 0.5, 0.4) == pytest.approx((0.5, (0.14 + 0.65) / 2))
    plain = window.choose(made, (90, 160))
    assert seen(made, plain, 0.5, 0.4) == pytest.approx((0.5, 0.5))


def test_all_of_the_subject_comes_in_where_it_fits() -> None:
    """A face at the top of a person: centring the face alone would cut the person off below."""
    made = scene((300, 1500), Subject(0.5, 0.35, 0.5, Box(0.2, 0.32, 0.8, 0.49)))
    shown = window.choose(made, (90, 160), REELS)
    top, bottom = seen(made, shown, 0.5, 0.32)[1], seen(made, shown, 0.5, 0.49)[1]
    assert 0.14 - 1e-6 <= top < bottom <= 0.65 + 1e-6


def test_of_a_subject_too_large_the_middle_is_kept() -> None:
    made = scene((3000, 400), Subject(0.6, 0.5, 0.5, Box(0.2, 0.1, 0.9, 0.9)))
    shown = window.choose(made, (90, 160), REELS)
    assert seen(made, shown, 0.6, 0.5)[0] == pytest.approx(0.5)


def test_of_a_subject_taller_than_the_frame_the_head_is_shown() -> None:
    """A tower in a wide frame: its middle alone would be a wall."""
    made = scene((600, 800), Subject(0.5, 0.45, 0.5, Box(0.3, 0.05, 0.7, 1.0)))
    shown = window.choose(made, (160, 90))
    assert 0 < seen(made, shown, 0.5, 0.05)[1] < 0.1
    assert seen(made, shown, 0.5, 0.45)[1] <= 1
