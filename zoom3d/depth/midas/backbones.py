"""Backbones: timm's networks, walked through so that they give what MiDaS reads from them.

Every class here holds a timm network as ``body``, takes a batch (B, 3, H, W) and gives a list of ``Features``, fine to coarse.
``NAMES`` turns timm's names of parameters into those of the official checkpoints, by regular expressions applied one after
another; ``STORED`` lists the buffers that the checkpoints hold although they follow from the architecture.

Non-square inputs go the official way, which is not timm's: position tables are resized bilinearly, without antialiasing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zoom3d.depth._timm import timm
from zoom3d.depth.midas.catalogue import Body, MidasModel
from zoom3d.depth.module import Names

_PREFIX = (r"^", "pretrained.model.")


@dataclass(frozen=True, eq=False)
class Features:
    """One level of a backbone: the map (B, C, h, w), and the class token (B, C) where there is one."""

    grid: Tensor
    summary: Tensor | None = None


class Backbone(nn.Module):
    """A timm network without its head."""

    NAMES: ClassVar[Names] = (_PREFIX,)
    STORED: ClassVar[tuple[str, ...]] = ()

    def __init__(self, model: MidasModel) -> None:
        super().__init__()
        self.taps = model.taps
        self.body = timm.create_model(model.backbone, pretrained=False)

    def trim(self) -> None:
        """Let go of what only the checkpoint had a use for."""


class EfficientNet(Backbone):
    """EfficientNet-Lite 3."""

    NAMES = (
        (r"^conv_stem\.", "pretrained.layer1.0."),
        (r"^bn1\.", "pretrained.layer1.1."),
        (r"^blocks\.0\.", "pretrained.layer1.3."),
        (r"^blocks\.1\.", "pretrained.layer1.4."),
        (r"^blocks\.2\.", "pretrained.layer2.0."),
        (r"^blocks\.3\.", "pretrained.layer3.0."),
        (r"^blocks\.4\.", "pretrained.layer3.1."),
        (r"^blocks\.5\.", "pretrained.layer4.0."),
        (r"^blocks\.6\.", "pretrained.layer4.1."),
    )

    def __init__(self, model: MidasModel) -> None:
        super().__init__(model)
        del self.body.conv_head, self.body.bn2, self.body.classifier

    def forward(self, x: Tensor) -> list[Features]:
        x = self.body.bn1(self.body.conv_stem(x))
        features = []
        for index, stage in enumerate(self.body.blocks):
            x = stage(x)
            if index in {1, 2, 4, 6}:
                features.append(Features(x))
        return features


class ResNeXt(Backbone):
    """ResNeXt-101 32x8d."""

    NAMES = (
        (r"^conv1\.", "pretrained.layer1.0."),
        (r"^bn1\.", "pretrained.layer1.1."),
        (r"^layer1\.", "pretrained.layer1.4."),
        (r"^layer", "pretrained.layer"),
    )

    def __init__(self, model: MidasModel) -> None:
        super().__init__(model)
        del self.body.fc

    def forward(self, x: Tensor) -> list[Features]:
        body = self.body
        x = body.maxpool(body.act1(body.bn1(body.conv1(x))))
        features = []
        for stage in (body.layer1, body.layer2, body.layer3, body.layer4):
            x = stage(x)
            features.append(Features(x))
        return features


class VisionTransformer(Backbone):
    """ViT with learned positions (Dosovitskiy et al., ICLR 2021)."""

    def embed(self, x: Tensor) -> tuple[Tensor, list[Features]]:
        """Patches as a map (B, C, h, w), and the feature maps met on the way."""
        return self.body.patch_embed.proj(x), []

    def forward(self, x: Tensor) -> list[Features]:
        patches, features = self.embed(x)
        h, w = patches.shape[-2:]
        x = torch.cat([self.body.cls_token.expand(len(patches), -1, -1), patches.flatten(2).mT], dim=1)  # B, 1 + hw, C
        x = x + self._positions(h, w)
        for index, block in enumerate(self.body.blocks[: self.taps[-1] + 1]):
            x = block(x)
            if index in self.taps:
                features.append(_split(x, h, w))
        return features

    def _positions(self, h: int, w: int) -> Tensor:
        table = self.body.pos_embed  # 1, 1 + side², C
        side = round((table.shape[1] - 1) ** 0.5)
        if (h, w) == (side, side):
            return table
        grid = table[:, 1:].mT.unflatten(2, (side, side))
        grid = F.interpolate(grid, size=(h, w), mode="bilinear", align_corners=False)
        return torch.cat([table[:, :1], grid.flatten(2).mT], dim=1)


class HybridTransformer(VisionTransformer):
    """ViT on the feature map of a ResNet-50; its first two stages are the decoder's fine levels."""

    def __init__(self, model: MidasModel) -> None:
        super().__init__(model)
        for module in self.body.patch_embed.backbone.modules():
            if isinstance(module, timm.layers.StdConv2dSame):
                module.eps = 1e-8  # what the weights were trained with; the default of the class is 1e-6

    def embed(self, x: Tensor) -> tuple[Tensor, list[Features]]:
        convolutions = self.body.patch_embed.backbone
        x = convolutions.stem(x)
        features = []
        for index, stage in enumerate(convolutions.stages):
            x = stage(x)
            if index < 2:
                features.append(Features(x))
        return self.body.patch_embed.proj(convolutions.norm(x)), features


