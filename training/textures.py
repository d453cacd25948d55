"""A bank of textures and of silhouettes, from noise, patterns and the public-domain photographs that scikit-image brings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Random = np.random.Generator

SIDE = 128
MASK_SIDE = 128
PHOTOGRAPHS = (
    "rocket",
    "hubble_deep_field",
    "camera",
    "coins",
    "moon",
    "page",
    "text",
    "clock_motion",
    "grass",
    "gravel",
    "brick",
)


@dataclass(frozen=True)
class Bank:
    """levels: (T, P, 3) uint8, each texture's mip levels one after another. masks: (M, S, S) float32 heights, 0 outside.

    kinds: which textures are of which sort; shapes: which masks are of which sort.
    """

    levels: NDArray[np.uint8]
    masks: Float
    kinds: dict[str, list[int]]
    shapes: dict[str, list[int]]


def noise(random: Random, height: int, width: int, roughness: float, octaves: int = 6, first: int = 2) -> Float:
    """(height, width) fractal value noise of mean 0 and deviation 1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = min(first << octave, max(height, width))
        grid = random.standard_normal((cells + 1, cells + 1)).astype(np.float32)
        total += roughness**octave * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return (total - total.mean()) / (total.std() + 1e-6)


def _colour(random: Random) -> Float:
    hue, saturation, value = random.random(), random.random() ** 1.7, 0.15 + 0.85 * random.random()
    pixel = np.array([[[hue * 360, saturation, value]]], np.float32)
    return cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0]


def _ramp(random: Random, value: Float, count: int = 3) -> Float:
    """``value`` through a random colour scale."""
    stops = np.stack([_colour(random) for _ in range(count)])
    place = np.clip((value - value.min()) / (np.ptp(value) + 1e-6), 0, 1) * (count - 1)
    low = np.minimum(place.astype(int), count - 2)
    share = (place - low)[..., None]
    return stops[low] * (1 - share) + stops[low + 1] * share


def _noisy(random: Random) -> Float:
    value = noise(random, SIDE, SIDE, random.uniform(0.35, 0.95), 7)
    if random.random() < 0.3:
        value = np.abs(value)
    return _ramp(random, value, int(random.integers(2, 5)))


def _plain(random: Random) -> Float:
    return np.clip(_colour(random) + random.uniform(0.005, 0.05) * noise(random, SIDE, SIDE, 0.6)[..., None], 0, 1)


def _stripes(random: Random) -> Float:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    count = int(random.integers(2, 16))
    wave = (x if random.random() < 0.5 else y) * count + random.uniform(0, 0.15) * noise(random, SIDE, SIDE, 0.5)
    value = (wave % 1 > random.uniform(0.2, 0.8)).astype(np.float32)
    if random.random() < 0.3:
        value += (y * count % 1 > 0.5).astype(np.float32)
    return _ramp(random, value, 3) * (1 + 0.06 * noise(random, SIDE, SIDE, 0.8)[..., None])


def _bricks(random: Random) -> Float:
    rows = int(random.integers(3, 14))
    columns = max(2, round(rows / random.uniform(1, 3)))
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    row = np.floor(y * rows)
    shifted = x * columns + (0.5 * (row % 2) if random.random() < 0.7 else 0)
    joint = random.uniform(0.03, 0.12)
    gap = (y * rows % 1 < joint * 1.5) | (shifted % 1 < joint)
    tone = random.standard_normal((rows + 1, columns + 2))[row.astype(int), np.floor(shifted).astype(int)]
    body = _colour(random) * (1 + random.uniform(0, 0.25) * tone[..., None]) + 0.05 * noise(random, SIDE, SIDE, 0.8)[..., None]
    return np.where(gap[..., None], _colour(random), body)


def _checks(random: Random) -> Float:
    y, x = np.mgrid[0:SIDE, 0:SIDE] * int(random.integers(2, 10)) // SIDE
    return (
        np.where(((x + y) % 2)[..., None] > 0, _colour(random), _colour(random))
        + 0.04 * noise(random, SIDE, SIDE, 0.8)[..., None]
    )


def _wood(random: Random) -> Float:
    x = np.arange(SIDE, dtype=np.float32) / SIDE
    value = (
        np.sin((x * random.uniform(4, 20) + 0.6 * noise(random, SIDE, SIDE, 0.4, 4)) * 6.28)
        + 0.5 * cv2.resize(noise(random, SIDE, 8, 0.8), (SIDE, SIDE)).T
    )
    base = np.array([0.55, 0.38, 0.22]) * random.uniform(0.4, 1.6)
    return np.clip(base + value[..., None] * random.uniform(0.02, 0.08), 0, 1)


