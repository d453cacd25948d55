"""Shallow focus: what is sharp in a photograph much of which is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.saliency.figure import lead, steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]

_PIXELS = 640 * 480  # of the picture that is looked at, at most
_FAINTEST = 1.0  # CIE Lab units a pixel: lesser edges are noise or shading
_SMOOTHED, _AGAIN = 0.7, 1.5  # px: deviation of the blur against noise, and of the one that edges are compared under
_SHARP, _BLURRED = 1.0, 4.0  # px: deviation of an edge's own blur
_AROUND = 1 / 60  # of the longer side: how far an edge speaks for what is beside it
_SPARSE, _UNKNOWN = 0.02, 0.3  # edges around, below which nothing is known, and what then is said
_LEAST_BLURRED, _LEAST_KNOWN = 0.06, 0.3  # of the picture; with everything in focus 0.02 of it is blurred, at most
_IN_FOCUS, _OUT_OF_FOCUS = 0.6, 0.1  # least likelihood of what is sharp; share that the rest keeps of its own
_LEAST_SHARP = 0.15  # sharpness below which nothing is in focus
_NEARER = 0.4  # deviations by which what is blurred may be nearer than the rest


def shallow_focus(rgb: NDArray[np.uint8], height: int, width: int) -> Float32 | None:
    """How sharp each pixel is, (height, width) float32 in [0, 1]; None where hardly anything is out of focus.

    An edge's own blur is told by how much its gradient falls when it is blurred again (Zhuo and Sim, "Defocus map estimation
    from a single image", Pattern Recognition 2011, eq. 4); where there are no edges, nothing is known. rgb: (H, W, 3) uint8.
    """
    scale = min(1.0, (_PIXELS / (rgb.shape[0] * rgb.shape[1])) ** 0.5)
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lightness = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[..., 0], (0, 0), _SMOOTHED)
    gradient = steps(lightness)
    ratio = gradient / np.maximum(steps(cv2.GaussianBlur(lightness, (0, 0), _AGAIN)), 1e-3)
    blur = _AGAIN / np.sqrt(np.maximum(ratio**2 - 1, 1e-3))
    crest = (gradient > 0.7 * cv2.dilate(gradient, np.ones((3, 3), np.uint8))) & (gradient > _FAINTEST)
    weight = crest * np.minimum(gradient, 6)
    reach = max(small.shape) * _AROUND
    edges = cv2.GaussianBlur(weight, (0, 0), reach)
    mean = cv2.GaussianBlur(weight * np.log(np.clip(blur, 0.5, 7)), (0, 0), reach) / np.maximum(edges, 1e-3)
    sharp = np.clip((np.log(_BLURRED) - mean) / np.log(_BLURRED / _SHARP), 0, 1)
    known = edges > _SPARSE
    if known.mean() < _LEAST_KNOWN or (sharp[known] < _LEAST_SHARP).mean() < _LEAST_BLURRED:
        return None
    sharp[~known] = _UNKNOWN
    return np.asarray(cv2.resize(sharp, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def with_focus(likely: Float32, sharp: Float32) -> Float32:
    """``likely``, (H, W) float32 in [0, 1], raised where the picture is ``sharp``, hardly anything where it is blurred."""
    return np.asarray(np.maximum(likely, _IN_FOCUS * sharp) * np.where(sharp < _LEAST_SHARP, _OUT_OF_FOCUS, 1), np.float32)


def blur_is_behind(sharp: Float32, disparity: Float32) -> bool:
    """Whether what is not ``sharp``, (H, W), lies behind what is; one may also look over a blurred shoulder.

    disparity: of any size and scale.
    """
    there, blurred = cv2.resize(disparity, sharp.shape[::-1], interpolation=cv2.INTER_AREA), sharp < _LEAST_SHARP
    return 0 < blurred.mean() < 1 and lead(there, blurred) <= _NEARER * float(there.std())