class Beit(Backbone):
    """BEiT (Bao et al., ICLR 2022): a ViT whose blocks have relative position biases instead of positions."""

    STORED = (r"\.relative_position_index$",)

    def trim(self) -> None:
        for block in self.body.blocks:
            block.attn.relative_position_index = None  # 200 MB in the largest model

    def forward(self, x: Tensor) -> list[Features]:
        patches = self.body.patch_embed.proj(x)
        h, w = patches.shape[-2:]
        x = torch.cat([self.body.cls_token.expand(len(patches), -1, -1), patches.flatten(2).mT], dim=1)  # B, 1 + hw, C
        features = []
        for index, block in enumerate(self.body.blocks[: self.taps[-1] + 1]):
            table = block.attn.relative_position_bias_table
            block.attn.relative_position_bias_table = None  # the block then takes the bias it is handed
            try:
                x = block(x, shared_rel_pos_bias=_relative_bias(table, h, w))
            finally:
                block.attn.relative_position_bias_table = table
            if index in self.taps:
                features.append(_split(x, h, w))
        return features


class SwinV2(Backbone):
    """Swin V2 (Liu et al., CVPR 2022)."""

    NAMES = (
        # timm begins a stage with the downsampling that the official code ends the one before it with
        (r"^layers\.1\.downsample\.", "layers.0.downsample."),
        (r"^layers\.2\.downsample\.", "layers.1.downsample."),
        (r"^layers\.3\.downsample\.", "layers.2.downsample."),
        (r"^head\.fc\.", "head."),
        _PREFIX,
    )
    STORED: ClassVar[tuple[str, ...]] = (r"\.attn_mask$",)

    def forward(self, x: Tensor) -> list[Features]:
        x = self.body.patch_embed(x)
        features = []
        for stage in self.body.layers:
            x = stage(x)  # B, h, w, C
            features.append(Features(x.permute(0, 3, 1, 2)))
        return features


class Swin(SwinV2):
    """Swin (Liu et al., ICCV 2021)."""

    STORED = (*SwinV2.STORED, r"\.relative_position_index$")


