"""The network, as it is trained: a small encoder-decoder of plain convolutions with a few attention blocks at its narrowest.

What zoom3d runs is ``zoom3d.depth.builtin_network``: the same, in numpy, with every normalisation folded into its convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTHS = (24, 40, 80, 128, 192)
"""Channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's size."""
DEPTHS = (1, 1, 2)
"""Residual blocks at 1/4, 1/8 and 1/16."""
ATTENTION_BLOCKS, HEADS = 3, 6
DECODER = (24, 40, 64, 96)
CENTRE, SPREAD = 0.5, 0.25
"""Of the root of disparity over all scenes: where the head starts."""


def convolution(inputs: int, outputs: int, stride: int = 1, size: int = 3, activate: bool = True) -> nn.Sequential:
    layers = [nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if activate else nn.Sequential(*layers)


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = convolution(width, width)
        self.second = convolution(width, width, activate=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)), inplace=True)


class Attention(nn.Module):
    """Pre-norm transformer block over (B, N, C)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, count, width = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(batch, count, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]).transpose(1, 2).reshape(batch, count, width)
        x = x + self.project(mixed)
        return x + self.narrow(F.relu(self.widen(self.norm2(x))))


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        c2, c4, c8, c16, c32 = WIDTHS
        self.stem = convolution(5, c2, 2)
        self.down4, self.down8 = convolution(c2, c4, 2), convolution(c4, c8, 2)
        self.down16, self.down32 = convolution(c8, c16, 2), convolution(c16, c32, 2)
        self.stage4, self.stage8, self.stage16 = (
            nn.Sequential(*(Residual(width) for _ in range(depth))) for width, depth in zip(WIDTHS[1:4], DEPTHS, strict=True)
        )
        self.attention = nn.Sequential(*(Attention(c32) for _ in range(ATTENTION_BLOCKS)))
        d2, d4, d8, d16 = DECODER
        self.up16 = convolution(c32, d16, 1, 1)
        self.skip16, self.merge16 = convolution(c16, d16, 1, 1, False), convolution(d16, d8)
        self.skip8, self.merge8 = convolution(c8, d8, 1, 1, False), convolution(d8, d4)
        self.skip4, self.merge4 = convolution(c4, d4, 1, 1, False), convolution(d4, d2)
        self.skip2, self.merge2 = convolution(c2, d2, 1, 1, False), convolution(d2, d2)
        self.head = nn.Conv2d(d2, 4, 3, 1, 1)

    def forward(self, rgb: Tensor) -> Tensor:
        """rgb: (B, 3, H, W) in [0, 1], H and W multiples of 32. Returns the root of disparity, (B, H, W), about [0, 1]."""
        x2 = self.stem(with_place(rgb))  # B 24 H/2 W/2
        x4 = self.stage4(self.down4(x2))  # B 40 H/4 W/4
        x8 = self.stage8(self.down8(x4))  # B 80 H/8 W/8
        x16 = self.stage16(self.down16(x8))  # B 128 H/16 W/16
        x32 = self.down32(x16)  # B 192 H/32 W/32
        tokens = self.attention(x32.flatten(2).transpose(1, 2))
        x = self.up16(tokens.transpose(1, 2).reshape(x32.shape).contiguous(memory_format=torch.channels_last))
        x = self.merge16(F.relu(double(x) + self.skip16(x16)))
        x = self.merge8(F.relu(double(x) + self.skip8(x8)))
        x = self.merge4(F.relu(double(x) + self.skip4(x4)))
        x = self.merge2(F.relu(double(x) + self.skip2(x2)))
        return CENTRE + SPREAD * F.pixel_shuffle(self.head(x), 2)[:, 0]


def double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def with_place(rgb: Tensor) -> Tensor:
    """(B, 5, H, W): colour in [-1, 1], and where each pixel stands: x and y in [-1, 1]."""
    batch, _, height, width = rgb.shape
    y = torch.linspace(-1, 1, height, dtype=rgb.dtype).view(1, 1, -1, 1).expand(batch, 1, height, width)
    x = torch.linspace(-1, 1, width, dtype=rgb.dtype).view(1, 1, 1, -1).expand(batch, 1, height, width)
    return torch.cat([rgb * 2 - 1, x, y], 1).contiguous(memory_format=torch.channels_last)
