"""Faces that look at the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zoom3d import saliency

if TYPE_CHECKING:
    from zoom3d.types import Box, Float32, Uint8

_RELIEF = 0.35  # of the picture's range of disparity: more is no single head
_SAME_DEPTH = 0.2


@dataclass(frozen=True)
class Face:
    """disparity: median over the face."""

    box: Box
    disparity: float


def find_faces(rgb: Uint8, disparity: Float32) -> list[Face]:
    """Faces as large and as near as the largest, that is itself included; none where none is sure."""
    found = [face for box in saliency.faces(rgb) if (face := _face(box, disparity)) is not None]
    if not found:
        return []
    main = max(found, key=lambda face: face.box.width)
    return [
        face
        for face in found
        if face.box.width >= saliency.SAME_SIZE * main.box.width and abs(face.disparity - main.disparity) <= _SAME_DEPTH
    ]


def _face(box: Box, disparity: Float32) -> Face | None:
    """The face in ``box``, if what is there can be a head: at one distance, and not behind most of the picture."""
    rows = _middle_half(box.top, box.bottom, disparity.shape[0])
    columns = _middle_half(box.left, box.right, disparity.shape[1])
    low, middle, high = (float(value) for value in np.quantile(disparity[rows, columns], (0.1, 0.5, 0.9)))
    relief = (high - low) / max(float(np.ptp(disparity)), 1e-6)
    if relief > _RELIEF or middle < float(np.quantile(disparity[::4, ::4], 0.2)):
        return None
    return Face(box, middle)


def _middle_half(low: float, high: float, side: int) -> slice:
    return slice(int((0.75 * low + 0.25 * high) * side), int((0.25 * low + 0.75 * high) * side) + 1)
