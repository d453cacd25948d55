"""What the picture is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.types import Subject

if TYPE_CHECKING:
    from zoom3d.types import DepthMap, Photo

_SIDE = 128


def find_subject(photo: Photo, depth: DepthMap) -> Subject:
    """The near thing around the middle: pixels weigh by nearness and centrality; their medians are place and disparity."""
    disparity = cv2.resize(depth.disparity, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    y, x = (np.mgrid[0:_SIDE, 0:_SIDE] + 0.5) / _SIDE
    central = np.exp(-(((x - 0.5) / 0.22) ** 2 + ((y - 0.52) / 0.25) ** 2) / 2)
    spread = disparity.max() - disparity.min()
    nearness = (disparity - disparity.min()) / spread if spread > 1e-6 else np.ones_like(disparity)
    weight = central * (0.05 + nearness**2)
    return Subject(_median(x, weight), _median(y, weight), _median(disparity, weight))


def _median(values: np.ndarray, weight: np.ndarray) -> float:  # type: ignore[type-arg]
    order = np.argsort(values, axis=None, kind="stable")
    share = np.cumsum(weight.ravel()[order])
    return float(values.ravel()[order[np.searchsorted(share, share[-1] / 2)]])
