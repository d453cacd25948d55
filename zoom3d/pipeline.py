"""The whole way, from a photograph to a clip."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

from zoom3d import cache, camera, depth, inpaint, photo, render, scene, sources, title, video
from zoom3d.camera import presets
from zoom3d.depth import AUTO, DepthSource
from zoom3d.errors import OutputError, PhotoError
from zoom3d.inpaint import DEFAULT as DEFAULT_INPAINT
from zoom3d.types import PIXEL_LIMIT, Effects, EffectWish, OutputSpec

if TYPE_CHECKING:
    from zoom3d.types import Codec, DepthMap, Fit, LayeredScene, Photo, Progress, Uint8

log = logging.getLogger(__name__)

UPRIGHT, WIDE = (1080, 1920), (1920, 1080)
FPS = 30.0
STRENGTH_MAX = 10.0

SCENE_CODE = ("scene", "inpaint", "saliency", "geometry.py", "opencv.py", "srgb.py", "strips.py", "types.py")
"""What of the package has a say in a scene."""


@dataclass(frozen=True)
class Settings:
    """Everything that can be asked of a clip but the photograph and where it goes; None = what suits.

    size: width and height; by default the platform's, or 1080x1920 for upright and square photographs, 1920x1080 for wide ones.
    focus: "subject", "near", "far", or the point "X,Y" in fractions of the picture: what the move and the crop are about.
    platform: name of the platform that the clip is for, or a file that describes one.
    changes: "key=value" each, made to the preset: "x.amplitude=0.1".
    max_reveal: share of a frame that may show painted content; None = camera.MAX_REVEAL.
    effects: what differs from the preset's own.
    detail: the depth model looks at parts of the photograph too.
    gpu: number of the graphics device; None = the first.
    """

    preset: str = "3d-zoom"
    changes: tuple[str, ...] = ()
    duration_s: float | None = None
    fps: float | None = None
    size: tuple[int, int] | None = None
    fit: Fit = "cover"
    focus: str = "subject"
    platform: str | None = None
    title: title.TitleWish | None = None
    strength: float = 1.0
    max_reveal: float | None = None
    depth: Path | None = None
    depth_near_dark: bool = False
    model: str = AUTO
    weights: Path | None = None
    device: str = "auto"
    detail: bool = False
    offline: bool = False
    inpaint: str = DEFAULT_INPAINT
    codec: Codec | None = None
    crf: int | None = None
    bit_depth: int | None = None
    encoder: str = "software"
    effects: EffectWish = field(default_factory=EffectWish)
    supersample: int = 1
    gpu: int | None = None
    audio: Path | None = None
    pixel_limit: int = PIXEL_LIMIT
    use_cache: bool = True

    def __post_init__(self) -> None:
        wanted = {
            "title": title.TitleWish,
            **dict.fromkeys(("depth", "weights", "audio"), Path),
            "focus": str,
            "effects": EffectWish,
        }
        for name, kind in wanted.items():
            value = getattr(self, name)
            if not isinstance(value, kind) and (value is not None or name in ("focus", "effects")):
                raise TypeError(f"{name} must be a {kind.__name__}, not {value!r}")
        if not 0 <= self.strength <= STRENGTH_MAX:
            raise OutputError(
                f"a move of strength {self.strength:g} cannot be made", hint=f"ask for 0 to {STRENGTH_MAX:g} with --strength"
            )
        if self.size is not None and (len(self.size) != 2 or not all(isinstance(side, Integral) for side in self.size)):
            raise OutputError(
                f"{self.size!r} is no width and height", hint="ask for two whole numbers, for example (1080, 1920)"
            )
        if self.duration_s is not None and any(change.partition("=")[0].strip() == "duration_s" for change in self.changes):
            raise OutputError("--set duration_s contradicts --duration", hint="leave one of them out")
        scene.check_focus(self.focus)
        if self.platform is not None:
            video.platform(self.platform)
        if self.title:
            title.check(self.title)
        Effects().changed(self.effects)  # which refuses what is out of range
        if self.max_reveal is not None and not 0 <= self.max_reveal <= 1:
            raise OutputError(
                f"{self.max_reveal:g} is no share of a frame", hint="ask for 0 to 1 with --max-reveal, for example 0.05"
            )

    @property
    def depth_source(self) -> DepthSource:
        return DepthSource(self.depth, self.depth_near_dark, self.model, self.weights, self.device, self.offline, self.detail)

    def frame(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the clip of a photograph of that width and height."""
        suitable = video.platform(self.platform).size if self.platform else WIDE if width > height else UPRIGHT
        return self.size or suitable

    def usable_side_px(self, width: int, height: int) -> int:
        """How long the shorter side of a photograph of that shape can be and still be of use: it covers the frame then."""
        frame_width, frame_height = self.frame(width, height)
        return math.ceil(min(width, height) * max(frame_width / width, frame_height / height))

    def output(self, preset: camera.Preset, photo_size: tuple[int, int]) -> OutputSpec:
        """The clip's measures for a photograph of that width and height."""
        platform = None if self.platform is None else video.platform(self.platform)
        width, height = self.frame(*photo_size)
        fps = FPS if self.fps is None else self.fps
        duration_s = preset.duration_s if self.duration_s is None else self.duration_s
        if platform and self.duration_s is None:
            duration_s = platform.nearest_duration_s(duration_s, fps)
        return OutputSpec(
            width=width,
            height=height,
            fps=fps,
            duration_s=duration_s,
            fit=self.fit,
            codec=self.codec,
            crf=self.crf,
            bit_depth=self.bit_depth,
            encoder=self.encoder,
            supersample=self.supersample,
            platform=platform,
        )


