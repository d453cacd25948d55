"""From a timeline to frames: opens each photograph's scene when it is needed, and lets go of it after its last frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import camera, render, srgb
from zoom3d.camera import presets
from zoom3d.reel import lettering, moves
from zoom3d.reel.template import TRANSITIONS
from zoom3d.render import Composition
from zoom3d.types import Effects, Layer, LayeredScene

if TYPE_CHECKING:
    import moderngl
    from numpy.typing import NDArray

    from zoom3d.pipeline import Settings
    from zoom3d.reel.moves import Flight
    from zoom3d.reel.template import Template
    from zoom3d.reel.timeline import Segment, Shot, Timeline, Transition
    from zoom3d.types import CameraPath, Frame, OutputSpec, PixelLayout

    Uint8 = NDArray[np.uint8]
    Float32 = NDArray[np.float32]

CARD_LIGHT = 0.4
"""How bright, in linear light, the photograph behind the words of a card is left."""

_CARD_REDUCTION = 4
_FADE_IN_S = 0.4


@dataclass(frozen=True, eq=False)
class _Open:
    """A shot that is being filmed. ``flight``: its path where it leaves by one."""

    shot: Shot
    renderer: render.Renderer
    path: CameraPath
    output: OutputSpec
    flight: Flight | None


class Film:
    """The frames of a reel. A context manager: it owns GL objects and a thread.

    stage: makes the scene of the photograph of that number; called from the thread, one photograph ahead.
    font: the file of the words' font; None = the one that comes along.
    """

    def __init__(
        self,
        context: moderngl.Context,
        timeline: Timeline,
        template: Template,
        output: OutputSpec,
        settings: Settings,
        stage: Callable[[int], LayeredScene],
        font: Path | None = None,
    ) -> None:
        self._context, self._timeline, self._template = context, timeline, template
        self._output, self._settings, self._stage = output, settings, stage
        self._font = font
        self._owned = ExitStack()
        self._worker = self._owned.enter_context(ThreadPoolExecutor(1, "zoom3d-scenes"))
        self._scenes: dict[int, Future[LayeredScene]] = {}
        self._renderers: dict[int, render.Renderer] = {}
        self._releases: dict[int, ExitStack] = {}
        self._opened: dict[int, _Open] = {}

    def __enter__(self) -> Film:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for waiting in self._scenes.values():
            waiting.cancel()
        for release in self._releases.values():
            release.close()
        self._owned.close()

    def frames(self, layout: PixelLayout) -> Iterator[Frame]:
        """Every frame of the reel, in order."""
        for segment in self._timeline.segments():
            shots = [self._open(number) for number in segment.shots]
            self._let_go(before=segment.shots[0])
            if segment.transition is not None:
                yield from self._composed(self._joined(segment, segment.transition, *shots), layout)
            elif shots[0].shot.card or shots[0].shot.label:
                yield from self._composed(self._lettered(shots[0], segment), layout)
            else:
                yield from self._drawn(shots[0], segment, layout)

    def _joined(self, segment: Segment, transition: Transition, one: _Open, other: _Open) -> Iterator[Composition]:
        """The two pictures of a transition, and what its pass wants to know."""
        span = transition.stop - transition.start
        values: dict[str, float | tuple[float, ...]] = {
            "turn": (transition.cut - transition.start) / span,
            "frame_step": 1 / span,
        }
        nearness = self._nearness(one, segment) if one.flight else None
        for index, (first, second) in enumerate(zip(self._pictures(one, segment), self._pictures(other, segment), strict=True)):
            values["progress"] = progress = transition.progress(segment.start + index)
            pictures = {"first": first, "second": second}
            if one.flight and nearness:
                pictures["disparity"] = near = next(nearness)[..., 0]
                values |= moves.passage(one.flight, segment.start + index - one.shot.start, progress, near)
            yield Composition(f"transition-{transition.kind}", pictures, dict(values))

    def _pictures(self, open_shot: _Open, segment: Segment) -> Iterator[Uint8]:
        """(H, W, 3) uint8 sRGB of every frame of ``segment``, words included."""
        if open_shot.shot.card or open_shot.shot.label:
            frames = self._composed(self._lettered(open_shot, segment), "rgb24")
        else:
            frames = self._drawn(open_shot, segment, "rgb24")
        return (frame.data for frame in frames)

    def _drawn(self, open_shot: _Open, segment: Segment, layout: PixelLayout) -> Iterator[Frame]:
        start = open_shot.shot.start
        span = range(segment.start - start, segment.stop - start)
        return open_shot.renderer.frames(_path(open_shot), open_shot.output, layout, span)

    def _nearness(self, open_shot: _Open, segment: Segment) -> Iterator[Uint8]:
        """(H, W, 3) uint8 pictures of the disparity of what ``_pictures`` shows: the same scene in other colours."""
        plain = replace(_path(open_shot), effects=Effects())
        with render.Renderer(self._context, _in_disparity(open_shot.renderer.scene)) as renderer:
            span = range(segment.start - open_shot.shot.start, segment.stop - open_shot.shot.start)
            for frame in renderer.frames(plain, replace(open_shot.output, supersample=1), span=span):
                yield frame.data

    def _lettered(self, open_shot: _Open, segment: Segment) -> Iterator[Composition]:
        """The words of a card or of a label over what lies behind them."""
        shot, size = open_shot.shot, (self._output.width, self._output.height)
        card = shot.card
        words = lettering.card(card.text, size, self._font) if card else lettering.label(shot.label, size, self._font)
        plain = _plain(card.background) if card and card.background != "photo" else None
        behind = None if plain is not None else self._drawn(open_shot, segment, "rgb24")
        for frame in range(segment.start, segment.stop):
            if plain is not None:
                picture: NDArray[np.generic] = plain
            elif behind is not None:
                picture = next(behind).data
            shown_s = (frame - shot.cut) / self._timeline.fps
            values: dict[str, float | tuple[float, ...]] = {
                "opacity": min(max(shown_s / _FADE_IN_S, 0.0), 1.0),
                "light": CARD_LIGHT if card and plain is None else 1.0,
            }
            yield Composition("words", {"picture": _blurred(picture) if card else picture, "words": words}, values)

    def _composed(self, compositions: Iterator[Composition], layout: PixelLayout) -> Iterator[Frame]:
        with render.Compositor(self._context, self._output, layout) as compositor:
            yield from compositor.frames(compositions)

    def _open(self, number: int) -> _Open:
        if number not in self._opened:
            shot = self._timeline.shots[number]
            renderer = self._renderer(shot.photograph)
            self._stage_ahead(number)
            path, output = self._plan(number, renderer.scene)
            leaves = number < len(self._timeline.transitions) and TRANSITIONS[self._timeline.transitions[number].kind].deep
            first = self._timeline.transitions[number].start - shot.start if leaves else 0
            flight = moves.departing(path, renderer.scene, first, (output.width, output.height)) if leaves else None
            self._opened[number] = _Open(shot, renderer, path, output, flight)
        return self._opened[number]

    def _plan(self, number: int, scene: LayeredScene) -> tuple[CameraPath, OutputSpec]:
        shot, output = self._timeline.shots[number], self._output
        output = replace(output, duration_s=shot.length / output.fps)
        if shot.card:
            width, height = (max(16, side // _CARD_REDUCTION // 2 * 2) for side in (output.width, output.height))
            output = replace(output, width=width, height=height, fit="cover", supersample=1)
        move = presets.load(shot.preset)
        if shot.arrives:
            settled = 1.5 * (self._timeline.transitions[number - 1].stop - shot.start) / shot.length
            move = moves.arriving(move.lasting(output.duration_s), settled, shot.length)
        reveal = camera.MAX_REVEAL if self._settings.max_reveal is None else self._settings.max_reveal
        path = camera.plan(move, scene, output, self._template.strength, reveal)
        path = replace(path, effects=path.effects.changed(self._settings.effects))
        return moves.pulsing(path, tuple(b - shot.start for b in shot.beats), output.fps, self._template.pulse), output

    def _renderer(self, photograph: int) -> render.Renderer:
        if photograph not in self._renderers:
            scene = self._scene(photograph).result()
            del self._scenes[photograph]
            self._releases[photograph] = ExitStack()
            self._renderers[photograph] = self._releases[photograph].enter_context(render.Renderer(self._context, scene))
        return self._renderers[photograph]

    def _scene(self, photograph: int) -> Future[LayeredScene]:
        if photograph not in self._scenes:
            self._scenes[photograph] = self._worker.submit(self._stage, photograph)
        return self._scenes[photograph]

    def _stage_ahead(self, number: int) -> None:
        following = (shot.photograph for shot in self._timeline.shots[number + 1 :])
        for photograph in following:
            if photograph not in self._renderers:
                self._scene(photograph)
                return

    def _let_go(self, before: int) -> None:
        """Forget the shots before shot ``before``, and the scenes that none of the others shows next."""
        for number in [number for number in self._opened if number < before]:
            del self._opened[number]
        shown = {open_shot.shot.photograph for open_shot in self._opened.values()}
        for photograph in [photograph for photograph in self._renderers if photograph not in shown]:
            del self._renderers[photograph]
            self._releases.pop(photograph).close()


def _path(open_shot: _Open) -> CameraPath:
    return open_shot.flight.path if open_shot.flight else open_shot.path


def _in_disparity(scene: LayeredScene) -> LayeredScene:
    """The scene in shades of grey: its disparity."""

    def grey(layer: Layer) -> Layer:
        shade = np.rint(255 * layer.disparity).astype(np.uint8)
        return Layer(np.dstack([shade, shade, shade, layer.rgba[..., 3]]), layer.disparity)

    return replace(scene, layers=tuple(grey(layer) for layer in scene.layers))


def _plain(colour: str) -> Float32:
    """(1, 1, 3) linear light of a colour "#rrggbb"."""
    return srgb.light(np.frombuffer(bytes.fromhex(colour[1:]), np.uint8))[None, None]


def _blurred(picture: NDArray[np.generic]) -> NDArray[np.generic]:
    """A picture (h, w, 3) uint8 sRGB far out of focus, as float32 in linear light. One that is linear already stays."""
    if picture.dtype != np.uint8:
        return picture
    return np.asarray(cv2.GaussianBlur(srgb.light(picture.astype(np.uint8)), (0, 0), 0.03 * min(picture.shape[:2])))
