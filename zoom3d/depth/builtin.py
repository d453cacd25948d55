"""The built-in depth estimator: what there is without a download.

A network of our own that comes with the package sees surfaces and their order; classical cues see the floor and the subject's
outline. What they agree on is smoothed along the photograph's edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.depth import builtin_network, classical
from zoom3d.depth.normalise import normalise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]

WORKING_SIZE = 384
"""Longest side, in px, of the map."""

CUES = 0.5
"""Weight of the classical cues beside the network's, both at deviation 1."""

_SMOOTHNESS, _EDGE_CONTRAST = 2000.0, 6.0  # how far smoothing reaches, and the 8-bit step that stops it


def estimate(rgb: NDArray[np.uint8]) -> Float32:
    """Disparity guessed by the network that zoom3d comes with, and by position, sky, focus, colour and saliency.

    rgb: (H, W, 3) uint8. Returns (h, w) float32 in [0, 1], 1 = nearest, at most ``WORKING_SIZE`` on the longer side.
    The same photograph gives the same map.
    """
    return normalise(follow(mix(builtin_network.predict(rgb), classical.estimate(rgb), rgb), rgb))


def mix(network: Float32, cues: Float32, rgb: NDArray[np.uint8], weight: float = CUES) -> Float32:
    """The two guesses of any size, shaped like the photograph and added, up to scale and shift."""
    return _standard(_shaped(network, rgb)) + weight * _standard(_shaped(cues, rgb))


def follow(disparity: Float32, rgb: NDArray[np.uint8]) -> Float32:
    """``disparity`` calm within surfaces, its steps gathered on the photograph's edges (Min et al., TIP 2014)."""
    guide = cv2.resize(rgb, disparity.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.ximgproc.fastGlobalSmootherFilter(guide, disparity, _SMOOTHNESS, _EDGE_CONTRAST), np.float32)


def _shaped(disparity: Float32, rgb: NDArray[np.uint8]) -> Float32:
    scale = min(1.0, WORKING_SIZE / max(rgb.shape[:2]))
    size = max(8, round(rgb.shape[1] * scale)), max(8, round(rgb.shape[0] * scale))
    return np.asarray(cv2.resize(disparity, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _standard(values: Float32) -> Float32:
    """Mean 0, deviation 1; what is flat stays so."""
    return np.asarray((values - values.mean()) / (values.std() + 1e-4), np.float32)
