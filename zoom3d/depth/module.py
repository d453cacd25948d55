"""What a depth network is to the rest of the room: a torch module that knows the names in its official checkpoint."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from zoom3d.depth import linear
from zoom3d.depth.fold import fold_batch_norms
from zoom3d.depth.winograd import Convolution3x3

Names = Sequence[tuple[str, str]]
"""Regular expressions and what they become, applied one after another."""


def rename(name: str, names: Names) -> str:
    for pattern, replacement in names:
        name = re.sub(pattern, replacement, name)
    return name


class DepthModule(nn.Module):
    """A depth network: (B, 3, H, W) float32, normalised -> (B, H, W) float32, inverse depth.

    names: turn names of parameters here into those of the official checkpoint.
    stored: regular expressions for buffers that the checkpoint holds although they follow from the architecture.
    unused: what the checkpoint holds and the network has no use for: official name -> shape.
    """

    names: Names = ()
    stored: Sequence[str] = ()
    unused: Mapping[str, tuple[int, ...]] = {}

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def official_name(self, name: str) -> str:
        """The name in the official checkpoint of a parameter or buffer called ``name`` here."""
        return rename(name, self.names)

    def checkpoint_shapes(self) -> dict[str, tuple[int, ...]]:
        """Every name that an official checkpoint holds, with its shape."""
        wanted = dict(self.state_dict())
        wanted.update((name, buffer) for name, buffer in self.named_buffers() if any(re.search(p, name) for p in self.stored))
        return {self.official_name(name): tuple(value.shape) for name, value in wanted.items()} | dict(self.unused)

    def prepare(self) -> None:
        """Rearrange the loaded weights for speed, without changing what is computed."""
        fold_batch_norms(self)
        linear.accelerate(self)
        for module in self.modules():
            if isinstance(module, Convolution3x3):
                module.accelerate()


_INITIALISERS = frozenset({"normal_", "uniform_", "zero_", "fill_", "copy_", "erfinv_", "mul_", "add_", "div_", "clamp_"})


class _SkipInitialisation(TorchFunctionMode):
    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        tensor = args[0] if args else kwargs.get("tensor")
        if getattr(func, "__name__", "") in _INITIALISERS and isinstance(tensor, nn.Parameter):
            return tensor
        return func(*args, **kwargs)


@contextlib.contextmanager
def uninitialised() -> Iterator[None]:
    """Inside, new networks leave their parameters as memory happens to be: drawing 344 million random numbers that a
    checkpoint then replaces costs seconds. Buffers are computed as always."""
    with _SkipInitialisation(), torch.no_grad():
        yield
