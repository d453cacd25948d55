"""From light to a photograph: the light itself, sky, haze, contact shadows, depth of field."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from training.raycast import FAR, View
from training.textures import Bank, Float, Random, noise


@dataclass
class Light:
    """direction: to the sun. haze: density a metre. headlight: a lamp or flash at the camera, with its fall-off."""

    direction: Float = field(default_factory=lambda: np.array([0.3, 0.8, -0.5]))
    sun: float = 0.9
    ambient: float = 0.5
    headlight: float = 0.0
    fall_off: float = 0.0
    shadows: bool = True
    haze: float = 0.0
    haze_colour: Float = field(default_factory=lambda: np.ones(3))
    sky: Float = field(default_factory=lambda: np.ones((2, 3)))
    clouds: float = 0.0
    contact: float = 0.5
    warmth: Float = field(default_factory=lambda: np.ones(3))

    @staticmethod
    def draw(random: Random) -> Light:
        azimuth, height = random.uniform(0, 6.28), random.uniform(0.15, 1.4)
        direction = np.array([math.cos(azimuth) * math.cos(height), math.sin(height), math.sin(azimuth) * math.cos(height)])
        overcast = random.random() < 0.35
        top = np.array([random.uniform(0.15, 0.6), random.uniform(0.35, 0.7), random.uniform(0.6, 1.0)])
        if overcast or random.random() < 0.2:
            top = np.clip(np.full(3, random.uniform(0.2, 1.0)) + random.normal(0, 0.04, 3), 0, 1.2)
        low = np.clip(top + random.uniform(0, 0.6) * (np.array([1.0, 0.95, 0.9]) * random.uniform(0.7, 1.2) - top), 0, 1.3)
        if random.random() < 0.12:
            low = np.array([1.1, random.uniform(0.4, 0.8), random.uniform(0.2, 0.6)])
        if random.random() < 0.08:
            top, low = top * 0.08, low * 0.15
        return Light(
            direction,
            0.0 if overcast else random.uniform(0.4, 1.3),
            random.uniform(0.3, 0.9),
            0.0,
            0.0,
            not overcast and random.random() < 0.85,
            random.choice([0.0, random.uniform(0.001, 0.008), random.uniform(0.01, 0.06)], p=[0.4, 0.4, 0.2]),
            low,
            np.stack([top, low]),
            random.uniform(0, 0.5) * (random.random() < 0.6),
            random.uniform(0.2, 1.2),
            1 + random.normal(0, 0.06, 3),
        )

    def indoors(self, random: Random) -> None:
        """Ceiling or window light, little sun, sometimes a flash."""
        self.haze = 0.0
        self.direction = np.array([random.normal(0, 0.5), random.uniform(0.3, 1.0), random.normal(-0.3, 0.5)])
        self.direction /= np.linalg.norm(self.direction)
        self.sun, self.ambient = random.uniform(0, 0.6), random.uniform(0.35, 0.9)
        self.warmth = np.array([1.05, 1.0, 0.9]) ** random.normal(0.5, 1.0)
        if random.random() < 0.25:
            self.headlight, self.fall_off = random.uniform(0.3, 1.5), random.uniform(0.05, 0.8)

    def row(self, middle: float) -> Float:
        """What the shader takes. middle: the scene's median distance, which the flash reaches."""
        fall_off = self.fall_off * 6 / max(middle, 0.3) ** 2
        return np.array(
            [*self.direction, self.sun, self.ambient, self.headlight, fall_off, *self.warmth, *(2 - self.warmth)], np.float32
        )


