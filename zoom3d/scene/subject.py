"""What the picture is of."""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import geometry, saliency
from zoom3d.errors import OutputError
from zoom3d.scene.faces import Face, find_faces
from zoom3d.types import Box, Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import DepthMap, Float32, LayeredScene, Photo

    Float64 = NDArray[np.float64]
    Mask = NDArray[np.bool_]

DISTANCE_RATIO = 6.0
"""Distance of the farthest point over that of the nearest. Relative depth does not tell it; this looks natural."""

_SIDE = 128
_FIGURE_SIDE = 176  # in pixels, of the picture in which a figure's outline is looked for
_REGIONS = 300
_SURE, _SURE_ALONE = 0.6, 0.95  # least certainty of a figure by colour and depth, and by colour alone
_WHOLE = 0.6  # of what stands out: less in one piece is no figure, but many things
_DRAWN = 0.8  # of a figure's outline that lies on edges; in photographs it is 0.96 or more
_BESIDE = 0.4  # of a figure's height, at a side border of the picture
_THING, _BETWEEN = 0.4, 0.8  # of the width, around one thing; of what the heaviest holds, where the middle is between two
_PATCH = 0.015  # of the picture around the point that the user names
_FOCUS_HINT = "give two fractions of the picture such as 0.5,0.3, or subject, near or far"


def find_subject(photo: Photo, depth: DepthMap) -> Subject:
    """The faces that look at us; else the figure that stands out in colour and depth; else the middle of what stands out."""
    disparity = _reduced(depth.disparity)
    faces = find_faces(photo.rgb, depth.disparity)
    if faces:
        return _of_faces(faces, disparity)
    return _figure(photo, depth) or _middle(photo, disparity)


def _figure(photo: Photo, depth: DepthMap) -> Subject | None:
    """What colour and depth together, or colour alone, surely tell from the rest of the picture.

    GrabCut starts from both, and from colour alone where depth shows nothing or something else.
    """
    scale = min(1.0, _FIGURE_SIDE / max(photo.width, photo.height))
    size = max(8, round(photo.width * scale)), max(8, round(photo.height * scale))
    rgb, disparity = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (photo.rgb, depth.disparity))
    lab = saliency.lab(rgb)
    sky = saliency.find_sky(rgb, lab)
    colour = saliency.likelihood(rgb, lab, sky, _REGIONS)
    sharp = saliency.shallow_focus(photo.rgb, *sky.shape)
    if sharp is not None and saliency.blur_is_behind(sharp, disparity):
        colour = saliency.with_focus(colour, sharp)
    together = saliency.with_depth(colour, saliency.standing_out(disparity))
    for likely, sure in ((together, _SURE), (colour, _SURE_ALONE)):
        outline = saliency.segment(rgb, likely, sky)
        if not outline.any() or saliency.certainty(likely, outline) < sure:
            continue
        label, labels = _heaviest(outline, likely)
        if label and saliency.drawn(labels == label, lab) > _DRAWN and (box := _box(labels, label)):
            row, column = np.nonzero(labels == label)
            weight = likely[row, column].astype(np.float64)
            across, down = (column + 0.5) / size[0], (row + 0.5) / size[1]
            y = _quantile(down, weight, 0.4)
            x = _quantile(across, weight * (down <= y), 0.5)  # heads are above: where the frame cuts, it cuts the rest
            return Subject(x, y, _quantile(disparity[row, column], weight, 0.5), box)
    return None


def _heaviest(outline: Mask, likely: Float32) -> tuple[int, NDArray[np.int32]]:
    """Of the parts of ``outline`` the one that holds most likelihood, 0 if none does; (H, W) int32 of which each pixel is."""
    count, labels = cv2.connectedComponents(outline.astype(np.uint8))
    weights = np.bincount(labels.ravel(), likely.ravel(), count)
    label = int(weights[1:].argmax()) + 1
    return label if weights[label] > _WHOLE * weights[1:].sum() else 0, np.asarray(labels, np.int32)


def _middle(photo: Photo, disparity: Float64) -> Subject:
    """The middle of what stands out before its surroundings, whatever its outline is.

    A floor is as near as what stands on it, but so is all the rest of its row: pixels weigh by how far they stand before the
    farther part of their row, by how salient they are (spectral residual, Hou and Zhang, CVPR 2007), and by centrality. The
    place is their median across and, since heads and tops matter more than feet, a bit above it; the disparity is theirs.
    """
    y, x = (np.mgrid[0:_SIDE, 0:_SIDE] + 0.5) / _SIDE
    central = np.exp(-(((x - 0.5) / 0.22) ** 2 + ((y - 0.48) / 0.28) ** 2) / 2)
    spread = max(float(np.ptp(disparity)), 1e-6)
    nearness = (disparity - disparity.min()) / spread
    weight = central * (0.35 + 0.65 * _saliency(photo)) * (1e-3 + saliency.standing_out(disparity) + 0.03 * nearness**2)
    weight *= _heavier(weight)
    found = Subject(_quantile(x, weight, 0.5), _quantile(y, weight, 0.4), _quantile(disparity, weight, 0.5))
    return replace(found, box=_extent(disparity, found))


