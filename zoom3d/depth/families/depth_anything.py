"""Depth Anything V2 (Yang et al., NeurIPS 2024): DINOv2 under the decoder of DPT. Not part of MiDaS.

Only the small model: it is the one whose weights are free (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from zoom3d.depth.families import Model

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zoom3d.depth.midas.backbones import Features
    from zoom3d.depth.module import DepthModule

MODELS: Mapping[str, Model] = MappingProxyType(
    {
        "depth_anything_v2_small": Model(
            name="depth_anything_v2_small",
            family="Depth Anything",
            licence="Apache-2.0",
            url="https://huggingface.co/depth-anything/Depth-Anything-V2-Small/resolve/main/depth_anything_v2_vits.pth",
            sha256="715fade13be8f229f8a70cc02066f656f2423a59effd0579197bbf57860e1378",
            parameters=24_785_089,
            download_bytes=99_218_434,
            quality=130,
            backbone="vit_small_patch14_dinov2",
            input_px=518,
            fit="lower_bound",
            multiple_px=14,
            mean=(0.485, 0.456, 0.406),
            std=(0.229, 0.224, 0.225),
            upsampling="bilinear",
        )
    }
)

_TAPS = (2, 5, 8, 11)
_CHANNELS = (48, 96, 192, 384)
_WIDTH = 64
_NAMES = (
    (r"^backbone\.", "pretrained."),
    (r"^decoder\.", "depth_head."),
    *((rf"\.reassemble\.{n + 1}\.narrow\.", f".projects.{n}.") for n in range(4)),
    *((rf"\.reassemble\.{n + 1}\.resample\.", f".resize_layers.{n}.") for n in range(4)),
    (r"\.narrow\.(\d)\.", r".scratch.layer\1_rn."),
    (r"\.fuse\.(\d)\.skip\.", r".scratch.refinenet\1.resConfUnit1."),
    (r"\.fuse\.(\d)\.refine\.", r".scratch.refinenet\1.resConfUnit2."),
    (r"\.fuse\.(\d)\.", r".scratch.refinenet\1."),
    (r"\.head\.0\.", ".scratch.output_conv1."),
    (r"\.head\.2\.", ".scratch.output_conv2.0."),
    (r"\.head\.4\.", ".scratch.output_conv2.2."),
)


def build(model: Model) -> DepthModule:
    """The network of ``model``, with arbitrary weights."""
    from zoom3d.depth._timm import timm
    from zoom3d.depth.midas.decoder_dpt import PYRAMID, DecoderDpt, Reassemble
    from zoom3d.depth.module import DepthModule

    class DepthAnything(DepthModule):
        names = _NAMES

        def __init__(self) -> None:
            super().__init__()
            self.backbone = timm.create_model(model.backbone, pretrained=False, num_classes=0)
            width = self.backbone.embed_dim
            self.unused = {"pretrained.mask_token": (1, width)}  # of DINOv2's training
            levels = zip(_CHANNELS, PYRAMID, strict=True)
            reassemble = [Reassemble(width, channels, scale, readout=False) for channels, scale in levels]
            self.decoder = DecoderDpt(reassemble, _CHANNELS, width=_WIDTH, head=(_WIDTH // 2, 32))

        def forward(self, x: Tensor) -> Tensor:
            prediction: Tensor = self.decoder(_features(self.backbone, x), (x.shape[-2], x.shape[-1]))
            return prediction

    return DepthAnything()


def _features(backbone: nn.Module, x: Tensor) -> list[Features]:
    """(B, 3, 14 h, 14 w) -> four normalised maps (B, C, h, w) of one resolution."""
    import torch

    from zoom3d.depth.midas.backbones import Features

    patches = backbone.patch_embed.proj(x)
    h, w = patches.shape[-2:]
    x = torch.cat([backbone.cls_token.expand(len(patches), -1, -1), patches.flatten(2).mT], dim=1)  # B, 1 + hw, C
    x = x + _positions(backbone.pos_embed, h, w)
    features = []
    for index, block in enumerate(backbone.blocks):
        x = block(x)
        if index in _TAPS:
            features.append(Features(backbone.norm(x)[:, 1:].mT.unflatten(2, (h, w))))
    return features


def _positions(table: Tensor, h: int, w: int) -> Tensor:
    """DINOv2's positions (1, 1 + side², C) for a map of another size: bicubic, on sizes taken a tenth of a patch too large."""
    import torch
    from torch.nn import functional as F

    side = round((table.shape[1] - 1) ** 0.5)
    if (h, w) == (side, side):
        return table
    grid = table[:, 1:].mT.unflatten(2, (side, side))
    grid = F.interpolate(grid, scale_factor=((h + 0.1) / side, (w + 0.1) / side), mode="bicubic")
    return torch.cat([table[:, :1], grid.flatten(2).mT], dim=1)
