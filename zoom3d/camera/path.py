"""What a move is made from, and the camera on every frame of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from zoom3d import geometry
from zoom3d.camera import window
from zoom3d.camera._reading import CHANNELS
from zoom3d.camera.curves import bend
from zoom3d.types import CameraPath

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.camera.framing import Survey
    from zoom3d.camera.presets import Preset
    from zoom3d.camera.window import Window
    from zoom3d.types import LayeredScene, OutputSpec

    Float64 = NDArray[np.float64]

Made = TypeVar("Made")

CLOSEST = 0.35
"""Share of the nearest point's distance that a camera leaves to it."""

CUT_LEAST = 0.005
"""What of a subject nobody sees cut off, as a share of the frame."""

HEADROOM = 0.06
"""Between the frame's edge and a subject that has grown towards it, in NDC."""

_KEPT_MOST = 24  # things that a wish remembers
_CLOSE_UP = 1.3  # frames that a subject is as tall as, seen close up
_USUAL_LENS = 0.65  # focal length over the picture's diagonal that a preset's angles are meant for: 28 mm equivalent


@dataclass(frozen=True, eq=False)
class Wish:
    """All that a path is made from but how strong the move is.

    strength: what was asked for. zooms: whether the lens makes up for what a weaker push lacks in size; a subject that is wider
        than the frame anyway only grows as much as the push that is made has it.
    """

    preset: Preset
    survey: Survey
    output: OutputSpec
    whole: Window
    viewport: tuple[int, int]
    max_reveal: float
    strength: float
    zooms: bool = True
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, made once while ``key`` comes up again soon: different ways often lead by the same place."""
        made: Made = self._kept.pop(key) if key in self._kept else make()
        self._kept[key] = made
        if len(self._kept) > _KEPT_MOST:
            del self._kept[next(iter(self._kept))]
        return made

    @property
    def scene(self) -> LayeredScene:
        return self.survey.scene

    @cached_property
    def channels(self) -> dict[str, Float64]:
        """What every channel has on every frame, at full strength; its value at rest where the preset does not move it."""
        still = {key: np.full(len(self._time), meaning.rest) for key, meaning in CHANNELS.items()}
        return still | {key: channel.at(self._time) for key, channel in self.preset.channels.items()}

    @cached_property
    def jumps(self) -> tuple[int, ...]:
        """The frames to which a channel jumps."""
        jumps = [channel.jumps(self._time) for channel in self.preset.channels.values()]
        return tuple(np.flatnonzero(np.any(jumps, axis=0)).tolist()) if jumps else ()

    @cached_property
    def _time(self) -> Float64:
        """Of every frame, in 0..1."""
        count = self.output.frame_count
        return bend(np.arange(count) / (count if self.preset.loop else max(count - 1, 1)), self.preset.speed)

    @cached_property
    def width_shown(self) -> float:
        """Share of the subject's width that the frame shows at rest, at least: 1 where it fits, or its extent is not known."""
        box = self.scene.subject.box
        return min(1.0, self.whole.width / (box.width * self.scene.photo_size[0])) if box else 1.0


@dataclass(frozen=True)
class Way:
    """A choice that a move leaves open. ahead: how much of the push is made before the photograph's own place is reached.

    kept: how much of what the subject would lose at the frame's edge is brought back in.
    follows: how far a crop moves towards the subject that it would cut, as a share.
    loses: how much of the subject may be cut off, as a share of the frame's side.
    closer: whether the frame crops closer for what is painted behind edges, too.
    """

    ahead: float = 0.0
    kept: float = 0.0
    follows: float = 1.0
    loses: float = math.inf
    closer: bool = False

    @property
    def place(self) -> tuple[float, float]:
        """What of it makes a difference to the camera that shows one window."""
        return self.ahead, self.kept


def trace(wish: Wish, shown: Window, strength: float, way: Way) -> CameraPath:
    """The camera on every frame."""
    return wish.once(("path", shown, strength, way.place), lambda: _traced(wish, shown, strength, way))


def _traced(wish: Wish, shown: Window, strength: float, way: Way) -> CameraPath:
    preset, scene = wish.preset, wish.scene
    pose = wish.once(("pose", strength, way.ahead), lambda: _posed(wish, strength, way.ahead))
    pivot = pivot_point(preset, scene)
    focal_ndc = 2 * scene.focal_px / shown.height * pose.zoom
    aspect = wish.viewport[0] / wish.viewport[1]
    scale = np.stack([focal_ndc / aspect, focal_ndc], 1)
    lens_shift = _in_window(scene, shown, pivot[:2] / -pivot[2]) - pose.aside * scale
    if way.kept:
        lens_shift = lens_shift + way.kept * _brought_in(wish, shown, pose.eye, scale, lens_shift)
    return CameraPath(
        eye=pose.eye.astype(np.float32),
        rotation=pose.rotation,
        fov_y=(2 * np.arctan(1 / focal_ndc)).astype(np.float32),
        lens_shift=lens_shift.astype(np.float32),
        focus_distance=pose.focus,
        viewport_size=wish.viewport,
        effects=preset.effects,
        jumps=wish.jumps,
    )


