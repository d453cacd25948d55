"""The scene as a title's stage: what stands where, how deep, and how the camera sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.title.lettering import Lettering
    from zoom3d.types import CameraPath, Float32, LayeredScene

    Float64 = NDArray[np.float64]

COVERED = 0.2
"""Share of the ink that the subject may well cover where the title chooses its place, as long as no letter is lost by it."""

_READ_BY = 0.5  # share of a letter that may be covered
_GONE = 0.8  # share that, covered, makes a letter one that is not there
_GRID = 128  # pixels of a title's longer side, to see what is hidden
_LEVELS = 10  # between a title and what is nearest
_BEFORE_ALL = 1.02  # disparity
_SAME = 0.12  # of the range of disparity: this close to the subject's is the subject
_CLEAR = 0.025  # disparity: what is closer to a title than this cuts through it, or nearly
_STEPS = 48
_SMALLEST = 0.6  # a title is shrunk to this so that it stays in sight; what moves more leaves it
_SAMPLED_FRAMES = 33
_SIDE = 512  # of the map of depth


@dataclass(frozen=True)
class Rectangle:
    """On the screen or on the canvas, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def corners(self) -> tuple[float, float, float, float]:
        half_width, half_height = self.width / 2, self.height / 2
        return self.x - half_width, self.y - half_height, self.x + half_width, self.y + half_height


@dataclass(frozen=True)
class Hidden:
    """What of a title is hidden.

    share, lost: of its ink, what is hidden, and what belongs to half letters that cannot be read because of it.
    gone, letters: how many letters are hidden, all but a rest, and how many there are.
    """

    share: float
    lost: float
    gone: int
    letters: int


