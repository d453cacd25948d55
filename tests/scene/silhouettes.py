"""Scenes of textured surfaces one before the other, and what a camera beside them sees, by brute force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from analytic import levels, light, texture
from numpy.typing import NDArray

from zoom3d import render, scene
from zoom3d.inpaint import DEFAULT, load
from zoom3d.types import OutputSpec, Photo

Array = NDArray[np.float64]
FINE = 6  # samples along each side of a pixel
HEIGHT, WIDTH = 240, 320


@dataclass(frozen=True)
class Surface:
    """One surface: its picture, where it is, and its disparity in pixels, ``disparity + tilt * (y - HEIGHT / 2)``.

    alpha: of (x, y), each any shape, to [0, 1]; None = everywhere.
    """

    rgb: NDArray[np.uint8]
    disparity: float
    alpha: Callable[[Array, Array], Array] | None = None
    tilt: float = 0.0

    @cached_property
    def light(self) -> Array:
        return light(self.rgb)

    def seen(self, x: Array, y: Array, baseline: float) -> tuple[Array, Array, Array]:
        """Linear colour, alpha and disparity at the points of the view."""
        disparity = self.disparity + self.tilt * (y - HEIGHT / 2)
        there = x + baseline * disparity
        where = ((there - 0.5 + MARGIN).astype(np.float32), (y - 0.5).astype(np.float32))
        colour = cv2.remap(self.light, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        alpha = np.ones_like(x) if self.alpha is None else self.alpha(there, y)
        return colour, alpha, disparity


MARGIN = 40  # surfaces go on beyond the photograph's sides


@dataclass(frozen=True)
class Truth:
    """(H, W, 3) picture, (H, W) disparity of the foremost surface that fills half of a pixel, (H, W) which one that is."""

    rgb: NDArray[np.uint8]
    disparity: NDArray[np.float32]
    foremost: NDArray[np.int64]


def look(surfaces: list[Surface], baseline: float) -> Truth:
    """What the camera sees, from FINE x FINE samples a pixel, blended in linear light."""
    steps = (np.arange(FINE) + 0.5) / FINE
    total = np.zeros((HEIGHT, WIDTH, 3))
    cover = np.zeros((len(surfaces), HEIGHT, WIDTH))
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    for dy in steps:
        for dx in steps:
            colour = np.zeros((HEIGHT, WIDTH, 3))
            for index, surface in enumerate(surfaces):
                own, alpha, _ = surface.seen(columns + dx, rows + dy, baseline)
                colour += alpha[..., None] * (own - colour)
                cover[index] += alpha / FINE**2
            total += colour / FINE**2
    foremost = np.zeros((HEIGHT, WIDTH), np.int64)
    disparity = np.zeros((HEIGHT, WIDTH))
    for index, surface in enumerate(surfaces):
        own = surface.seen(columns + 0.5, rows + 0.5, baseline)[2]
        covered = cover[index] >= 0.5
        foremost[covered], disparity[covered] = index, own[covered]
    return Truth(_coded(total), disparity.astype(np.float32), foremost)


def rendered(photograph: Truth, baseline: float, inpaint: str = DEFAULT) -> NDArray[np.uint8]:
    """What is made of the photograph and its disparity."""
    photo = Photo(photograph.rgb, float(WIDTH))
    asked = scene.beside(photo, photograph.disparity, baseline)
    made = scene.build(photo, asked.depth, load(inpaint), asked.extent)
    with render.open_context() as context, render.Renderer(context, made) as renderer:
        (frame,) = renderer.frames(scene.sideways(made, asked), OutputSpec(WIDTH, HEIGHT))
    return frame.data


def band(truth: Truth, baseline: float, reach: int = 6) -> NDArray[np.bool_]:
    """Pixels at most ``reach`` from a silhouette; what lies outside the photograph left out."""
    edge = np.zeros((HEIGHT, WIDTH), np.uint8)
    for axis in (0, 1):
        edge |= (np.diff(truth.foremost, axis=axis, prepend=np.take(truth.foremost, [0], axis)) != 0).astype(np.uint8)
    near = cv2.dilate(edge, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)) > 0
    side = int(np.ceil(abs(baseline) * float(truth.disparity.max()))) + reach
    near[:, :side] = near[:, WIDTH - side :] = False
    return near


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8], where: NDArray[np.bool_]) -> float:
    error = (one[where].astype(float) - other[where]) ** 2
    return float(10 * np.log10(255**2 / error.mean()))


def background(seed: int = 2, low: int = 20, high: int = 110) -> NDArray[np.uint8]:
    return texture(HEIGHT, WIDTH + 2 * MARGIN, seed, low, high)


def foreground(seed: int = 1, low: int = 120, high: int = 240) -> NDArray[np.uint8]:
    rgb = texture(HEIGHT, WIDTH + 2 * MARGIN, seed, low, high)
    rgb[..., 2] //= 4
    return rgb


def disc() -> list[Surface]:
    return [Surface(background(), 2.0), Surface(foreground(), 8.0, _in_disc(70))]


def staircase() -> list[Surface]:
    """Four steps, each before the one above it."""
    made = [Surface(background(5, 30, 90), 1.0)]
    for step in range(1, 4):
        made.append(
            Surface(texture(HEIGHT, WIDTH + 2 * MARGIN, step, 30 + 50 * step, 90 + 50 * step), 1.0 + 3 * step, _from_left(step))
        )
    return made


def fence() -> list[Surface]:
    """Posts two pixels thick."""
    return [Surface(background(), 2.0), Surface(foreground(), 8.0, lambda x, y: ((x - 11.3) % 24 < 2).astype(float))]


def floor() -> list[Surface]:
    """A disc on a floor that is tilted as far as the disc stands out."""
    return [Surface(background(), 4.0, tilt=5.0 / HEIGHT), Surface(foreground(), 10.0, _in_disc(60))]


def furry() -> list[Surface]:
    """A disc whose alpha falls over some pixels, in tufts."""

    def alpha(x: Array, y: Array) -> Array:
        turn = np.arctan2(y - HEIGHT / 2, x - WIDTH / 2)
        tuft = 2.0 * np.sin(40 * turn) + 1.0 * np.sin(97 * turn)
        return np.clip((70 + tuft - np.hypot(x - WIDTH / 2, y - HEIGHT / 2)) / 5 + 0.5, 0, 1)

    return [Surface(background(), 2.0), Surface(foreground(), 8.0, alpha)]


def _in_disc(radius: float) -> Callable[[Array, Array], Array]:
    return lambda x, y: (np.hypot(x - WIDTH / 2, y - HEIGHT / 2) < radius).astype(float)


def _from_left(step: int) -> Callable[[Array, Array], Array]:
    return lambda x, y: ((x > 50 * step + 0.37 * y) & (y > 45 * step + 0.2)).astype(float)


def _coded(light: Array) -> NDArray[np.uint8]:
    return np.rint(levels(np.clip(light, 0, 1))).astype(np.uint8)
