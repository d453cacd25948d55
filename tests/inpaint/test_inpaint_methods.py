"""What every method that needs no weights promises; a new one is tested by being there."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from planted import Scene

from zoom3d import inpaint, plugins
from zoom3d.errors import InpaintError, WeightsError

METHODS = inpaint.names()
WEIGHTLESS = [name for name in METHODS if not hasattr(plugins.load(inpaint, name), "WEIGHTS")]
WEIGHTED = [name for name in METHODS if name not in WEIGHTLESS]


def test_the_default_is_there_and_needs_no_weights() -> None:
    assert inpaint.DEFAULT in WEIGHTLESS
    assert {"telea", "patchmatch", "network", "lama"} <= set(METHODS)


def test_an_unknown_method_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(InpaintError, match="'magic'") as caught:
        inpaint.load("magic")
    assert all(name in caught.value.hint for name in METHODS)


def test_listing_imports_no_method() -> None:
    program = "import sys, zoom3d.inpaint as i; i.names(); print([m for m in ('numpy', 'cv2', 'torch') if m in sys.modules])"
    listed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert listed.stdout.strip() == "[]"


@pytest.mark.parametrize("name", WEIGHTED)
def test_absent_weights_are_a_plain_error(name: str, meadow_scene: Scene) -> None:
    s = meadow_scene
    with pytest.raises(WeightsError, match=plugins.load(inpaint, name).WEIGHTS[0]) as caught:
        inpaint.load(name)(s.rgb, s.hole, s.source, s.disparity)
    assert "download" in caught.value.hint
    assert "\n" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("name", WEIGHTLESS)
class TestFill:
    def test_only_the_source_has_an_influence(self, name: str, meadow_scene: Scene) -> None:
        s = meadow_scene
        fill = inpaint.load(name)
        painted = fill(s.rgb, s.hole, s.source, s.disparity)
        noise = np.random.default_rng(1).integers(0, 256, s.rgb.shape, np.uint8)
        other = np.where(s.source[:, :, None], s.rgb, noise)
        assert np.array_equal(painted[s.hole], fill(other, s.hole, s.source, s.disparity)[s.hole])

    def test_foreground_colours_never_appear(self, name: str, meadow_scene: Scene) -> None:
        s = meadow_scene
        painted = inpaint.load(name)(s.rgb, s.hole, s.source, s.disparity)[s.hole].astype(int)
        palette = np.unique(s.rgb[s.source], axis=0).astype(int)
        to_background = np.abs(painted[:, None] - palette[None]).sum(axis=2).min(axis=1)
        to_foreground = np.abs(painted - (255, 0, 255)).sum(axis=1)
        assert (to_background < to_foreground).all()
        assert to_background.max() <= 60  # a shift of brightness by 20 grey levels

    def test_pixels_outside_the_hole_are_untouched(self, name: str, striped_scene: Scene) -> None:
        s = striped_scene
        before = s.rgb.copy()
        painted = inpaint.load(name)(s.rgb, s.hole, s.source, s.disparity)
        assert np.array_equal(painted[~s.hole], before[~s.hole])
        assert np.array_equal(s.rgb, before)
        assert (painted.shape, painted.dtype) == (s.rgb.shape, s.rgb.dtype)

    def test_it_is_deterministic(self, name: str, striped_scene: Scene) -> None:
        s = striped_scene
        first, second = (inpaint.load(name)(s.rgb, s.hole, s.source, s.disparity) for _ in range(2))
        assert np.array_equal(first, second)

    def test_an_empty_hole_gives_a_copy(self, name: str, meadow_scene: Scene) -> None:
        s = meadow_scene
        painted = inpaint.load(name)(s.rgb, np.zeros_like(s.hole), s.source, s.disparity)
        assert np.array_equal(painted, s.rgb)
        assert painted is not s.rgb

    def test_a_flat_surround_is_continued_exactly(self, name: str, meadow_scene: Scene) -> None:
        s = meadow_scene
        flat = np.where(s.source[:, :, None], np.uint8((200, 40, 40)), s.rgb)
        painted = inpaint.load(name)(flat, s.hole, s.source, s.disparity)
        assert np.abs(painted[s.hole].astype(int) - (200, 40, 40)).max() <= 1

    @pytest.mark.parametrize("shape", [(16, 16), (1, 1), (3, 40), (40, 3), (2, 2)])
    @pytest.mark.parametrize("hidden", ["some", "all"])
    def test_tiny_pictures_work(self, name: str, shape: tuple[int, int], hidden: str) -> None:
        rgb = np.full((*shape, 3), 90, np.uint8)
        hole = np.ones(shape, bool)
        if hidden == "some":
            hole[shape[0] // 2 :] = False
        painted = inpaint.load(name)(rgb, hole, ~hole, np.zeros(shape, np.float32))
        assert np.abs(painted.astype(int) - 90).max() <= 1

    def test_without_a_source_what_is_no_hole_serves(self, name: str, meadow_scene: Scene) -> None:
        s = meadow_scene
        flat = np.where(s.hole[:, :, None], np.uint8(0), np.uint8((30, 150, 90)))
        painted = inpaint.load(name)(flat, s.hole, np.zeros_like(s.source), s.disparity)
        assert np.abs(painted[s.hole].astype(int) - (30, 150, 90)).max() <= 1

    def test_a_single_source_pixel_is_enough(self, name: str) -> None:
        rgb = np.zeros((40, 50, 3), np.uint8)
        rgb[7, 9] = (10, 200, 120)
        source = np.zeros((40, 50), bool)
        source[7, 9] = True
        hole = np.zeros_like(source)
        hole[20:30, 20:40] = True
        painted = inpaint.load(name)(rgb, hole, source, np.zeros((40, 50), np.float32))
        assert np.abs(painted[hole].astype(int) - (10, 200, 120)).max() <= 1

    def test_a_border_is_painted_all_around(self, name: str, meadow_scene: Scene) -> None:
        truth = meadow_scene.truth
        hole = np.ones(truth.shape[:2], bool)
        hole[10:-10, 10:-10] = False
        rgb = np.where(hole[:, :, None], np.uint8(0), truth)
        painted = inpaint.load(name)(rgb, hole, ~hole, np.full(hole.shape, 0.3, np.float32))[hole]
        assert np.abs(painted.astype(int).mean(axis=0) - truth[hole].mean(axis=0)).max() < 12
