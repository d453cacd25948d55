"""Faces that look at the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import assets
from zoom3d.types import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32, Uint8

_SIDE = 640  # of the picture that is searched
_SMALLEST = 30  # pixels of it: smaller faces are nobody's subject
_SURE = 2.2
"""Least confidence. On 112 pictures of all kinds every right face had 2.6 or more and every wrong one 1.8 or less; of the faces
in LFW nine tenths have more. A wrong face is worse than none."""

_RELIEF = 0.35  # of the picture's range of disparity: more is no single head
_SAME_DEPTH = 0.2
_SAME_SIZE = 0.6


@dataclass(frozen=True)
class Face:
    """disparity: median over the face."""

    box: Box
    disparity: float


def find_faces(rgb: Uint8, disparity: Float32) -> list[Face]:
    """Faces as large and as near as the largest, that is itself included; none where none is sure."""
    scale = min(1.0, _SIDE / max(rgb.shape[:2]))
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    if min(grey.shape) < _SMALLEST:
        return []
    boxes, _, sureness = _cascade().detectMultiScale3(
        grey, scaleFactor=1.1, minNeighbors=4, minSize=(_SMALLEST, _SMALLEST), outputRejectLevels=True
    )
    sure = [box for box, confidence in zip(boxes, np.ravel(sureness), strict=True) if confidence >= _SURE]
    found = [face for box in sure if (face := _face(box, grey.shape, disparity)) is not None]
    if not found:
        return []
    main = max(found, key=lambda face: face.box.width)
    return [
        face
        for face in found
        if face.box.width >= _SAME_SIZE * main.box.width and abs(face.disparity - main.disparity) <= _SAME_DEPTH
    ]


def _cascade() -> cv2.CascadeClassifier:
    """Read here and not by OpenCV, which opens no path on Windows that has letters of other languages in it."""
    text = (assets.folder("data") / "frontal-faces.xml").read_text(encoding="utf-8")
    stored = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    cascade = cv2.CascadeClassifier()
    cascade.read(stored.getFirstTopLevelNode())
    return cascade


def _face(box: NDArray[np.int32], shape: tuple[int, ...], disparity: Float32) -> Face | None:
    """The face in ``box``, if what is there can be a head: at one distance, and not behind most of the picture."""
    left, top, width, height = (float(value) for value in box)
    found = Box(left / shape[1], top / shape[0], (left + width) / shape[1], (top + height) / shape[0])
    rows = _middle_half(found.top, found.bottom, disparity.shape[0])
    columns = _middle_half(found.left, found.right, disparity.shape[1])
    low, middle, high = (float(value) for value in np.quantile(disparity[rows, columns], (0.1, 0.5, 0.9)))
    relief = (high - low) / max(float(np.ptp(disparity)), 1e-6)
    if relief > _RELIEF or middle < float(np.quantile(disparity[::4, ::4], 0.2)):
        return None
    return Face(found, middle)


def _middle_half(low: float, high: float, side: int) -> slice:
    return slice(int((0.75 * low + 0.25 * high) * side), int((0.25 * low + 0.75 * high) * side) + 1)