def develop(
    random: Random,
    bank: Bank,
    linear: Float,
    distance: Float,
    index: NDArray[np.int32],
    light: Light,
    view: View,
    focus: float,
    aperture: float,
    side: int,
) -> NDArray[np.uint8]:
    """(side, side, 3) uint8: contact shadows, haze and sky added, out of focus where it is, exposed and encoded."""
    far = np.minimum(distance, 400.0)
    inverse = 1 / far
    around = cv2.GaussianBlur(inverse, (0, 0), linear.shape[0] * random.uniform(0.012, 0.04))
    occluded = np.clip((around - inverse) / np.maximum(around, 1e-6), 0, 1)  # darker behind what stands before it
    linear = linear * (1 - min(light.contact, 0.95) * occluded)[..., None]
    mist = (1 - np.exp(-light.haze * far))[..., None]
    linear = linear * (1 - mist) + light.haze_colour * 0.9 * mist
    sky = index < 0
    if sky.any():
        linear[sky] = _sky(random, light, view, linear.shape[0])[sky]
    if aperture > 0:
        linear = defocus(linear, distance, focus, aperture * linear.shape[1])
    small = cv2.resize(linear.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    small = small * random.uniform(0.75, 1.25) * 0.5 / max(float(np.percentile(small, random.uniform(50, 90))), 0.06)
    return np.clip(255 * _film(small, random), 0, 255).astype(np.uint8)


def _film(linear: Float, random: Random) -> Float:
    """A soft shoulder, then the display's curve."""
    knee = random.uniform(0.6, 0.95)
    over = np.maximum(linear - knee, 0)
    bent = np.minimum(linear, knee) + (1 - knee) * (1 - np.exp(-over / (1 - knee)))
    return np.clip(bent, 0, 1) ** random.uniform(0.45, 0.85)


def _sky(random: Random, light: Light, view: View, side: int) -> Float:
    v = np.linspace(1, -1, side, dtype=np.float32)[:, None]
    u = np.linspace(-1, 1, side, dtype=np.float32)[None]
    up = view.forward[1] + u * view.right[1] + v * view.up[1]
    share = np.clip(up * random.uniform(1, 3), 0, 1)[..., None]
    colour = light.sky[0] * share + light.sky[1] * (1 - share)
    if light.clouds > 0:
        puff = np.clip(noise(random, side, side, 0.62, 6, 2) * 0.5 + random.uniform(-0.4, 0.6), 0, 1)[..., None] * light.clouds
        colour = colour * (1 - puff) + puff * random.uniform(0.6, 1.2)
    return colour.astype(np.float32)


def defocus(linear: Float, distance: Float, focus: float, diameter: float) -> Float:
    """Thin-lens blur in layers, far to near, each with its own disc; ``diameter``: of infinity's, in px."""
    blur = diameter * np.abs(1 - focus / np.minimum(distance, FAR))  # circle of confusion, as disparity's distance to the focus
    signed = np.where(distance > focus, blur, -np.minimum(blur, 0.08 * linear.shape[0]))
    steps = [-1e9, -9.0, -4.0, -1.2, 1.2, 3.0, 6.0, 10.0, 16.0, 1e9]
    result = np.zeros_like(linear)
    for low, high in zip(steps[-2::-1], steps[:0:-1], strict=True):
        inside = (signed >= low) & (signed < high)
        if not inside.any():
            continue
        size = float(np.abs(signed[inside]).mean())
        near = high <= 1.2  # a near layer spreads over what is behind; a far one is continued under what is before it
        alpha = inside.astype(np.float32) if near else (signed < high).astype(np.float32) * (inside | (signed < low))
        weight = inside.astype(np.float32)
        if size > 0.6:
            spread = _disc(np.dstack([linear * weight[..., None], weight]), size)
            colour = spread[..., :3] / np.maximum(spread[..., 3:], 1e-4)
            cover = np.minimum(spread[..., 3:], 1) if near else np.clip(_disc(alpha, size), 0, 1)[..., None]
            cover = np.where(spread[..., 3:] > 1e-3, cover, 0)
        else:
            colour, cover = linear, weight[..., None]
        result = colour * cover + result * (1 - cover)
    return result


def _disc(values: Float, diameter: float) -> Float:
    """Two boxes across each other: near enough to a disc."""
    side = max(1, round(diameter * 0.7))
    return cv2.blur(cv2.blur(values, (side, side)), (max(1, side * 2 // 3),) * 2)
