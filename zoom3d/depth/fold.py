"""Batch normalisation folded into the convolution before it: the same numbers in one pass over memory instead of two."""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights


def fold_batch_norms(network: nn.Module) -> None:
    """Fold every batch normalisation that directly follows a convolution, anywhere in ``network``.

    Follows means: is defined next in the same module. That holds for timm's residual networks, and a wrong guess would
    show in the parity tests.
    """
    for module in list(network.modules()):
        for (_, convolution), (name, norm) in itertools.pairwise(list(module.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                _fold(convolution, norm)
                # timm's BatchNormAct2d holds the activation that follows.
                setattr(module, name, getattr(norm, "act", nn.Identity()))


def _fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    with torch.no_grad():
        convolution.weight, convolution.bias = fuse_conv_bn_weights(
            convolution.weight,
            convolution.bias,
            norm.running_mean,
            norm.running_var,
            norm.eps,
            norm.weight,
            norm.bias,
        )
