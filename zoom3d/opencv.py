"""What several rooms have OpenCV do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32

_SILENT = 0  # of OpenCV's logging levels


@dataclass(frozen=True, eq=False)
class Nearest:
    """For every pixel the nearest one of a mask: (H, W) float32 distance to it, (H, W) int32 its label.

    place: (K,) int32 flat index of the pixel that has a label, from 1 on.
    """

    distance: Float32
    label: NDArray[np.int32]
    place: NDArray[np.int32]

    @property
    def index(self) -> NDArray[np.int32]:
        """(H, W): its flat index."""
        return self.place[self.label]


def nearest(mask: NDArray[np.bool_]) -> Nearest:
    """For every pixel the nearest one of ``mask``, (H, W), which is not empty."""
    distance, label = cv2.distanceTransformWithLabels(
        (~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.flatnonzero(mask).astype(np.int32)
    place = np.zeros(len(places) + 1, np.int32)
    place[label.ravel()[places]] = places
    return Nearest(np.asarray(distance, np.float32), np.asarray(label, np.int32), place)


def decoded(data: bytes) -> NDArray[np.generic] | None:
    """The picture in ``data``, (H, W) or (H, W, C) with blue first, of all bits that the file has; None where OpenCV cannot."""
    logging = getattr(cv2.utils, "logging", cv2)  # where OpenCV 5 has what OpenCV 4 has at its top
    level = logging.getLogLevel()
    logging.setLogLevel(_SILENT)  # it writes to stderr what the caller will say better
    try:
        picture: NDArray[np.generic] | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    finally:
        logging.setLogLevel(level)
    return picture
