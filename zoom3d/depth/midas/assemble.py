"""A MiDaS network from its description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor, nn

from zoom3d.depth.midas.backbones import BODIES, Backbone
from zoom3d.depth.midas.catalogue import Body, Head, MidasModel
from zoom3d.depth.midas.decoder_dpt import PYRAMID, AsItIs, DecoderDpt, Reassemble, TransposedStem
from zoom3d.depth.midas.decoder_v21 import DecoderV21
from zoom3d.depth.module import DepthModule, Names, rename


def build(model: MidasModel) -> DepthModule:
    return MidasModule(BODIES[model.body](model), HEADS[model.head](model))


class MidasModule(DepthModule):
    """A backbone and a decoder."""

    def __init__(self, backbone: Backbone, decoder: DecoderDpt | DecoderV21) -> None:
        super().__init__()
        self.backbone = backbone
        self.decoder = decoder
        self.stored = backbone.STORED

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.backbone(x), (x.shape[-2], x.shape[-1]))

    def prepare(self) -> None:
        super().prepare()
        self.backbone.trim()

    def official_name(self, name: str) -> str:
        parts: dict[str, Names] = {"backbone.body.": self.backbone.NAMES, "decoder.": self.decoder.NAMES}
        prefix = next(prefix for prefix in parts if name.startswith(prefix))
        return rename(name.removeprefix(prefix), parts[prefix])


def _dpt(model: MidasModel) -> DecoderDpt:
    reassemble = _REASSEMBLE[model.body](model)
    if model.body == "levit":
        return DecoderDpt(reassemble, model.channels, head=(32, 8), stem=TransposedStem())
    return DecoderDpt(reassemble, model.channels)


def _pyramid(model: MidasModel) -> list[nn.Module]:
    """One resolution becomes four; the transformer has as many channels as the coarsest level."""
    width = model.channels[-1]
    return [Reassemble(width, channels, scale, readout=True) for channels, scale in zip(model.channels, PYRAMID, strict=True)]


def _half_pyramid(model: MidasModel) -> list[nn.Module]:
    """The two fine levels are those of the convolutional network below the transformer."""
    return [AsItIs(), AsItIs(), *_pyramid(model)[2:]]


def _as_it_is(model: MidasModel) -> list[nn.Module]:
    return [AsItIs() for _ in model.channels]


_REASSEMBLE: Mapping[Body, Callable[[MidasModel], list[nn.Module]]] = MappingProxyType(
    {
        "vit": _pyramid,
        "beit": _pyramid,
        "hybrid": _half_pyramid,
        "swin": _as_it_is,
        "swin2": _as_it_is,
        "levit": _as_it_is,
        "nextvit": _as_it_is,
    }
)

HEADS: Mapping[Head, Callable[[MidasModel], DecoderDpt | DecoderV21]] = MappingProxyType(
    {
        "v21_small": lambda model: DecoderV21(model.channels, (64, 128, 256, 512), large=False),
        "v21_large": lambda model: DecoderV21(model.channels, (256, 256, 256, 256), large=True),
        "dpt": _dpt,
    }
)
