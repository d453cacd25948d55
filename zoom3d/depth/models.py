"""The depth networks there are, and how to get one. Nothing here imports torch before a network is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoom3d import plugins, weights
from zoom3d.depth import AUTO, BUILTIN, families
from zoom3d.depth.families import Model
from zoom3d.errors import DepthError, WeightsError, suggest
from zoom3d.types import Progress

if TYPE_CHECKING:
    from zoom3d.depth.module import DepthModule
    from zoom3d.depth.network import Network

DEFAULT = "midas_v21_small_256"
"""What is fetched where no model is in the cache: the smallest."""


def models() -> dict[str, Model]:
    """Every model of every family, by name."""
    return {name: model for family in plugins.names(families) for name, model in plugins.load(families, family).MODELS.items()}


def get(name: str) -> Model:
    """The description of the model ``name``."""
    known = models()
    if name in known:
        return known[name]
    if name in (AUTO, BUILTIN):
        raise DepthError(f"{name} has no weights of its own", hint=f"models with weights: {', '.join(known)}")
    raise DepthError(f"there is no model {name!r}", hint=suggest(name, [*known, BUILTIN, AUTO], "models"))


def cached(name: str) -> Path | None:
    """The model's file of weights in the cache; None where it is not there."""
    return weights.find(get(name).file)


def best_cached() -> str | None:
    """The best model whose weights are in the cache; None where there is none."""
    present = [model for model in models().values() if weights.find(model.file) is not None]
    return max(present, key=lambda model: model.quality).name if present else None


def fetch(name: str, *, offline: bool = False, progress: Progress | None = None, patient: bool = True) -> Path:
    """The model's file of weights, downloaded into the cache if need be, its names and shapes checked.

    patient: as for ``weights.fetch``.
    """
    model = get(name)

    def validate(path: Path) -> None:
        from zoom3d.depth import checkpoint
        from zoom3d.depth.module import uninitialised

        with uninitialised():
            network = _build(model)
        checkpoint.validate(network, path)

    return weights.fetch(model.file, validate=validate, progress=progress, offline=offline, patient=patient)


def load(name: str, *, weights: Path, device: str = "auto", full_precision: bool = False) -> Network:
    """The model ``name`` with the weights in the file ``weights``, ready to predict.

    device: ``auto`` (CUDA, else MPS, else CPU), or a device by torch's name.
    full_precision: float32 also on CUDA, where half precision is the rule.
    """
    model = get(name)
    if not weights.is_file():  # said before torch is loaded, which takes seconds
        raise WeightsError(f"there is no file {weights}", hint="name a file of weights with --weights")
    from zoom3d.depth import network

    return network.load(_build, model, weights, device=device, full_precision=full_precision)


def _build(model: Model) -> DepthModule:
    """The network of ``model`` with arbitrary weights, by the family that offers it."""
    for family in plugins.names(families):
        module = plugins.load(families, family)
        if model.name in module.MODELS:
            network: DepthModule = module.build(model)
            return network
    raise LookupError(model.name)
