"""A title stands behind the subject, before the background, and inside what the platform leaves free, on every frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from analytic import flat_scene
from numpy.typing import NDArray

from zoom3d import camera, geometry, inpaint, render, scene, title, video
from zoom3d.camera import presets
from zoom3d.title import TitleWish, placing
from zoom3d.types import CameraPath, DepthMap, Fit, LayeredScene, OutputSpec, Photo, Title

REELS = OutputSpec(108, 192, fps=6, duration_s=3, platform=video.platform("reels"))
PLAIN = replace(REELS, platform=None)


def standing(width: int = 180, height: int = 320, top: float = 0.45) -> tuple[Photo, DepthMap]:
    """A grey post, narrow and rounded at the top, before a black wall; nothing else."""
    row, column = (np.mgrid[0:height, 0:width] + 0.5) / np.array([height, width])[:, None, None]
    post = (np.abs(column - 0.5) < 0.09) & (row > top)
    rgb = np.where(post[..., None], (90, 90, 90), (0, 0, 0)).astype(np.uint8)
    return Photo(rgb, float(width)), DepthMap(np.where(post, 0.75, 0.2).astype(np.float32), "analytic")


@pytest.fixture(scope="module")
def made() -> LayeredScene:
    return scene.build(*standing(), inpaint.load("telea"))


@pytest.fixture(scope="module")
def renderer(made: LayeredScene) -> Iterator[render.Renderer]:
    with render.open_context() as context, render.Renderer(context, made) as opened:
        yield opened


def move(made: LayeredScene, output: OutputSpec, name: str = "zoom-in") -> CameraPath:
    return camera.plan(presets.load(name), made, output)


def white(renderer: render.Renderer, path: CameraPath, output: OutputSpec, made_title: Title) -> list[NDArray[np.bool_]]:
    """Where the lettering shows in each frame."""
    return [frame.data.min(2) > 128 for frame in renderer.frames(path, output, title=made_title)]


def box(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    rows, columns = np.nonzero(mask)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)


@pytest.mark.parametrize("name", ["3d-zoom-out", "pan-left", "dolly-zoom-in"])
@pytest.mark.parametrize("text", ["LISBON", "A longer title of some words"])
def test_it_keeps_clear_of_what_the_platform_draws_on_every_frame(
    made: LayeredScene, renderer: render.Renderer, name: str, text: str
) -> None:
    path = move(made, REELS, name)
    lettering = title.make(TitleWish(text), made, path, REELS)
    left, top, right, bottom = 0.06 * 108, 0.14 * 192, 0.94 * 108, 0.65 * 192
    shown = [mask for mask in white(renderer, path, REELS, lettering) if mask.any()]
    assert len(shown) >= len(path) - 2
    for mask in shown:
        seen = box(mask)
        assert np.all(seen >= (left - 1, top - 1, 0, 0))
        assert np.all(seen <= (999, 999, right + 1, bottom + 1))
    assert max(box(mask)[2] - box(mask)[0] for mask in shown) > 0.45 * (right - left)


def test_it_stands_behind_the_subject_which_covers_a_little_of_it(made: LayeredScene, renderer: render.Renderer) -> None:
    path = move(made, PLAIN)
    lettering = title.make(TitleWish("LISBON", depth="behind"), made, path, PLAIN)
    assert 0.22 < lettering.disparity < 0.73
    (plain, *_), (with_title, *_) = (
        [frame.data for frame in renderer.frames(path, PLAIN, title=chosen)][-1:] for chosen in (None, lettering)
    )
    post = plain[..., 0] > 60
    inside = cv2.erode(post.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    changed = np.abs(with_title.astype(int) - plain).max(2) > 8
    assert changed.any()
    assert not (changed & inside).any()
    across = geometry.project(made, path, 0, _corners(lettering))
    assert across[0, 1] < 0.62 * PLAIN.height


def _corners(lettering: Title) -> NDArray[np.float32]:
    left, top, right, bottom = lettering.corners
    return np.array([[left, top, lettering.disparity], [right, bottom, lettering.disparity]], np.float32)


def test_it_moves_as_a_thing_at_its_depth_does(made: LayeredScene, renderer: render.Renderer) -> None:
    """True parallax: it goes where the projection of its middle goes, to half a pixel."""
    path = move(made, PLAIN, "pan-left")
    lettering = title.make(TitleWish("HHH", place="top", depth="0.4"), made, path, PLAIN, loop=True)
    y, x = np.mgrid[0:192, 0:108] + 0.5
    lights = [np.maximum(frame.data.min(2).astype(float) - 100, 0) for frame in renderer.frames(path, PLAIN, title=lettering)]
    seen = np.stack([((light * x).sum() / light.sum(), (light * y).sum() / light.sum()) for light in lights])
    expected = np.stack([geometry.project(made, path, index, _corners(lettering)).mean(0) for index in range(len(path))])
    assert np.ptp(seen[:, 0]) > 2
    assert np.abs((seen - seen[0]) - (expected - expected[0])).max() < 0.5


def test_front_is_before_everything_and_a_number_is_what_it_says(made: LayeredScene) -> None:
    path = move(made, PLAIN)
    assert title.make(TitleWish("HI", depth="front", place="middle"), made, path, PLAIN).disparity > 0.75
    assert title.make(TitleWish("HI", depth="0.9"), made, path, PLAIN).disparity == 0.9


def test_where_the_subject_hides_it_all_it_steps_forward_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    photo, _ = standing()
    wide = np.where(np.abs(np.arange(180) - 90)[None] < 80, 0.8, 0.2).astype(np.float32).repeat(320, 0)
    filled = scene.build(photo, DepthMap(wide, "analytic"), inpaint.load("telea"))
    path = move(filled, PLAIN)
    stepped = title.make(TitleWish("LISBON"), filled, path, PLAIN)
    assert stepped.disparity > 0.8
    assert "stands before it" in caplog.text
    caplog.clear()
    behind = title.make(TitleWish("LISBON", depth="behind"), filled, path, PLAIN)
    assert behind.disparity < 0.8
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize("depth", ["0.4", "front"])
def test_letters_that_are_never_seen_are_told(
    made: LayeredScene, renderer: render.Renderer, depth: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The post hides the one in the middle; in front, or seen past it for a while, none is lost."""
    wish = TitleWish("I  I  I  I  I", place="0.5,0.75", depth=depth, size=0.2)
    path = move(made, PLAIN)
    lettering = title.make(wish, made, path, PLAIN)
    last = white(renderer, path, PLAIN, lettering)[-1]
    letters = cv2.connectedComponents(last.astype(np.uint8))[0] - 1
    assert letters == (5 if depth == "front" else 4)
    assert ("1 of the title's 5 letters are always hidden" in caplog.text) == (depth != "front")


