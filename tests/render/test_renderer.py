"""Properties that every driver has to show."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import cv2
import moderngl
import numpy as np
import pytest
from analytic import Draw, disc, flat_scene, still, texture
from numpy.typing import NDArray

from zoom3d import camera, inpaint, render, scene
from zoom3d.camera import presets
from zoom3d.types import DepthMap, Fit, LayeredScene, OutputSpec, Photo

FOCAL = 160.0


@pytest.mark.parametrize("size", [(161, 121), (320, 200), (97, 300)])
def test_the_camera_that_took_the_photograph_gives_it_back(draw: Draw, size: tuple[int, int]) -> None:
    width, height = size
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    depth = texture(height, width, 1)[..., 0].astype(np.float32) / 255
    made = flat_scene(rgb, depth)
    (frame,) = draw(made, still(made))
    assert np.abs(frame.astype(int) - rgb).max() <= 1


def test_a_layered_photograph_comes_back_away_from_silhouettes(draw: Draw) -> None:
    photo, depth, inside = disc(200, 240, 60)
    made = scene.build(photo, depth, inpaint.load("telea"))
    (frame,) = draw(made, still(made))
    off = np.abs(frame.astype(int) - photo.rgb).max(2)
    assert off[_away_from(inside, 8)].max() <= 1
    assert off.mean() < 1


def _away_from(inside: NDArray[np.bool_], distance: int) -> NDArray[np.bool_]:
    edge = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return cv2.dilate(edge, np.ones((2 * distance + 1,) * 2, np.uint8)) == 0


def _turned(yaw: float, pitch: float) -> NDArray[np.float64]:
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    return about_y @ about_x


@pytest.mark.parametrize("disparity", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(
    ("eye", "turn"),
    [
        ((0.05, 0.0, 0.0), (0.0, 0.0)),
        ((0.0, -0.04, 0.0), (0.0, 0.0)),
        ((0.02, 0.03, -0.15), (0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.08, 0.0)),
        ((0.03, -0.02, -0.1), (-0.06, 0.05)),
    ],
)
def test_a_planted_point_lands_where_it_must(
    draw: Draw, disparity: float, eye: tuple[float, float, float], turn: tuple[float, float]
) -> None:
    """The expected place is worked out here, by the pinhole camera's equation."""
    planted = np.array([97.5, 41.5])
    y, x = np.mgrid[0:120, 0:160] + 0.5
    spot = np.exp(-((x - planted[0]) ** 2 + (y - planted[1]) ** 2) / (2 * 2.0**2))
    rgb = np.rint(255 * spot)[..., None].repeat(3, 2).astype(np.uint8)
    made = flat_scene(rgb, disparity)
    distance = 1 / (disparity * (1 / made.near - 1 / made.far) + 1 / made.far)
    point = np.array([(planted[0] - 80) / FOCAL, (60 - planted[1]) / FOCAL, -1]) * distance
    rotation = _turned(*turn)
    seen = rotation.T @ (point - np.array(eye))
    expected = np.array([80 + FOCAL * seen[0] / -seen[2], 60 - FOCAL * seen[1] / -seen[2]])
    (frame,) = draw(made, still(made, eye, rotation))
    weight = frame[..., 0].astype(float)
    found = np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()
    assert found == pytest.approx(expected, abs=0.15)


def _rough_white(kind: str) -> tuple[Photo, DepthMap]:
    rng = np.random.default_rng(3)
    steps = np.kron(rng.random((9, 7)).astype(np.float32), np.ones((20, 20), np.float32))
    noise = rng.random((180, 140)).astype(np.float32)
    hills = cv2.resize(rng.random((12, 10)).astype(np.float32), (140, 180), interpolation=cv2.INTER_LINEAR)
    rough = {"steps": 0.9 * steps + 0.1 * noise, "noise": noise, "hills": hills, "cliffs": np.round(4 * hills) / 4}[kind]
    return Photo(np.full((180, 140, 3), 255, np.uint8), 140.0), DepthMap(rough.astype(np.float32), kind)