def _heavier(weight: Float64) -> Float64:
    """(side,) shares of the columns of ``weight``: all, or where its median falls between two things, the heavier one's."""
    side = weight.shape[1]
    column = np.arange(side, dtype=np.float64)
    columns = weight.sum(0)
    around = np.convolve(columns, np.hanning(round(_THING * side) | 1), "same")
    median = int(_quantile(column, columns, 0.5))
    if around[median] >= _BETWEEN * around.max():
        return np.ones(side)
    return np.asarray(np.abs(column - around.argmax()) < _THING * side / 2, np.float64)


def focused(scene: LayeredScene, wish: str) -> LayeredScene:
    """``scene`` about another subject: "subject" (the one that was found), "near", "far", or the point "X,Y".

    X and Y are fractions of the picture, from its top left. A scene unit is the distance of the subject's plane, so all
    distances change together, and nothing else does.
    """
    if wish == "subject":
        return scene
    margin, (width, height) = scene.margin_px, scene.photo_size
    front = geometry.front(scene)[margin : margin + height, margin : margin + width]
    subject = _chosen(_reduced(front), wish)
    near, far = near_and_far(subject)
    return replace(scene, subject=subject, near=near, far=far)


def near_and_far(subject: Subject) -> tuple[float, float]:
    """Distances of disparity 1 and 0 where the subject's is 1."""
    near = subject.disparity * (1 - 1 / DISTANCE_RATIO) + 1 / DISTANCE_RATIO
    return near, near * DISTANCE_RATIO


def check_focus(wish: str) -> None:
    """Refuse what ``focused`` does not understand. Raises OutputError."""
    if wish not in ("subject", "near", "far"):
        _point(wish)


def _chosen(disparity: Float64, wish: str) -> Subject:
    """The subject that ``wish`` names, from the disparity of what is in front, (_SIDE, _SIDE)."""
    if wish in ("near", "far"):
        low, high = np.quantile(disparity, (0.03, 0.97))
        y, x = np.nonzero(disparity >= high if wish == "near" else disparity <= low)
        found = Subject(
            (float(np.median(x)) + 0.5) / _SIDE, (float(np.median(y)) + 0.5) / _SIDE, float(high if wish == "near" else low)
        )
    else:
        x_share, y_share = _point(wish)
        reach = max(1, round(_PATCH * _SIDE))
        row, column = (min(int(share * _SIDE), _SIDE - 1) for share in (y_share, x_share))
        patch = disparity[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        found = Subject(x_share, y_share, float(np.median(patch)))
    return replace(found, box=_extent(disparity, found))


def _point(wish: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in wish.split(","))
    except ValueError:
        raise OutputError(f"the focus {wish!r} is not known", hint=_FOCUS_HINT) from None
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise OutputError(f"the focus {wish} lies outside the picture", hint=_FOCUS_HINT)
    return x, y


def _of_faces(faces: list[Face], disparity: Float64) -> Subject:
    """The middle of the faces, and the people that they belong to."""
    people = [_extent(disparity, Subject(face.box.x, face.box.y, face.disparity)) or face.box for face in faces]
    heads = _around([face.box for face in faces])
    whole = _around([heads, *people])
    return Subject(heads.x, heads.y, float(np.median([face.disparity for face in faces])), whole)


def _around(boxes: list[Box]) -> Box:
    lows, highs = np.min([astuple(box) for box in boxes], 0), np.max([astuple(box) for box in boxes], 0)
    return Box(float(lows[0]), float(lows[1]), float(highs[2]), float(highs[3]))


def _extent(disparity: Float64, subject: Subject) -> Box | None:
    """Box around what hangs together with the subject at about its distance and stands out; None if it is too much."""
    spread = max(float(np.ptp(disparity)), 1e-6)
    like = (np.abs(disparity - subject.disparity) < 0.2 * spread) & (saliency.standing_out(disparity) > 0.15)
    _, labels = cv2.connectedComponents(like.astype(np.uint8), connectivity=8)
    row, column = (min(int(share * _SIDE), _SIDE - 1) for share in (subject.y, subject.x))
    return _box(labels, int(labels[row, column])) if labels[row, column] else None


def _box(labels: NDArray[np.int32], label: int) -> Box | None:
    """Box around that part of ``labels``, (H, W); None if it is too much, or goes on beside the picture, as a wall does."""
    part = labels == label
    rows, columns = (np.flatnonzero(part.any(axis)) for axis in (1, 0))
    height, width = part.shape
    tall = rows[-1] + 1 - rows[0]
    if part.mean() > saliency.SCENE or max(part[:, 0].sum(), part[:, -1].sum()) > _BESIDE * tall:
        return None
    ends = columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
    return Box(*(float(end) for end in ends))


def _saliency(photo: Photo) -> Float64:
    """(_SIDE, _SIDE) in [0, 1]: where the picture's spectrum is unlike that of most pictures."""
    small = cv2.resize(photo.rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    _, found = cv2.saliency.StaticSaliencySpectralResidual_create().computeSaliency(small)
    smooth = cv2.GaussianBlur(found.astype(np.float64), (0, 0), _SIDE / 32)
    return np.asarray(smooth / max(float(smooth.max()), 1e-6))


def _reduced(disparity: Float32) -> Float64:
    return np.asarray(cv2.resize(disparity, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float64)


def _quantile(values: Float64, weight: Float64, share: float) -> float:
    order = np.argsort(values, axis=None, kind="stable")
    total = np.cumsum(weight.ravel()[order])
    return float(values.ravel()[order[np.searchsorted(total, share * total[-1])]])
