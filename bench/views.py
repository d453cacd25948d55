"""Views from beside the photograph against what the other camera saw, and the time and memory of layering.

python bench/views.py [--shared FOLDER] [--inpaint NAME] [--pairs NAME ...] [--save FOLDER] [--only views|degraded|cost]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

KEYS = ("psnr_all", "ssim_all", "psnr_vis", "psnr_dis", "ssim_dis", "sharp_dis")
COST_SIZES = ((1632, 1224), (4000, 3000))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared"
    parser.add_argument("--shared", type=Path, default=default, help="the measuring data")
    parser.add_argument("--inpaint", default="patchmatch", help="how hidden surfaces are painted")
    parser.add_argument("--pairs", nargs="*", help="these pairs alone")
    parser.add_argument("--save", type=Path, help="keep the pictures here")
    parser.add_argument("--only", choices=("views", "degraded", "cost"), help="this part alone")
    parser.add_argument("--measure-cost", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def view(left: Path, disparity: np.ndarray, inpaint: str, target: Path) -> np.ndarray:
    """What the command itself makes of it."""
    array = target.with_suffix(".npy")
    np.save(array, disparity.astype(np.float32))
    command = [sys.executable, "-m", "zoom3d", "view", left, "--disparity", array, "--baseline", "1", "--inpaint", inpaint]
    subprocess.run([*map(str, command), "-o", str(target), "--quiet"], check=True)
    array.unlink()
    return cv2.imread(str(target))[..., ::-1]


def print_row(name: str, ours: dict[str, Any], baselines: dict[str, dict[str, Any]]) -> None:
    best, gain = best_baseline(ours, baselines)
    print(
        f"{name:12s} {ours['psnr_all']:6.2f} {ours['ssim_all']:.4f} {ours['psnr_vis']:6.2f} {ours['psnr_dis']:6.2f} "
        f"{ours['ssim_dis']:.3f} {ours['sharp_dis']:5.2f}  {best:15s} {gain:+6.2f}",
        flush=True,
    )


def best_baseline(ours: dict[str, Any], baselines: dict[str, dict[str, Any]]) -> tuple[str, float]:
    """The baseline whose whole picture is best, and how far ours is above it, in dB."""
    best = max(baselines, key=lambda name: baselines[name]["psnr_all"])
    return best, ours["psnr_all"] - baselines[best]["psnr_all"]


def mean_row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: float(np.nanmean([row[key] for row in rows])) for key in KEYS}


def table(title: str, pairs: list[Path], options: argparse.Namespace, folder: Path, *, degraded: bool) -> None:
    """Ours and the best baseline, fed the same disparity, pair by pair."""
    import score_view

    print(
        f"\n{title}\n{'pair':12s} {'all':>6s} {'ssim':>6s} {'vis':>6s} {'dis':>6s} {'ssim':>5s} sharp  best baseline      gain"
    )
    ours, others = [], {name: [] for name in score_view.METHODS}
    for path in pairs:
        pair = score_view.load_pair(str(path))
        masks = score_view.masks(pair)
        fed = dict(pair)
        disparity = pair["dense"]
        if degraded:
            disparity, fed["dense"] = degrade(path, pair)
        image = view(path / "left.png", disparity, options.inpaint, folder / f"{pair['name']}.png")
        ours.append(score_view.score(pair, np.ascontiguousarray(image), masks))
        made = score_view.run_baselines(fed)
        each = {name: score_view.score(pair, np.ascontiguousarray(made[name]), masks) for name in made}
        for name, scores in each.items():
            others[name].append(scores)
        print_row(pair["name"], ours[-1], each)
    print_row("MEAN", mean_row(ours), {name: mean_row(rows) for name, rows in others.items()})


def degrade(path: Path, pair: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Disparity in pixels as from a network: refined here, and enlarged as the baselines need it."""
    import score_refine

    from zoom3d.depth.refine import refine

    low, high = float(pair["dense"].min()), float(pair["dense"].max())
    coarse = score_refine.degrade(score_refine.truth(str(path)))
    enlarged = cv2.resize(coarse, pair["dense"].shape[::-1], interpolation=cv2.INTER_CUBIC)
    refined = score_refine.align(refine(coarse, np.ascontiguousarray(pair["left"])), enlarged)
    return low + np.maximum(refined, 1e-3) * (high - low), (low + enlarged * (high - low)).astype(np.float32)


def cost(width: int, height: int, shared: Path, inpaint: str) -> None:
    """Time and memory from photograph and depth map to layers, in a process of its own."""
    command = [sys.executable, __file__, "--shared", str(shared), "--inpaint", inpaint, "--measure-cost"]
    for pair in ("cones", "motorcycle"):
        subprocess.run([*command, pair, str(width), str(height)], check=True)


def measure_cost(name: str, width: int, height: int, shared: Path, method: str) -> None:
    import score_view

    from zoom3d import inpaint, scene
    from zoom3d.types import DepthMap, Photo

    pair = score_view.load_pair(str(shared / "stereo" / name))
    rgb = cv2.resize(pair["left"], (width, height), interpolation=cv2.INTER_CUBIC)
    disparity = cv2.resize(pair["dense"] / pair["dense"].max(), (width, height), interpolation=cv2.INTER_NEAREST)
    photo = Photo(rgb, 0.65 * float(np.hypot(width, height)))
    depth = DepthMap(np.clip(disparity, 0, 1).astype(np.float32), "measured")
    fill = inpaint.load(method)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = [], []
    for _ in range(2):
        start, start_cpu = time.perf_counter(), time.process_time()
        scene.build(photo, depth, fill)
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:12s} {width}x{height}: {min(wall):5.2f} s wall, {min(cpu):5.2f} s of processor time, "
        f"{peak:5.0f} MiB at most, {before:4.0f} of them before",
        flush=True,
    )


def main() -> None:
    options = arguments()
    shared: Path = options.shared.resolve()
    if not (shared / "score_view.py").is_file():
        sys.exit(f"error: no score_view.py in {shared}")
    sys.path.insert(0, str(shared))
    if options.measure_cost:
        name, width, height = options.measure_cost
        measure_cost(name, int(width), int(height), shared, options.inpaint)
        return
    folders = sorted(path for path in (shared / "stereo").iterdir() if (path / "left.png").is_file())
    pairs = [path for path in folders if not options.pairs or path.name in options.pairs]
    with tempfile.TemporaryDirectory() as temporary:
        for part, title in (("views", "measured disparity"), ("degraded", "disparity of a sixth of the size, refined")):
            if options.only in (None, part):
                folder = (options.save or Path(temporary)) / part
                folder.mkdir(parents=True, exist_ok=True)
                table(title, pairs, options, folder, degraded=part == "degraded")
    if options.only in (None, "cost"):
        print("\nlayering")
        for width, height in COST_SIZES:
            cost(width, height, shared, options.inpaint)


if __name__ == "__main__":
    main()
