"""Frames a second of drawing, of encoding and of both; how cost and memory grow; how long the command takes.

Usage: python bench/render.py [--photo PHOTO] [--depthflow EXECUTABLE] [--quick]

EXECUTABLE is ``depthflow`` of a virtual environment of its own (pip install depthflow). It gets the same photograph, the same
depth map, the same frame and the same encoder settings, at its quality 50.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from zoom3d import camera, depth, photo, pipeline, render, video
from zoom3d.camera import presets
from zoom3d.types import Frame, OutputSpec

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "coffee.jpg"
FULL_HD = (1080, 1920)
SIZES = ((540, 960), FULL_HD, (2160, 3840))
LENGTHS = (90, 900)
FPS = 30
PEER_FRAMES = (6, 24)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", type=Path, default=EXAMPLE)
    parser.add_argument("--preset", default="3d-zoom")
    parser.add_argument("--frames", type=int, default=90)
    parser.add_argument("--depthflow", type=Path, help="the executable of DepthFlow, to be timed beside")
    parser.add_argument("--quick", action="store_true", help="the first table alone")
    parser.add_argument("--case", nargs=3, type=int, metavar=("W", "H", "N"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.case:
            width, height, frames = options.case
            print(json.dumps(_case(options.photo, options.preset, OutputSpec(width, height, duration_s=frames / FPS), folder)))
            return
        _rates(options.photo, options.preset, options.frames, options.depthflow, folder)
        if not options.quick:
            _growth(options.photo, options.preset)
            _commands(options.photo, folder)


def _rates(photograph: Path, preset: str, count: int, depthflow: Path | None, folder: Path) -> None:
    output = OutputSpec(*FULL_HD, fps=FPS, duration_s=count / FPS)
    picture = photo.load(photograph, usable_side_px=max(FULL_HD))
    depth_map = depth.estimate(picture, depth.DepthSource(model=depth.BUILTIN), use_cache=False)
    scene = pipeline.layers(picture, depth_map, pipeline.Settings(use_cache=False))
    path = camera.plan(presets.load(preset), scene, output)
    with render.open_context() as context, render.Renderer(context, scene) as renderer:
        target = folder / "clip.mp4"
        encoding = video.plan(target, output)
        kept = list(renderer.frames(path, output, encoding.layout))
        print(f"{renderer.name}; {photograph.name}, {preset}, {output.width}x{output.height}, {len(kept)} frames\n")
        first = _timed(lambda: len(list(renderer.frames(path, output, encoding.layout, range(1)))))
        draw = _timed(lambda: sum(1 for _ in renderer.frames(path, output, encoding.layout))) / count
        fourfold = dataclasses.replace(output, width=SIZES[-1][0], height=SIZES[-1][1])
        finer = camera.plan(presets.load(preset), scene, fourfold)
        draw_fourfold = _timed(lambda: sum(1 for _ in renderer.frames(finer, fourfold, encoding.layout))) / count
        encode = _timed(lambda: _write(kept, encoding, target)) / count
        both = _timed(lambda: _write(renderer.frames(path, output, encoding.layout), encoding, target)) / count
        veryfast = _timed(lambda: _write_veryfast(kept, encoding, folder / "veryfast.mp4")) / count
    rows = [("drawing alone", draw), ("encoding alone", encode), ("encoding alone, x264 veryfast as it comes", veryfast)]
    rows.append(("both", both))
    if depthflow:
        rows.append(("DepthFlow, both, quality 50", _peer(depthflow, picture.rgb, depth_map.disparity, folder)))
    print("| | frames a second | of encoding alone | of DepthFlow |\n|---|---|---|---|")
    for label, seconds in rows:
        peer = f"{rows[-1][1] / seconds:.1f}" if depthflow else "–"
        print(f"| {label} | {1 / seconds:.1f} | {encode / seconds:.2f} | {peer} |")
    size = f"{fourfold.width}x{fourfold.height}"
    print(f"\nDrawing alone at {size}: {1 / draw_fourfold:.1f} frames a second. The first frame of a path takes {first:.2f} s.")


def _write(frames: Iterable[Frame], encoding: video.Encoding, target: Path) -> int:
    return video.write(frames, encoding, target)


def _write_veryfast(frames: list[Frame], encoding: video.Encoding, target: Path) -> int:
    """What x264's own choice for speed takes; clips are written with less of a search."""
    import imageio_ffmpeg

    source = ["-f", "rawvideo", "-pixel_format", encoding.layout, "-video_size", f"{encoding.width}x{encoding.height}"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, "-framerate", str(encoding.fps), "-i", "pipe:0"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(encoding.crf), str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in frames:
            process.stdin.write(frame.data)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return len(frames)


def _peer(depthflow: Path, rgb: np.ndarray, disparity: np.ndarray, folder: Path) -> float:
    """Seconds a frame of DepthFlow, its start taken out: the difference of two lengths."""
    import imageio_ffmpeg

    Image.fromarray(rgb).save(folder / "photo.png")
    Image.fromarray(np.rint(disparity * 65535).astype(np.uint16)).save(folder / "depth.png")
    (folder / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "WINDOW_BACKEND": "headless"}
    environment.pop("PYTHONPATH", None)

    def run(frames: int) -> int:
        move = ["main", "--width", str(FULL_HD[0]), "--height", str(FULL_HD[1]), "--fps", str(FPS), "--quality", "50"]
        source = ["input", "--image", str(folder / "photo.png"), "--depth", str(folder / "depth.png")]
        ending = ["--time", str(frames / FPS), "--output", str(folder / "peer.mp4")]
        command = [str(depthflow), *source, "h264", "--preset", "veryfast", *move, *ending]
        subprocess.run(command, env=environment, check=True, capture_output=True, cwd=folder)
        return frames

    few, many = (_timed(lambda frames=frames: run(frames)) for frames in PEER_FRAMES)
    return (many - few) / (PEER_FRAMES[1] - PEER_FRAMES[0])


def _growth(photograph: Path, preset: str) -> None:
    """Each case in a process of its own, from a 12-megapixel copy of the photograph, so that its peak of memory is its own."""
    with tempfile.TemporaryDirectory() as name:
        large = _enlarged(photograph, 12e6, Path(name))
        print("\n| from 12 megapixels | frames | seconds a frame | ns a pixel | peak memory, MiB |\n|---|---|---|---|---|")
        whole: dict[tuple[int, int], float] = {}
        for (width, height), frames in [*((size, LENGTHS[0]) for size in SIZES), *((FULL_HD, n) for n in LENGTHS[1:])]:
            case = ["--case", str(width), str(height), str(frames), "--photo", str(large), "--preset", preset]
            run = subprocess.run([sys.executable, __file__, *case], check=True, capture_output=True, text=True)
            seen = json.loads(run.stdout.splitlines()[-1])
            each = seen["seconds"] / frames
            whole[width * height, frames] = seen["seconds"]
            print(f"| {width}x{height} | {frames} | {each:.4f} | {1e9 * each / width / height:.1f} | {seen['peak_mib']:.0f} |")
    (least, few), *_, (most, _), (full, many) = whole
    by_pixels = np.log(whole[most, few] / whole[least, few]) / np.log(most / least)
    by_frames = np.log(whole[full, many] / whole[full, few]) / np.log(many / few)
    print(f"\nTime grows with the pixels to the power {by_pixels:.2f}, with the frames to the power {by_frames:.2f}.")


def _case(photograph: Path, preset: str, output: OutputSpec, folder: Path) -> dict[str, float]:
    settings = pipeline.Settings(
        preset=preset, size=(output.width, output.height), duration_s=output.duration_s, model="builtin"
    )
    clip = pipeline.animate(photograph, folder / "clip.mp4", settings=settings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": clip.seconds["video"], "peak_mib": peak}


def _commands(photograph: Path, folder: Path) -> None:
    """What a person waits for a clip of three seconds, the start of the command included."""
    large = _enlarged(photograph, 2e6, folder)
    environment = os.environ | {"ZOOM3D_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "zoom3d", "render", str(large), "-o", str(folder / "c.mp4"), "--offline", "--quiet"]
    command += ["--size", "x".join(map(str, FULL_HD)), "--duration", "3", "--model", "builtin"]

    def run() -> int:
        return subprocess.run(command, env=environment, check=True).returncode

    print("\n| zoom3d render, 3 s at 1080x1920, 2 megapixels, built-in depth | seconds |\n|---|---|")
    print(f"| a new photograph | {_timed(run):.1f} |")
    print(f"| the same again: depth and layers from the cache | {_timed(run):.1f} |")


def _enlarged(photograph: Path, pixels: float, folder: Path) -> Path:
    rgb = photo.load(photograph).rgb
    factor = (pixels / (rgb.shape[0] * rgb.shape[1])) ** 0.5
    path = folder / f"{photograph.stem}_{pixels / 1e6:.0f}.jpg"
    Image.fromarray(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)).save(path, quality=92)
    return path


def _timed(work: Callable[[], int]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
