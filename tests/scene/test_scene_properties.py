"""What holds for every layered scene, whatever the photograph and its depth."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from analytic import texture
from numpy.typing import NDArray

from zoom3d import scene, strips
from zoom3d.inpaint import DEFAULT, load
from zoom3d.scene import edges, matte, occlusion
from zoom3d.types import DepthMap, LayeredScene, Photo

HEIGHT, WIDTH = 150, 200
NEAR, FAR = 0.8, 0.2


def _square() -> NDArray[np.bool_]:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[40:110, 60:130] = True
    return mask


def _planted(tilt: float = 0.0) -> tuple[Photo, DepthMap]:
    """A red square before a blue ground: no red lies in the ground, no blue in the square."""
    rgb = texture(HEIGHT, WIDTH, 3, 60, 200)
    rgb[..., 0], rgb[..., 1] = 0, rgb[..., 1] // 2
    rgb[_square()] = texture(HEIGHT, WIDTH, 4, 150, 250)[_square()]
    rgb[_square(), 1:] = 0
    ground = FAR + tilt * (np.arange(HEIGHT)[:, None] / HEIGHT - 0.5)
    depth = np.where(_square(), NEAR, ground).astype(np.float32)
    return Photo(rgb, float(WIDTH)), DepthMap(depth, "planted")


def _build(photo: Photo, depth: DepthMap, method: str = DEFAULT) -> LayeredScene:
    return scene.build(photo, depth, load(method))


def _inner(made: LayeredScene, plane: NDArray[np.generic]) -> NDArray[np.generic]:
    edge = made.margin_px
    return plane[edge:-edge, edge:-edge]


@pytest.mark.parametrize("method", ["telea", DEFAULT])
def test_no_colour_of_the_foreground_gets_behind_it(method: str) -> None:
    made = _build(*_planted(), method)
    back = _inner(made, made.layers[0].rgba)
    seen = back[..., 3] == 255
    assert back[seen][:, 0].max() <= 12
    assert (seen & _square()).sum() > 1000  # there is something to see behind it


def test_the_border_is_painted_from_what_lies_near_the_frame() -> None:
    sources = []

    def fill(rgb: NDArray[np.uint8], hole: NDArray[np.bool_], source: NDArray[np.bool_], *_: object) -> NDArray[np.uint8]:
        if hole[0, 0]:
            sources.append(source)
        return rgb.copy()

    made = scene.build(*_planted(), fill)
    (source,) = sources
    assert not _inner(made, source)[_square()].any()
    assert source.mean() > 0.4


def test_what_is_hidden_continues_the_tilted_ground() -> None:
    tilt = 0.35
    made = _build(*_planted(tilt))
    behind = _inner(made, made.layers[0].disparity)
    shown = (_inner(made, made.layers[0].rgba)[..., 3] == 255) & _square()
    ground = np.broadcast_to(FAR + tilt * (np.arange(HEIGHT)[:, None] / HEIGHT - 0.5), behind.shape)
    rim = np.zeros_like(shown)
    rim[45:105, 60:66] = rim[45:105, 124:130] = True
    assert (rim & shown).sum() > 300
    assert np.abs(behind - ground)[rim & shown].max() < 0.015
    straight_on = np.abs(np.where(_square(), FAR, 0) - ground)[rim & shown].max()
    assert straight_on > 3 * 0.015  # a ground that does not stay tilted would be caught


@pytest.mark.parametrize("seed", range(4))
def test_hidden_surfaces_lie_behind_what_hides_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.random((5, 6)).astype(np.float32)
    depth = np.kron(coarse, np.ones((30, 34), np.float32))[:HEIGHT, :WIDTH]
    made = _build(Photo(texture(HEIGHT, WIDTH, seed), 200.0), DepthMap(np.ascontiguousarray(depth), "blocks"))
    back, front = made.layers
    off = (back.disparity - front.disparity)[front.rgba[..., 3] == 255]
    assert off.max() <= 1e-3


def test_the_photograph_is_untouched_away_from_edges() -> None:
    photo, depth = _planted()
    made = _build(photo, depth)
    front = _inner(made, made.layers[-1].rgba)
    far_off = np.ones((HEIGHT, WIDTH), bool)
    far_off[20:130, 40:150] = False
    far_off[60:90, 80:110] = True
    assert np.array_equal(front[far_off][:, :3], photo.rgb[far_off])
    assert (front[far_off][:, 3] == 255).all()
    assert np.array_equal(_inner(made, made.layers[-1].disparity)[far_off], depth.disparity[far_off])


def test_front_over_back_is_the_photograph() -> None:
    """Alpha, foreground and background solve the compositing equation, in linear light."""
    photo, depth = _planted()
    made = _build(photo, depth)
    back, front = (_inner(made, layer.rgba) for layer in made.layers)
    alpha = front[..., 3:] / 255
    light = alpha * matte._linear(front[..., :3]) + (1 - alpha) * matte._linear(back[..., :3])
    off = np.abs(matte._coded(light.astype(np.float32)).astype(int) - photo.rgb)
    assert off.max() <= 2


def test_the_outline_of_what_stands_before_it_does_not_stay_behind() -> None:
    """A sharpened photograph has a dark line along a bright figure, outside its silhouette."""
    rgb = cv2.GaussianBlur(texture(HEIGHT, WIDTH, 3, 60, 120), (0, 0), 3)
    rgb[cv2.dilate(_square().view(np.uint8), np.ones((3, 3), np.uint8)) > 0] = 15
    rgb[_square()] = 235
    made = _build(Photo(rgb, float(WIDTH)), _planted()[1])
    back = _inner(made, made.layers[0].rgba)
    assert back[..., :3][back[..., 3] == 255].min() > 45


@pytest.mark.parametrize("ground_levels", [(60, 75), (30, 38), (20, 25)])
@pytest.mark.parametrize("figure_levels", [(235, 236), (150, 250)])
def test_the_fringe_of_what_stands_before_it_does_not_stay_behind(
    ground_levels: tuple[int, int], figure_levels: tuple[int, int]
) -> None:
    """A lens spreads a bright figure over a few pixels of the ground beside it."""
    rgb, figure = (
        cv2.cvtColor(texture(HEIGHT, WIDTH, seed, *levels)[..., 0], cv2.COLOR_GRAY2RGB)
        for seed, levels in ((3, ground_levels), (5, figure_levels))
    )
    ground = rgb.astype(int)
    rgb[_square()] = figure[_square()]
    rgb = cv2.GaussianBlur(rgb, (0, 0), 1.5)
    made = _build(Photo(rgb, float(WIDTH)), _planted()[1])
    back, front = (_inner(made, layer.rgba) for layer in made.layers)
    near, wide = (cv2.dilate(_square().view(np.uint8), np.ones((side, side), np.uint8)) for side in (3, 9))
    beside = (wide > 0) & (near == 0)
    assert (rgb.astype(int) - ground)[beside].max() >= 24
    assert np.abs(back[..., :3] - ground)[beside].max() < 11
    alpha = front[..., 3:] / 255
    light = alpha * matte._linear(front[..., :3]) + (1 - alpha) * matte._linear(back[..., :3])
    assert np.abs(matte._coded(light.astype(np.float32)).astype(int) - rgb)[beside].max() <= 2


def test_the_back_layer_is_there_wherever_the_front_one_is_not() -> None:
    made = _build(*_planted())
    back, front = made.layers
    assert (back.rgba[front.rgba[..., 3] < 255][:, 3] == 255).all()
    assert np.isfinite(back.disparity).all()


@pytest.mark.parametrize("estimated", [True, False])
def test_a_narrow_surface_between_two_goes_on_beyond_where_it_is_seen_behind_the_nearer(*, estimated: bool) -> None:
    """A face before a ring of dark hair before a bright wall: no wall shows along the middle of the hair."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    radius = np.hypot(rows - HEIGHT / 2, columns - WIDTH / 2)
    depth = np.select([radius < 40, radius < 54], [0.9, 0.7], 0.1).astype(np.float32)
    rgb = np.select([radius < 40, radius < 54], [150, 20], 230)[..., None].repeat(3, axis=2).astype(np.uint8)
    made = scene.build(Photo(rgb, float(WIDTH)), DepthMap(depth, "planted"), load(DEFAULT), scene.Extent(estimated=estimated))
    back, front = made.layers
    hair = (radius > 42) & (radius < 52)
    gap = hair & (_inner(made, front.rgba)[..., 3] == 0)
    beyond = hair & ~gap & (cv2.dilate(gap.view(np.uint8), np.ones((7, 7), np.uint8)) > 0)
    assert gap.sum() > 500
    assert beyond.sum() > 500
    assert np.abs(_inner(made, back.disparity) - depth)[gap | beyond].max() < 0.02
    assert _inner(made, back.rgba)[gap | beyond][:, :3].max() <= 40


