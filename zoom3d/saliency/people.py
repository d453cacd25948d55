"""People who look at the camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import assets
from zoom3d.types import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]

_SIDE = 640  # of the picture that is searched
_SMALLEST = 30  # pixels of it: smaller faces are nobody's subject
_SURE = 2.2
"""Least confidence. On 112 pictures of all kinds every right face had 2.6 or more and every wrong one 1.8 or less; of the faces
in LFW nine tenths have more. A wrong face is worse than none."""

_MUCH, _SURE_ENLARGED = 1.8, 3.0
"""Pictures so much smaller, as thumbnails are, are enlarged: of 54 right faces 37 then have 3.3 or more, most others less."""

SAME_SIZE = 0.6
"""Of the width of the largest face: who has a narrower one stands farther away."""

_FACE, _BREAST, _CHEST, _HEAD, _BODY = 0.85, 0.8, 0.6, 0.5, 0.4  # how likely each shows the person
_SHOULDERS, _REACH = 1.2, 4.5  # faces: half the width of a body, and how far below the chin it is looked for


def faces(rgb: NDArray[np.uint8]) -> list[Box]:
    """Faces in a picture, (H, W, 3), from forehead to chin; none where none is sure. A cascade of local binary patterns."""
    scale = _SIDE / max(rgb.shape[:2])
    enlarged = scale > _MUCH
    scale = scale if enlarged else min(scale, 1.0)
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC if enlarged else cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    if min(height, width) < _SMALLEST:
        return []
    boxes, _, sureness = _cascade().detectMultiScale3(
        grey, scaleFactor=1.1, minNeighbors=4, minSize=(_SMALLEST, _SMALLEST), outputRejectLevels=True
    )
    return [
        Box(left / width, top / height, (left + across) / width, (top + down) / height)
        for (left, top, across, down), confidence in zip(np.asarray(boxes, float).tolist(), np.ravel(sureness), strict=True)
        if confidence >= (_SURE_ENLARGED if enlarged else _SURE)
    ]


def bodies(found: Sequence[Box], height: int, width: int) -> Float32:
    """How likely each pixel shows someone with one of the largest of these faces, (height, width) float32 in [0, 1].

    As one is drawn: a head, a neck narrower than a face, shoulders of two and a half faces, and what is below them. The middle
    of the breast is as sure as the face: it shows what they wear.
    """
    likely = np.zeros((height, width), np.float32)
    row, column = np.mgrid[0:height, 0:width] + 0.5
    largest = max((face.width for face in found), default=0.0)
    for face in (face for face in found if face.width >= SAME_SIZE * largest):
        aside = np.abs(column - face.x * width) / (face.width * width)
        down = (row - face.y * height) / (face.height * height)
        below = down - 0.5
        half = np.interp(below, [0, 0.35, 0.9], [0.35, 0.6, _SHOULDERS])
        person = np.select(
            [
                np.hypot(aside / 0.4, (down + 0.12) / 0.6) < 1,
                (aside < 0.25) & (below > 0.35) & (below < 2.5),
                (aside < 0.45) & (below > 0) & (below < _REACH - 1),
                np.hypot(aside / 0.55, (down + 0.08) / 0.75) < 1,
                (aside < half) & (below > 0) & (below < _REACH),
            ],
            [_FACE, _BREAST, _CHEST, _HEAD, _BODY],
        )
        np.maximum(likely, person.astype(np.float32), out=likely)
    return likely


def _cascade() -> cv2.CascadeClassifier:
    """Read here and not by OpenCV, which opens no path on Windows that has letters of other languages in it."""
    text = (assets.folder("data") / "frontal-faces.xml").read_text(encoding="utf-8")
    stored = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    cascade = cv2.CascadeClassifier()
    cascade.read(stored.getFirstTopLevelNode())
    return cascade
