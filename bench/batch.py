"""Clips a minute of a batch, with one job and with two, beside the same clips by single commands; and memory over the batch.

Single commands are timed on a sample of the photographs, each with all presets, in two ways: as a user would run them, where
the first of a photograph makes its depth and layers and the others find them in the cache; and with --no-cache, where each
makes its own. A batch's gain is told against both. The photographs are crops of scikit-image's pictures.

Usage: python bench/batch.py [--photos N] [--singles N] [--size WxH] [--duration S] [--jobs 1,2] [-- OPTIONS OF BOTH COMMANDS]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

PRESETS = ("3d-zoom", "circle", "dolly-zoom-in")
PHOTO_SIZE = (1200, 1600)
HEAD = """| | clips | seconds | clips a minute | processor seconds a clip | gain on a shared cache | gain on no cache |
|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Run:
    """What some commands took. memory: (clips done, megabytes held by all processes) now and then."""

    clips: int
    wall_s: float
    cpu_s: float
    memory: tuple[tuple[int, float], ...] = ()

    @property
    def a_minute(self) -> float:
        return 60 * self.clips / self.wall_s


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--singles", type=int, default=4, help="photographs that are also made by single commands")
    parser.add_argument("--size", default="720x1280")
    parser.add_argument("--duration", default="", help="seconds; the presets' own where it is left out")
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("options", nargs="*", help="passed to both commands")
    asked = parser.parse_args()
    common = [
        "--size",
        asked.size,
        "--offline",
        "-q",
        *(["--duration", asked.duration] if asked.duration else []),
        *asked.options,
    ]
    with tempfile.TemporaryDirectory() as place:
        photos = make_photographs(Path(place) / "photos", asked.photos)
        print(
            f"{len(photos)} photographs of {PHOTO_SIZE[0]}x{PHOTO_SIZE[1]}, {len(PRESETS)} presets, {' '.join(common)}",
            flush=True,
        )
        sample = photos[:: max(1, len(photos) // asked.singles)][: asked.singles]
        singles = [time_singles(sample, [*common, *option], Path(place)) for option in ((), ("--no-cache",))]
        print(f"\n{HEAD}")
        for label, run in zip(("cache shared", "none"), singles, strict=True):
            print(row(f"single commands, a sample, {label}", run, singles), flush=True)
        runs = {}
        for jobs in asked.jobs.split(","):
            runs[jobs] = time_batch(photos, common, Path(place), jobs)
            print(row(f"batch, --jobs {jobs}", runs[jobs], singles), flush=True)
        for jobs, run in runs.items():
            print(
                f"\nmemory of all processes, --jobs {jobs}: " + ", ".join(f"{mb:.0f} MB at {done}" for done, mb in curve(run))
            )


def row(label: str, run: Run, singles: list[Run]) -> str:
    gains = " | ".join(f"{run.a_minute / single.a_minute:.2f}" for single in singles)
    return f"| {label} | {run.clips} | {run.wall_s:.0f} | {run.a_minute:.1f} | {run.cpu_s / run.clips:.2f} | {gains} |"


def curve(run: Run, steps: int = 10) -> list[tuple[int, float]]:
    """The mean memory of each tenth of the batch."""
    tenths = [
        [mb for done, mb in run.memory if step * run.clips <= steps * done < (step + 1) * run.clips] for step in range(steps)
    ]
    return [((step + 1) * run.clips // steps, float(np.mean(tenth))) for step, tenth in enumerate(tenths) if tenth]


def make_photographs(folder: Path, count: int) -> list[Path]:
    """``count`` different JPEG files: crops of a few pictures, mirrored, lightened and darkened."""
    pictures = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket(), data.retina(), data.hubble_deep_field()]
    lot = np.random.default_rng(0)
    folder.mkdir()
    paths = []
    for number in range(count):
        picture = Image.fromarray(pictures[number % len(pictures)])
        height = lot.uniform(0.75, 1) * min(picture.height, picture.width * PHOTO_SIZE[1] / PHOTO_SIZE[0])
        width = height * PHOTO_SIZE[0] / PHOTO_SIZE[1]
        left, top = lot.uniform(0, picture.width - width), lot.uniform(0, picture.height - height)
        crop = picture.resize(PHOTO_SIZE, Image.Resampling.BICUBIC, (left, top, left + width, top + height))
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if lot.random() < 0.5 else crop
        gain = lot.uniform(0.7, 1.2)
        paths.append(folder / f"{number:04}.jpg")
        crop.point([min(255, round(gain * value)) for value in range(256)] * 3).save(paths[-1], quality=92)
    return paths


def time_singles(photos: list[Path], common: list[str], place: Path) -> Run:
    commands = [
        ["render", str(photo), "-o", str(place / f"{photo.stem}-{preset}.mp4"), "--preset", preset, *common]
        for photo in photos
        for preset in PRESETS
    ]
    environment = os.environ | {"ZOOM3D_CACHE": str(place / "cache-singles")}
    wall, cpu = time.perf_counter(), children_s()
    for command in commands:
        subprocess.run([sys.executable, "-m", "zoom3d", *command], env=environment, check=True)
    return Run(len(commands), time.perf_counter() - wall, children_s() - cpu)


def time_batch(photos: list[Path], common: list[str], place: Path, jobs: str) -> Run:
    folder = place / f"clips-{jobs}"
    command = ["batch", str(photos[0].parent), "-o", str(folder), "--preset", ",".join(PRESETS), "--jobs", jobs, *common]
    environment = os.environ | {"ZOOM3D_CACHE": str(place / f"cache-{jobs}")}
    memory: list[tuple[int, float]] = []
    wall, cpu = time.perf_counter(), children_s()
    with subprocess.Popen([sys.executable, "-m", "zoom3d", *command], env=environment) as process:
        watching = threading.Thread(target=watch, args=(process, folder / "manifest.jsonl", memory))
        watching.start()
        code = process.wait()
        watching.join()
    if code != 0:
        sys.exit(f"the batch failed with exit code {code}")
    return Run(len(photos) * len(PRESETS), time.perf_counter() - wall, children_s() - cpu, tuple(memory))


def watch(process: subprocess.Popen[bytes], manifest: Path, memory: list[tuple[int, float]]) -> None:
    """Note twice a second what the command and all that it started hold, once the first clip is done."""
    while process.poll() is None:
        if manifest.exists() and (done := manifest.read_bytes().count(b"\n")):
            memory.append((done, held_mb(process.pid)))
        time.sleep(0.5)


def held_mb(pid: int) -> float:
    """Memory that is no file's, of a process and all below it; 0 where the system does not tell."""
    total, pids = 0.0, [pid]
    for one in pids:
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Anonymous:")) / 1024
            threads = Path(f"/proc/{one}/task").iterdir()
            pids += [int(child) for thread in threads for child in (thread / "children").read_text().split()]
        except (OSError, StopIteration):
            continue
    return total


def children_s() -> float:
    """Processor seconds of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