class Levit(Backbone):
    """LeViT (Graham et al., ICCV 2021)."""

    NAMES = (
        *((rf"^stem\.conv{n}\.", f"patch_embed.{2 * n - 2}.") for n in (1, 2, 3, 4)),
        *((rf"^stages\.{s}\.blocks\.{b}\.attn\.", f"blocks.{10 * s + 2 * b}.m.") for s in range(3) for b in range(4)),
        *((rf"^stages\.{s}\.blocks\.{b}\.mlp\.", f"blocks.{10 * s + 2 * b + 1}.m.") for s in range(3) for b in range(4)),
        *((rf"^stages\.{s}\.downsample\.attn_downsample\.", f"blocks.{10 * s - 2}.") for s in (1, 2)),
        *((rf"^stages\.{s}\.downsample\.mlp\.", f"blocks.{10 * s - 1}.m.") for s in (1, 2)),
        (r"\.ln1\.", ".0."),
        (r"\.ln2\.", ".2."),
        (r"\.(proj|q)\.ln\.", r".\1.1."),
        (r"^(head|head_dist)\.linear\.", r"\1.l."),
        (r"\.linear\.weight$", ".c.weight"),
        _PREFIX,
    )
    STORED = (r"\.attention_bias_idxs$",)

    def forward(self, x: Tensor) -> list[Features]:
        x = self.body.stem(x)
        side = x.shape[-1]
        x = x.flatten(2).mT  # B, hw, C
        features = []
        for index, (stage, last) in enumerate(zip(self.body.stages, (2, 1, 1), strict=True)):
            x = stage.downsample(x)
            for position, block in enumerate(stage.blocks):
                if position == last:
                    features.append(Features(x.mT.unflatten(2, (side, side))))
                    if index == 2:
                        return features
                x = block(x)
            side = (side + 1) // 2
        raise AssertionError("three stages end above")


class NextVit(Backbone):
    """Next-ViT (Li et al., 2022)."""

    NAMES = (
        *(
            (rf"^stages\.{stage}\.blocks\.{block}\.", f"features.{first + block}.")
            for stage, (first, count) in enumerate(((0, 3), (3, 4), (7, 30), (37, 3)))
            for block in range(count)
        ),
        (r"\.mlp\.fc([12])\.", r".mlp.conv\1."),
        (r"^head\.fc\.", "proj_head.0."),
        _PREFIX,
    )

    def forward(self, x: Tensor) -> list[Features]:
        x = self.body.stem(x)
        features = []
        for stage in self.body.stages:
            x = stage(x)
            features.append(Features(x))
        return features


def _split(x: Tensor, h: int, w: int) -> Features:
    """Tokens (B, 1 + hw, C) as a map and a class token."""
    return Features(x[:, 1:].mT.unflatten(2, (h, w)), x[:, 0])


def _relative_bias(table: Tensor, h: int, w: int) -> Tensor:
    """(1, heads, 1 + hw, 1 + hw): what BEiT adds to the attention between any two tokens of an h x w map.

    table: (side² + 3, heads): a value for each offset between two patches of a map whose offsets fill side x side, then those
        for class to patch, patch to class, and class to class.
    """
    side = round((len(table) - 3) ** 0.5)
    offsets = table[:-3].T.unflatten(1, (side, side))[None]  # 1, heads, side, side
    if (2 * h - 1, 2 * w - 1) != (side, side):
        offsets = F.interpolate(offsets, size=(2 * h - 1, 2 * w - 1), mode="bilinear", align_corners=False)
    # Query (i, j) and key (k, l) are apart by (i - k, j - l): for each query, a window of the mirrored table.
    windows = offsets.flip(2, 3).unfold(2, h, 1).unfold(3, w, 1).flip(2, 3)  # 1, heads, h, w, h, w
    count = h * w
    bias = table.new_empty(1, table.shape[1], 1 + count, 1 + count)
    bias[:, :, 1:, 1:] = windows.reshape(1, -1, count, count)
    to_patch, to_class, class_itself = table[-3:]
    bias[:, :, :1, 1:] = to_patch[:, None, None]
    bias[:, :, 1:, :1] = to_class[:, None, None]
    bias[:, :, 0, 0] = class_itself
    return bias


BODIES: Mapping[Body, type[Backbone]] = MappingProxyType(
    {
        "efficientnet": EfficientNet,
        "resnext": ResNeXt,
        "vit": VisionTransformer,
        "hybrid": HybridTransformer,
        "beit": Beit,
        "swin": Swin,
        "swin2": SwinV2,
        "levit": Levit,
        "nextvit": NextVit,
    }
)
