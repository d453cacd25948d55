"""Depth Anything V2 with pseudo-weights: its names, shapes and determinism. Equality with the official code is not measured."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from zoom3d.depth import models
from zoom3d.depth.families import depth_anything
from zoom3d.depth.module import uninitialised

MODEL = models.get("depth_anything_v2_small")


@pytest.fixture(scope="module")
def shapes() -> dict[str, tuple[int, ...]]:
    with uninitialised():
        return depth_anything.build(MODEL).checkpoint_shapes()


def test_the_checkpoint_has_the_published_names_and_shapes(shapes: dict[str, tuple[int, ...]]) -> None:
    assert len(shapes) == 239
    assert sum(math.prod(shape) for shape in shapes.values()) == MODEL.parameters == 24_785_089
    assert shapes.items() >= {
        ("pretrained.mask_token", (1, 384)),
        ("pretrained.pos_embed", (1, 1370, 384)),
        ("pretrained.blocks.11.ls2.gamma", (384,)),
        ("depth_head.projects.0.weight", (48, 384, 1, 1)),
        ("depth_head.resize_layers.0.weight", (48, 48, 4, 4)),
        ("depth_head.resize_layers.3.weight", (384, 384, 3, 3)),
        ("depth_head.scratch.layer2_rn.weight", (64, 96, 3, 3)),
        ("depth_head.scratch.refinenet4.resConfUnit1.conv1.weight", (64, 64, 3, 3)),
        ("depth_head.scratch.refinenet1.out_conv.bias", (64,)),
        ("depth_head.scratch.output_conv1.weight", (32, 64, 3, 3)),
        ("depth_head.scratch.output_conv2.0.weight", (32, 32, 3, 3)),
        ("depth_head.scratch.output_conv2.2.weight", (1, 32, 1, 1)),
    }
    assert "depth_head.resize_layers.2.weight" not in shapes


def test_it_predicts_the_same_twice_at_the_photograph_s_size(
    shapes: dict[str, tuple[int, ...]], picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    torch.save({name: _pseudo(name, shape) for name, shape in shapes.items()}, tmp_path / "net.pth")
    first = models.load(MODEL.name, weights=tmp_path / "net.pth", device="cpu")
    second = models.load(MODEL.name, weights=tmp_path / "net.pth", device="cpu")
    small = first.predict_small(picture)
    assert small.shape == (518, 770)
    assert small.std() > 0.01
    large = second.predict(picture)
    np.testing.assert_array_equal(large, first.enlarge(small, *picture.shape[:2]))
    # Corners are samples: they survive the change of size.
    assert large[::106, ::159] == pytest.approx(small[::517, ::769], rel=1e-4)


def _pseudo(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Random numbers that follow from the name, scaled by fan-in, around 1 for normalisation and large enough at the end that
    the last rectification stays open."""
    seed = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    noise = torch.from_numpy(np.random.default_rng(seed).standard_normal(shape, dtype=np.float32))
    if name.endswith("output_conv2.2.bias"):
        return torch.full(shape, 3.0)
    if len(shape) == 1:
        return 0.1 * noise + (1.0 if "norm" in name and name.endswith("weight") else 0.0)
    return noise / math.sqrt(math.prod(shape[1:]))
