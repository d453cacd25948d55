"""Frames a second of drawing alone, of encoding alone, and of both at once, on one scene and in one run.

Usage: python bench/render.py [--photo PHOTO] [--size WxH] [--frames N]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from zoom3d import camera, depth, photo, pipeline, render, video
from zoom3d.camera import presets
from zoom3d.types import Frame, OutputSpec

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "coffee.jpg"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", type=Path, default=EXAMPLE)
    parser.add_argument("--preset", default="3d-zoom")
    parser.add_argument("--size", default="1080x1920")
    parser.add_argument("--frames", type=int, default=90)
    options = parser.parse_args()
    width, height = (int(side) for side in options.size.split("x"))
    output = OutputSpec(width, height, duration_s=options.frames / 30)
    picture = photo.load(options.photo, usable_side_px=max(width, height))
    scene = pipeline.layers(picture, depth.estimate(picture, depth.DepthSource(model=depth.BUILTIN)))
    path = camera.plan(presets.load(options.preset), scene, output)
    with tempfile.TemporaryDirectory() as folder, render.open_context() as context, render.Renderer(context, scene) as renderer:
        target = Path(folder) / "clip.mp4"
        encoding = video.plan(target, output)
        kept = list(renderer.frames(path, output, encoding.layout))
        print(f"{renderer.name}; {options.photo.name}, {options.preset}, {width}x{height}, {len(kept)} frames")
        draw = _timed(lambda: sum(1 for _ in renderer.frames(path, output, encoding.layout)))
        encode = _timed(lambda: _write(kept, encoding, target))
        both = _timed(lambda: _write(renderer.frames(path, output, encoding.layout), encoding, target))
    print("| | frames a second | of encoding alone |\n|---|---|---|")
    for label, seconds in (("drawing alone", draw), ("encoding alone", encode), ("both", both)):
        print(f"| {label} | {len(kept) / seconds:.1f} | {encode / seconds:.2f} |")


def _write(frames: Iterable[Frame], encoding: video.Encoding, target: Path) -> int:
    return video.write(frames, encoding, target)


def _timed(work: Callable[[], int]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
