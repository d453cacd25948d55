"""Refinement against measured scenes, and its time for a 12-megapixel photograph.

python bench/refine.py [--shared FOLDER]

Columns: ``band`` and ``flat``, errors near depth edges and elsewhere as ratios to bicubic enlargement; ``detail``, both again
where parts were looked at too, as by ``--detail``: the network is the measured map itself, coarse, and of each part in another
scale with a drift of its own.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from zoom3d.depth import detail
from zoom3d.depth.normalise import normalise
from zoom3d.depth.refine import refine


def seconds_for_12_megapixels(coarse: np.ndarray, photograph: np.ndarray) -> tuple[float, float]:
    """Best of three: on the clock, and of the processor, all threads together."""
    large = cv2.resize(photograph, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    network_sized = cv2.resize(coarse, (384, 288), interpolation=cv2.INTER_AREA if coarse.shape[1] > 384 else cv2.INTER_CUBIC)
    times = []
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        refine(np.clip(network_sized, 0, 1), large)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(wall for wall, _ in times), min(cpu for _, cpu in times)


def looked_at_from_near(truth: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """``coarse`` with the detail of its parts, each as coarse, in [0, 1]."""
    rng = np.random.default_rng(0)
    height, width = coarse.shape
    rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)

    def look(parts: Sequence[np.ndarray]) -> list[np.ndarray]:
        if len(parts) == 1:
            return [coarse]
        seen = [
            cv2.GaussianBlur(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), (0, 0), 0.7) for part in parts
        ]
        drift = rng.normal(0, 0.25, (len(parts), 2))
        return [
            (rng.uniform(0.5, 3) * one + down * rows + across * columns).astype(np.float32)
            for one, (down, across) in zip(seen, drift, strict=True)
        ]

    return normalise(detail.predict(look, truth))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared", help="the measuring data"
    )
    shared: Path = parser.parse_args().shared.resolve()
    if not (shared / "score_refine.py").is_file():
        sys.exit(f"error: no score_refine.py in {shared}")
    sys.path.insert(0, str(shared))
    import score_refine

    rows = []
    if hasattr(os, "getloadavg"):
        print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    print(f"{'pair':14s} {'band':>6s} {'flat':>6s} {'detail':>13s} {'s / 12 MP':>10s} {'cpu s':>6s}")
    for folder in sorted(path for path in (shared / "stereo").iterdir() if path.is_dir()):
        truth = score_refine.truth(str(folder))
        coarse = score_refine.degrade(truth)
        photograph = cv2.cvtColor(cv2.imread(str(folder / "left.png")), cv2.COLOR_BGR2RGB)
        bicubic = np.abs(cv2.resize(coarse, truth.shape[::-1], interpolation=cv2.INTER_CUBIC) - truth)
        areas = score_refine.regions(truth)
        ratios = []
        for seen in (coarse, looked_at_from_near(truth, coarse)):
            error = np.abs(score_refine.align(refine(seen, photograph), truth) - truth)
            ratios += [float(error[area].mean() / bicubic[area].mean()) for area in areas]
        rows.append([*ratios, *seconds_for_12_megapixels(coarse, photograph)])
        print_row(folder.name, rows[-1])
    print_row("MEAN", np.mean(rows, axis=0))


def print_row(name: str, row: Sequence[float]) -> None:
    print(f"{name:14s}" + "".join(f" {ratio:6.3f}" for ratio in row[:4]) + f" {row[4]:10.2f} {row[5]:6.2f}", flush=True)


if __name__ == "__main__":
    main()
