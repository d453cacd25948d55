"""The decoder of the dense prediction transformer (Ranftl et al., ICCV 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from zoom3d.depth.linear import linear
from zoom3d.depth.midas.backbones import Features
from zoom3d.depth.midas.fusion import ConvolutionOfEnlarged, Fusion
from zoom3d.depth.winograd import Convolution3x3

Scale = Literal["x4", "x2", "x1", "/2"]
PYRAMID: tuple[Scale, ...] = ("x4", "x2", "x1", "/2")
"""What makes a pyramid of four maps that a plain transformer gives at one resolution."""


class Readout(nn.Linear):
    """Mixes the class token into every patch token: a linear layer on the pair (patch, class), then GELU."""

    def __init__(self, channels: int) -> None:
        super().__init__(2 * channels, channels)

    def forward(self, features: Features) -> Tensor:
        tokens = features.grid.flatten(2).mT  # B, hw, C
        for_patch, for_class = self.weight.split(tokens.shape[-1], dim=1)
        # The class token's share is one vector for the whole map; it need not be computed for each patch.
        shared = F.linear(features.summary, for_class, self.bias)  # B, C
        mixed = F.gelu(linear(tokens, for_patch).add_(shared[:, None]))
        return mixed.mT.unflatten(2, features.grid.shape[-2:])


class Reassemble(nn.Module):
    """Turns a level of a plain transformer into a map of the pyramid: readout, fewer channels, another resolution."""

    NAMES = (
        (r"\.readout\.", ".0.project.0."),
        (r"\.narrow\.", ".3."),
        (r"\.resample\.", ".4."),
    )

    def __init__(self, in_channels: int, channels: int, scale: Scale, *, readout: bool) -> None:
        super().__init__()
        self.readout = Readout(in_channels) if readout else None
        self.narrow = nn.Conv2d(in_channels, channels, 1)
        self.resample: nn.Module = nn.Identity()
        if scale in {"x4", "x2"}:
            factor = int(scale[1])
            self.resample = nn.ConvTranspose2d(channels, channels, factor, stride=factor)
        elif scale == "/2":
            self.resample = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, features: Features) -> Tensor:
        grid = features.grid if self.readout is None else self.readout(features)
        return self.resample(self.narrow(grid))


class AsItIs(nn.Module):
    """A level that has its channels and resolution already."""

    def forward(self, features: Features) -> Tensor:
        return features.grid


class TransposedStem(nn.Module):
    """Enlarges 256 channels by 4 in two transposed convolutions, undoing LeViT's stem of stride 16."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({"0": _Doubling(256, 128), "2": _Doubling(128, 64)})

    def forward(self, x: Tensor) -> Tensor:
        return F.hardswish(self.layers["2"](F.hardswish(self.layers["0"](x))))


class _Doubling(nn.Module):
    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.c = nn.ConvTranspose2d(in_channels, channels, 3, stride=2, padding=1, output_padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.c(x))


class DecoderDpt(nn.Module):
    """Features, fine to coarse -> inverse depth (B, H, W).

    reassemble: a module a level, from ``Features`` to a map.
    channels: of those maps. width: of the decoder. head: channels of the last two convolutions.
    stem: undoes the stem of the backbone before the head, where the finest level is too coarse.
    """

    NAMES = (
        (r"^reassemble\.(\d)\.", r"pretrained.act_postprocess\1."),
        *Reassemble.NAMES,
        (r"^narrow\.(\d)\.", r"scratch.layer\1_rn."),
        (r"^fuse\.(\d)\.", r"scratch.refinenet\1."),
        *Fusion.NAMES,
        (r"^stem\.layers\.", "scratch.stem_transpose."),
        (r"^head\.", "scratch.output_conv."),
    )

    def __init__(
        self,
        reassemble: Sequence[nn.Module],
        channels: Sequence[int],
        *,
        width: int = 256,
        head: tuple[int, int] = (128, 32),
        stem: nn.Module | None = None,
    ) -> None:
        super().__init__()
        levels = [str(index + 1) for index in range(len(channels))]
        self.reassemble = nn.ModuleDict(dict(zip(levels, reassemble, strict=True)))
        self.narrow = nn.ModuleDict(
            {level: Convolution3x3(channel, width, bias=False) for level, channel in zip(levels, channels, strict=True)}
        )
        self.fuse = nn.ModuleDict({level: Fusion(width, width) for level in levels})
        self.stem = nn.Identity() if stem is None else stem
        self.head = nn.ModuleDict(
            {
                "0": Convolution3x3(width if stem is None else 2 * head[0], head[0]),
                "2": ConvolutionOfEnlarged(head[0], head[1]),
                "4": nn.Conv2d(head[1], 1, 1),
            }
        )

    def forward(self, features: list[Features], size: tuple[int, int]) -> Tensor:
        """size: (H, W) of the network's input and of the result."""
        maps = [
            self.narrow[level](self.reassemble[level](feature)) for level, feature in zip(self.narrow, features, strict=True)
        ]
        x: Tensor | None = None
        for index in range(len(maps) - 1, -1, -1):
            h, w = maps[index - 1].shape[-2:] if index else (2 * maps[0].shape[-2], 2 * maps[0].shape[-1])
            x = self.fuse[str(index + 1)](x, maps[index], (h, w))
        x = F.relu_(self.head["2"](self.head["0"](self.stem(x)), size))  # B, head[1], H, W
        return F.relu_(self.head["4"](x)).squeeze(1)  # B, H, W