@dataclass(frozen=True, eq=False)
class _Pose:
    """Where the camera is on every frame, whatever window it shows.

    eye: (N, 3) scene units. rotation: (N, 3, 3). zoom: (N,) magnification by the lens. focus: (N,) distance of what is sharp.
    aside: (N, 2) slope at which the camera sees the pivot but for yaw and pitch, which look away from it.
    """

    eye: Float64
    rotation: NDArray[np.float32]
    zoom: Float64
    focus: NDArray[np.float32]
    aside: Float64


def _posed(wish: Wish, strength: float, ahead: float) -> _Pose:
    preset, scene, count = wish.preset, wish.scene, wish.output.frame_count
    asked = wish.channels
    value = {key: strength * asked[key] for key in ("x", "y", "push", "yaw_deg", "pitch_deg", "roll_deg")}
    value["push"] = value["push"] - ahead * value["push"].max()
    width, height = scene.photo_size
    lens = _USUAL_LENS * np.hypot(width, height) / scene.focal_px  # a turn moves the picture as far through any lens
    yaw, pitch = (np.arctan(np.tan(np.radians(value[key])) * lens) for key in ("yaw_deg", "pitch_deg"))
    roll = _turn(np.radians(value["roll_deg"]), 0, 1)
    pivot = pivot_point(preset, scene)
    sideways = np.hypot(width, height) / scene.focal_px / (1 / scene.near - 1 / scene.far)
    eye = value["push"][:, None] * pivot + np.stack([value["x"], value["y"], np.zeros(count)], 1) * sideways
    zoom = asked["zoom"] ** strength
    if preset.hold_subject:
        zoom = zoom * (pivot[2] - eye[:, 2]) / pivot[2]
    elif wish.zooms:
        wished = (wish.strength if wish.width_shown == 1 else strength) * asked["push"]
        zoom = zoom * (1 - value["push"]) / np.maximum(1 - wished, CLOSEST)
    to_pivot = np.einsum("nji,nj->ni", roll, pivot - eye)
    rotation = (_turn(yaw, 2, 0) @ _turn(pitch, 1, 2) @ roll).astype(np.float32)
    return _Pose(eye, rotation, zoom, _focus(scene, asked["focus"]), to_pivot[:, :2] / -to_pivot[:, 2:])


def _brought_in(wish: Wish, shown: Window, eye: Float64, scale: Float64, lens_shift: Float64) -> Float64:
    """(N, 2) NDC that a subject is to be moved by, where it grows towards the frame's edges, to stay inside.

    Of one that fits the frame and not what a platform leaves free, the head does; a larger one is seen close up, and stays.

    As much of the move as of the growth, so that it is as smooth. scale: (N, 2) NDC that a slope of 1 comes to.
    """
    scene, subject, box = wish.scene, wish.scene.subject, wish.scene.subject.box
    if box is None:
        return np.zeros_like(lens_shift)
    sides = _slopes(scene, (subject.x, subject.y), (box.left, box.bottom), (box.right, box.top))
    rest, low, high = _in_window(scene, shown, sides)
    away = float(scene.distance(subject.disparity))
    left = np.maximum(away + eye[:, 2], CLOSEST * scene.near)
    grown = scale[:, 1] * away / left * shown.height / 2 / scene.focal_px
    most = int(grown.argmax())
    if grown[most] < 1 + CUT_LEAST:
        return np.zeros_like(lens_shift)
    place = lens_shift[most] + (sides[0] * away - eye[most, :2]) / left[most] * scale[most]
    safe = wish.output.safe_area
    open_low, open_high = np.array([[box.left, 1 - box.bottom], [1 - box.right, box.top]]) < window.BORDER
    least = np.minimum(np.array([2 * safe.left - 1, 1 - 2 * safe.bottom]) + HEADROOM, low)
    last = np.maximum(np.array([2 * safe.right - 1, 1 - 2 * safe.top]) - HEADROOM, high)
    least[open_low | (least < -1)] = -np.inf  # a side that photograph or frame cut off anyway
    last[open_high | (last > 1)] = np.inf
    below, above = (low - rest) * grown[most], (high - rest) * grown[most]  # of its middle
    down = np.minimum(last - place - above, 0)
    large = above - below > last - least
    wide, tall = above - below
    large[0] |= wide > 2 * (1 - HEADROOM)  # also where one side is cut off anyway: nothing is gained by showing the other
    narrow = wide <= 2 * (1 - HEADROOM) and np.isfinite([least[0], last[0]]).all()
    move = np.where(large, np.array([0, narrow * _head_counts(tall)]) * down, np.maximum(least - place - below, 0) + down)
    least_grown = min(float(grown.min()), 1.0)
    return np.asarray(move * ((grown - least_grown) / (grown[most] - least_grown))[:, None])


