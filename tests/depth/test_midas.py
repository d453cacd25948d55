"""Every MiDaS network against the official code: the same names in the checkpoint, the same numbers out of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from zoom3d.depth import models
from zoom3d.depth.families import midas
from zoom3d.depth.midas.catalogue import MODELS
from zoom3d.depth.module import uninitialised
from zoom3d.depth.prepare import prepare

LIMIT = 2e-4
"""Largest difference over standard deviation; rounding alone shows up to 7.5e-5."""

QUICK = ("midas_v21_small_256", "dpt_levit_224", "dpt_swin2_tiny_256")
MEASURED = (*QUICK, "dpt_hybrid_384", "midas_v21_384", "dpt_beit_base_384")

# Mean and standard deviation of the official output for the landscape picture, for the models of which nothing more is known.
STATISTICS = {
    "dpt_large_384": (7.39, 1.44),
    "dpt_swin2_base_384": (9.56, 2.74),
    "dpt_swin2_large_384": (9.70, 1.96),
    "dpt_swin_large_384": (7.01, 1.92),
    "dpt_beit_large_384": (4.99, 0.77),
    "dpt_beit_large_512": (5.05, 0.78),
    "dpt_next_vit_large_384": (8.24, 2.05),
}


def slow_unless(quick: tuple[str, ...], names: tuple[str, ...]) -> list[object]:
    return [pytest.param(name, marks=() if name in quick else pytest.mark.slow) for name in names]


def test_every_official_model_is_measured_or_has_its_statistics_checked() -> None:
    assert set(MODELS) == set(MEASURED) | set(STATISTICS)


@pytest.mark.parametrize("name", MODELS)
def test_the_checkpoint_has_the_official_names_shapes_and_number_of_parameters(name: str, shared: Path) -> None:
    manifest = json.loads((shared / "midas" / "manifests" / f"{name}.json").read_text())
    # Older timm finds out the hybrid's sizes by running it, which needs memory behind its weights.
    with uninitialised(), torch.device("cpu" if name == "dpt_hybrid_384" else "meta"):
        network = midas.build(MODELS[name])
    assert network.checkpoint_shapes() == {key: tuple(shape) for key, (shape, _) in manifest["keys"].items()}
    assert MODELS[name].parameters == manifest["parameters"]


@pytest.mark.parametrize("name", slow_unless(QUICK, MEASURED))
def test_the_prediction_is_that_of_the_official_code(
    name: str, pseudo: ModuleType, pseudo_weights: Callable[[str], Path], shared: Path
) -> None:
    network = models.load(name, weights=pseudo_weights(name), device="cpu")
    expected = np.load(shared / "midas" / "expected" / f"{name}.npz")
    for picture in pseudo.IMAGES:
        rgb = pseudo.test_image(picture)
        seen = prepare(rgb, network.model)
        assert (1, *seen.shape) == tuple(expected[f"{picture}_input_shape"])
        sampled = expected[f"{picture}_input_every16"].squeeze()
        np.testing.assert_allclose(seen[:, ::16, ::16], sampled, rtol=0, atol=1e-6)
        small = network.predict_small(rgb)
        assert _error(small, expected[f"{picture}_raw"].squeeze()) < LIMIT
        large = network.enlarge(small, *rgb.shape[:2])
        assert _error(large[::4, ::4], expected[f"{picture}_final_every4"].squeeze()) < LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("name", STATISTICS)
def test_the_prediction_has_the_statistics_of_the_official_code(
    name: str, pseudo: ModuleType, pseudo_weights: Callable[[str], Path]
) -> None:
    network = models.load(name, weights=pseudo_weights(name), device="cpu")
    small = network.predict_small(pseudo.test_image("landscape"))
    assert (small.mean(), small.std()) == pytest.approx(STATISTICS[name], abs=0.006)


def _error(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / expected.std())