def _cells(random: Random) -> Float:
    count = int(random.integers(8, 120))
    points = random.random((count, 2)) * SIDE
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    apart = (
        [(x - px + SIDE / 2) % SIDE - SIDE / 2 for px in points[:, 0]],
        [(y - py + SIDE / 2) % SIDE - SIDE / 2 for py in points[:, 1]],
    )
    squared = np.stack([a * a + b * b for a, b in zip(*apart, strict=True)])
    nearest = squared.argmin(0)
    colours = np.clip(_colour(random) + random.uniform(0.05, 0.4) * random.standard_normal((count, 3)), 0, 1)
    shade = np.clip(np.sqrt(squared.min(0)) / (SIDE / np.sqrt(count)), 0, 1)
    return colours[nearest] * (1 - random.uniform(0, 0.6) * shade[..., None])


def _leaves(random: Random) -> Float:
    picture = np.ones((SIDE, SIDE, 3)) * np.array([0.1, 0.2, 0.05]) * random.uniform(0.3, 1.5)
    green = np.array([random.uniform(0.15, 0.6), random.uniform(0.35, 0.65), random.uniform(0.05, 0.3)])
    for _ in range(260):
        x, y = random.integers(0, SIDE, 2)
        colour = np.clip(green * random.uniform(0.4, 1.5) + 0.05 * random.standard_normal(3), 0, 1)
        axes = int(random.integers(2, 9)), int(random.integers(1, 4))
        cv2.ellipse(picture, (int(x), int(y)), axes, float(random.uniform(0, 180)), 0, 360, colour.tolist(), -1)
    return picture


def _writing(random: Random) -> Float:
    paper, ink = _colour(random), _colour(random)
    ink_share = np.zeros((SIDE, SIDE), np.uint8)
    for row in range(8, SIDE, int(random.integers(10, 30))):
        text = "".join(chr(c) for c in random.integers(65, 122, 14))
        cv2.putText(ink_share, text, (2, row), cv2.FONT_HERSHEY_SIMPLEX, float(random.uniform(0.3, 0.8)), 255, 1)
    return paper + (ink - paper) * (ink_share[..., None] / np.float32(255))


def _windows(random: Random) -> Float:
    """A facade."""
    wall, glass = _plain(random), _colour(random) * random.uniform(0.2, 0.8)
    rows, columns = (int(random.integers(2, 7)) for _ in range(2))
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    a, b = random.uniform(0.15, 0.35, 2)
    inside = (np.abs(y * rows % 1 - 0.5) < 0.5 - a) & (np.abs(x * columns % 1 - 0.5) < 0.5 - b)
    frame = (np.abs(y * rows % 1 - 0.5) < 0.54 - a) & (np.abs(x * columns % 1 - 0.5) < 0.54 - b)
    picture = np.where(frame[..., None], _colour(random), wall)
    return np.where(
        inside[..., None],
        glass * (0.7 + 0.6 * random.random((rows, columns))[(y * rows).astype(int), (x * columns).astype(int), None]),
        picture,
    )


def _photographs() -> list[NDArray[np.uint8]]:
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    found = [next(iter(folder.glob(f"{name}.*")), None) for name in PHOTOGRAPHS]
    read = (cv2.imread(str(path)) for path in found if path is not None)
    return [cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) for picture in read if picture is not None]


