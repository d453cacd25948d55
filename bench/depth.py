"""How long the depth networks take on the CPU, beside their backbones alone.

    python bench/depth.py [MODEL ...] [--photo WIDTHxHEIGHT] [--repeat N]

Columns: ``load``, reading the weights; ``small``, a photograph to the network's own prediction; ``predict``, to a prediction of
the photograph's size; ``backbone``, timm's own forward pass at the same input, its head included; ``ratio``, small / backbone.
Each is the best of N, the networks taking turns. ``cpu``: the processor's seconds, of all threads, for what stands before it;
they, and so ``ratio``, tell something on a busy machine as well, whose load is printed first. Models that are not in the cache
run with random weights, as fast.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import timm
import torch

from zoom3d.depth import models
from zoom3d.depth.module import uninitialised
from zoom3d.depth.prepare import input_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="MODEL", default=["midas_v21_small_256", "dpt_large_384"])
    parser.add_argument("--photo", default="1632x1224", metavar="WIDTHxHEIGHT")
    parser.add_argument("--repeat", type=int, default=5, metavar="N")
    parser.add_argument("--threads", type=int, metavar="N", help="of torch and OpenCV [as many as there are cores]")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
        cv2.setNumThreads(arguments.threads)
    width, height = map(int, arguments.photo.split("x"))
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    print(
        f"{width}x{height}, {torch.get_num_threads()} threads, torch {torch.__version__}, "
        f"timm {timm.__version__}, {load}; seconds"
    )
    print(f"{'model':24}{'load':>8}{'small':>8}{'cpu':>7}{'predict':>8}{'cpu':>7}{'backbone':>10}{'cpu':>7}{'ratio':>7}")
    for name in arguments.names:
        print(_row(name, rgb, arguments.repeat), flush=True)


def _row(name: str, rgb: np.ndarray, repeat: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = models.cached(name) or _random_weights(name, Path(folder) / "random.pt")
        start = time.perf_counter()
        network = models.load(name, weights=path, device="cpu")
        load_s = time.perf_counter() - start
    backbone, x = _backbone(name, rgb)
    with torch.inference_mode():
        runs = (lambda: network.predict_small(rgb), lambda: network.predict(rgb), lambda: backbone(x))
        small, predict, alone = _best(runs, repeat)
    return (
        f"{name:24}{load_s:8.2f}{small.wall_s:8.3f}{small.cpu_s:7.3f}{predict.wall_s:8.3f}{predict.cpu_s:7.3f}"
        f"{alone.wall_s:10.3f}{alone.cpu_s:7.3f}{small.cpu_s / alone.cpu_s:7.2f}"
    )


@dataclass(frozen=True)
class _Time:
    wall_s: float
    cpu_s: float


def _best(runs: tuple[Callable[[], object], ...], repeat: int) -> list[_Time]:
    taken: list[list[_Time]] = [[] for _ in runs]
    for _ in range(repeat):
        for run, times in zip(runs, taken, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            times.append(_Time(time.perf_counter() - wall, time.process_time() - cpu))
    return [_Time(min(one.wall_s for one in times), min(one.cpu_s for one in times)) for times in taken]


def _backbone(name: str, rgb: np.ndarray) -> tuple[torch.nn.Module, torch.Tensor]:
    model = models.get(name)
    size = input_size(rgb.shape[0], rgb.shape[1], model)
    options = {"img_size": size} if "patch" in model.backbone or "vit_base" in model.backbone else {}
    with uninitialised():
        backbone = timm.create_model(model.backbone, pretrained=False, **options).eval()
    for parameter in backbone.parameters():
        parameter.data.normal_(0, 0.02)
    return backbone, torch.randn(1, 3, *size)


def _random_weights(name: str, path: Path) -> Path:
    """A checkpoint of the right shapes: variances and scales 1, everything else small."""
    from zoom3d import plugins
    from zoom3d.depth import families

    family = next(
        plugins.load(families, name_) for name_ in plugins.names(families) if name in plugins.load(families, name_).MODELS
    )
    with uninitialised():
        shapes = family.build(models.get(name)).checkpoint_shapes()
    ones = ("running_var", "norm.weight", "norm1.weight", "norm2.weight", "norm3.weight", "bn.weight")
    state = {key: torch.ones(shape) if key.endswith(ones) else 0.02 * torch.randn(shape) for key, shape in shapes.items()}
    torch.save(state, path)
    return path


if __name__ == "__main__":
    main()
