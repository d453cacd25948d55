"""The edge, depth and colour networks of "3D Photography using Context-aware Layered Depth Inpainting" (Shih et al., 2020).

Attribute names are those of the authors' checkpoints. Every network takes one tensor (1, channels, h, w) float32 of any size,
pads it with zeros, centred, to a multiple of 128, and crops its answer. The last two channels are always context and mask:
where something is known, and where something is to be made up, 1 or 0.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

MULTIPLE = 128


class PartialConvolution(nn.Module):
    """Convolution of the known pixels only ("Image Inpainting for Irregular Holes", Liu et al., 2018, eq. 1 and 2)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, *, bias: bool) -> None:
        super().__init__()
        padding = kernel // 2
        self.input_conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=bias)
        self.mask_conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.window = inputs * kernel * kernel

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        summed = self.mask_conv(mask)  # (1, out, h, w)
        bias = self.input_conv.bias
        offset = 0.0 if bias is None else bias.view(1, -1, 1, 1)
        known = summed != 0
        scaled = (self.input_conv(values * mask) - offset) * self.window / torch.where(known, summed, 1.0) + offset
        return torch.where(known, scaled, 0.0), known.to(values.dtype)


class Block(nn.Module):
    """Partial convolution, batch norm unless said, activation unless said."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: int = 1,
        *,
        bias: bool = False,
        norm: bool = True,
        activation: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.conv = PartialConvolution(inputs, outputs, kernel, stride, bias=bias)
        self.bn = nn.BatchNorm2d(outputs) if norm else None
        self.activation = activation

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        values, mask = self.conv(values, mask)
        if self.bn is not None:
            values = self.bn(values)
        if self.activation is not None:
            values = self.activation(values)
        return values, mask


class PartialUNet(nn.Module):
    """Seven encoder blocks down to 1/128, seven decoder blocks up again, with skips: the depth and the colour network.

    decoder_names: of the decoder blocks, deepest first. biased: the first encoder blocks whose convolution has a bias.
    """

    def __init__(self, inputs: int, outputs: int, decoder_names: tuple[str, ...], *, biased: int, bounded: bool) -> None:
        super().__init__()
        widths = (inputs, 64, 128, 256, 512, 512, 512, 512)
        kernels = (7, 5, 5, 3, 3, 3, 3)
        for index, kernel in enumerate(kernels):
            block = Block(
                widths[index],
                widths[index + 1],
                kernel,
                2,
                bias=index < biased,
                norm=index > 0,
                activation=functional.relu,
            )
            self.add_module(f"enc_{index + 1}", block)
        coming = widths[-1]
        for name, skip, going in zip(decoder_names, widths[-2::-1], (512, 512, 512, 256, 128, 64, outputs), strict=True):
            last = name == decoder_names[-1]
            block = Block(coming + skip, going, bias=last, norm=not last, activation=None if last else _leaky)
            self.add_module(name, block)
            coming = going
        self.decoder_names = decoder_names
        self.bounded = bounded

    def forward(self, stacked: Tensor) -> Tensor:
        """(1, inputs, h, w) -> (1, outputs, h, w); in [0, 1] where the network is bounded."""
        padded, crop = _padded(stacked)
        mask = (padded[:, -2:-1] + padded[:, -1:]).clamp(0.0, 1.0).expand_as(padded)
        levels = [(padded, mask)]
        for index in range(1, 8):
            levels.append(self.get_submodule(f"enc_{index}")(*levels[-1]))
        values, mask = levels.pop()
        for name in self.decoder_names:
            skipped, skipped_mask = levels.pop()
            values = torch.cat([functional.interpolate(values, scale_factor=2.0, mode="nearest"), skipped], 1)
            mask = torch.cat([functional.interpolate(mask, scale_factor=2.0, mode="nearest"), skipped_mask], 1)
            values, mask = self.get_submodule(name)(values, mask)
        values = values[crop]
        return torch.sigmoid(values) if self.bounded else values


class SpectralConvolution(nn.Module):
    """A convolution whose weight is divided by its largest singular value ("Spectral Normalization …", Miyato et al., 2018)."""

    weight_u: Tensor
    weight_v: Tensor

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, *, bias: bool = True
    ) -> None:
        super().__init__()
        self._make(outputs, (outputs, inputs, kernel, kernel), bias=bias)
        self.stride, self.padding, self.dilation = stride, padding, dilation

    def _make(self, outputs: int, shape: tuple[int, ...], *, bias: bool) -> None:
        self.weight_orig = nn.Parameter(torch.zeros(shape))
        self.register_buffer("weight_u", torch.zeros(outputs))
        self.register_buffer("weight_v", torch.zeros(self.weight_orig.numel() // outputs))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    def _normalised(self, matrix: Tensor) -> Tensor:
        largest = torch.dot(self.weight_u, torch.mv(matrix.flatten(1), self.weight_v))
        return self.weight_orig / largest

    def forward(self, values: Tensor) -> Tensor:
        weight = self._normalised(self.weight_orig)
        return functional.conv2d(values, weight, self.bias, self.stride, self.padding, self.dilation)


class SpectralTransposed(SpectralConvolution):
    """The transposed convolution (kernel 4, stride 2, padding 1): outputs are the second dimension of its weight."""

    def __init__(self, inputs: int, outputs: int) -> None:
        nn.Module.__init__(self)
        self._make(outputs, (inputs, outputs, 4, 4), bias=True)

    def forward(self, values: Tensor) -> Tensor:
        weight = self._normalised(self.weight_orig.transpose(0, 1))
        return functional.conv_transpose2d(values, weight, self.bias, stride=2, padding=1)


class ResidualBlock(nn.Module):
    """x + what two convolutions, the first dilated by 2, make of x."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(2),
            SpectralConvolution(width, width, 3, dilation=2, bias=False),
            nn.InstanceNorm2d(width),
            nn.LeakyReLU(0.2),
            nn.ReflectionPad2d(1),
            SpectralConvolution(width, width, 3, bias=False),
            nn.InstanceNorm2d(width),
        )

    def forward(self, values: Tensor) -> Tensor:
        changed: Tensor = self.conv_block(values)
        return values + changed


