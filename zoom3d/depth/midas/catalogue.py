"""Every official MiDaS model as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from zoom3d.depth.families import Fit, Model

_RELEASES = "https://github.com/isl-org/MiDaS/releases/download"
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))

Body = Literal["efficientnet", "resnext", "vit", "hybrid", "beit", "swin", "swin2", "levit", "nextvit"]
Head = Literal["v21_small", "v21_large", "dpt"]


@dataclass(frozen=True)
class MidasModel(Model):
    """A MiDaS model.

    body: how the backbone is walked through (``backbones.BODIES``).
    head: the decoder (``assemble.HEADS``).
    taps: the blocks whose outputs the decoder reads, for the bodies that are one run of equal blocks.
    channels: of the feature maps that the decoder reads, fine to coarse.
    """

    body: Body = "vit"
    head: Head = "dpt"
    taps: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()


def _model(
    release: str, name: str, backbone: str, input_px: int, fit: Fit, parameters: int, quality: int, *,
    body: Body, channels: tuple[int, ...], taps: tuple[int, ...] = (), head: Head = "dpt",
) -> MidasModel:  # fmt: skip
    mean, std = _HALF if head == "dpt" else _IMAGENET
    return MidasModel(
        name=name,
        family="MiDaS",
        licence="MIT",
        url=f"{_RELEASES}/{release}/{name}.pt",
        parameters=parameters,
        download_bytes=4 * parameters,  # near enough: the files hold float32 and little else
        quality=quality,
        backbone=backbone,
        input_px=input_px,
        fit=fit,
        mean=mean,
        std=std,
        body=body,
        head=head,
        taps=taps,
        channels=channels,
    )


_LAST_OF_12 = (2, 5, 8, 11)
_LAST_OF_24 = (5, 11, 17, 23)
_BASE = (96, 192, 384, 768)
_LARGE = (256, 512, 1024, 1024)
_SWIN_LARGE = (192, 384, 768, 1536)

_ALL = (
    _model("v2_1", "midas_v21_small_256", "tf_efficientnet_lite3", 256, "upper_bound", 21_320_545, 0,
           body="efficientnet", channels=(32, 48, 136, 384), head="v21_small"),
    _model("v2_1", "midas_v21_384", "resnext101_32x8d", 384, "upper_bound", 105_362_945, 20,
           body="resnext", channels=(256, 512, 1024, 2048), head="v21_large"),
    _model("v3", "dpt_hybrid_384", "vit_base_r50_s16_384", 384, "minimal", 123_146_985, 40,
           body="hybrid", channels=(256, 512, 768, 768), taps=(8, 11)),
    _model("v3", "dpt_large_384", "vit_large_patch16_384", 384, "minimal", 344_055_465, 50,
           body="vit", channels=_LARGE, taps=_LAST_OF_24),
    _model("v3_1", "dpt_swin2_tiny_256", "swinv2_tiny_window16_256", 256, "square", 41_701_331, 30,
           body="swin2", channels=_BASE),
    _model("v3_1", "dpt_swin2_base_384", "swinv2_base_window12to24_192to384", 384, "square", 102_378_913, 80,
           body="swin2", channels=(128, 256, 512, 1024)),
    _model("v3_1", "dpt_swin2_large_384", "swinv2_large_window12to24_192to384", 384, "square", 213_411_869, 100,
           body="swin2", channels=_SWIN_LARGE),
    _model("v3_1", "dpt_swin_large_384", "swin_large_patch4_window12_384", 384, "square", 213_407_453, 90,
           body="swin", channels=_SWIN_LARGE),
    _model("v3_1", "dpt_levit_224", "levit_384", 224, "square", 50_630_837, 10,
           body="levit", channels=(384, 512, 768)),
    _model("v3_1", "dpt_beit_base_384", "beit_base_patch16_384", 384, "minimal", 111_531_689, 70,
           body="beit", channels=_BASE, taps=_LAST_OF_12),
    _model("v3_1", "dpt_beit_large_384", "beit_large_patch16_384", 384, "minimal", 344_338_601, 110,
           body="beit", channels=_LARGE, taps=_LAST_OF_24),
    _model("v3_1", "dpt_beit_large_512", "beit_large_patch16_512", 512, "minimal", 345_014_441, 120,
           body="beit", channels=_LARGE, taps=_LAST_OF_24),
    _model("v3_1", "dpt_next_vit_large_384", "nextvit_large", 384, "minimal", 72_260_713, 60,
           body="nextvit", channels=(96, 256, 512, 1024)),
)  # fmt: skip

MODELS: Mapping[str, MidasModel] = MappingProxyType({model.name: model for model in _ALL})