KINDS = ["steps", "noise", "hills", "cliffs"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_white_photograph_gives_white_frames_whatever_the_move(draw: Draw, kind: str) -> None:
    """Nothing uncovered, no dark fringes."""
    made = scene.build(*_rough_white(kind), inpaint.load(inpaint.DEFAULT))
    sizes = itertools.cycle(((90, 160), (160, 90)))
    for name, size in zip(presets.names()[KINDS.index(kind) :: len(KINDS)], sizes, strict=False):
        output = OutputSpec(*size, fps=7, duration_s=1)
        path = camera.plan(presets.load(name), made, output, 1.0)
        darkest = min(int(frame.min()) for frame in draw(made, path, output))
        assert darkest >= 254, (name, size)


def test_two_runs_draw_the_same_bytes(draw: Draw) -> None:
    photo, depth, _ = disc(180, 140, 50)
    output = OutputSpec(90, 160, fps=8, duration_s=1)
    runs = []
    for _ in range(2):
        made = scene.build(photo, depth, inpaint.load(inpaint.DEFAULT))
        runs.append(np.stack(draw(made, camera.plan(presets.load("circle"), made, output), output)))
    assert np.array_equal(*runs)
    assert np.ptp(runs[0].astype(int), axis=0).max() > 20  # it does move


def test_a_span_of_a_path_is_those_frames_of_the_whole_also_while_another_is_drawn() -> None:
    photo, depth, _ = disc(180, 140, 50)
    output = OutputSpec(90, 160, fps=8, duration_s=1)
    made = scene.build(photo, depth, inpaint.load("telea"))
    path = camera.plan(presets.load("circle"), made, output)
    with render.open_context() as context, render.Renderer(context, made) as renderer:
        whole = [frame.data for frame in renderer.frames(path, output)]
        early, late = renderer.frames(path, output, span=range(1, 4)), renderer.frames(path, output, span=range(5, 8))
        pairs = [(one.data, other.data) for one, other in zip(early, late, strict=True)]
    assert len(pairs) == 3
    for number, (one, other) in enumerate(pairs):
        assert np.array_equal(one, whole[1 + number])
        assert np.array_equal(other, whole[5 + number])


def test_a_scene_is_drawn_in_its_own_context_whichever_is_current_and_in_any_thread() -> None:
    scenes = [flat_scene(texture(64, 96, seed), 0.5) for seed in (1, 2)]
    output = OutputSpec(96, 64, fps=8, duration_s=0.5)
    path = camera.plan(presets.load("circle"), scenes[0], output)

    def frames(renderer: render.Renderer) -> list[NDArray[np.uint8]]:
        return [frame.data for frame in renderer.frames(path, output)]

    with render.open_context() as context, render.Renderer(context, scenes[0]) as renderer:
        whole = frames(renderer)
        with render.open_context() as other, render.Renderer(other, scenes[1]) as second:
            in_turn = [one.data for one, _ in zip(renderer.frames(path, output), second.frames(path, output), strict=True)]
            assert not np.array_equal(frames(second), whole)
        afterwards = frames(renderer)
        with ThreadPoolExecutor(1) as pool:
            elsewhere = pool.submit(frames, renderer).result()
    for drawn in (in_turn, afterwards, elsewhere):
        assert np.array_equal(drawn, whole)


@pytest.mark.parametrize(("fit", "bar"), [("contain", 0), ("blur", None)])
def test_bars_are_black_or_a_blurred_picture(draw: Draw, fit: Fit, bar: int | None) -> None:
    made = flat_scene(texture(100, 100, 7), margin_px=0)
    path = replace(still(made), viewport_size=(100, 100))
    (frame,) = draw(made, path, OutputSpec(100, 180, fit=fit))
    inner = frame[40:140]
    assert np.abs(inner.astype(int) - made.layers[0].rgba[..., :3]).max() <= 1
    outside = np.concatenate([frame[:36], frame[144:]]).astype(int)
    if bar is None:
        assert 20 < outside.mean() < inner.mean()
        assert np.abs(np.diff(outside[:36], axis=0)).max() < 12
    else:
        assert np.all(outside == bar)


def test_mattes_blend_in_linear_light(draw: Draw) -> None:
    """Half white over black is 188 in sRGB, not 128."""
    back = flat_scene(np.zeros((64, 64, 3), np.uint8), 0.2)
    rgba = np.full((64, 64, 4), 255, np.uint8)
    rgba[..., 3] = 128
    front = type(back.layers[0])(rgba, np.full((64, 64), 0.8, np.float32))
    made = LayeredScene((back.layers[0], front), 0, back.focal_px, back.near, back.far, back.subject, back.reach_px)
    (frame,) = draw(made, still(made))
    assert np.abs(frame[8:-8, 8:-8].astype(int) - 188).max() <= 1


def test_the_nearer_surface_hides_the_farther_whatever_their_layers(draw: Draw) -> None:
    near = flat_scene(np.full((64, 64, 3), 200, np.uint8), 0.9).layers[0]
    far = flat_scene(np.full((64, 64, 3), 50, np.uint8), 0.1).layers[0]
    base = flat_scene(np.zeros((64, 64, 3), np.uint8))
    for order in ((near, far), (far, near)):
        made = replace(base, layers=order)
        (frame,) = draw(made, still(made))
        assert np.all(frame == 200)


def test_the_renderer_leaves_no_gl_objects_behind() -> None:
    import gc

    made = flat_scene(texture(64, 64, 0))
    kinds = (moderngl.Texture, moderngl.Buffer, moderngl.Framebuffer, moderngl.Program, moderngl.VertexArray)
    with render.open_context() as context:
        for layout in ("rgb24", "yuv420p"):
            with render.Renderer(context, made) as renderer:
                assert len(list(renderer.frames(still(made), OutputSpec(64, 64), layout))) == 1
        gc.collect()
        # Not by isinstance, which asks foreign objects for their class and wakes their deprecation warnings.
        alive = [thing for thing in gc.get_objects() if issubclass(type(thing), kinds) and thing.ctx is context]
        assert all(isinstance(thing.mglo, moderngl.InvalidObject) for thing in alive)


def test_frames_are_fetched_one_behind_and_all_arrive(draw: Draw) -> None:
    made = flat_scene(texture(64, 64, 0), 0.9, margin_px=6)
    output = OutputSpec(32, 32, fps=7, duration_s=1)
    path = camera.plan(presets.load("pan-left"), made, output)
    frames = draw(made, path, output)
    assert len(frames) == 7
    assert len({frame.tobytes() for frame in frames}) == 7
    (single,) = draw(made, path.each(lambda of_all: of_all[3:4]), output)
    assert np.array_equal(frames[3], single)


def test_a_renderer_may_be_closed_after_its_context() -> None:
    with render.open_context() as context:
        renderer = render.Renderer(context, flat_scene(texture(60, 80, 0)))
    renderer.close()


@pytest.mark.parametrize("ended", ["renderer", "context"])
def test_a_renderer_that_is_over_says_so(ended: str) -> None:
    made, output = flat_scene(texture(60, 80, 0)), OutputSpec(80, 60, fps=7, duration_s=1)
    path = camera.plan(presets.load("circle"), made, output)
    with ExitStack() as stack:
        renderer = render.Renderer(stack.enter_context(render.open_context()), made)
        begun = renderer.frames(path, output)
        next(begun)
        (renderer if ended == "renderer" else stack).close()
        for frames in (begun, renderer.frames(path, output)):
            with pytest.raises(ValueError, match="the renderer is closed, or its context"):
                next(frames)


def test_a_context_may_be_opened_in_one_thread_and_first_drawn_in_by_another() -> None:
    made = flat_scene(texture(60, 80, 0))

    def frame(context: moderngl.Context) -> NDArray[np.uint8]:
        with render.Renderer(context, made) as renderer:
            return next(renderer.frames(still(made), OutputSpec(80, 60))).data

    with render.open_context() as context, ThreadPoolExecutor(1) as pool:
        assert np.array_equal(pool.submit(frame, context).result(), frame(context))


def test_an_unknown_pixel_layout_is_refused(draw: Draw) -> None:
    made = flat_scene(texture(60, 80, 0))
    with pytest.raises(ValueError, match="no pixel layout 'nv12': rgb24, yuv420p,"):
        draw(made, still(made), layout="nv12")  # type: ignore[arg-type]