@dataclass(frozen=True, eq=False)
class Stage:
    """``scene`` as frame ``reference`` of ``path`` sees it. Rectangles on the screen are that frame's, in the viewport."""

    scene: LayeredScene
    path: CameraPath
    reference: int

    @cached_property
    def _front(self) -> Float32:
        """Disparity of what is in front, over the canvas, reduced."""
        front = geometry.front(self.scene)
        scale = min(1.0, _SIDE / max(front.shape))
        return np.asarray(cv2.resize(front, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST), np.float32)

    @property
    def subject_place(self) -> tuple[float, float, float]:
        """x and y of the subject's middle on the screen, and the y up to which it reaches."""
        subject, (width, height), margin = self.scene.subject, self.scene.photo_size, self.scene.margin_px
        top = subject.box.top if subject.box else subject.y
        column = margin + subject.x * width
        at = [[column, margin + place * height, subject.disparity] for place in (subject.y, top)]
        (x, y), (_, reach) = geometry.project(self.scene, self.path, self.reference, np.array(at, np.float32))
        return float(x), float(y), float(reach)

    def on_canvas(self, shown: Rectangle, disparity: float) -> Rectangle:
        """Where a rectangle of the screen lies on the canvas when it stands at ``disparity``."""
        left, top, right, bottom = shown.corners
        points = np.array([[[left, shown.y], [right, shown.y], [shown.x, top], [shown.x, bottom]]], np.float32)
        at = cv2.perspectiveTransform(points, np.linalg.inv(self._to_screen(disparity)))[0]
        return Rectangle(float(at[:, 0].mean()), float(at[:, 1].mean()), float(at[1, 0] - at[0, 0]), float(at[3, 1] - at[2, 1]))

    def _to_screen(self, disparity: float, frame: int | None = None) -> Float64:
        """(3, 3): pixels of the canvas at ``disparity`` to pixels of the viewport, on ``frame``; None = the reference."""
        height, width = self.scene.layers[0].disparity.shape
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        points = np.column_stack([corners, np.full(4, disparity, np.float32)])
        seen = geometry.project(self.scene, self.path, self.reference if frame is None else frame, points)
        return np.asarray(cv2.getPerspectiveTransform(corners, seen), np.float64)

    def _seen(self, place: Rectangle, disparity: float) -> Float64:
        """(N, 4): left, top, right, bottom of ``place`` on the screen, over the path."""
        left, top, right, bottom = place.corners
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
        points = np.column_stack([corners, np.full(4, disparity, np.float32)])
        frames = np.unique(np.linspace(0, len(self.path) - 1, _SAMPLED_FRAMES).astype(int))
        seen = np.stack([geometry.project(self.scene, self.path, int(index), points) for index in frames])
        return np.concatenate([seen.min(1), seen.max(1)], 1).astype(np.float64)

    def magnification(self, place: Rectangle, disparity: float) -> float:
        """How much larger the path sees ``place`` at most than the reference frame does."""
        widths = np.diff(self._seen(place, disparity)[:, ::2])[:, 0]
        left, right = self._seen_at_reference(place, disparity)
        return float(max(1.0, widths.max() / max(right - left, 1e-6)))

    def _seen_at_reference(self, place: Rectangle, disparity: float) -> tuple[float, float]:
        left, _, right, _ = place.corners
        points = np.array([[left, place.y, disparity], [right, place.y, disparity]], np.float32)
        seen = geometry.project(self.scene, self.path, self.reference, points)
        return float(seen[0, 0]), float(seen[1, 0])

    def kept_inside(self, shown: Rectangle, disparity: float, area: Rectangle) -> Rectangle:
        """``shown``, moved and made smaller so that it stays in ``area`` on every frame."""
        least = _SMALLEST * shown.width
        for _ in range(6):
            seen = self._seen(self.on_canvas(shown, disparity), disparity)
            low, high = seen[:, :2].min(0), seen[:, 2:].max(0)
            shrink = min(1.0, area.width / (high[0] - low[0]), area.height / (high[1] - low[1]))
            shrink = max(shrink, least / shown.width)
            edges = np.array(area.corners)
            over = np.maximum(edges[:2] - low, 0) - np.maximum(high - edges[2:], 0)
            if shrink > 0.999 and np.abs(over).max() < 0.5:
                break
            shown = replace(shown, width=shown.width * shrink, height=shown.height * shrink)
            if shrink > 0.999:
                shown = replace(shown, x=shown.x + float(over[0]), y=shown.y + float(over[1]))
        return shown

    def disparity(self, depth: str, own: float, shown: Rectangle) -> float:
        """How deep a title that is seen at ``shown`` stands. ``own``: the number that ``depth`` is where it is no word."""
        if depth == "front":
            place = self.on_canvas(
                replace(shown, width=1.5 * shown.width, height=2 * shown.height), self.scene.subject.disparity
            )
            return min(float(self._under(place).max()) + _CLEAR, _BEFORE_ALL)
        return self._behind(self.on_canvas(shown, self.scene.subject.disparity)) if depth == "behind" else own

    def _behind(self, place: Rectangle) -> float:
        """A disparity behind the subject and before what is behind it, where the fewest surfaces cut through the title.

        Among equal ones that nearest to the subject, so that the title moves almost as the subject does. Where there is nothing
        behind the subject in the whole picture, it stands before what is at its place.
        """
        here, everywhere = self._under(place).ravel(), self._front.ravel()
        nearest = self.scene.subject.disparity - _SAME * float(np.ptp(everywhere))
        values = here if (here < nearest).mean() > 0.1 else everywhere
        farther = values[values < nearest]
        if len(farther) < 0.02 * len(values):
            return min(float(np.quantile(here, 0.98)) + _CLEAR, _BEFORE_ALL)
        candidates = np.linspace(float(np.quantile(farther, 0.05)), nearest, _STEPS)
        cut = np.array([(np.abs(values - at) < _CLEAR).mean() + (farther > at).mean() for at in candidates])
        return float(candidates[np.flatnonzero(cut <= cut.min() + 0.01)[-1]])

    def _under(self, place: Rectangle) -> Float32:
        """The part of the map of depth that ``place`` covers; at least a pixel."""
        height, width = self._front.shape
        scale = width / self.scene.layers[0].disparity.shape[1]
        left, top, right, bottom = (round(edge * scale) for edge in place.corners)
        left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
        return self._front[top : max(min(bottom, height), top + 1), left : max(min(right, width), left + 1)]

    def hidden(self, lettering: Lettering, shown: Rectangle, disparity: float, frames: Sequence[int] = ()) -> Hidden:
        """What nearer surfaces hide of the title, at the same time on all ``frames``; none = the reference."""
        place = self.on_canvas(shown, disparity)
        scale = min(1.0, _GRID / max(lettering.coverage.shape))
        ink = cv2.resize(lettering.coverage, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        seen = [self._covered(place, disparity, frame, ink.shape) for frame in frames or (self.reference,)]
        covered = ink * np.mean(seen, 0)
        em = lettering.em * ink.shape[1] / (lettering.ink[2] - lettering.ink[0])
        pieces = max(1, round(ink.shape[1] / (0.5 * em))), max(1, round(ink.shape[0] / em))  # half letters
        whole, gone = (cv2.resize(each, pieces, interpolation=cv2.INTER_AREA) for each in (ink, covered))
        lost = whole[gone > _READ_BY * whole].sum()
        letters = cv2.resize(lettering.letters.astype(np.float32), ink.shape[::-1], interpolation=cv2.INTER_NEAREST).astype(int)
        sizes = np.maximum(np.bincount(letters.ravel()), 1)
        shares = np.min([np.bincount(letters.ravel(), mask.ravel()) / sizes for mask in seen], 0)[1:]  # at their most visible
        total = max(float(whole.sum()), 1e-6)
        return Hidden(float(gone.sum()) / total, float(lost) / total, int((shares > _GONE).sum()), len(shares))

    def _covered(self, place: Rectangle, disparity: float, frame: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """(h, w) = ``shape``: where a frame sees something before what stands at ``place`` of the canvas and ``disparity``."""
        left, top, right, bottom = place.corners
        x, y = (
            low + (np.arange(count) + 0.5) / count * (high - low)
            for low, high, count in zip((left, top), (right, bottom), shape[::-1], strict=True)
        )
        seen = cv2.perspectiveTransform(np.dstack(np.meshgrid(x, y)).astype(np.float32), self._to_screen(disparity, frame))
        scale = self._front.shape[1] / self.scene.layers[0].disparity.shape[1]
        covered = np.zeros(shape, bool)
        levels, step = np.linspace(disparity, _BEFORE_ALL, _LEVELS, endpoint=False, retstep=True)
        for level in levels:  # what stands there and is seen at the same place
            at = cv2.perspectiveTransform(seen, np.linalg.inv(self._to_screen(float(level + step / 2), frame))) * scale - 0.5
            front = cv2.remap(self._front, at, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
            covered |= (front > level) & (front <= level + step)
        return covered

    def behind_the_subject(self, lettering: Lettering, size: Rectangle, area: Rectangle) -> Rectangle:
        """The place in the middle of ``area``, no lower than the subject's, where it is best read and yet seen to be behind."""
        _, y, reach = self.subject_place
        _, top, _, bottom = area.corners
        last = max(min(bottom - size.height / 2, y), top + size.height / 2)
        band = Rectangle(area.x, (top + last) / 2, area.width, max(last - top, 1.0))
        disparity = self.disparity("behind", 0.0, band)
        choices = []
        for place in np.linspace(top + size.height / 2, last, _STEPS):
            shown = replace(size, y=float(place))
            hidden = self.hidden(lettering, shown, disparity)
            overlap = min(hidden.share, COVERED)
            choices.append((round(hidden.lost, 2), -round(overlap, 2), abs(float(place) - reach), shown))
        return min(choices, key=lambda choice: choice[:3])[3]
