"""The convolutional decoder of MiDaS v2.1 (Ranftl et al., PAMI 2022)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from zoom3d.depth.midas.backbones import Features
from zoom3d.depth.midas.fusion import ConvolutionOfEnlarged, Fusion
from zoom3d.depth.winograd import Convolution3x3


class DecoderV21(nn.Module):
    """Feature maps, fine to coarse -> inverse depth (B, H, W) at twice the resolution of the finest fusion.

    channels: of the feature maps; widths: of the decoder's levels, fine to coarse.
    large: the large model rectifies what its residual units add back, and its fusions keep the number of channels.
    """

    NAMES = (
        (r"^narrow\.(\d)\.", r"scratch.layer\1_rn."),
        (r"^fuse\.(\d)\.", r"scratch.refinenet\1."),
        *Fusion.NAMES,
        (r"^head\.", "scratch.output_conv."),
    )

    def __init__(self, channels: Sequence[int], widths: Sequence[int], *, large: bool) -> None:
        super().__init__()
        self.narrow = nn.ModuleDict()
        self.fuse = nn.ModuleDict()
        for index, (channel, width) in enumerate(zip(channels, widths, strict=True)):
            self.narrow[str(index + 1)] = Convolution3x3(channel, width, bias=False)
            out_channels = None if large else widths[max(index - 1, 0)]
            self.fuse[str(index + 1)] = Fusion(width, out_channels, rectified_skip=large)
        half = widths[0] // 2
        self.head = nn.ModuleDict(
            {
                "0": Convolution3x3(widths[0], half),
                "2": ConvolutionOfEnlarged(half, 32),
                "4": nn.Conv2d(32, 1, 1),
            }
        )

    def forward(self, features: list[Features], size: tuple[int, int]) -> Tensor:
        x: Tensor | None = None
        for index in range(len(features), 0, -1):
            level = self.narrow[str(index)](features[index - 1].grid)
            x = self.fuse[str(index)](x, level, (2 * level.shape[-2], 2 * level.shape[-1]))
        x = F.relu_(self.head["2"](self.head["0"](x), size, corners=False))  # B, 32, H, W
        return F.relu_(self.head["4"](x)).squeeze(1)  # B, H, W
