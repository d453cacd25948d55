"""How fast every codec takes finished frames: ``python bench/encode.py [codec …]``.

The frames are a moving, grainy picture of 1080x1920, made beforehand. Wall time depends on what else the machine does, so the
processor time of ffmpeg and of this process is given as well.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from zoom3d import video
from zoom3d.types import Frame, OutputSpec, PixelLayout
from zoom3d.video._plan import formats

WIDTH, HEIGHT, FRAMES = 1080, 1920, 90


def pictures(count: int) -> list[np.ndarray]:
    """(H, W, 3) uint8: a push-in on a photograph with some grain."""
    photo = cv2.resize(data.astronaut(), (WIDTH + 200, HEIGHT + 200), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    photo += np.random.default_rng(0).uniform(-3, 3, (*photo.shape[:2], 1)).astype(np.float32)
    photo = photo.clip(0, 255).astype(np.uint8)
    moves = [np.array([[1 - t / 10, 0, 100 * t], [0, 1 - t / 10, 50 * t]], np.float32) for t in np.linspace(0, 1, count)]
    return [cv2.warpAffine(photo, move, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP) for move in moves]


def in_layout(picture: np.ndarray, layout: PixelLayout) -> np.ndarray:
    if layout == "rgb24":
        return picture
    planes = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)
    if layout == "yuv420p":
        return planes
    chroma = planes[HEIGHT:].reshape(HEIGHT, WIDTH // 2).repeat(2, axis=0)  # 4:2:2 has it in every row
    return np.concatenate([planes[:HEIGHT].ravel(), chroma.ravel()]).reshape(-1, WIDTH).astype(np.uint16) * 4


def measure(suffix: str, codec: str, count: int, folder: Path) -> str:
    target = folder / f"clip.{suffix}"
    encoding = video.plan(target, OutputSpec(WIDTH, HEIGHT, fps=30, duration_s=count / 30, codec=codec))  # type: ignore[arg-type]
    frames = [Frame(in_layout(picture, encoding.layout), encoding.layout) for picture in pictures(count)]
    own, children, wall = (
        resource.getrusage(resource.RUSAGE_SELF),
        resource.getrusage(resource.RUSAGE_CHILDREN),
        time.perf_counter(),
    )
    video.write(frames, encoding, target)
    seconds = time.perf_counter() - wall
    spent = [
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        for before, after in (
            (own, resource.getrusage(resource.RUSAGE_SELF)),
            (children, resource.getrusage(resource.RUSAGE_CHILDREN)),
        )
    ]
    place = video.destination(target)
    size = sum(file.stat().st_size for file in place.iterdir()) if place.is_dir() else place.stat().st_size
    per_frame = [1000 * value / count for value in spent]
    return (
        f"{suffix:5} {codec:7} {count:3} frames {count / seconds:6.1f} fps   processor ms a frame: "
        f"ffmpeg {per_frame[1]:6.1f}, own {per_frame[0]:4.1f}   {size / 1e6:6.2f} MB"
    )


def main() -> None:
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for suffix, form in formats().items():
            for codec in form.codecs:
                if not wanted or codec.name in wanted:
                    print(
                        measure(suffix, codec.name, FRAMES if codec.name in ("h264", "av1") else 15, Path(folder)), flush=True
                    )


if __name__ == "__main__":
    main()
