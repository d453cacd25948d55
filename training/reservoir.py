"""Scenes made once, kept in files outside the repository, and looked at several times, each time differently."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training import scenes
from training.textures import Bank, Float, Random

SIDE = 192


class Reservoir:
    """A ring of at most ``capacity`` scenes: number k is always the scene of ``[seed, k]``, newer ones replace the oldest."""

    def __init__(self, folder: Path, capacity: int, bank: Bank, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._bank, self._seed, self._capacity = bank, seed, capacity
        self._rgb = _open(folder / "rgb.npy", (capacity, SIDE, SIDE, 3), np.uint8)
        self._disparity = _open(folder / "disparity.npy", (capacity, SIDE, SIDE), np.float16)
        self._count_file = folder / "count"
        self.made = int(self._count_file.read_text()) if self._count_file.exists() else 0

    def grow(self, count: int) -> None:
        for _ in range(count):
            scene = scenes.make(self._bank, np.random.default_rng([self._seed, self.made]), SIDE)
            place = self.made % self._capacity
            self._rgb[place], self._disparity[place] = scene.rgb, scene.disparity
            self.made += 1
        self._count_file.write_text(str(self.made))

    def batch(self, random: Random, count: int, side: int) -> tuple[Float, Float]:
        """(count, 3, side, side) colours in [0, 1] and (count, side, side) disparities, varied."""
        numbers = random.integers(0, min(self.made, self._capacity), count)
        pairs = [vary(random, self._rgb[k], self._disparity[k], side) for k in numbers]
        rgb = np.stack([rgb for rgb, _ in pairs]).astype(np.float32).transpose(0, 3, 1, 2) / 255
        return rgb, np.stack([disparity for _, disparity in pairs])


def _open(path: Path, shape: tuple[int, ...], dtype: type) -> NDArray:
    return np.lib.format.open_memmap(path, "r+" if path.exists() else "w+", dtype, shape)


def vary(random: Random, rgb: NDArray[np.uint8], disparity: NDArray[np.float16], side: int) -> tuple[NDArray[np.uint8], Float]:
    """A part of the scene, mirrored or not, as another camera with another processing might have given it."""
    full = rgb.shape[0]
    if random.random() < 0.75:
        wide, tall = (int(full * random.uniform(0.6, 1.0)) for _ in range(2))
        x, y = int(random.integers(0, full - wide + 1)), int(random.integers(0, full - tall + 1))
        rgb, disparity = rgb[y : y + tall, x : x + wide], disparity[y : y + tall, x : x + wide]
    if random.random() < 0.5:
        rgb, disparity = rgb[:, ::-1], disparity[:, ::-1]
    shrinks = rgb.shape[0] * rgb.shape[1] > side * side
    colour = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    truth = cv2.resize(disparity.astype(np.float32), (side, side), interpolation=cv2.INTER_NEAREST)
    return process(random, colour), truth


def process(random: Random, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Other colours, contrast, sharpness, vignetting, noise and compression."""
    x = rgb.astype(np.float32) / 255
    if random.random() < 0.03:
        x = x[..., random.permutation(3)]
    grey = x @ np.array([0.3, 0.59, 0.11], np.float32)
    saturation = 0.0 if random.random() < 0.08 else random.uniform(0.25, 1.0)
    x = grey[..., None] + saturation * (x - grey[..., None])
    x = np.clip(x * random.normal(1, 0.07, 3).astype(np.float32), 0, 1) ** np.float32(np.exp(random.normal(0, 0.25)))
    x = (x - 0.5) * np.float32(random.uniform(0.6, 1.35)) + 0.5 + np.float32(random.normal(0, 0.07))
    if random.random() < 0.3:
        r = np.linspace(-1, 1, x.shape[0], dtype=np.float32) ** 2
        x *= (1 - random.uniform(0, 0.35) * (r[:, None] + r[None]) / 2)[..., None].astype(np.float32)
    if random.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), random.uniform(0.3, 1.3))
    elif random.random() < 0.3:
        x = x + random.uniform(0.3, 1.2) * (x - cv2.GaussianBlur(x, (0, 0), 1.0))
    if random.random() < 0.3:
        x = x + random.uniform(0.003, 0.03) * random.standard_normal(x.shape, np.float32)
    result = np.clip(x * 255, 0, 255).astype(np.uint8)
    if random.random() < 0.4:
        _, data = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 95))])
        result = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return result
