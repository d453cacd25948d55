"""A depth network ready to predict: on a device, its weights in place."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from zoom3d import allocator
from zoom3d.depth import checkpoint
from zoom3d.depth.families import Model
from zoom3d.depth.module import DepthModule, uninitialised
from zoom3d.depth.prepare import prepare
from zoom3d.errors import DepthError, WeightsError

if TYPE_CHECKING:
    from zoom3d.types import Float32, Uint8

log = logging.getLogger(__name__)

GPU_BATCH = 8
"""Photographs of one input size that go through a GPU together. A CPU gains nothing from batches."""


class Network:
    """Predicts inverse depth, up to an affine map: larger is nearer.

    model: what it is. device: where it runs; ``cpu`` from the moment a GPU proves too small for it.
    """

    def __init__(self, model: Model, module: DepthModule, device: torch.device, *, full_precision: bool = False) -> None:
        self.model = model
        self.device = device
        self._full_precision = full_precision
        self._half = device.type == "cuda" and not full_precision
        self._module = module.to(device=device, memory_format=torch.channels_last)

    def predict(self, rgb: Uint8) -> Float32:
        """(H, W, 3) uint8 -> (H, W) float32: the network's own prediction at the photograph's size."""
        return self.enlarge(self.predict_small(rgb), *rgb.shape[:2])

    def predict_small(self, rgb: Uint8) -> Float32:
        """(H, W, 3) uint8 -> (h, w) float32 at the network's own resolution, some hundred pixels a side."""
        return self.predict_small_batch([rgb])[0]

    def predict_small_batch(self, photos: Sequence[Uint8]) -> list[Float32]:
        """``predict_small`` for many photographs; those of one shape share their way through a GPU."""
        inputs = [torch.from_numpy(prepare(rgb, self.model)) for rgb in photos]
        by_shape: dict[torch.Size, list[int]] = {}
        for index, x in enumerate(inputs):
            by_shape.setdefault(x.shape, []).append(index)
        maps: dict[int, Tensor] = {}
        for indices in by_shape.values():
            maps.update(zip(indices, self._run([inputs[index] for index in indices]), strict=True))
        if not all(bool(torch.isfinite(depth).all()) for depth in maps.values()):
            raise WeightsError(f"{self.model.name} predicts no depth, but NaN or infinity", hint="check its file of weights")
        return [_array(maps[index]) for index in range(len(photos))]

    def enlarge(self, small: Float32, height: int, width: int) -> Float32:
        """(h, w) -> (height, width) float32, the way the official code brings a prediction to the photograph's size."""
        corners = self.model.upsampling == "bilinear"
        x = torch.from_numpy(small)[None, None]
        return _array(F.interpolate(x, size=(height, width), mode=self.model.upsampling, align_corners=corners)[0, 0])

    def _run(self, inputs: list[Tensor]) -> list[Tensor]:
        """Inputs of one shape (3, h, w) -> predictions (h, w) in main memory, in batches that fit the device."""
        done: list[Tensor] = []
        batch = 1 if self.device.type == "cpu" else GPU_BATCH
        while len(done) < len(inputs):
            chunk = inputs[len(done) : len(done) + batch]
            try:
                with allocator.freed_kept() if self.device.type == "cpu" else contextlib.nullcontext():
                    done.extend(self._forward(torch.stack(chunk)))
                continue
            except RuntimeError as error:
                if self.device.type == "cpu" or not _is_out_of_memory(error):
                    raise
            # Outside the handler, so that what the failed attempt holds on the GPU is free.
            if batch > 1:
                batch //= 2
            else:
                self._move_to_cpu()
        return done

    @torch.inference_mode()
    def _forward(self, x: Tensor) -> Tensor:
        x = x.to(self.device).contiguous(memory_format=torch.channels_last)  # B, 3, h, w
        if self._half:
            with torch.autocast("cuda", dtype=torch.float16):
                y = self._module(x).float()
            if bool(torch.isfinite(y).all()):
                return y.cpu()
            log.info("%s overflows in half precision and goes on in full", self.model.name)
            self._half = False
        # cuDNN by default rounds the factors in convolutions to 10 bits (TF32), which the official answers do not bear.
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=not self._full_precision):
            return self._module(x).cpu()

    def _move_to_cpu(self) -> None:
        log.warning("the GPU has too little memory for %s, which goes on, slower, on the CPU", self.model.name)
        self.device, self._half = torch.device("cpu"), False
        self._module = self._module.to("cpu")
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def load(
    build: Callable[[Model], DepthModule], model: Model, path: Path, *, device: str = "auto", full_precision: bool = False
) -> Network:
    """The network that ``build`` makes, with the weights in the file at ``path``, on a device."""
    place = choose_device(device)
    with uninitialised():
        module = build(model)
    checkpoint.load_into(module, path)
    return ready(model, module, place, full_precision=full_precision)


def ready(model: Model, module: DepthModule, device: torch.device, *, full_precision: bool = False) -> Network:
    """A network whose weights are in place, arranged for inference."""
    module.eval().requires_grad_(False)
    with torch.no_grad():
        module.prepare()
    try:
        return Network(model, module, device, full_precision=full_precision)
    except RuntimeError as error:
        if device.type == "cpu" or not _is_out_of_memory(error):
            raise
    log.warning("the GPU has too little memory for %s, which runs, slower, on the CPU", model.name)
    return Network(model, module, torch.device("cpu"))


def choose_device(name: str) -> torch.device:
    """``auto``: the first of CUDA, MPS and the CPU that is there. Anything else must be there."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    there = [kind for kind, is_there in available.items() if is_there]
    hint = f"use auto or one of: {', '.join(there)}"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DepthError(f"{name!r} is no device", hint=hint) from error
    if device.type not in there or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise DepthError(f"the device {name} is not available here", hint=hint)
    return device


def _array(tensor: Tensor) -> Float32:
    array: Float32 = tensor.numpy()
    return array


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error).lower()