def test_a_flat_picture_hides_nothing_of_it() -> None:
    flat = flat_scene(np.zeros((320, 180, 3), np.uint8), 0.5, margin_px=8)
    assert title.make(TitleWish("LISBON"), flat, move(flat, PLAIN), PLAIN).disparity > 0.5


@pytest.mark.parametrize(
    ("place", "x", "y"), [("top", 0.5, None), ("0.5,0.3", 0.5, 0.3), ("0.4,0.8", 0.4, 0.8), ("bottom", 0.5, None)]
)
def test_it_is_where_it_is_asked_to_be(
    made: LayeredScene, renderer: render.Renderer, place: str, x: float, y: float | None
) -> None:
    path = move(made, PLAIN, "circle")
    lettering = title.make(TitleWish("HH", place=place, size=0.15, depth="front"), made, path, PLAIN, loop=True)
    seen = box(white(renderer, path, PLAIN, lettering)[len(path) // 2])
    middle = (seen[:2] + seen[2:]) / 2 / (108, 192)
    assert middle[0] == pytest.approx(x, abs=0.03)
    assert middle[1] == pytest.approx({"top": 0.05, "bottom": 0.95}.get(place, y), abs=0.06)


def test_a_place_where_it_would_be_cut_off_is_left_with_a_warning(
    made: LayeredScene, renderer: render.Renderer, caplog: pytest.LogCaptureFixture
) -> None:
    path = move(made, REELS, "circle")
    lettering = title.make(TitleWish("HELLO", place="1,1", size=0.2, depth="front"), made, path, REELS)
    assert "moved" in caplog.text
    assert box(white(renderer, path, REELS, lettering)[-1])[3] <= 0.65 * 192 + 1


def test_it_fades_in_but_stands_in_a_loop_from_the_first_frame(made: LayeredScene) -> None:
    path = move(made, PLAIN)
    opacity = title.make(TitleWish("HI"), made, path, PLAIN).opacity
    assert opacity[0] == 0
    assert np.all(np.diff(opacity) >= 0)
    assert np.all(opacity[len(path) // 2 :] == 1)
    assert np.all(title.make(TitleWish("HI"), made, path, PLAIN, loop=True).opacity == 1)


@pytest.mark.parametrize("fit", ["contain", "blur"])
def test_it_stays_on_the_picture_where_the_picture_does_not_fill_the_frame(made: LayeredScene, fit: Fit) -> None:
    wide = OutputSpec(192, 108, fps=6, duration_s=2, fit=fit)
    path = move(made, wide)
    lettering = title.make(TitleWish("LISBON"), made, path, wide)
    for index in range(len(path)):
        (left, top), (right, bottom) = geometry.project(made, path, index, _corners(lettering))
        pad = 0.25 * (right - left)
        assert -pad < left < right < path.viewport_size[0] + pad
        assert -pad < top < bottom < path.viewport_size[1] + pad


def test_the_largest_view_of_it_has_a_texel_a_pixel(made: LayeredScene) -> None:
    path = move(made, PLAIN, "zoom-in")
    for samples in (1, 2):
        lettering = title.make(TitleWish("LISBON"), made, path, replace(PLAIN, supersample=samples))
        widths = [np.diff(geometry.project(made, path, index, _corners(lettering))[:, 0])[0] for index in range(len(path))]
        assert lettering.rgba.shape[1] == pytest.approx(samples * max(widths), rel=0.04)


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_a_clip_of_a_few_frames_shows_it(made: LayeredScene, frames: int) -> None:
    short = replace(PLAIN, duration_s=frames / 6)
    assert title.make(TitleWish("HI"), made, move(made, short), short).opacity[-1] == 1


def test_its_picture_is_no_larger_than_a_texture_may_be(made: LayeredScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "_MOST_TEXELS", 64)
    assert max(title.make(TitleWish("WIDE WORD"), made, move(made, PLAIN), PLAIN).rgba.shape) in (64, 65)


def test_a_size_that_does_not_fit_is_made_smaller_and_said(made: LayeredScene, caplog: pytest.LogCaptureFixture) -> None:
    title.make(TitleWish("A WORD", size=0.9), made, move(made, REELS), REELS)
    assert "instead of 0.9" in caplog.text


def test_letters_too_small_to_read_are_told(made: LayeredScene, caplog: pytest.LogCaptureFixture) -> None:
    path = move(made, REELS)
    title.make(TitleWish("W" * 20), made, path, REELS)
    assert "hard to read" not in caplog.text
    title.make(TitleWish("W" * 80), made, path, REELS)
    assert "hard to read" in caplog.text


def test_planning_twice_gives_the_same(made: LayeredScene) -> None:
    path = move(made, REELS)
    one, other = (title.make(TitleWish("LISBON"), made, path, REELS) for _ in range(2))
    assert np.array_equal(one.rgba, other.rgba)
    assert (one.corners, one.disparity) == (other.corners, other.disparity)
