"""Where the subject of a picture is, and where its sky is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from zoom3d.saliency import regions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]
    Mask = NDArray[np.bool_]

SCENE = 0.6
"""Of the picture: what is larger is the scene itself."""

_SMALLEST_SUBJECT, _LARGEST_SUBJECT = 0.01, 0.8  # of the picture
_SMALLEST_SKY = 0.04
_CALM, _ALIKE = 1.0, 8.0  # CIE Lab units: a backdrop changes by less from pixel to pixel, and from its mean around
_SMALLEST_BACKDROP = 0.05  # of the picture
_LARGEST_REMNANT = 0.25  # of the subject
_EDGE = 3.0  # CIE Lab units a pixel: what counts as an edge
_ENCLOSED, _ATTACHED = 0.9, 0.4  # of a remnant's outline, at least; and of that beside the subject, at most,
_CLINGING, _BESIDE = 0.55, 7  # or so much, if the backdrop within so many pixels is unlike it: else it is a sliver of that
_RIM = 4  # pixels of a subject's outline that may be wrong
_TALL = 1.25  # times the width
_PASSES = 2  # of GrabCut; twice as many change a hundredth of most outlines and take twice as long


def lab(rgb: NDArray[np.uint8]) -> Float32:
    """(H, W, 3) float32, CIE Lab, of the picture with its noise smoothed away."""
    return np.asarray(cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 0.8).astype(np.float32) / 255, cv2.COLOR_RGB2LAB))


def steps(lab: Float32) -> Float32:
    """By how much colour, (H, W, 3) or one channel (H, W), changes from pixel to pixel: (H, W) float32, in its own units."""
    ways = (cv2.Sobel(lab, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1)))
    return np.asarray(np.sqrt(sum(np.square(np.atleast_3d(way)).sum(2) for way in ways)), np.float32)


def likelihood(rgb: NDArray[np.uint8], lab: Float32, sky: Mask, count: int) -> Float32:
    """How likely each pixel shows the subject, (H, W) float32 in [0, 1]: salient, central, in focus, not sky.

    count: into how many regions the picture is cut, each of which is as salient as a whole.
    """
    parts = regions.cut(lab, count)
    salient = regions.saliency(parts)[parts.labels].astype(np.float32)
    height, width = sky.shape
    row, column = np.mgrid[0:height, 0:width].astype(np.float32)
    aside, above = ((column + 0.5) / width - 0.5) / 0.3, ((row + 0.5) / height - 0.55) / 0.4
    central = np.exp(-0.5 * (aside**2 + above**2))
    focus = in_focus(rgb)
    score = salient * (0.45 + 0.55 * central) * (0.6 + 0.4 * focus) + 0.12 * central * focus
    score[sky] *= 0.2
    peak = float(score.max())
    return np.asarray(score / peak if peak > 0 else score, np.float32)


def in_focus(rgb: NDArray[np.uint8]) -> Float32:
    """Share of fine detail in all detail around each pixel, (H, W) float32, 1 = the sharpest place of the picture."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    slightly = cv2.GaussianBlur(grey, (0, 0), 1.0)
    reach = max(2.0, max(grey.shape) / 50)
    fine = cv2.GaussianBlur(np.abs(grey - slightly), (0, 0), reach)
    coarse = cv2.GaussianBlur(np.abs(slightly - cv2.GaussianBlur(grey, (0, 0), 4.0)), (0, 0), reach)
    share = fine / (fine + coarse + 2.0)
    return np.asarray(share / max(float(share.max()), 1e-6), np.float32)


