"""The recipe in short: scenes with exact disparity, and a training that learns from them and goes on where it was stopped."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba", reason="training draws its scenes with numba")

from training import raycast, scenes
from training.stage import Stage, turn
from training.textures import Bank, make_bank

pytestmark = pytest.mark.slow
SIDE = 64


@pytest.fixture(scope="module")
def bank() -> Bank:
    return make_bank(0)


def seen(stage: Stage, pitch: float = 0.0) -> np.ndarray:
    """(SIDE, SIDE) distances along the axis of a camera of 90 degrees one metre above the ground."""
    view = raycast.camera(np.array([0.0, 1.0, 0.0]), 0.0, pitch, 0.0, 1.0, 1.0)
    return raycast.cast(stage.primitives(), stage.bank.masks, view, SIDE, SIDE)[0]


def test_the_grounds_disparity_is_a_straight_ramp_below_the_horizon(bank: Bank) -> None:
    stage = Stage(np.random.default_rng(0), bank)
    stage.plane((0, 0, 0), stage.look())
    distance = seen(stage)
    below = (2 * np.arange(SIDE) + 1) / SIDE - 1  # tangent of the angle under the horizon; at 1 m of height this is 1 / z
    assert (distance[: SIDE // 2] == raycast.FAR).all()
    np.testing.assert_allclose(1 / distance[SIDE // 2 :, 7], below[SIDE // 2 :], rtol=1e-4)


@pytest.mark.parametrize("shape", ["ellipsoid", "box", "taper"])
def test_a_body_is_met_where_its_surface_is(bank: Bank, shape: str) -> None:
    stage = Stage(np.random.default_rng(0), bank)
    getattr(stage, shape)((0, 1, 5), (0.5, 0.7, 0.9), stage.look(), turn(math.pi))
    distance = seen(stage)
    assert distance[SIDE // 2, SIDE // 2] == pytest.approx(4.1, abs=0.02)
    columns = np.flatnonzero(distance[SIDE // 2] < raycast.FAR)
    assert np.ptp(columns) + 1 == pytest.approx(SIDE * 0.5 / (4.1 if shape == "box" else 5), abs=1.5)


def test_what_is_nearer_hides_what_is_behind(bank: Bank) -> None:
    stage = Stage(np.random.default_rng(0), bank)
    for far in (4.0, 2.0, 3.0):
        stage.ellipsoid((0, 1, far), (0.3, 0.3, 0.1), stage.look())
    assert seen(stage)[SIDE // 2, SIDE // 2] == pytest.approx(1.9, abs=0.01)


@pytest.mark.parametrize("recipe", [recipe for recipe, _ in scenes.RECIPES], ids=lambda recipe: recipe.__name__)
def test_every_kind_of_scene_can_be_drawn_and_is_the_same_for_the_same_seed(bank: Bank, recipe) -> None:
    first, second = (scenes.make(bank, np.random.default_rng(3), SIDE, recipe) for _ in range(2))
    np.testing.assert_array_equal(first.rgb, second.rgb)
    assert 0 <= first.disparity.min() <= first.disparity.max() <= 1
    assert first.disparity.max() > 0.9
    assert first.rgb.std() > 2


def test_a_short_training_orders_scenes_it_never_saw_and_goes_on_where_it_was_stopped(tmp_path: Path, bank: Bank) -> None:
    import torch

    from training.export import write
    from training.train import Recipe, train
    from zoom3d.depth import builtin_network

    recipe = Recipe(
        samples=1280, sides=((0.0, (64,)),), rates=((0.0, 1.3e-3), (0.75, 1e-3)), start=96, fresh=1, capacity=160, memory=0.9
    )
    train(replace(recipe, samples=640, rates=recipe.rates[:1]), tmp_path)
    first, network = train(recipe, tmp_path)
    assert any((one != other).any() for one, other in zip(first.parameters(), network.parameters(), strict=True))
    write([network], tmp_path / "network.safetensors")
    assert (tmp_path / "network.safetensors").stat().st_size < 8e6
    weights = builtin_network.read(tmp_path / "network.safetensors")
    random, wrong = np.random.default_rng(1), []
    for seed in range(24):
        scene = scenes.make(bank, np.random.default_rng([9, seed]), SIDE)
        with torch.no_grad():
            own = network(torch.from_numpy(scene.rgb).permute(2, 0, 1)[None] / 255)[0].clamp(min=0).numpy() ** 2
        found = builtin_network.forward(weights, scene.rgb.astype(np.float32) / 255)
        np.testing.assert_allclose(found, own, atol=0.02)  # half precision in the file
        truth, guess = scene.disparity.ravel() + 1e-3, found.ravel()
        one, other = random.integers(0, truth.size, (2, 2000))
        apart = np.abs(np.log(truth[one] / truth[other])) > 0.1
        if apart.any():
            wrong.append(((truth[one] > truth[other]) != (guess[one] > guess[other]))[apart].mean())
    assert np.mean(wrong) < 0.34
