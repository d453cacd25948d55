"""A checkpoint file into a network: weights only, every name and every shape as it should be."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from torch import nn

from zoom3d.errors import WeightsError

NAMED_LIMIT = 4
"""How many keys of a kind an error names."""


def load(network: nn.Module, path: Path, name: str) -> None:
    """Fill ``network`` from ``path``. WeightsError where the file is missing, damaged or does not fit ``name``."""
    hint = f"fetch the file that belongs to {name} again"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"there is no file {path}", hint=f"give the checkpoint of {name}") from None
    except (OSError, RuntimeError, pickle.UnpicklingError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise WeightsError(f"{path} is no checkpoint that can be read: {reason}", hint=hint) from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise WeightsError(f"{path} holds no named tensors", hint=hint)
    if problems := _problems(network, state):
        raise WeightsError(f"{path} does not hold {name}: {'; '.join(problems)}", hint=hint)
    network.load_state_dict(state, strict=True)


def _problems(network: nn.Module, state: dict[str, torch.Tensor]) -> list[str]:
    expected = network.state_dict()
    missing = [key for key in expected if key not in state]
    surplus = [str(key) for key in state if key not in expected]
    shaped = [
        f"{key} {tuple(state[key].shape)} instead of {tuple(value.shape)}"
        for key, value in expected.items()
        if key in state and state[key].shape != value.shape
    ]
    kinds = (("missing", missing), ("surplus", surplus), ("of wrong shape", shaped))
    return [f"{len(keys)} {kind} ({_listed(keys)})" for kind, keys in kinds if keys]


def _listed(keys: list[str]) -> str:
    return ", ".join(keys[:NAMED_LIMIT]) + (", …" if len(keys) > NAMED_LIMIT else "")
