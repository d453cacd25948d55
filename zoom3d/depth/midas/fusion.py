"""What the decoders of MiDaS share: residual units and fusion of one level with the next (RefineNet, Lin et al., CVPR 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zoom3d.depth.winograd import Convolution3x3


def enlarge(x: Tensor, size: tuple[int, int], *, corners: bool = True) -> Tensor:
    """Bilinear resizing of (B, C, h, w) to ``size``; ``corners``: the corner pixels keep their places."""
    return F.interpolate(x, size=size, mode="bilinear", align_corners=corners)


class ConvolutionOfEnlarged(nn.Conv2d):
    """A 3x3 convolution of a map that is enlarged first, with half of the multiplications: (B, C, h, w) -> (B, O, H, W).

    Enlargement in height and convolution along rows commute, both being linear and each at work on an axis of its own. So each
    row of the kernel works on the map enlarged in width alone; what the three rows give is enlarged in height and added up.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__(in_channels, channels, 3, padding=1)

    def forward(self, x: Tensor, size: tuple[int, int], *, corners: bool = True) -> Tensor:
        channels = self.out_channels
        rows = self.weight.permute(2, 0, 1, 3).reshape(3 * channels, self.in_channels, 1, 3)
        x = enlarge(x, (x.shape[-2], size[1]), corners=corners)
        bias = F.pad(self.bias, (channels, channels))  # of the middle row alone
        x = F.conv2d(x, rows, bias, padding=(0, 1))  # B, 3 O, h, W
        above, here, below = enlarge(x, size, corners=corners).split(channels, dim=1)
        y = here.contiguous(memory_format=torch.channels_last)
        y[:, :, 1:] += above[:, :, :-1]
        y[:, :, :-1] += below[:, :, 1:]
        return y


class ResidualUnit(nn.Module):
    """x + two convolutions of it. With ``rectified_skip`` it is max(x, 0) that is added, as in the large v2.1 model."""

    def __init__(self, channels: int, *, rectified_skip: bool = False) -> None:
        super().__init__()
        self.conv1 = Convolution3x3(channels, channels)
        self.conv2 = Convolution3x3(channels, channels)
        self.rectified_skip = rectified_skip

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2(self.conv1(x, rectify=True), rectify=True)  # B, C, h, w
        return y.add_(F.relu(x) if self.rectified_skip else x)


class Fusion(nn.Module):
    """Adds a level to what came from the coarser ones, refines the sum and enlarges it.

    skip: works on the added level; refine: on the sum; out_conv: changes the number of channels, where there is one. It stands
    before the enlargement, which as a weighted mean commutes with it, and so works on a quarter of the pixels.
    """

    NAMES = (
        (r"\.skip\.", ".resConfUnit1."),
        (r"\.refine\.", ".resConfUnit2."),
    )

    def __init__(self, channels: int, out_channels: int | None, *, rectified_skip: bool = False) -> None:
        super().__init__()
        self.skip = ResidualUnit(channels, rectified_skip=rectified_skip)
        self.refine = ResidualUnit(channels, rectified_skip=rectified_skip)
        self.out_conv = nn.Conv2d(channels, out_channels, 1) if out_channels is not None else nn.Identity()

    def forward(self, coarser: Tensor | None, level: Tensor, size: tuple[int, int]) -> Tensor:
        x = level if coarser is None else self.skip(level).add_(coarser)
        return enlarge(self.out_conv(self.refine(x)), size)