@dataclass(frozen=True)
class Clip:
    """A clip that was made.

    verdict: whether the written file is what the platform takes; None where none was named.
    seconds: time by stage.
    """

    path: Path
    frames: int
    width: int
    height: int
    fps: float
    renderer: str
    coverage_min: float
    revealed_max: float
    strength_used: float
    preset: str = ""
    depth_source: str = ""
    verdict: video.Verdict | None = None
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Estimate:
    """A photograph, from the file at ``path``, and its depth map, of one size."""

    path: Path
    photo: Photo
    depth: DepthMap


@dataclass(frozen=True, eq=False)
class Staged:
    """A photograph's scene, ready to be filmed any number of times. ``seconds``: time by stage."""

    scene: LayeredScene
    depth_source: str
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class View:
    """The picture from another camera: (H, W, 3) uint8 sRGB, as large as the photograph. ``seconds``: time by stage."""

    rgb: Uint8
    renderer: str
    depth_source: str
    seconds: dict[str, float] = field(default_factory=dict)


def animate(
    photo_path: str | Path,
    target: str | Path,
    preset: str | None = None,
    *,
    settings: Settings = Settings(),
    progress: Progress | None = None,
) -> Clip:
    """Make a clip from a photograph: the picture at the head of the design, as code."""
    move = presets.load(settings.preset if preset is None else preset, settings.changes)
    (clip,) = animate_each(photo_path, {Path(target): move}, settings=settings, progress=progress)
    return clip


def animate_each(
    photo_path: str | Path,
    moves: Mapping[Path, camera.Preset],
    *,
    settings: Settings = Settings(),
    progress: Progress | None = None,
) -> Iterator[Clip]:
    """Make clips from a photograph, one for every target and its move; the first one tells of the stages they share."""
    watch, font = _Stopwatch(progress), settings.title.font if settings.title else None
    made_from = Path(photo_path), settings.depth, settings.audio, settings.weights, font
    sources.spare(chain(moves, map(video.destination, moves)), "clip", *made_from)
    with watch.stage("photo"):
        picture = photo.load(photo_path, pixel_limit=settings.pixel_limit, usable_side_px=settings.usable_side_px)
    for target, move in moves.items():  # fails early
        video.plan(target, settings.output(move, (picture.width, picture.height)), audio=settings.audio)
    with render.open_context(settings.gpu) as context:  # before anything expensive: it may not be there
        staged = stage(picture, settings, progress)
        seconds = watch.seconds | staged.seconds
        with render.Renderer(context, staged.scene) as renderer:
            for target, move in moves.items():
                clip = film(renderer, move, target, settings, progress)
                yield replace(clip, depth_source=staged.depth_source, seconds=seconds | clip.seconds)
                seconds = {}


def stage(picture: Photo, settings: Settings = Settings(), progress: Progress | None = None) -> Staged:
    """The layered scene of a photograph, by way of its depth."""
    watch = _Stopwatch(progress)
    inpaint.load(settings.inpaint)  # fails early
    with watch.stage("depth"):
        depth_map = depth.estimate(picture, settings.depth_source, use_cache=settings.use_cache, progress=progress)
    with watch.stage("layers"):
        layered = scene.focused(layers(picture, depth_map, settings), settings.focus)
    return Staged(layered, depth_map.source, watch.seconds)


def film(
    renderer: render.Renderer,
    move: camera.Preset,
    target: str | Path,
    settings: Settings = Settings(),
    progress: Progress | None = None,
) -> Clip:
    """Make one clip of the scene that ``renderer`` holds; a scene can be filmed any number of times."""
    watch = _Stopwatch(progress)
    layered = renderer.scene
    output = settings.output(move, layered.photo_size)
    encoding = video.plan(Path(target), output, audio=settings.audio)
    if settings.duration_s is None and output.platform and abs(output.duration_s - move.duration_s) * output.fps > 1:
        log.warning(
            "%s takes no clip of %g s, so the move %s is %s to %g s",
            *(output.platform.title, move.duration_s, move.name),
            *("stretched" if output.duration_s > move.duration_s else "shortened", output.duration_s),
        )
    with watch.stage("camera"):
        reveal = camera.MAX_REVEAL if settings.max_reveal is None else settings.max_reveal
        path = camera.plan(move, layered, output, settings.strength, reveal)
        path = replace(path, effects=path.effects.changed(settings.effects))
        lettering = title.make(settings.title, layered, path, output, loop=move.loop) if settings.title else None
    with watch.stage("video", silent=True):
        frames = renderer.frames(path, output, encoding.layout, title=lettering)
        count = video.write(frames, encoding, Path(target), audio=settings.audio, progress=progress)
    return Clip(
        path=video.destination(Path(target)),
        frames=count,
        width=output.width,
        height=output.height,
        fps=output.fps,
        renderer=renderer.name,
        coverage_min=path.coverage_min,
        revealed_max=path.revealed_max,
        strength_used=path.strength,
        preset=move.name,
        verdict=video.check(Path(target), output.platform) if output.platform else None,
        seconds=watch.seconds,
    )