def cut_off(wish: Wish, path: CameraPath) -> float:
    """How much of the subject is beyond the frame and its headroom on any frame, as a share of its side: more than at rest.

    What the photograph cuts off anyway does not count, nor does a subject that outgrows the frame: that is seen close up.
    """
    scene, box, rest = wish.scene, wish.scene.subject.box, wish.whole.place_of(wish.scene)
    if box is None or rest is None:
        return 0.0
    sides = _slopes(scene, (box.left, box.y), (box.right, box.y), (box.x, box.top), (box.x, box.bottom))
    points = np.column_stack([sides, np.full(4, -1.0), np.full(4, 1 / scene.distance(scene.subject.disparity))])
    clip = geometry.world_to_clips(scene, path) @ points.T
    places = clip[:, :2] / clip[:, 3:]
    place = np.stack([places[:, 0, 0], places[:, 0, 1], places[:, 1, 2], places[:, 1, 3]], 1)  # left, right, top, bottom
    outward = np.array([-1, 1, -1, 1])
    at_rest = np.maximum(outward * [rest.left, rest.right, rest.top, rest.bottom] - (1 - HEADROOM), 0)
    lost = np.maximum(outward * place - (1 - HEADROOM), 0) - at_rest
    wide, tall = np.where(np.isfinite(at_rest).reshape(2, 2).all(1), place[:, 1::2] - place[:, ::2], 0).T
    counts = np.stack([wide <= 2 * (1 - HEADROOM)] * 2 + [_head_counts(tall), tall <= 2 * (1 - HEADROOM)], 1)
    return float((lost * counts).max(initial=0) / 2)


def _head_counts(tall: Float64 | float) -> Float64:
    """How much the head of a subject of that height, in NDC, goes before its feet: not at all where it is seen close up."""
    return np.asarray(np.clip((2 * _CLOSE_UP - tall) / (2 * _CLOSE_UP - 2 * (1 - HEADROOM)), 0, 1))


def pivot_point(preset: Preset, scene: LayeredScene) -> Float64:
    """The point that keeps its place on the screen, in scene units: at the subject's place, at the pivot's distance."""
    named = {"subject": scene.subject.disparity, "near": 1.0, "far": 0.0}
    disparity = named[preset.pivot] if isinstance(preset.pivot, str) else preset.pivot
    distance = float(scene.distance(disparity))
    return np.append(_slopes(scene, (scene.subject.x, scene.subject.y))[0], -1.0) * distance


def _slopes(scene: LayeredScene, *places: tuple[float, float]) -> Float64:
    """(K, 2), y up: at which the photograph's camera sees ``places``, x and y in fractions of the photograph."""
    return np.asarray((np.array(places) - 0.5) * [1, -1] * scene.photo_size / scene.focal_px)


def _in_window(scene: LayeredScene, shown: Window, slopes: Float64) -> Float64:
    """Where in the window, in NDC with y up, the photograph's camera shows what it sees at ``slopes``, (..., 2)."""
    width, height = scene.photo_size
    centre = _slopes(scene, (shown.x / width, shown.y / height))[0]
    return np.asarray((slopes - centre) * 2 * scene.focal_px / [shown.width, shown.height])


def _focus(scene: LayeredScene, place: Float64) -> NDArray[np.float32]:
    """(N,) distance of what is sharp; ``place`` goes from -1, the farthest point, over 0, the subject, to 1, the nearest."""
    disparity = np.interp(place, [-1, 0, 1], [0, scene.subject.disparity, 1]).astype(np.float32)
    return np.asarray(scene.distance(disparity), np.float32)


def _turn(angle: Float64, one: int, other: int) -> Float64:
    """(N, 3, 3): from axis ``one`` towards axis ``other``.

    A camera turns in its own frame: by yaw about +y, by pitch about its +x, then by roll about its +z (it looks along -z).
    """
    turn = np.tile(np.eye(3), (len(angle), 1, 1))
    turn[:, one, one] = turn[:, other, other] = np.cos(angle)
    turn[:, other, one] = np.sin(angle)
    turn[:, one, other] = -turn[:, other, one]
    return turn
