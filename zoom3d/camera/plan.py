"""Preset, scene and output in, camera path out."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zoom3d.camera import framing, window
from zoom3d.camera.path import CLOSEST, CUT_LEAST, HEADROOM, Way, Wish, cut_off, pivot_point, trace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.camera.framing import Look, Outline
    from zoom3d.camera.presets import Preset
    from zoom3d.camera.window import Window
    from zoom3d.types import CameraPath, LayeredScene, OutputSpec

    Float64 = NDArray[np.float64]
    Point = tuple[float, float]

Remark = tuple[int, str]
"""What there is to say of a plan, and its logging level."""

log = logging.getLogger(__name__)

OVERSCAN_LIMIT = 1.25
"""How much closer the frame may crop before the move is made smaller instead."""

MAX_REVEAL = 0.03
"""Share of a frame that may show painted content unless another is asked for (see notes/framing.md)."""

_BORDER_SHARE = 0.35  # of what may be revealed: strips beside the picture show their making more than ribbons inside it
_OPENED_SHARE = 0.01  # of the depth edges that may open farther than was painted: single pixels are found where none are
_CUTS = "would cut the subject off"
_ENDS = "would show where the picture ends"
_SAFETY = 1.002
_HALVINGS = 5
_AHEAD = (0.0, 0.3, 0.6)  # how much of a dolly zoom's way lies behind the photograph's own camera
_BEHIND = (0.25, 0.5)  # how much of a push's way may, where it would uncover too much otherwise
_AHEAD_COST = 0.1  # how much closer a crop is as bad as a move whose whole way lies behind the photograph's own camera
_CLOSE = 1.12  # how much closer a crop that cuts nothing off may be before other ways are looked at
_BESIDE = 0.002  # of a frame, painted beside the picture: a closer crop is worth a try
_A_LITTLE = 1.02  # how much closer mends what a crop itself uncovers
_CLOSER = 1.12  # how much the frame crops closer for what is painted behind edges
_LESS_CLOSE = (_CLOSER, 1.04)  # where a closer crop costs too much of the subject
_LONG = 0.12  # scene units: a push that is worth that
_REVEAL_COST = 5.0  # how much closer a crop is as bad as a frame's share of painted content
_KEPT = (1.0, 0.5, 0.0)  # how much of what a growing subject would lose at the frame's edge is brought back in
_CUT_COST = 2.0  # how much closer a crop is as bad as a subject's part beyond the frame's edge, as a share of the frame
_TOWARDS = (1.0, 0.75, 0.5, 0.25, 0.0)  # how far a crop moves towards a subject that it would cut
_LESS = 0.25  # how far it does so where nothing else lets the move be made whole,
_CUT_MOST = 0.06  # and no more of the subject than that is lost, as a share of the frame's side;
_CUT_TURNING = 0.2  # where the camera turns, which takes the subject through the frame anyway
_WIDE = 0.8  # of a subject's width: a frame that shows less is worth a warning


@dataclass(frozen=True, eq=False)
class _Take:
    """A path and what it shows. ``problem``: why it is not to be filmed, in words; None if it is.

    cut: what crop and growth take from the subject, as a share of the frame's side.
    """

    path: CameraPath
    look: Look | None
    overscan: float
    problem: str | None
    cut: float = 0.0
    ahead: float = 0.0

    @property
    def cost(self) -> float:
        if not self.look:
            return np.inf
        return self.overscan - 1 + _REVEAL_COST * self.look.revealed + _CUT_COST * self.cut + _AHEAD_COST * self.ahead


def plan(
    preset: Preset, scene: LayeredScene, output: OutputSpec, strength: float = 1.0, max_reveal: float = MAX_REVEAL
) -> CameraPath:
    """The path of ``preset`` through ``scene``, as ``remarked`` plans it; what there is to remark is logged."""
    path, remarks = remarked(preset, scene, output, strength, max_reveal)
    for level, text in remarks:
        log.log(level, "%s", text)
    return path


def remarked(
    preset: Preset, scene: LayeredScene, output: OutputSpec, strength: float = 1.0, max_reveal: float = MAX_REVEAL
) -> tuple[CameraPath, list[Remark]]:
    """The path of ``preset`` through ``scene``, framed so that no frame shows what does not exist.

    What was painted around the photograph is used first, then the frame crops closer, up to OVERSCAN_LIMIT; what that does not
    mend makes the move smaller, and a warning says why; the lens zooms for what the push then lacks in size. Mended are: empty
    places, more than ``max_reveal`` of painted content in a frame, depth edges that open farther than the scene was painted
    behind them, a camera that flies into something, and motion faster than the preset's own limit.
    """
    if not math.isfinite(strength):
        raise ValueError(f"a move of strength {strength} cannot be made")
    viewport = window.viewport_size(scene, output)
    wish = Wish(
        preset.lasting(output.duration_s),
        framing.survey(scene),
        output,
        window.choose(scene, viewport, output.safe_area),
        viewport,
        max_reveal,
        strength,
    )
    remarks = []
    if wish.width_shown < _WIDE:
        shown = f"{100 * wish.width_shown:.0f} % of the subject's width"
        remarks.append((logging.WARNING, f"the frame shows {shown}; --focus X,Y says which part, --fit blur shows all of it"))
    take, share = _best(wish, strength), 1.0
    if why := take.problem:
        if strength == 0 or _best(wish, 0.0).problem:  # too fast, which zooming is as well
            wish = replace(wish, zooms=False)
        share, most = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (share + most) / 2
            share, most = (middle, most) if _possible(wish, strength * middle) else (share, middle)
        take = _best(wish, strength * share)
        asked = "all of it" if strength == 1 else f"{100 * strength:.0f} %"
        name = preset.title or preset.name
        remarks.append((logging.WARNING, f"{name} is made at {100 * strength * share:.0f} % of its strength: {asked} {why}"))
    look = wish.survey.look(take.path)
    crop, painted = 100 * (take.overscan - 1), 100 * look.revealed
    closer = f"the frame is cropped {crop:.1f} % closer; at most {painted:.2f} % of a frame is painted content"
    remarks.append((logging.INFO, closer))
    coverage = min(1.0, wish.survey.outline(take.path).clearance() ** 2)
    path = replace(take.path, coverage_min=coverage, revealed_max=look.revealed, strength=strength * share)
    return path, remarks


def _best(wish: Wish, strength: float) -> _Take:
    """The move at that strength, made in the way that costs least; where none will do, the last one has the reason."""
    takes: list[_Take] = []
    for ways in _ways(wish, strength):
        takes = [take for take in takes if not take.problem]
        for way in ways:
            takes.append(_take(wish, strength, way, min((take.cost for take in takes if not take.problem), default=np.inf)))
        best = min(takes, key=lambda take: (take.problem is not None, take.cost))
        if not best.problem and best.overscan < _CLOSE and best.cut <= CUT_LEAST:
            break
    return best


def _possible(wish: Wish, strength: float) -> bool:
    """Whether the move can be made at that strength in some way."""
    ways = [way for equal in _ways(wish, strength)[-3:] for way in dict.fromkeys((equal[0], equal[len(equal) // 2], equal[-1]))]
    return any(not _take(wish, strength, way, 0.0).problem for way in reversed(ways))


def _ways(wish: Wish, strength: float) -> list[list[Way]]:
    """Equally good ways together, those first that are to be tried first.

    What a push uncovers grows with the way from the photograph's own camera. Begun as far behind it as it ends before it, the
    same push uncovers half as much on any frame: at first around the subject, at last around what is nearer.
    """
    preset = wish.preset
    if preset.hold_subject:
        return _following_less([[Way(ahead=ahead) for ahead in (_AHEAD if strength > 0 else (0.0,))]])
    ways = [[Way()]]
    if "push" in preset.channels and wish.zooms and strength > 0:
        way = np.ptp(wish.channels["push"]) * -pivot_point(preset, wish.scene)[2]
        ways += [[Way(ahead=ahead)] for ahead in _BEHIND if way > _LONG]
    ways[-1] = [replace(ways[-1][0], closer=True)]
    variants = [_variants(wish, strength, way) for (way,) in ways]
    if {"yaw_deg", "pitch_deg"} & set(preset.channels):
        return [[*equal, *(replace(way, follows=0.0, loses=_CUT_TURNING) for way in equal)] for equal in variants]
    return _following_less(variants)


def _following_less(ways: list[list[Way]]) -> list[list[Way]]:
    """``ways``, and the last of them with crops that care less for the subject, unless that costs too much of it."""
    return [*ways, [replace(way, follows=_LESS, loses=_CUT_MOST) for way in ways[-1]]]


def _variants(wish: Wish, strength: float, way: Way) -> list[Way]:
    """``way``, with as much and less of a growing subject brought back in."""
    fixed, moved = (trace(wish, wish.whole, strength, replace(way, kept=kept)).lens_shift for kept in (0.0, 1.0))
    lost = float(np.abs(moved - fixed).max() / 2)
    return [replace(way, kept=kept) for kept in _KEPT] if lost > CUT_LEAST else [way]


def _take(wish: Wish, strength: float, way: Way, below: float) -> _Take:
    """The move, cropped so that it shows nothing empty and not too much painted.

    It is cropped as little as that takes, unless it would cost no less than ``below`` even so.
    """
    path = trace(wish, wish.whole, strength, way)
    scene = wish.scene
    if float(path.eye[:, 2].min()) < -(1 - CLOSEST) * scene.near:
        return _Take(path, None, np.inf, "would fly into the nearest things")
    outline = wish.survey.outline(path)
    centre, overscan = _covering(outline)
    if overscan > OVERSCAN_LIMIT:
        return _Take(path, None, overscan, _ENDS)

    def cropped(closer: float) -> _Take:
        shown = _shown(wish, outline, centre, overscan * closer, way)
        shot = wish.once(("take", shown, strength, way.place), lambda: _shot(wish, shown, overscan * closer, strength, way))
        return replace(shot, problem=shot.problem or _CUTS) if shot.cut > way.loses else shot

    take, most = cropped(1.0), OVERSCAN_LIMIT / overscan
    if not take.look:  # a subject is brought in from where the crop has it, a little farther
        take = cropped(_A_LITTLE)
    beside = take.look is None or take.look.border.max() > _BESIDE
    if not take.problem or not (beside or way.closer):
        return take
    for limit in (most if beside else _CLOSER, *(_LESS_CLOSE if way.loses < 1 else ())):
        tried = cropped(min(most, limit))
        if not tried.problem:
            break
    if tried.problem or (not beside and tried.cut > take.cut + CUT_LEAST):
        return take
    low, high, least, take = 1.0, tried.overscan / overscan, take.cut, tried
    for _ in range(_HALVINGS - 1):
        if replace(take, overscan=low * overscan, cut=least).cost >= below:
            break
        tried = cropped((low + high) / 2)
        low, high, take = (
            (low, tried.overscan / overscan, tried) if not tried.problem else (tried.overscan / overscan, high, take)
        )
    return take


def _shot(wish: Wish, shown: Window, overscan: float, strength: float, way: Way) -> _Take:
    """The move in that window."""
    path = trace(wish, shown, strength, way)
    if wish.survey.outline(path).clearance() < 1:
        return _Take(path, None, overscan, _ENDS)
    look = wish.survey.look(path, wish.max_reveal)
    cut = cut_off(wish, path)
    if wish.width_shown < 1:
        cut += (1 - 1 / overscan) * wish.width_shown
    return _Take(path, look, overscan, _problem(wish, path, look), cut, way.ahead)


def _problem(wish: Wish, path: CameraPath, look: Look) -> str | None:
    if look.revealed > wish.max_reveal:
        return f"would show {100 * look.revealed:.1f} % painted content in a frame, and {100 * wish.max_reveal:g} % is allowed"
    if look.border.max() > _BORDER_SHARE * wish.max_reveal:
        return f"would show {100 * look.border.max():.1f} % of a frame beside the picture, painted"
    if wish.survey.opened(path) > _OPENED_SHARE:
        return "would open depth edges farther than is painted behind them"
    fastest = wish.survey.speed(path) * wish.output.fps * wish.output.duration_s / wish.preset.duration_s
    if fastest > wish.preset.speed_limit:
        return f"would move things by {fastest:.1f} frame diagonals a second, and {wish.preset.speed_limit:g} is its limit"
    return None


def _covering(outline: Outline) -> tuple[Point, float]:
    """The middle, in NDC of the whole window, of what needs least overscan to be covered on every frame, and that overscan."""
    centre, clearance = (0.0, 0.0), outline.clearance()
    if clearance >= 1:
        return centre, 1.0
    other = outline.best_centre
    better = outline.clearance(*other)
    if better > 1.01 * clearance:
        centre, clearance = other, better
    return centre, 1.0 if clearance >= 1 else _SAFETY / max(clearance, 1e-3)


def _shown(wish: Wish, outline: Outline, centre: Point, overscan: float, way: Way) -> Window:
    """The window around ``centre`` at that overscan, moved towards the subject as far as the crop would cut it and room is."""
    whole, half = wish.whole, 1 / overscan
    box = whole.place_of(wish.scene)
    if box is None or overscan <= 1:
        return whole.moved(*centre).enlarged(overscan)
    wanted = _holding(centre[0], half, box.left, box.right), _holding(centre[1], half, box.top, box.bottom, low_first=True)
    for share in (share for share in _TOWARDS if share <= way.follows):
        x, y = (middle + share * (goal - middle) for middle, goal in zip(centre, wanted, strict=True))
        if share == 0 or outline.clearance(x, y) >= _SAFETY * half:
            break
    return whole.moved(x, y).enlarged(overscan)


def _holding(middle: float, half: float, low: float, high: float, *, low_first: bool = False) -> float:
    """The place nearest to ``middle`` at which a window of twice ``half`` holds what lies from ``low`` to ``high``.

    A side beyond the whole window (-1 to 1) is cut off anyway. What is larger than the window stays where it is, or with
    ``low_first`` keeps its low side: a head is before feet.
    """
    room = half * (1 - HEADROOM)
    least = high - room if high < 1 else -np.inf
    most = low + room if low > -1 else np.inf
    return min(max(middle, least), most) if low_first or least <= most else middle
