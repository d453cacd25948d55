"""Clips a minute of a batch, with one job and with two, beside the same clips by single commands; and memory over the batch.

Single commands are timed on a sample of the photographs, each with all presets, in two ways: as a user would run them, where
the first of a photograph makes its depth and layers and the others find them in the cache; and with --no-cache, where each
makes its own. A batch's gain is told against both. The last number of jobs makes all photographs, the others a sample. The
photographs are crops of scikit-image's pictures. Nothing else may run meanwhile; a clip that is not timed comes first.

With --keep a run that was stopped goes on: what has been timed there is printed, not timed again.

Usage: python bench/batch.py [--photos N] [--sample N] [--singles N] [--size WxH] [--duration S] [--jobs 1,2] [--keep FOLDER]
       [-- OPTIONS OF BOTH COMMANDS]
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
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
    parser.add_argument("--sample", type=int, default=20, help="photographs for all but the last number of jobs")
    parser.add_argument("--singles", type=int, default=4, help="photographs that are also made by single commands")
    parser.add_argument("--size", default="720x1280")
    parser.add_argument("--duration", default="1", help="seconds")
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--keep", type=Path, help="folder for what has been timed")
    parser.add_argument("options", nargs="*", help="passed to both commands")
    asked = parser.parse_args()
    common = ["--size", asked.size, "--offline", "-q", "--duration", asked.duration, *asked.options]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        photos = make_photographs(place / "photos", asked.photos)
        print(
            f"{len(photos)} photographs of {PHOTO_SIZE[0]}x{PHOTO_SIZE[1]}, {len(PRESETS)} presets, {' '.join(common)}",
            flush=True,
        )
        timed = Timed(asked.keep, [len(photos), *common])
        time_singles(photos[:1], common, place / "warm", PRESETS[:1])
        sample = photos[:: max(1, len(photos) // asked.singles)][: asked.singles]
        singles = [
            timed.run(label, lambda option=option: time_singles(sample, [*common, *option], place / "singles"))  # type: ignore[misc]
            for label, option in (("cache shared", ()), ("none", ("--no-cache",)))
        ]
        print(f"\n{HEAD}")
        for label, run in zip(("cache shared", "none"), singles, strict=True):
            print(row(f"single commands, a sample, {label}", run, singles), flush=True)
        runs = {}
        *fewer, last = asked.jobs.split(",")
        for jobs, count in [*((jobs, min(asked.sample, len(photos))) for jobs in fewer), (last, len(photos))]:
            runs[jobs] = timed.run(
                f"{jobs} jobs, {count}",
                lambda jobs=jobs, count=count: time_batch(photos[:count], common, place, jobs),  # type: ignore[misc]
            )
            print(row(f"batch, --jobs {jobs}", runs[jobs], singles), flush=True)
        for jobs, run in runs.items():
            print(
                f"\nmemory of all processes, --jobs {jobs}: " + ", ".join(f"{mb:.0f} MB at {done}" for done, mb in curve(run))
            )


class Timed:
    """What has been timed in ``folder`` with the same options, and the place for what is timed now."""

    def __init__(self, folder: Path | None, options: list[object]) -> None:
        self._file = folder / "timed.jsonl" if folder else None
        self._options = options
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def run(self, label: str, work: Callable[[], Run]) -> Run:
        lines = self._file.read_text().splitlines() if self._file and self._file.exists() else []
        for line in lines:
            with contextlib.suppress(ValueError):  # torn
                table = json.loads(line)
                if (table.pop("label"), table.pop("options")) == (label, self._options):
                    return Run(**table)
        run = work()
        if self._file:
            with self._file.open("a") as stream:
                print(json.dumps({"label": label, "options": self._options, **dataclasses.asdict(run)}), file=stream)
        return run


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


def time_singles(photos: list[Path], common: list[str], place: Path, presets: tuple[str, ...] = PRESETS) -> Run:
    place.mkdir(exist_ok=True)
    commands = [
        ["render", str(photo), "-o", str(place / f"{photo.stem}-{preset}.mp4"), "--preset", preset, *common]
        for photo in photos
        for preset in presets
    ]
    environment = os.environ | {"ZOOM3D_CACHE": str(place / "cache")}
    wall, cpu = time.perf_counter(), children_s()
    for command in commands:
        subprocess.run([sys.executable, "-m", "zoom3d", *command], env=environment, check=True)
    return Run(len(commands), time.perf_counter() - wall, children_s() - cpu)


def time_batch(photos: list[Path], common: list[str], place: Path, jobs: str) -> Run:
    folder, listed = place / f"clips-{jobs}", place / f"photos-{jobs}.txt"
    listed.write_text("\n".join(map(str, photos)))
    command = ["batch", f"@{listed}", "-o", str(folder), "--preset", ",".join(PRESETS), "--jobs", jobs, *common]
    environment = os.environ | {"ZOOM3D_CACHE": str(place / f"cache-{jobs}")}
    memory: list[tuple[int, float]] = []
    wall, cpu = time.perf_counter(), children_s()
    with subprocess.Popen([sys.executable, "-m", "zoom3d", *command], env=environment) as process:
        watching = threading.Thread(target=watch, args=(process, folder / "manifest.jsonl", memory))
        watching.start()
        code = process.wait()
        took = time.perf_counter() - wall
        watching.join()
    made = len(list(folder.glob("*.mp4")))
    if code != 0 or made != len(photos) * len(PRESETS):
        sys.exit(f"the batch ended with exit code {code} and {made} clips")
    return Run(made, took, children_s() - cpu, tuple(memory))


def watch(process: subprocess.Popen[bytes], manifest: Path, memory: list[tuple[int, float]]) -> None:
    """Note now and then what the command and all that it started hold, once the first clip is done.

    A look walks through all their memory, on one of the cores that they work on: it may take a hundredth of the time.
    """
    while process.poll() is None:
        began = time.perf_counter()
        if manifest.exists() and (done := manifest.read_bytes().count(b"\n")):
            memory.append((done, held_mb(process.pid)))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.5, 100 * (time.perf_counter() - began)))


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
