"""Writes a trained network as zoom3d takes it: normalisations folded into the convolutions before them, in half precision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.network import CENTRE, SPREAD, Network


def folded(network: Network) -> dict[str, NDArray[np.float32]]:
    """Every array by name: ``NAME.weight`` (D, C, k, k) and ``NAME.bias`` for each convolution, the attention's as it is."""
    arrays: dict[str, torch.Tensor] = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.Sequential) and isinstance(module[0], nn.Conv2d):
            norm = module[1]
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            arrays[f"{name}.weight"] = module[0].weight * scale[:, None, None, None]
            arrays[f"{name}.bias"] = norm.bias - norm.running_mean * scale
        elif name == "head" or isinstance(module, nn.Linear | nn.LayerNorm):
            arrays[f"{name}.weight"], arrays[f"{name}.bias"] = module.weight, module.bias
    arrays["head.weight"] = arrays["head.weight"] * SPREAD
    arrays["head.bias"] = arrays["head.bias"] * SPREAD + CENTRE
    return {name: array.detach().contiguous().numpy() for name, array in arrays.items()}


def write(networks: Sequence[Network], path: Path) -> None:
    """The mean of ``networks``, which are stages of one training."""
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    each = [folded(network) for network in networks]
    save_file({name: np.mean([arrays[name] for arrays in each], axis=0).astype(np.float16) for name in each[0]}, path)