def find_sky(rgb: NDArray[np.uint8], lab: Float32) -> Mask:
    """Smooth, bright or blue regions that hang from the upper border, (H, W) bool; empty where there is no sky."""
    height, width = lab.shape[:2]
    grey = lab[..., 0]
    texture = cv2.blur(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 2.0)), (7, 7))
    hue_blue = (lab[..., 2] < -4) & (grey > 25)
    bright = (grey > 84) & (np.hypot(lab[..., 1], lab[..., 2]) < 22)
    candidate = ((texture < 2.5) & (hue_blue | bright)).astype(np.uint8)
    candidate = cv2.morphologyEx(candidate, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels = cv2.connectedComponents(candidate)
    sky = np.zeros((height, width), bool)
    for label in range(1, count):
        part = labels == label
        if part[:2].any(axis=0).mean() > 0.2:
            sky |= part
    rows = np.nonzero(sky.mean(1) > 0.05)[0]
    if sky.mean() < _SMALLEST_SKY or len(rows) == 0 or rows.max() > 0.95 * height:
        return np.zeros((height, width), bool)
    return np.asarray(cv2.dilate(sky.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)


def segment(rgb: NDArray[np.uint8], likely: Float32, sky: Mask) -> Mask:
    """The subject's outline, (H, W) bool; empty where no subject of sensible size stands out. GrabCut (Rother et al. 2004)."""
    nothing = np.zeros(likely.shape, bool)
    marks = np.full(likely.shape, cv2.GC_PR_BGD, np.uint8)
    marks[likely > 0.35] = cv2.GC_PR_FGD
    marks[likely > 0.75] = cv2.GC_FGD
    marks[(likely < 0.11) | (sky & (likely < 0.3))] = cv2.GC_BGD
    if not (marks == cv2.GC_FGD).any() or not np.isin(marks, (cv2.GC_BGD, cv2.GC_PR_BGD)).any():
        return nothing
    return _tidy(_cut(rgb, marks), likely)


def _cut(rgb: NDArray[np.uint8], marks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 where GrabCut finds the subject that ``marks``, (H, W), tell it of; these are written over."""
    cv2.setRNGSeed(1)  # GrabCut starts from k-means, which draws from OpenCV's generator
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), marks, None, *models, _PASSES, cv2.GC_INIT_WITH_MASK)
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


def _tidy(mask: NDArray[np.uint8], likely: Float32) -> Mask:
    """Closed, without holes and crumbs: the parts that hold the most likelihood."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    mask = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), cv2.MORPH_OPEN, kernel)
    count, labels = cv2.connectedComponents(mask)
    weights = np.array([float(likely[labels == label].sum()) for label in range(1, count)])
    keep = np.zeros(mask.shape, np.uint8)
    for index in np.nonzero(weights > 0.1 * weights.max(initial=0))[0]:
        keep |= (labels == index + 1).astype(np.uint8)
    outside_count, outside, statistics, _ = cv2.connectedComponentsWithStats(1 - keep)
    for label in range(1, outside_count):
        if statistics[label, cv2.CC_STAT_AREA] < 0.01 * mask.size:
            keep[outside == label] = 1
    share = float(keep.mean())
    return np.asarray(keep > 0) if _SMALLEST_SUBJECT <= share <= _LARGEST_SUBJECT else np.zeros(mask.shape, bool)


def grow(rgb: NDArray[np.uint8], subject: Mask, sky: Mask) -> Mask:
    """``subject``, (H, W), with all of its colours that hangs together with it; as it is where that is most of the picture.

    A subject is looked for in the middle, and what lies aside counts as background: a body beside a face, a basket's end.
    """
    core = cv2.erode(subject.astype(np.uint8), np.ones((2 * _RIM + 1,) * 2, np.uint8)) > 0
    if not core.any() or (core | sky).all():
        return subject
    marks = np.where(subject, np.uint8(cv2.GC_PR_FGD), np.uint8(cv2.GC_PR_BGD))
    marks[core], marks[sky & ~subject] = cv2.GC_FGD, cv2.GC_BGD
    _, labels = cv2.connectedComponents(cv2.morphologyEx(_cut(rgb, marks), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)))
    own = np.unique(labels[subject & (labels > 0)])
    grown = subject | np.isin(labels, own)
    return grown if grown.mean() <= SCENE else subject


def remnants(subject: Mask, lab: Float32) -> Mask:
    """Small things with nothing around them but the subject and a plain backdrop: its own parts, (H, W) bool.

    What a band of another colour parts from a subject is lost to GrabCut: the tip of a rocket, the end of a post; and what is
    shaded, as the side of a tower.
    """
    around, beside = np.ones((5, 5), np.uint8), np.ones((2 * _BESIDE + 1,) * 2, np.uint8)
    own = cv2.dilate(subject.astype(np.uint8), around) > 0  # with its soft outline
    backdrop = _backdrop(lab) & ~subject
    enclosing = np.pad(backdrop | own, 2)  # what the picture's border cuts goes on beyond it
    backdrop, lab = np.pad(backdrop, 2), np.pad(lab, ((2, 2), (2, 2), (0, 0)))
    _, labels, statistics, _ = cv2.connectedComponentsWithStats((~enclosing[2:-2, 2:-2]).astype(np.uint8))
    labels = np.pad(labels, 2)
    own = np.pad(own, 2)
    found = np.zeros(own.shape, bool)
    for label in set(np.unique(labels[cv2.dilate(own.astype(np.uint8), around) > 0])) - {0}:
        part = labels == label
        grown = cv2.dilate(part.astype(np.uint8), around) > 0
        outline = grown & ~part
        large = statistics[label, cv2.CC_STAT_AREA] >= _LARGEST_REMNANT * subject.sum()
        if large or enclosing[outline].mean() < _ENCLOSED or own[outline].mean() > _CLINGING:
            continue
        if own[outline].mean() > _ATTACHED:
            behind = lab[backdrop & (cv2.dilate(part.astype(np.uint8), beside) > 0)]
            if not len(behind) or np.linalg.norm(np.median(lab[part], 0) - np.median(behind, 0)) < _ALIKE:
                continue
        found |= grown & (part | own)
    return found[2:-2, 2:-2] & ~subject


def _backdrop(lab: Float32) -> Mask:
    """Calm surfaces that reach the upper border or a side, (H, W) bool, up to where another colour begins."""
    calm = (steps(cv2.GaussianBlur(lab, (0, 0), 1.0)) < _CALM).astype(np.uint8)
    calm = cv2.morphologyEx(calm, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(calm, connectivity=4)
    border = np.unique(np.concatenate([labels[0], labels[:, 0], labels[:, -1]]))
    large = statistics[:, cv2.CC_STAT_AREA] > _SMALLEST_BACKDROP * labels.size
    plain = np.isin(labels, [label for label in border if label and large[label]])
    window = (max(labels.shape) // 20 * 2 + 1,) * 2
    share = cv2.blur(plain.astype(np.float32), window)
    mean = cv2.blur(lab * plain[..., None].astype(np.float32), window) / np.maximum(share, 1e-6)[..., None]
    return np.asarray(plain | (share > 0.02) & (np.linalg.norm(lab - mean, axis=2) < _ALIKE))


def tall(subject: Mask) -> Mask:
    """Those parts of ``subject``, (H, W), that are clearly taller than they are wide."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(subject.astype(np.uint8))
    narrow = statistics[:, cv2.CC_STAT_HEIGHT] > _TALL * statistics[:, cv2.CC_STAT_WIDTH]
    return np.asarray(narrow[labels] & subject)


def certainty(likely: Float32, subject: Mask) -> float:
    """How far the subject stands out, in [0.15, 1]: a large or hardly different one is more often clutter than a subject."""
    if not subject.any() or subject.all():
        return 1.0
    size = float(np.clip((0.55 - subject.mean()) / 0.25, 0.5, 1))
    return float(np.clip((lead(likely, subject) - 0.25) / 0.25, 0.3, 1)) * size


def lead(values: NDArray[np.floating[Any]], part: Mask) -> float:
    """How far the mean of ``values`` within ``part`` is above that of the rest; neither may be empty."""
    return float(values[part].mean() - values[~part].mean())


def drawn(part: Mask, lab: Float32) -> float:
    """Share of the outline of ``part`` at which the picture has an edge: where a plain wall is cut in two it has none."""
    around = np.ones((3, 3), np.uint8)
    edges = cv2.dilate(steps(lab), around) > _EDGE
    rim = part & (cv2.erode(part.astype(np.uint8), around, borderValue=1) == 0)
    return float(edges[rim].mean()) if rim.any() else 0.0


def standing_out(disparity: NDArray[np.floating[Any]]) -> Float64:
    """How far each pixel stands before the farther part of its row, as a share of the whole range, (H, W) in [0, 1]."""
    behind = np.quantile(disparity, 0.3, axis=1, keepdims=True)
    return np.asarray(np.maximum(disparity - behind, 0) / max(float(np.ptp(disparity)), 1e-6))


def with_depth(likely: Float32, standing: Float64) -> Float32:
    """``likely`` by colour, weighed with how far each pixel stands out in depth, (H, W) float32 in [0, 1].

    A guessed map shows a figure only in part, and colours mistake the ground for it that has its colour; both seldom err in
    the same place.
    """
    both = (likely + 0.1) * (np.minimum(standing / max(float(np.quantile(standing, 0.98)), 1e-6), 1) + 0.3)
    return np.asarray(np.minimum(both / max(float(np.quantile(both, 0.995)), 1e-6), 1), np.float32)
