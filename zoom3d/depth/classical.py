"""A guess of depth from classical cues, without a network: the built-in estimator's second opinion.

A photograph is taken to show a floor that rises towards a horizon, a backdrop above it, perhaps sky, and a subject that stands
upright on the floor where its outline ends below: people whose faces are seen, or else what stands out. It is no measurement;
what it promises is a clean subject before a calm background.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import saliency

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Mask = NDArray[np.bool_]

WORKING_SIZE = 320
"""Longest side, in px, of the map."""

_REGIONS = 600  # half as many lose wings and helmets to what lies behind them
_SURE = 0.6  # certainty of a subject by colour that needs no second opinion
_CLEARLY = 2.5  # times as far before the rest must another one stand
_DRAWN = 0.93  # least share of its outline on edges; what was found by mistake had 0.59 to 0.92, the rest 0.95 or more
_CERTAIN, _DRAWN_PEOPLE, _DRAWN_IN_FOCUS = 0.8, 0.9, 0.8  # of those whose faces are seen, and of what alone is in focus
_HAIR = 3  # px: as far from a wrong outline is the map's step still moved to the right one
_HORIZON = 0.35  # of the height, where no sky shows it
_FAR, _BACKDROP, _FRONT = 0.05, 0.33, 0.9  # disparity of the backdrop's top, its foot, and of the floor at the lower border
_STEP = 0.03  # by which the subject stands before the floor it touches
_ROUNDING = 0.04
_SOFTNESS, _EDGE_CONTRAST = 200.0, 8.0  # of the outline: how far it may spread, and the 8-bit step that stops it


@dataclass(frozen=True, eq=False)
class Guess:
    """What the cues tell of a photograph, at most ``WORKING_SIZE`` px on the longer side.

    disparity: (h, w) float32 in [0, 1], 1 = nearest, but for emphasised subjects. subject: (h, w) bool, empty where none is.
    upright: (h, w) bool, what of the subject surely stands and does not lie, with the hair or fur around it.
    """

    disparity: Float32
    subject: Mask
    upright: Mask


def guess(rgb: NDArray[np.uint8], emphasis: float = 1.0, seen: Callable[[], Float32] | None = None) -> Guess:
    """Disparity and subject guessed from position, sky, focus, colour and saliency.

    rgb: (H, W, 3) uint8. emphasis: how many times as far before what is behind it the subject stands. seen: gives a map by
    other means, of any size and scale, which has a say in where the subject is. The same photograph gives the same guess.
    """
    scale = min(1.0, WORKING_SIZE / max(rgb.shape[:2]))
    size = max(8, round(rgb.shape[1] * scale)), max(8, round(rgb.shape[0] * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    lab = saliency.lab(small)
    sky = saliency.find_sky(small, lab)
    salient = saliency.likelihood(small, lab, sky, _REGIONS)
    sharp = _before_blur(rgb, sky, seen)
    likely = salient if sharp is None else saliency.with_focus(salient, sharp)
    certain = _CERTAIN
    subject = _people(rgb, small, lab, sky, likely)
    if sharp is not None and not subject.any():
        subject = _outlined(small, lab, sky, likely, _DRAWN_IN_FOCUS)
    by_colour = not subject.any()
    if by_colour:
        subject = _figure(small, lab, sky, salient, seen)
        certain = saliency.certainty(salient, subject)
        subject = saliency.grow(small, subject, sky)
    remnants = saliency.remnants(subject, lab)
    subject |= remnants
    upright = saliency.tall(subject) & (certain >= _SURE) if by_colour else _with_hair(subject)
    ground = _ground(sky)
    disparity = np.where(sky, 0.0, ground).astype(np.float32)
    return Guess(_stand(disparity, ground, subject, remnants, small, emphasis * certain), subject, upright)


def _with_hair(subject: Mask) -> Mask:
    """``subject``, (H, W), and a little around it: hair that is cut off shows, a rim of what is behind does not."""
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _HAIR + 1,) * 2)
    return np.asarray(cv2.dilate(subject.astype(np.uint8), around) > 0)


def _before_blur(rgb: NDArray[np.uint8], sky: Mask, seen: Callable[[], Float32] | None) -> Float32 | None:
    """How sharp each pixel is, (H, W) as ``sky``, if what is blurred lies behind, as far as can be ``seen``; else None."""
    sharp = saliency.shallow_focus(rgb, *sky.shape)
    if sharp is None or seen is None:
        return sharp
    return sharp if saliency.blur_is_behind(sharp, seen()) else None


def _people(rgb: NDArray[np.uint8], small: NDArray[np.uint8], lab: Float32, sky: Mask, likely: Float32) -> Mask:
    """The outline of those whose faces ``rgb`` shows, (H, W) bool as ``small`` is; empty where it shows none or draws none."""
    found = saliency.faces(rgb)
    if not found:
        return np.zeros_like(sky)
    return _outlined(small, lab, sky, np.maximum(likely, saliency.bodies(found, *sky.shape)), _DRAWN_PEOPLE)


def _outlined(rgb: NDArray[np.uint8], lab: Float32, sky: Mask, likely: Float32, drawn: float) -> Mask:
    """The likely subject's outline, (H, W) bool; empty where less than ``drawn`` of it is on edges."""
    subject = saliency.segment(rgb, likely, sky)
    return subject if saliency.drawn(subject, lab) >= drawn else np.zeros_like(subject)


