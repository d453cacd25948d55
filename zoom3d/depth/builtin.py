"""The built-in depth estimator: what there is without a download.

A network of our own that comes with the package sees surfaces and their order; classical cues see the floor and the subject's
outline. What they agree on is smoothed up to the photograph's edges.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.depth import _settle, builtin_network, classical
from zoom3d.depth.normalise import normalise, standardise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Mask = NDArray[np.bool_]

WORKING_PIXELS = 320 * 240
"""Most pixels of the map. A bound on the longer side would leave a panorama few rows for its floor."""

CUES, SUBJECT = 0.3, 5.0
"""Weight of the classical cues beside the network's, both at deviation 1, and how far they emphasise a subject."""

_UPRIGHT, _NEAR_PARTS = np.float32(0.5), 0.75  # share of the way, and quantile of a part's disparity
_BEND = 1.45  # exponent of the mixed map in [0, 1]: little of a scene is near, and disparity is skewed


def estimate(rgb: NDArray[np.uint8]) -> Float32:
    """Disparity guessed by the network that zoom3d comes with, and by position, sky, focus, colour and saliency.

    rgb: (H, W, 3) uint8. Returns (h, w) float32 in [0, 1], 1 = nearest, of at most about ``WORKING_PIXELS``.
    The same photograph gives the same map.
    """
    rgb = _reduced(rgb, 4 * WORKING_PIXELS)  # once, since several parts look at it
    with builtin_network.single(), ThreadPoolExecutor(1) as beside:
        seen = beside.submit(builtin_network.look, rgb)
        cues = classical.guess(rgb, SUBJECT, seen.result)
        network = seen.result()
    return normalise(follow(stand(mix(network, cues.disparity, rgb), cues.upright), rgb, cues.subject, cues.upright))


def mix(network: Float32, cues: Float32, rgb: NDArray[np.uint8], weight: float = CUES) -> Float32:
    """The two guesses of any size, shaped like the photograph and added: mean 0, deviation 1."""
    both = standardise(_shaped(network, rgb)) + weight * standardise(_shaped(cues, rgb))
    return standardise(normalise(both) ** _BEND)


def stand(disparity: Float32, upright: Mask) -> Float32:
    """``disparity`` with the farther parts of what is ``upright``, of any size, brought half of the way to its nearer ones.

    A network takes what is higher in the picture for farther, heads and the tops of towers with it.
    """
    stood = disparity.copy()
    mask = cv2.resize(upright.astype(np.uint8), disparity.shape[::-1], interpolation=cv2.INTER_NEAREST)
    count, labels = cv2.connectedComponents(mask)
    for label in range(1, count):
        part = labels == label
        stood[part] += _UPRIGHT * np.maximum(np.quantile(stood[part], _NEAR_PARTS) - stood[part], 0)
    return stood


def follow(disparity: Float32, rgb: NDArray[np.uint8], subject: Mask, upright: Mask) -> Float32:
    """``disparity`` calm within surfaces, its steps gathered on the photograph's edges. subject, upright: of any size."""
    return _settle.settle(disparity, cv2.resize(rgb, disparity.shape[::-1], interpolation=cv2.INTER_AREA), subject, upright)


def _shaped(disparity: Float32, rgb: NDArray[np.uint8]) -> Float32:
    return np.asarray(cv2.resize(disparity, _size(rgb, WORKING_PIXELS), interpolation=cv2.INTER_LINEAR), np.float32)


def _reduced(rgb: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(rgb, _size(rgb, pixels), interpolation=cv2.INTER_AREA))


def _size(rgb: NDArray[np.uint8], pixels: int) -> tuple[int, int]:
    """Width and height of about so many ``pixels`` at most, in the proportions of ``rgb``."""
    height, width = rgb.shape[:2]
    scale = min(1.0, (pixels / (height * width)) ** 0.5)
    return max(8, round(width * scale)), max(8, round(height * scale))
