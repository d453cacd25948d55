"""Linear layers as convolutions of 1x1.

On a CPU torch leaves products of matrices to MKL and convolutions to oneDNN, which takes an eighth less time for the same
product where the processor is AMD's.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEWEST = 400_000
"""Rows times channels, of what goes in or comes out. Below, rearranging the weights costs more than it brings (measured)."""


class Linear(nn.Linear):
    """A linear layer: (..., C) -> (..., O)."""

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """What ``F.linear`` gives: (..., C) -> (..., O). weight: (O, C)."""
    rows = x.numel() // x.shape[-1]
    has_convolution = x.device.type == "cpu" and x.dtype == torch.float32 and torch.backends.mkldnn.is_available()
    if not has_convolution or rows * min(weight.shape) < FEWEST:
        return F.linear(x, weight, bias)
    pixels = x.reshape(1, 1, rows, -1).permute(0, 3, 1, 2)  # 1, C, 1, rows, channels last
    # Dilation changes nothing about a kernel of 1x1, but on one thread torch gives oneDNN no others of that size.
    y = F.conv2d(pixels, weight[:, :, None, None], bias, dilation=2)  # 1, O, 1, rows
    return y.permute(0, 2, 3, 1).reshape(*x.shape[:-1], -1)


def accelerate(network: nn.Module) -> None:
    """Make every plain linear layer of ``network`` one of these, with its name and its weights."""
    for module in network.modules():
        if type(module) is nn.Linear:
            module.__class__ = Linear