class EdgeNetwork(nn.Module):
    """rgb, disparity, edge, context, mask -> the probability that a depth edge runs through a pixel.

    The disparity may have any positive scale: it is divided by its largest value first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder_0 = _normed(nn.ReflectionPad2d(3), SpectralConvolution(7, 64, 7))
        self.encoder_1 = _normed(SpectralConvolution(64, 128, 4, stride=2, padding=1))
        self.encoder_2 = _normed(SpectralConvolution(128, 256, 4, stride=2, padding=1))
        self.middle = nn.Sequential(*(ResidualBlock(256) for _ in range(8)))
        self.decoder_0 = _normed(SpectralTransposed(512, 128))
        self.decoder_1 = _normed(SpectralTransposed(256, 64))
        self.decoder_2 = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(128, 1, 7))

    def forward(self, stacked: Tensor) -> Tensor:
        """(1, 7, h, w) -> (1, 1, h, w) in [0, 1]."""
        largest = stacked[:, 3:4].amax()
        scale = torch.where(largest > 0, largest, torch.ones_like(largest))
        padded, crop = _padded(torch.cat([stacked[:, :3], stacked[:, 3:4] / scale, stacked[:, 4:]], 1))
        first = self.encoder_0(padded)  # (1, 64, h, w)
        second = self.encoder_1(first)  # (1, 128, h/2, w/2)
        third = self.encoder_2(second)  # (1, 256, h/4, w/4)
        values = self.decoder_0(torch.cat([self.middle(third), third], 1))  # (1, 128, h/2, w/2)
        values = self.decoder_1(torch.cat([values, second], 1))  # (1, 64, h, w)
        return torch.sigmoid(self.decoder_2(torch.cat([values, first], 1)))[crop]


def build(kind: str) -> nn.Module:
    """The network ``kind`` (edge, depth or color) without its weights."""
    if kind == "edge":
        return EdgeNetwork()
    if kind == "depth":
        names = ("dec_7", "dec_6", "dec_5", "dec_4", "dec_3", "dec_2", "dec_1")
        return PartialUNet(4, 1, names, biased=2, bounded=False)
    if kind == "color":
        names = ("dec_7", "dec_6", "dec_5A", "dec_4A", "dec_3A", "dec_2A", "dec_1A")
        return PartialUNet(6, 3, names, biased=0, bounded=True)
    raise ValueError(f"there is no network '{kind}': edge, depth or color")


def _leaky(values: Tensor) -> Tensor:
    return functional.leaky_relu(values, 0.2)


def _normed(*modules: nn.Module) -> nn.Sequential:
    last = modules[-1]
    width = last.weight_u.numel() if isinstance(last, SpectralConvolution) else 0
    return nn.Sequential(*modules, nn.InstanceNorm2d(width), nn.ReLU())


def _padded(stacked: Tensor) -> tuple[Tensor, tuple[slice, ...]]:
    """``stacked`` in the middle of the next multiple of 128, and where to find it there."""
    height, width = stacked.shape[-2:]
    missing_y, missing_x = -height % MULTIPLE, -width % MULTIPLE
    top, left = missing_y // 2, missing_x // 2
    padded = functional.pad(stacked, (left, missing_x - left, top, missing_y - top))
    return padded, (slice(None), slice(None), slice(top, top + height), slice(left, left + width))
