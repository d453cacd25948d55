"""Refinement against measured scenes, and its time for a 12-megapixel photograph.

python bench/refine.py [--shared FOLDER]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np

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
    print(f"{'pair':14s} {'band':>6s} {'flat':>6s} {'s / 12 MP':>10s} {'cpu s':>6s}")
    for folder in sorted(path for path in (shared / "stereo").iterdir() if path.is_dir()):
        truth = score_refine.truth(str(folder))
        coarse = score_refine.degrade(truth)
        photograph = cv2.cvtColor(cv2.imread(str(folder / "left.png")), cv2.COLOR_BGR2RGB)
        bicubic = np.abs(cv2.resize(coarse, truth.shape[::-1], interpolation=cv2.INTER_CUBIC) - truth)
        error = np.abs(score_refine.align(refine(coarse, photograph), truth) - truth)
        ratios = [float(error[area].mean() / bicubic[area].mean()) for area in score_refine.regions(truth)]
        rows.append([*ratios, *seconds_for_12_megapixels(coarse, photograph)])
        print(f"{folder.name:14s} {rows[-1][0]:6.3f} {rows[-1][1]:6.3f} {rows[-1][2]:10.2f} {rows[-1][3]:6.2f}", flush=True)
    mean = np.mean(rows, axis=0)
    print(f"{'MEAN':14s} {mean[0]:6.3f} {mean[1]:6.3f} {mean[2]:10.2f} {mean[3]:6.2f}")


if __name__ == "__main__":
    main()
