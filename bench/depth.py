"""How long the depth networks take on the CPU, beside their backbones alone.

    python bench/depth.py [MODEL ...] [--photo WIDTHxHEIGHT] [--repeat N]

Columns: ``load``, reading the weights; ``small``, a photograph to the network's own prediction; ``predict``, to a prediction of
the photograph's size; ``backbone``, timm's own forward pass at the same input, its head included, in a process of its own,
where zoom3d has changed nothing. They take turns N times, and the best of each is printed. ``cpu``: the processor's seconds,
of all threads, for what stands before it. ``ratio``: the median over the turns of small / backbone. What the processor's
seconds say holds on a busy machine as well, whose load is printed first. Models that are not in the cache run with random
weights, as fast.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median

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
    columns = "".join(f"{column:>10}{'cpu':>7}" for column in ("small", "predict", "backbone"))
    print(f"{'model':24}{'load':>8}{columns}{'ratio':>7}{'cpu':>6}")
    for name in arguments.names:
        print(_row(name, rgb, arguments.repeat), flush=True)


def _row(name: str, rgb: np.ndarray, repeat: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = models.cached(name) or _random_weights(name, Path(folder) / "random.pt")
        start = time.perf_counter()
        network = models.load(name, weights=path, device="cpu")
        load_s = time.perf_counter() - start
    size = input_size(rgb.shape[0], rgb.shape[1], models.get(name))
    with ProcessPoolExecutor(1, get_context("spawn"), _hold_backbone, (name, size, torch.get_num_threads())) as plain:
        runs = (
            lambda: _timed(lambda: network.predict_small(rgb)),
            lambda: _timed(lambda: network.predict(rgb)),
            lambda: plain.submit(_timed_backbone).result(),
        )
        turns = [[run() for run in runs] for _ in range(repeat)]
    best = [_Time(min(one.wall_s for one in times), min(one.cpu_s for one in times)) for times in zip(*turns, strict=True)]
    ratio = _Time(
        median(small.wall_s / backbone.wall_s for small, _, backbone in turns),
        median(small.cpu_s / backbone.cpu_s for small, _, backbone in turns),
    )
    times = "".join(f"{one.wall_s:10.3f}{one.cpu_s:7.3f}" for one in best)
    return f"{name:24}{load_s:8.2f}{times}{ratio.wall_s:7.2f}{ratio.cpu_s:6.2f}"


@dataclass(frozen=True)
class _Time:
    wall_s: float
    cpu_s: float


def _timed(run: Callable[[], object]) -> _Time:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return _Time(time.perf_counter() - wall, time.process_time() - cpu)


_held: list[Callable[[], object]] = []
"""timm's forward pass, in the process that has it."""


def _hold_backbone(name: str, size: tuple[int, int], threads: int) -> None:
    torch.set_num_threads(threads)
    model = models.get(name)
    options = {"img_size": size} if "patch" in model.backbone or "vit_base" in model.backbone else {}
    with uninitialised():
        backbone = timm.create_model(model.backbone, pretrained=False, **options).eval()
    for parameter in backbone.parameters():
        parameter.data.normal_(0, 0.02)
    _held.append(partial(backbone, torch.randn(1, 3, *size)))


def _timed_backbone() -> _Time:
    with torch.inference_mode():
        return _timed(_held[0])


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