def _figure(rgb: NDArray[np.uint8], lab: Float32, sky: Mask, likely: Float32, seen: Callable[[], Float32] | None) -> Mask:
    """The subject's outline by colour, (H, W) bool; empty where none is drawn.

    Ground of a figure's own colour passes for the figure. Where colour is not sure, what is ``seen`` proposes another subject,
    which is taken if it is as salient and stands out far more.
    """
    subject = saliency.segment(rgb, likely, sky)
    drawn = saliency.drawn(subject, lab) >= _DRAWN
    sure = drawn and saliency.certainty(likely, subject) >= _SURE
    if seen is not None and subject.any() and not sure:
        standing = saliency.standing_out(cv2.resize(seen(), subject.shape[::-1], interpolation=cv2.INTER_LINEAR))
        together = saliency.with_depth(likely, standing)
        half = np.s_[::2, ::2]  # is enough to tell which of two is the subject
        other = saliency.segment(rgb[half], together[half], sky[half])
        as_salient = other.any() and saliency.lead(likely[half], other) >= saliency.lead(likely, subject)
        if as_salient and saliency.lead(standing[half], other) > max(_CLEARLY * saliency.lead(standing, subject), 0):
            subject = saliency.segment(rgb, together, sky)
            drawn = saliency.drawn(subject, lab) >= _DRAWN
    return subject if drawn else np.zeros_like(subject)


def _ground(sky: Mask) -> Float32:
    """Disparity of floor and backdrop, (H, W): falls slowly above the horizon, rises quickly below."""
    height, width = sky.shape
    row = (np.arange(height, dtype=np.float32) + 0.5) / height
    horizon = _HORIZON
    if sky.any():
        lowest = np.where(sky.any(0), height - np.argmax(sky[::-1], axis=0), 0)
        horizon = float(np.clip(np.percentile(lowest[lowest > 0], 75) / height, 0.1, 0.8))
    profile = np.interp(row, [0.0, horizon, 1.0], [_FAR, _BACKDROP, _FRONT]).astype(np.float32)
    return np.repeat(profile[:, None], width, axis=1)


def _stand(disparity: Float32, ground: Float32, subject: Mask, certain: Mask, rgb: NDArray[np.uint8], share: float) -> Float32:
    """``disparity`` with every part of the subject put upright on the floor at its lowest point.

    Where the photograph shows no edge along an outline the part merges softly into what surrounds it, instead of being torn
    off, but for what is ``certain``; of the way to where it would stand upright it rises ``share``.
    """
    result = disparity.copy()
    count, labels = cv2.connectedComponents(subject.astype(np.uint8))
    for label in range(1, count):
        part = labels == label
        rows = np.nonzero(part)[0]
        foot = min(int(np.percentile(rows, 98)) + 1, len(ground) - 1)
        inside = cv2.distanceTransform(np.pad(part, 1, mode="edge").astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
        upright = np.maximum(ground[foot, 0] + _STEP, ground) + _ROUNDING * np.sqrt(inside / max(float(inside.max()), 1.0))
        soft = cv2.ximgproc.fastGlobalSmootherFilter(rgb, part.astype(np.float32), _SOFTNESS, _EDGE_CONTRAST)
        soft = np.maximum(np.clip((soft - 0.1) / 0.8, 0, 1), part & certain)
        result = np.maximum(result, disparity + share * soft * (upright - disparity))
    return np.asarray(result, np.float32)
