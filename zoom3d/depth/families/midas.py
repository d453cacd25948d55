"""MiDaS (Ranftl et al., PAMI 2022), DPT (Ranftl et al., ICCV 2021) and MiDaS 3.1 (Birkl et al., 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoom3d.depth.families import Model
from zoom3d.depth.midas.catalogue import MODELS, MidasModel

if TYPE_CHECKING:
    from zoom3d.depth.module import DepthModule

__all__ = ["MODELS", "build"]


def build(model: Model) -> DepthModule:
    """The network of ``model``, with arbitrary weights."""
    from zoom3d.depth.midas import assemble

    assert isinstance(model, MidasModel)
    return assemble.build(model)