@pytest.mark.parametrize("estimated", [True, False])
def test_a_surface_seen_beside_a_narrow_nearer_one_goes_on_behind_it(*, estimated: bool) -> None:
    """An earlobe, nearer than the hair above it, before a wall: no wall shows between hair and lobe."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    hair, lobe = (rows < 75) & (columns > 60), (rows >= 75) & (rows < 79) & (columns > 60)
    depth = np.select([(columns > 100) | lobe, hair], [0.9, 0.7], 0.1).astype(np.float32)
    rgb = np.select([(columns > 100) | lobe, hair], [150, 20], 230)[..., None].repeat(3, axis=2).astype(np.uint8)
    made = scene.build(Photo(rgb, float(WIDTH)), DepthMap(depth, "planted"), load(DEFAULT), scene.Extent(estimated=estimated))
    part = lobe & (columns > 75) & (columns < 95)
    assert np.abs(_inner(made, made.layers[0].disparity) - 0.7)[part].max() < 0.02
    assert _inner(made, made.layers[0].rgba)[part][:, :3].max() < 200


def test_two_scenes_of_one_photograph_are_the_same() -> None:
    one, other = _build(*_planted()), _build(*_planted())
    for a, b in zip(one.layers, other.layers, strict=True):
        assert np.array_equal(a.rgba, b.rgba)
        assert np.array_equal(a.disparity, b.disparity)


@pytest.mark.parametrize(("allowed", "made"), [(1, 1), (2, 2), (3, 3)])
def test_there_are_as_many_layers_as_allowed_where_surfaces_overlap(allowed: int, made: int) -> None:
    photo, _ = _planted()
    depth = np.full((HEIGHT, WIDTH), FAR, np.float32)
    depth[30:120, 30:150] = 0.5
    depth[50:100, 60:110] = NEAR
    extent = scene.Extent(reach_px=40, layer_count=allowed)
    layers = scene.build(photo, DepthMap(depth, "stairs"), load("telea"), extent).layers
    assert len(layers) == made
    assert all((layer.rgba[..., 3] == 255).any() for layer in layers)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_without_depth_there_is_one_layer(value: float) -> None:
    photo, _ = _planted()
    made = _build(photo, DepthMap(np.full((HEIGHT, WIDTH), value, np.float32), "flat"))
    assert len(made.layers) == 1
    assert np.array_equal(_inner(made, made.layers[0].rgba)[..., :3], photo.rgb)


@pytest.mark.parametrize("size", [(150, 200), (20, 16), (3, 90), (1, 1)])
def test_noise_for_depth_is_no_reason_to_fail(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).random(size).astype(np.float32)
    made = _build(Photo(texture(*size, 1), 200.0), DepthMap(noise, "noise"))
    for layer in made.layers:
        assert np.isfinite(layer.disparity).all()
        assert 0 <= layer.disparity.min() <= layer.disparity.max() <= 1


def test_a_stored_scene_comes_back_whole() -> None:
    made = _build(*_planted())
    stream = io.BytesIO()
    np.savez(stream, **scene.to_arrays(made))  # type: ignore[arg-type]
    stream.seek(0)
    again = scene.from_arrays(np.load(stream))
    for a, b in zip(made.layers, again.layers, strict=True):
        assert np.array_equal(a.rgba, b.rgba)
        assert np.array_equal(a.disparity, b.disparity)
    for name in ("margin_px", "focal_px", "near", "far", "subject", "reach_px"):
        assert getattr(made, name) == getattr(again, name)


def test_a_slope_is_not_torn_and_a_step_is() -> None:
    slope = np.broadcast_to(np.linspace(0, 1, WIDTH, dtype=np.float32), (HEIGHT, WIDTH)).copy()
    assert edges.find(slope, 30.0, 0.2) is None
    step = np.where(slope > 0.5, np.float32(0.6), np.float32(0.3))
    found = edges.find(step, 30.0, 0.2)
    assert found is not None
    assert np.array_equal(np.flatnonzero(found.far.any(0)), [WIDTH // 2 - 1])
    assert np.array_equal(np.flatnonzero(found.near.any(0)), [WIDTH // 2])


def test_a_silhouette_before_a_slope_is_torn_in_one_piece() -> None:
    row, column = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    beyond = row - 40 - 0.4 * column - 2 * np.sin(column / 4)  # from a wavy outline down into the ground, which rises there
    disparity = np.where(beyond > 0, 0.3 + 0.0015 * row, 0.9).astype(np.float32)
    found = edges.find(disparity, 100.0, 1.0, estimated=True)
    assert found is not None
    around = np.abs(beyond) < 10
    assert ((found.inside < 0) == (beyond > 0))[around].all()


@pytest.mark.parametrize(
    ("height", "edge", "estimated", "layers"),
    [(0.1, 0, True, 1), (0.1, 20, True, 1), (0.2, 60, True, 2), (0.1, 90, True, 2), (0.1, 0, False, 2), (0.35, 0, True, 2)],
)
def test_a_step_of_a_guess_is_torn_only_where_a_stretch_would_show(
    height: float, edge: int, estimated: bool, layers: int
) -> None:
    beside = np.tile(np.arange(240) >= 120, (180, 1))
    shading = np.linspace(100, 140, 240).astype(np.uint8) + np.uint8(edge) * beside
    photo = Photo(np.dstack([shading.astype(np.uint8)] * 3), 240.0)
    depth = DepthMap((0.4 + height * beside).astype(np.float32), "test")
    made = scene.build(photo, depth, load("telea"), scene.Extent(estimated=estimated))
    assert len(made.layers) == layers


@pytest.mark.parametrize("seed", range(3))
def test_a_ledge_belongs_to_the_side_that_it_is_closer_to(seed: int) -> None:
    """It is the near side of one edge and the far side of another."""
    rough = np.kron(np.random.default_rng(seed).random((HEIGHT // 2, WIDTH // 2)), np.ones((2, 2)))
    found = edges.find(rough.astype(np.float32), 60.0, 0.3, estimated=True)
    assert found is not None
    below, above = (side.beside(slice(None)) for side in (found.far_side, found.near_side))
    ledges, nearer = found.near & found.far, found.disparity - below > above - found.disparity
    assert (ledges & nearer).any()
    assert np.array_equal(found.inside[ledges] > 0, nearer[ledges])


@pytest.mark.parametrize("estimated", [True, False])
def test_a_fold_beside_a_silhouette_is_not_torn_in_a_guess(*, estimated: bool) -> None:
    """What goes on behind it would else take the place of the ground behind the silhouette."""
    column = np.arange(WIDTH)
    fold = np.select([column < 60, column < 66, column < 130], [FAR, 0.75, 0.8], 0.88)  # and one far from any silhouette
    found = edges.find(np.tile(fold.astype(np.float32), (HEIGHT, 1)), 60.0, 0.4, estimated=estimated)
    assert found is not None
    torn = np.flatnonzero(found.near.any(axis=0))
    assert np.array_equal(torn, [60, 130] if estimated else [60, 66, 130])
    behind = occlusion.continue_behind(found, 120.0, 0.4).disparity
    assert (behind[:, 60:75].max() < FAR + 0.05) == estimated


def test_a_speck_is_no_edge() -> None:
    depth = np.full((HEIGHT, WIDTH), 0.3, np.float32)
    depth[70, 90] = 0.36
    assert edges.find(depth, 40.0, 0.3) is None


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_only_what_is_much_nearer_to_the_hidden_surface_is_looked_at(scale: float) -> None:
    depth = np.full((HEIGHT, WIDTH), FAR, np.float32)
    depth[_square()] = NEAR
    depth[:, :20] = 0.5  # nearer than the ground, but not by much of the way to the square
    found = edges.find(depth, 30.0, 0.2)
    assert found is not None
    hidden = occlusion.continue_behind(found, 30.0, 0.2)
    source = occlusion.background_near(hidden.mask, found, hidden, scale)
    assert not (source & _square()).any()
    assert not source[:, :15].any()
    assert source[120:, 30:].all()


@pytest.mark.parametrize("processors", [1, 3])
def test_threads_and_strips_change_nothing(processors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _build(*_planted())
    monkeypatch.setattr(strips, "_processors", lambda: processors)
    monkeypatch.setattr(strips.strips, "__kwdefaults__", {"pixels": 3000})
    monkeypatch.setattr(edges, "_STRIP_PX", 3000)
    parted = _build(*_planted())
    for a, b in zip(whole.layers, parted.layers, strict=True):
        assert np.array_equal(a.rgba, b.rgba)
        assert np.array_equal(a.disparity, b.disparity)


def test_slivers_of_an_estimate_hide_less_of_what_lies_behind_than_they_seem_to() -> None:
    """Beside a silhouette, what is neither before nor behind it is noise, unless the depth was measured."""
    clean = cv2.resize(_planted()[1].disparity, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    near, window = (clean > 0.5).astype(np.uint8), np.ones((7, 7), np.uint8)
    edge = cv2.dilate(near, window) != cv2.erode(near, window)
    noise = cv2.resize(np.random.default_rng(0).random((75, 100)), clean.shape[::-1], interpolation=cv2.INTER_NEAREST)
    ragged = np.where(edge & (noise > 0.6), np.where(noise > 0.8, 0.35, 0.6), clean).astype(np.float32)

    def ground(disparity: NDArray[np.float32], *, estimated: bool) -> int:
        found = edges.find(disparity, 45.0, 0.37, estimated=estimated)
        assert found is not None
        hidden = occlusion.continue_behind(found, 90.0, 0.37)
        return int((hidden.mask & (hidden.disparity < 0.3)).sum())

    assert ground(clean, estimated=True) == ground(clean, estimated=False)
    assert ground(ragged, estimated=True) > 1.2 * ground(ragged, estimated=False)
