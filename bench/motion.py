"""How steady clips are: jolts of the path, sharpness that comes and goes, pixels that flicker.

python bench/motion.py PHOTO [--presets NAME ...] [--size WxH] [--depth FILE]

v: the fastest point's pixels a frame. jolt: the largest change of acceleration over the median one, at 60 frames a second;
8 at most of eased moves. pulse: by how much fine contrast leaves the mean of the frames before and after, as a share of it.
flicker: pixels a frame that differ by more than 10 levels from all around their place in the frames before and after.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from zoom3d import camera, geometry, photo, pipeline, render
from zoom3d.camera import presets
from zoom3d.types import CameraPath, Effects, Layer, LayeredScene, OutputSpec

RUNS, RUN = (0.1, 0.5, 0.9), 13  # where on the path, and how many frames there
TILE_PX = 40
WINDOW = np.ones((3, 3), np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--presets", nargs="*", default=presets.names())
    parser.add_argument("--size", default="720x1280")
    parser.add_argument("--depth", type=Path)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    settings = pipeline.Settings(model="builtin", depth=options.depth, size=(width, height))
    scene = pipeline.stage(photo.load(options.photo, usable_side_px=settings.usable_side_px), settings).scene
    print(f"{'preset':16s} {'v':>6s} {'jolt':>6s} {'pulse':>6s} {'flicker':>8s}")
    for name in options.presets:
        move = presets.load(name)
        path, fine = (camera.plan(move, scene, OutputSpec(width, height, fps, move.duration_s)) for fps in (30, 60))
        fastest, jolt = smoothness(scene, fine)
        pulse, flicker = steadiness(scene, replace(path, effects=Effects()), OutputSpec(width, height))
        print(f"{name:16s} {2 * fastest:6.2f} {jolt:6.1f} {pulse:6.3f} {flicker:8.1f}", flush=True)


def smoothness(scene: LayeredScene, path: CameraPath) -> tuple[float, float]:
    """Of points all over the photograph that every frame shows: the most pixels a frame, and the jolt."""
    x, y, disparity = np.meshgrid(*(np.linspace(0, side, 9) + scene.margin_px for side in scene.photo_size), [0.0, 0.5, 1.0])
    points = np.stack([x.ravel(), y.ravel(), disparity.ravel()], 1).astype(np.float32)
    place = np.stack([geometry.project(scene, path, index, points) for index in range(len(path))]).astype(np.float64)
    shown = ((place > -50) & (place < np.array(path.viewport_size) + 50)).all((0, 2))
    place = place[:, shown] if shown.any() else place
    speed, jerk = (np.linalg.norm(np.diff(place, order, axis=0), axis=2).max(1) for order in (1, 3))
    return float(speed.max()), float(jerk.max() / max(np.median(jerk), 1e-3))


def steadiness(scene: LayeredScene, path: CameraPath, output: OutputSpec) -> tuple[float, float]:
    """Pulse and flicker."""
    starts = sorted({max(0, int(share * (len(path) - RUN))) for share in RUNS})
    pulse, flicker = [], []
    for start in starts:
        span = range(start, min(start + RUN, len(path)))
        frames, maps = list(drawn(scene, path, output, span)), list(drawn(in_disparity(scene), path, output, span))
        energy = np.stack([fine_contrast(frame) for frame in frames])
        pulse.append(np.abs(2 * energy[1:-1] - energy[:-2] - energy[2:]).sum() / (2 * energy[1:-1]).sum())
        for number, index in enumerate(span[1:-1], 1):
            disparity = maps[number][..., 0].astype(np.float64) / 255
            over, shown = [], np.ones(disparity.shape, bool)
            for step in (-1, 1):
                x, y = followed(scene, path, index, index + step, disparity)
                shown &= (x > 1) & (y > 1) & (x < disparity.shape[1] - 2) & (y < disparity.shape[0] - 2)
                low, high = (
                    cv2.remap(extreme(frames[number + step], WINDOW), x, y, cv2.INTER_LINEAR).astype(np.int16)
                    for extreme in (cv2.erode, cv2.dilate)
                )
                over.append((frames[number] - high, low - frames[number]))
            alone = np.maximum(*(np.minimum(before, after) for before, after in zip(*over, strict=True))).max(2)
            flicker.append(float(((alone > 10) & shown).sum()))
    return float(np.mean(pulse)), float(np.mean(flicker))


def drawn(scene: LayeredScene, path: CameraPath, output: OutputSpec, span: range) -> Iterator[np.ndarray]:
    with render.open_context() as context, render.Renderer(context, scene) as renderer:
        yield from (frame.data for frame in renderer.frames(path, output, span=span))


def in_disparity(scene: LayeredScene) -> LayeredScene:
    def grey(layer: Layer) -> Layer:
        shade = np.rint(255 * layer.disparity).astype(np.uint8)
        return Layer(np.dstack([shade, shade, shade, layer.rgba[..., 3]]), layer.disparity)

    return replace(scene, layers=tuple(map(grey, scene.layers)))


def fine_contrast(frame: np.ndarray) -> np.ndarray:
    """Mean energy of what is as fine as pixels, in tiles."""
    fine = cv2.Laplacian(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32), cv2.CV_32F)
    return cv2.resize(fine**2, (frame.shape[1] // TILE_PX, frame.shape[0] // TILE_PX), interpolation=cv2.INTER_AREA)


def followed(
    scene: LayeredScene, path: CameraPath, index: int, other: int, disparity: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) each: where frame ``other`` shows what ``disparity`` says the pixels of frame ``index`` show, for cv2.remap."""
    height, width = disparity.shape
    matrices = geometry.world_to_clips(scene, path).astype(np.float64)
    across, down = np.meshgrid((np.arange(width) + 0.5) * 2 / width - 1, (np.arange(height) + 0.5) * 2 / height - 1)
    depth = -np.asarray(scene.distance(disparity))
    (row, below), last = matrices[index][:2], matrices[index][3]
    one, two = row - across[..., None] * last, below - down[..., None] * last  # planes that meet in the pixel's ray
    right = np.stack([-(plane[..., 2] * depth + plane[..., 3]) for plane in (one, two)], -1)
    place = np.linalg.solve(np.stack([one[..., :2], two[..., :2]], -2), right[..., None])[..., 0]
    clip = np.concatenate([place, depth[..., None], np.ones_like(depth)[..., None]], -1) @ matrices[other].T
    seen = (clip[..., :2] / clip[..., 3:] + 1) / 2 * [width, height] - 0.5
    return seen[..., 0].astype(np.float32), seen[..., 1].astype(np.float32)


if __name__ == "__main__":
    main()
