"""Official checkpoints: read as weights only, compared name by name with the network, loaded into it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from zoom3d.depth.module import DepthModule
from zoom3d.errors import WeightsError

_HINT = "use the official file of this model"


def load_into(network: DepthModule, path: Path) -> None:
    """Give ``network`` the weights in the file at ``path``, which must hold exactly what it needs."""
    state = read(path)
    check(state, network, path)
    wanted = {name: state.get(network.official_name(name)) for name in network.state_dict()}
    own = {name: value for name, value in wanted.items() if value is not None}
    own = {name: value.float() if value.is_floating_point() else value for name, value in own.items()}
    network.load_state_dict(own, strict=False, assign=True)  # ``check`` was strict already


def validate(network: DepthModule, path: Path) -> None:
    """Raise WeightsError unless the file at ``path`` holds exactly what ``network`` needs. The numbers are not read."""
    check(read(path, device="meta"), network, path)


def read(path: Path, device: str = "cpu") -> dict[str, Tensor]:
    """Name -> tensor, from a plain state dict or one that stands beside an optimizer's. No code in the file is run."""
    if not path.is_file():
        raise WeightsError(f"there is no file {path}", hint="name a file of weights")
    try:
        content = torch.load(path, map_location=device, weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(f"{path} is damaged, or holds code besides weights, and is not loaded", hint=_HINT) from error
    except Exception as error:  # torch.load raises nearly anything on a file that is no checkpoint
        raise WeightsError(f"{path} is not a checkpoint, or is damaged", hint=_HINT) from error
    if isinstance(content, Mapping) and "optimizer" in content:
        content = content.get("model")
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise WeightsError(f"{path} does not hold named tensors", hint=_HINT)
    return {str(name): value for name, value in content.items()}


def check(state: Mapping[str, Tensor], network: DepthModule, path: Path) -> None:
    """Raise WeightsError, naming the first culprit, where names, shapes and types in ``state`` are not those of ``network``."""
    expected = network.checkpoint_shapes()
    # torch itself forgives missing counters of batches, which inference does not use.
    missing = [name for name in expected if name not in state and not name.endswith(".num_batches_tracked")]
    surplus = [name for name in state if name not in expected]
    misshaped = [name for name in expected if name in state and tuple(state[name].shape) != expected[name]]
    for names, what in ((missing, "lacks"), (surplus, "has the unknown")):
        if names:
            more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
            raise WeightsError(f"{path} {what} key {names[0]}{more}", hint=_HINT)
    if misshaped:
        name = misshaped[0]
        found = tuple(state[name].shape)
        raise WeightsError(f"{path} has key {name} with shape {found} instead of {expected[name]}", hint=_HINT)
    own = {network.official_name(name): value for name, value in network.state_dict().items()}
    for name, value in state.items():
        wrong_type = name in own and own[name].is_floating_point() and not value.is_floating_point()
        if wrong_type or value.layout != torch.strided:
            kind = f"{value.dtype}, {value.layout}".replace("torch.", "")
            raise WeightsError(f"{path} has key {name} as {kind}, not as floating-point numbers", hint=_HINT)
