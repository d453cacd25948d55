"""Fixtures for the depth networks: deterministic weights under the official names."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

MakeWeights = Callable[[str], Path]


@pytest.fixture(scope="session")
def pseudo(shared: Path) -> ModuleType:
    """The recipe for pseudo-weights and test pictures that comes with the expected outputs."""
    spec = importlib.util.spec_from_file_location("pseudo_checkpoint", shared / "midas" / "pseudo_checkpoint.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # the shared folder is not ours to write to
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module


@pytest.fixture
def pseudo_weights(pseudo: ModuleType, shared: Path, tmp_path: Path) -> MakeWeights:
    """Writes the file of pseudo-weights of a MiDaS model, by name."""

    def make(name: str) -> Path:
        state = pseudo.pseudo_state_dict(pseudo.load_manifest(shared / "midas" / "manifests" / f"{name}.json"))
        return save(state, tmp_path / f"{name}.pt")

    return make


def save(state: Mapping[str, NDArray[np.generic] | Tensor], path: Path) -> Path:
    import torch

    torch.save({key: torch.as_tensor(np.array(value)) for key, value in state.items()}, path)
    return path


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """(107, 160, 3) uint8: smooth, with an edge."""
    y, x = np.mgrid[0:107, 0:160]
    rgb = np.stack([x, 2 * y, np.where(x > 80, 200, 40)], axis=-1)
    return rgb.astype(np.uint8)