def estimate(
    photo_path: str | Path, settings: Settings = Settings(), progress: Progress | None = None
) -> tuple[Photo, DepthMap]:
    """The photograph in full size, and its depth map."""
    picture = photo.load(photo_path, pixel_limit=settings.pixel_limit)
    depth_map = depth.estimate(picture, settings.depth_source, use_cache=settings.use_cache, progress=progress)
    return picture, depth_map


def estimate_many(
    photo_paths: Iterable[Path],
    settings: Settings = Settings(),
    progress: Progress | None = None,
    *,
    unreadable: Callable[[Path, PhotoError], None],
) -> Iterator[Estimate]:
    """``estimate`` for many photographs; the model is loaded once, and only a few photographs are held at a time.

    unreadable: called instead of what would be yielded for a photograph that cannot be read.
    """
    loaded: deque[tuple[Path, Photo]] = deque()

    def load() -> Iterator[Photo]:
        for path in photo_paths:
            try:
                picture = photo.load(path, pixel_limit=settings.pixel_limit)
            except PhotoError as error:
                unreadable(path, error)
            else:
                loaded.append((path, picture))
                yield picture

    for depth_map in depth.estimate_many(load(), settings.depth_source, use_cache=settings.use_cache, progress=progress):
        path, picture = loaded.popleft()
        yield Estimate(path, picture, depth_map)


def view(
    photo_path: str | Path,
    baseline: float,
    disparity: Path | None = None,
    *,
    settings: Settings = Settings(),
    progress: Progress | None = None,
) -> View:
    """The photograph as a camera beside it would have seen it: disparity D lies ``baseline`` * D pixels farther left.

    disparity: a .npy file with the disparity of every pixel in pixels; None = the depth map's, 0 (farthest) to 1 (nearest).
    """
    watch = _Stopwatch(progress)
    inpaint.load(settings.inpaint)  # fails early
    with watch.stage("photo"):
        picture = photo.load(photo_path, pixel_limit=settings.pixel_limit)
    if disparity is None:
        with watch.stage("depth"):
            depth_map = depth.estimate(picture, settings.depth_source, use_cache=settings.use_cache, progress=progress)
        values, source = depth_map.disparity, depth_map.source
    else:
        values, source = scene.fill_unknown(scene.read_disparity(disparity)), f"file {disparity.name}"
    with watch.stage("layers"):
        asked = scene.beside(picture, values, baseline, estimated=disparity is None)
        layered = layers(picture, asked.depth, settings, asked.extent)
    with watch.stage("picture"), render.open_context(settings.gpu) as context, render.Renderer(context, layered) as renderer:
        (frame,) = renderer.frames(scene.sideways(layered, asked), OutputSpec(picture.width, picture.height))
    return View(frame.data, renderer.name, source, watch.seconds)


def layers(
    picture: Photo, depth_map: DepthMap, settings: Settings = Settings(), extent: scene.Extent | None = None
) -> LayeredScene:
    """The layered scene of a photograph, from the cache where it has been made before.

    extent: how much of it, and depth is taken as it is; None = what a clip needs, of depth without steps.
    """
    store = cache.ArrayStore(cache.root() / "scenes")
    version = cache.code_version(*SCENE_CODE)
    key = cache.key(picture.rgb, picture.focal_px, depth_map.disparity, settings.inpaint, extent, version)
    stored = store.load(key) if settings.use_cache else None
    if stored is not None:
        return scene.from_arrays(stored)
    fill = inpaint.load(settings.inpaint)
    made = (
        scene.build(picture, depth_map, fill, extent)
        if extent
        else scene.build(picture, scene.smooth(depth_map, picture), fill)
    )
    if settings.use_cache:
        store.store(key, scene.to_arrays(made))
    return made


class _Stopwatch:
    """Times the stages and tells of them."""

    def __init__(self, progress: Progress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress

    @contextmanager
    def stage(self, name: str, *, silent: bool = False) -> Iterator[None]:
        """Time a stage; ``silent`` where it tells of itself."""
        if self._progress and not silent:
            self._progress(name, 0, 0)
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
        if self._progress and not silent:
            self._progress(name, 1, 1)
