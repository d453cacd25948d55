"""Made-up pictures whose hidden part is known."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MAGENTA = (255, 0, 255)


@dataclass(frozen=True, eq=False)
class Scene:
    """A disc before a background: what the camera sees, what it does not, and the band behind the silhouette."""

    rgb: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    hole: NDArray[np.bool_]
    source: NDArray[np.bool_]
    disparity: NDArray[np.float32]

    def psnr(self, painted: NDArray[np.uint8]) -> float:
        difference = painted[self.hole].astype(float) - self.truth[self.hole]
        return float(10 * np.log10(255**2 / np.mean(difference**2)))


def disc_before(background: NDArray[np.uint8], band_px: int = 14, radius_px: int = 38) -> Scene:
    height, width = background.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    radius = np.hypot(y - height / 2, x - width / 2)
    disc, core = radius < radius_px, radius < radius_px - band_px
    rgb = np.where(disc[:, :, None], np.uint8(MAGENTA), background)
    disparity = np.where(core, 0.9, 0.2).astype(np.float32)
    return Scene(rgb, background, disc & ~core, ~disc, disparity)


def meadow(height: int = 120, width: int = 160) -> NDArray[np.uint8]:
    """Green and yellow grain, softened: far from magenta in every pixel."""
    noise = np.random.default_rng(3).random((height, width)).astype(np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), 1.5)
    grain = np.clip((grain - grain.mean()) / grain.std() / 5 + 0.5, 0, 1)[:, :, None]
    return np.rint(np.float32((20, 90, 30)) * (1 - grain) + np.float32((190, 230, 60)) * grain).astype(np.uint8)


def stripes(height: int = 120, width: int = 160) -> NDArray[np.uint8]:
    """Sharp slanted stripes, 12 px wide."""
    y, x = np.mgrid[0:height, 0:width]
    dark = np.floor((x + 0.5 * y) / 12).astype(int) % 2 == 0
    return np.where(dark[:, :, None], np.uint8((40, 60, 50)), np.uint8((200, 210, 120)))
