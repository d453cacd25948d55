from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from zoom3d.render import backdrop, mesh
from zoom3d.types import Layer

HEIGHT, WIDTH = 300, 420
ONE = np.ones((2, 2), np.float32)


def _layer(disparity: NDArray[np.float32], alpha: NDArray[np.uint8] | int = 255) -> Layer:
    rgba = np.full((*disparity.shape, 4), 255, np.uint8)
    rgba[..., 3] = alpha
    return Layer(rgba, disparity.astype(np.float32))


def _hills() -> NDArray[np.float32]:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return (0.4 + 0.2 * y / HEIGHT + 0.15 * np.sin(x / 23) * np.cos(y / 31)).astype(np.float32)


def _build(layer: Layer, weight: NDArray[np.float32], tolerance: float, spare: NDArray[np.bool_] | None = None) -> mesh.Mesh:
    return mesh.build(mesh.sample(layer, 1.0, spare=spare), weight, tolerance)


def _areas(built: mesh.Mesh, triangles: NDArray[np.uint32]) -> NDArray[np.float64]:
    a, b, c = (built.vertices[triangles[:, k], :2].astype(np.float64) for k in range(3))
    return np.abs((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])) / 2


def test_the_triangles_cover_the_canvas_once() -> None:
    built = _build(_layer(_hills()), ONE, 0.003)
    assert _areas(built, built.opaque).sum() == pytest.approx(HEIGHT * WIDTH, rel=1e-6)


def test_there_are_no_cracks() -> None:
    """Every edge belongs to two triangles, but for those on the border of the canvas."""
    built = _build(_layer(_hills()), ONE, 0.003)
    triangles = built.opaque.astype(np.int64)
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), 1)
    pairs, counts = np.unique(edges, axis=0, return_counts=True)
    assert set(counts) == {1, 2}
    x, y = built.vertices[pairs[counts == 1].ravel(), :2].T
    assert np.all((x == 0) | (y == 0) | np.isclose(x, WIDTH) | np.isclose(y, HEIGHT))


@pytest.mark.parametrize("tolerance", [0.01, 0.002])
def test_the_error_stays_below_the_tolerance(tolerance: float) -> None:

    disparity = _hills()
    built = _build(_layer(disparity), ONE, tolerance)
    points = np.random.default_rng(0).integers([4, 4], [WIDTH - 4, HEIGHT - 4], (3000, 2))
    interpolated = _interpolate(built, points + 0.5)
    error = np.abs(interpolated - disparity[points[:, 1], points[:, 0]])
    assert np.quantile(error, 0.99) < 2 * tolerance


def _interpolate(built: mesh.Mesh, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Disparity of the mesh at each point, by looking for its triangle."""
    corners = built.vertices[built.opaque].astype(np.float64)
    low, high = corners[..., :2].min(1), corners[..., :2].max(1)
    found = np.full(len(points), np.nan)
    for number, point in enumerate(points):
        for candidate in np.flatnonzero(((low <= point) & (high >= point)).all(1)):
            a, b, c = corners[candidate]
            matrix = np.array([b[:2] - a[:2], c[:2] - a[:2]]).T
            u, v = np.linalg.solve(matrix, point - a[:2])
            if u >= -1e-6 and v >= -1e-6 and u + v <= 1 + 1e-6:
                found[number] = a[2] + u * (b[2] - a[2]) + v * (c[2] - a[2])
                break
    return found


def test_a_plane_costs_no_more_than_the_roots() -> None:
    y, x = np.mgrid[0:512, 0:512].astype(np.float32)
    built = _build(_layer(0.2 + 0.0005 * x + 0.0003 * y), ONE, 1e-3)
    assert len(built.opaque) == 2 * 16 * 16


def test_transparent_regions_have_no_triangles_and_opaque_triangles_touch_nothing_translucent() -> None:
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[100:200, 150:300] = 0
    built = _build(_layer(np.full((HEIGHT, WIDTH), 0.5, np.float32), alpha), ONE, 1e-3)
    centres = built.vertices[np.concatenate([built.opaque, built.matte])][..., :2].mean(1)
    deep = (centres > [165, 115]).all(1) & (centres < [285, 185]).all(1)
    assert not deep.any()
    corners = built.vertices[built.opaque][..., :2]
    assert not ((corners.max(1) > [150, 100]) & (corners.min(1) < [300, 200])).all(1).any()


def test_mattes_come_far_to_near() -> None:
    _, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    built = _build(_layer(0.1 + 0.8 * x / WIDTH, 128), ONE, 1e-3)
    assert len(built.opaque) == 0
    assert np.all(np.diff(built.vertices[built.matte][..., 2].mean(1)) >= -1e-6)


def test_a_step_hidden_in_a_transparent_gap_stays_coarse() -> None:
    """Torn edges cost what the tear costs, and nothing for the jump that nobody sees."""
    flat = np.full((HEIGHT, WIDTH), 0.2, np.float32)
    step = np.where(np.arange(WIDTH) < 210, flat, 0.8)
    torn = np.full((HEIGHT, WIDTH), 255, np.uint8)
    torn[:, 200:220] = 0
    still, stepped, untorn = (
        _build(_layer(disparity, alpha), ONE, 1e-3) for disparity, alpha in ((flat, torn), (step, torn), (step, 255))
    )
    count = [len(each.opaque) + len(each.matte) for each in (still, stepped, untorn)]
    assert count[0] == count[1] < count[2]


@pytest.mark.parametrize("shift", range(8))
def test_no_triangle_leads_from_what_is_seen_to_a_surface_in_the_gap_beside_it(shift: int) -> None:
    """It would be a sliver, seen edge-on, and would flash in colours of a coarse mip level."""
    edge = 150 + shift
    disparity = np.full((256, 256), 0.3, np.float32)
    disparity[edge - 9 :] = 0.8
    alpha = np.full((256, 256), 255, np.uint8)
    alpha[120:edge] = 0
    built = mesh.build(mesh.sample(_layer(disparity, alpha), 4.0), ONE, 0.01)
    drawn = np.concatenate([built.opaque, built.matte])
    assert np.ptp(built.vertices[drawn, 2], axis=1).max() < 0.1


def test_what_is_never_shown_has_no_triangles() -> None:
    weight = np.ones((HEIGHT, WIDTH), np.float32)
    weight[:, 200:] = 0
    built = _build(_layer(_hills()), weight, 0.003)
    assert _areas(built, built.opaque).sum() == pytest.approx(HEIGHT * 200, rel=0.2)
    assert built.vertices[built.opaque][..., 0].min(1).max() < 232  # no farther than one of the largest triangles
    left = backdrop.build(backdrop.make(_layer(_hills(), 0), 40.0), weight > 0, built, 40.0)
    assert 200 <= left.vertices[left.opaque][..., 0].max() < WIDTH


def test_a_layer_ends_coarsely_where_the_one_behind_shows_the_same() -> None:
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:, 200:220] = 0
    layer = _layer(_hills(), alpha)
    spare = np.zeros((HEIGHT, WIDTH), bool)
    spare[:, 220:260] = True
    whole, spared = _build(layer, ONE, 1e-3), _build(layer, ONE, 1e-3, spare)
    assert (whole.vertices[whole.matte][..., 0] > 210).any()
    assert not (spared.vertices[spared.matte][..., 0] > 210).any()
    own = np.concatenate([spared.opaque, spared.matte])
    reach = spared.vertices[own][..., 0]
    assert ((reach.max(1) <= 210) | (reach.min(1) >= 215)).all()
    assert reach[reach.min(1) >= 215].min() < 260  # what is not spare begins at 260, and is there
