"""What stands out of a picture: colour regions that differ from those the picture's border is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]

_COLOUR_SPREAD = 10.0  # CIE Lab units
_PLACE_SPREAD = 0.25  # of the longer side
_BOTTOM_WEIGHT = 0.3  # subjects are often cut off by the lower border, so it speaks less for background


@dataclass(frozen=True, eq=False)
class Regions:
    """A picture cut into n small regions of one colour.

    labels: (H, W) int32, 0 to n - 1. colour: (n, 3) float64, CIE Lab. place: (n, 2) float64, x and y over the longer side.
    adjacent: (n, n) bool. border: (n,) float64, 0 inside, up to 1 at the border.
    """

    labels: NDArray[np.int32]
    colour: NDArray[np.float64]
    place: NDArray[np.float64]
    adjacent: NDArray[np.bool_]
    border: NDArray[np.float64]


def cut(lab: Float32, wanted: int) -> Regions:
    """About ``wanted`` superpixels (SLICO, Achanta et al., PAMI 2012) of a picture. lab: (H, W, 3) float32, CIE Lab."""
    height, width = lab.shape[:2]
    bytes_lab = np.clip(lab * (2.55, 1, 1) + (0, 128, 128), 0, 255).astype(np.uint8)
    slic = cv2.ximgproc.createSuperpixelSLIC(
        bytes_lab, cv2.ximgproc.SLICO, max(4, round((height * width / wanted) ** 0.5)), 20.0
    )
    slic.iterate(8)
    slic.enforceLabelConnectivity(25)
    _, numbered = np.unique(slic.getLabels(), return_inverse=True)
    labels: NDArray[np.int32] = numbered.reshape(height, width).astype(np.int32)
    count = int(labels.max()) + 1
    area = np.bincount(labels.ravel(), minlength=count)

    def mean(values: NDArray[np.generic]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(labels.ravel(), values.ravel(), count) / area)

    rows, columns = np.mgrid[0:height, 0:width]
    adjacent = np.zeros((count, count), bool)
    for one, other in ((labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])):
        adjacent[one.ravel(), other.ravel()] = True
    adjacent |= adjacent.T
    np.fill_diagonal(adjacent, False)
    border = np.zeros(count)
    for side, weight in ((labels[-1], _BOTTOM_WEIGHT), (labels[0], 1.0), (labels[:, 0], 1.0), (labels[:, -1], 1.0)):
        border[side] = np.maximum(border[side], weight)
    colour = np.stack([mean(lab[..., channel]) for channel in range(3)], axis=1)
    place = np.stack([mean(columns), mean(rows)], axis=1) / max(height, width)
    return Regions(np.asarray(labels, np.int32), colour, place, adjacent, border)


def background(parts: Regions) -> NDArray[np.float64]:
    """How surely each region belongs to the background, (n,) in [0, 1].

    Boundary connectivity: Zhu et al., "Saliency Optimization from Robust Background Detection" (CVPR 2014), eqs. 2 to 6.
    """
    steps = _distances(parts.colour)
    linked = parts.adjacent | ((parts.border > 0)[:, None] & (parts.border > 0)[None])
    neighbours = np.where(parts.adjacent, steps, np.inf).min(1, initial=np.inf)
    known = neighbours[np.isfinite(neighbours)]
    unnoticed = float(np.median(known)) if len(known) else 0.0
    path = np.where(linked, np.maximum(steps - unnoticed, 0), np.inf).astype(np.float32)
    np.fill_diagonal(path, 0)
    around = np.empty_like(path)
    for middle in range(len(path)):
        np.add(path[:, middle : middle + 1], path[middle], out=around)
        np.minimum(path, around, out=path)
    similar = np.exp(-(path**2) / (2 * _COLOUR_SPREAD**2))
    connectivity = similar @ parts.border / np.sqrt(similar.sum(1))
    return np.asarray(1 - np.exp(-(connectivity**2) / 2))


def saliency(parts: Regions) -> NDArray[np.float64]:
    """How much each region stands out, (n,) in [0, 1]; all 0 where nothing does. Zhu et al. 2014, eqs. 7 to 9."""
    behind = background(parts)
    steps, gaps = _distances(parts.colour), _distances(parts.place)
    contrast = (steps * np.exp(-(gaps**2) / (2 * _PLACE_SPREAD**2)) * behind[None]).sum(1)
    if contrast.max() < 1e-6:
        return np.zeros(len(steps))
    contrast /= contrast.max()
    likeness = np.where(parts.adjacent, np.exp(-(steps**2) / (2 * _COLOUR_SPREAD**2)) + 0.1, 0)
    system = np.diag(likeness.sum(1) + behind + contrast + 1e-6) - likeness
    answer = np.linalg.solve(system, contrast)
    answer -= answer.min()
    return np.asarray(answer / max(float(answer.max()), 1e-9))


def _distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=2))