def _crop(random: Random, photographs: list[NDArray[np.uint8]]) -> Float:
    picture = photographs[int(random.integers(len(photographs)))]
    side = int(min(picture.shape[:2]) * random.uniform(0.15, 1.0))
    y, x = (int(random.integers(0, extent - side + 1)) for extent in picture.shape[:2])
    piece = cv2.resize(picture[y : y + side, x : x + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    if random.random() < 0.5:
        piece = piece[:, ::-1]
    return piece[..., random.permutation(3)] if random.random() < 0.4 else piece


def _levels(picture: Float) -> NDArray[np.uint8]:
    small = np.clip(picture * 255, 0, 255).astype(np.uint8)
    pieces = []
    while small.shape[0] >= 4:
        pieces.append(small.reshape(-1, 3))
        small = cv2.resize(small, (small.shape[1] // 2,) * 2, interpolation=cv2.INTER_AREA)
    return np.concatenate(pieces)


def _puffed(inside: NDArray[np.bool_]) -> Float:
    """A height in (0, 1] inside, rising steeply from the outline as a round body's does."""
    distance = cv2.distanceTransform(np.pad(inside, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    rim = np.clip(distance / (distance.max() + 1e-6), 0, 1)
    return np.where(inside, 0.05 + 0.95 * np.sqrt(1 - (1 - rim) ** 2), 0).astype(np.float32)


def _blob(random: Random) -> NDArray[np.bool_]:
    y, x = (np.mgrid[0:MASK_SIDE, 0:MASK_SIDE] + 0.5) / MASK_SIDE * 2 - 1
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    outline = np.full_like(angle, 0.72)
    for k in range(1, int(random.integers(3, 9))):
        outline += random.normal(0, 0.22 / k) * np.cos(k * angle + random.uniform(0, 6.28))
    return radius < np.clip(outline, 0.15, 0.97)


def _polygon(random: Random) -> NDArray[np.bool_]:
    count = int(random.integers(3, 8))
    angle = np.sort(random.uniform(0, 6.28, count))
    reach = random.uniform(0.5, 0.98, count)
    points = (np.stack([np.cos(angle) * reach, np.sin(angle) * reach], 1) * 0.5 + 0.5) * MASK_SIDE
    picture = np.zeros((MASK_SIDE, MASK_SIDE), np.uint8)
    cv2.fillPoly(picture, [points.astype(np.int32)], 1)
    return picture > 0


def _foliage(random: Random) -> NDArray[np.bool_]:
    y, x = (np.mgrid[0:MASK_SIDE, 0:MASK_SIDE] + 0.5) / MASK_SIDE * 2 - 1
    crown = 1.1 - 1.5 * np.hypot(x, y) ** 2
    return (crown + random.uniform(0.25, 0.55) * noise(random, MASK_SIDE, MASK_SIDE, 0.85, 6, 4) > 0) & (np.hypot(x, y) < 0.98)


def _ridge(random: Random) -> NDArray[np.bool_]:
    profile = noise(random, 1, MASK_SIDE, random.uniform(0.3, 0.75), 7)[0]
    profile = 0.55 + random.uniform(0.05, 0.18) * profile
    return (np.arange(MASK_SIDE)[::-1, None] + 0.5) / MASK_SIDE < profile[None]


def _skyline(random: Random) -> NDArray[np.bool_]:
    profile = np.repeat(random.uniform(0.3, 0.97, 40), random.integers(2, 14, 40))[:MASK_SIDE]
    profile = np.pad(profile, (0, MASK_SIDE - len(profile)), mode="edge")
    return (np.arange(MASK_SIDE)[::-1, None] + 0.5) / MASK_SIDE < profile[None]


def _twigs(random: Random) -> NDArray[np.bool_]:
    picture = np.zeros((MASK_SIDE, MASK_SIDE), np.uint8)
    branches = [(MASK_SIDE / 2, float(MASK_SIDE - 1), -1.57, MASK_SIDE * 0.3, 5.0)]
    while branches and len(branches) < 400:
        x, y, angle, length, thick = branches.pop(0)
        if length < 5:
            continue
        end = x + length * np.cos(angle), y + length * np.sin(angle)
        cv2.line(picture, (int(x), int(y)), (int(end[0]), int(end[1])), 1, max(1, int(thick)))
        for turn in random.normal(0, 0.6, int(random.integers(2, 4))):
            branches.append((*end, angle + turn, length * random.uniform(0.55, 0.85), thick * 0.65))
    picture[:, [0, -1]] = 0
    return picture > 0


_TEXTURES = {
    "noise": (_noisy, 70),
    "plain": (_plain, 60),
    "stripes": (_stripes, 30),
    "bricks": (_bricks, 30),
    "checks": (_checks, 10),
    "wood": (_wood, 24),
    "cells": (_cells, 30),
    "leaves": (_leaves, 24),
    "writing": (_writing, 14),
    "windows": (_windows, 30),
}
_MASKS = {
    "blob": (_blob, 60),
    "polygon": (_polygon, 24),
    "foliage": (_foliage, 40),
    "ridge": (_ridge, 30),
    "skyline": (_skyline, 14),
    "twigs": (_twigs, 12),
}


def make_bank(seed: int = 0) -> Bank:
    """The whole bank, a second's work; the same seed gives the same bank."""
    random = np.random.default_rng([seed, 7])
    levels, kinds = [], {}
    for name, (make, count) in _TEXTURES.items():
        kinds[name] = list(range(len(levels), len(levels) + count))
        levels += [_levels(make(random)) for _ in range(count)]
    photographs = _photographs()
    if photographs:
        kinds["photograph"] = list(range(len(levels), len(levels) + 150))
        levels += [_levels(_crop(random, photographs)) for _ in range(150)]
    masks, shapes = [], {}
    for name, (draw, count) in _MASKS.items():
        shapes[name] = list(range(len(masks), len(masks) + count))
        masks += [_puffed(draw(random)) for _ in range(count)]
    return Bank(np.stack(levels), np.stack(masks), kinds, shapes)
