"""What the picture is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.types import Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import DepthMap, Photo

    Float64 = NDArray[np.float64]

_SIDE = 128


def find_subject(photo: Photo, depth: DepthMap) -> Subject:
    """What stands out before its surroundings around the middle; where nothing does, the near things there.

    A floor is as near as what stands on it, but so is all the rest of its row: pixels weigh by how far they stand before the
    farther part of their row, and by centrality. The place is their median across and, since heads and tops matter more than
    feet, a bit above it; the disparity is theirs.
    """
    disparity = cv2.resize(depth.disparity, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    y, x = (np.mgrid[0:_SIDE, 0:_SIDE] + 0.5) / _SIDE
    central = np.exp(-(((x - 0.5) / 0.22) ** 2 + ((y - 0.48) / 0.28) ** 2) / 2)
    spread = max(float(np.ptp(disparity)), 1e-6)
    behind = np.quantile(disparity, 0.3, axis=1, keepdims=True)
    stands_out = np.maximum(disparity - behind, 0) / spread
    nearness = (disparity - disparity.min()) / spread
    weight = central * (1e-3 + stands_out**2 + 0.03 * nearness**2)
    return Subject(_quantile(x, weight, 0.5), _quantile(y, weight, 0.4), _quantile(disparity, weight, 0.5))


def _quantile(values: Float64, weight: Float64, share: float) -> float:
    order = np.argsort(values, axis=None, kind="stable")
    total = np.cumsum(weight.ravel()[order])
    return float(values.ravel()[order[np.searchsorted(total, share * total[-1])]])
