"""Makes clips, one after another: an OpenGL context that stays open, and beside it a process whose depth model stays loaded.

That process estimates the depth of the next photograph while the present one is filmed. A thread would not do: calls of
OpenGL hold Python's lock, and it would stand still until the film is done.
"""

from __future__ import annotations

import datetime
import logging
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from zoom3d import photo, pipeline, render
from zoom3d.batch import process
from zoom3d.batch.manifest import Record
from zoom3d.camera import Preset
from zoom3d.depth import AUTO, BUILTIN
from zoom3d.errors import Zoom3DError
from zoom3d.reel import make as reel
from zoom3d.reel.template import Template

if TYPE_CHECKING:
    from types import TracebackType

    from zoom3d.batch.plan import Clip, Photograph
    from zoom3d.batch.store import Store
    from zoom3d.types import LayeredScene
    from zoom3d.video import Verdict


@dataclass(frozen=True)
class Equipment:
    """What a worker works with. threads: how many each library takes. gpu: number of the graphics device; None = the first.

    offline: weights that are not here cannot be fetched.
    """

    store: Store
    threads: int
    gpu: int | None = None
    offline: bool = False


class Worker:
    """Makes clips, and puts them into the store. A context manager: it owns a process, GL objects and a folder."""

    def __init__(self, equipment: Equipment) -> None:
        self._store, self._offline = equipment.store, equipment.offline
        with ExitStack() as owned:
            self._preparer = owned.enter_context(process.executor(equipment.threads))
            self._context = owned.enter_context(render.open_context(equipment.gpu))
            self._workspace = owned.enter_context(self._store.workspace())
            self._owned = owned.pop_all()
        self._begun: dict[str, Future[Prepared]] = {}
        self._held: _Held | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of process, GL objects and folder."""
        self._let_go()
        self._owned.close()

    def begin(self, photograph: Photograph) -> None:
        """Have the photograph's depth and layers made; ``film`` waits for them. The present one and the next are kept."""
        if photograph.name not in self._begun and not photograph.reel:
            while len(self._begun) > 1:
                self._begun.pop(next(iter(self._begun)))
            self._begun[photograph.name] = self._preparer.submit(prepare, photograph, self._offline)

    def film(self, photograph: Photograph, clip: Clip) -> Record:
        """Make one clip of the photograph, put it into the store, and tell what became of it.

        A ``BrokenExecutor`` says that the process beside this one was killed.
        """
        with _warnings() as warned:
            try:
                record = self._filmed_reel(photograph, clip) if photograph.reel else self._filmed(photograph, clip)
            except Zoom3DError as error:
                record = failed(photograph, clip, error.message, error.hint)
            except MemoryError:
                record = failed(
                    photograph, clip, "memory ran out", "run it again with fewer --jobs, or ask for a smaller --size"
                )
            except process.LOST:
                raise
            except Exception as error:  # a bug, or what no test foresaw: the other photographs go on
                hint = "this is a mistake in zoom3d; the manifest holds its trace"
                record = failed(photograph, clip, f"{type(error).__name__}: {error}", hint)
                record = replace(record, trace=traceback.format_exc())
        return replace(record, warnings=(*record.warnings, *warned))

    def film_all(self, photograph: Photograph) -> list[Record]:
        """Make every clip of the photograph."""
        return [self.film(photograph, clip) for clip in photograph.clips]

    def _filmed(self, photograph: Photograph, clip: Clip) -> Record:
        assert isinstance(clip.move, Preset)
        first = self._held is None or self._held.name != photograph.name
        held = self._hold(photograph)
        prepared = held.prepared
        made = pipeline.film(held.renderer, clip.move, self._workspace / PurePosixPath(clip.clip).name, clip.settings)
        seconds = {**prepared.seconds, **made.seconds} if first else made.seconds
        record = replace(
            _record(photograph, clip),
            seconds={stage: round(value, 3) for stage, value in seconds.items()},
            frames=made.frames,
            revealed_max=made.revealed_max,
            coverage_min=made.coverage_min,
            strength_used=made.strength_used,
            depth_source=prepared.depth_source,
            renderer=made.renderer,
            warnings=prepared.warnings,
            stored=self._store.put(made.path, clip.clip),
        )
        return _judged(record, made.verdict)

    def _filmed_reel(self, photograph: Photograph, clip: Clip) -> Record:
        assert isinstance(clip.move, Template)
        settings = replace(clip.settings, offline=clip.settings.offline or self._offline)
        target, font = self._workspace / PurePosixPath(clip.clip).name, settings.title.font if settings.title else None
        made = reel.make(photograph.reel, target, clip.move, settings, font=font)
        record = replace(
            _record(photograph, clip),
            seconds={stage: round(value, 3) for stage, value in made.seconds.items()},
            frames=made.timeline.frame_count,
            renderer=made.renderer,
            stored=self._store.put(made.path, clip.clip),
        )
        return _judged(record, made.verdict)

    def _hold(self, photograph: Photograph) -> _Held:
        """The photograph's scene on the graphics card, in place of the one before."""
        if self._held is None or self._held.name != photograph.name:
            self._let_go()
            self.begin(photograph)
            prepared = self._begun[photograph.name].result()
            self._offline |= prepared.could_not_fetch
            self._held = _Held(photograph.name, prepared, render.Renderer(self._context, prepared.scene))
        return self._held

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.renderer.close()
            self._held = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """A photograph's scene, where its depth is from, and what the user should know. ``seconds``: time by stage.

    could_not_fetch: there are no weights, and they could not be fetched; to try again for every photograph takes long.
    """

    scene: LayeredScene
    depth_source: str
    seconds: dict[str, float]
    warnings: tuple[str, ...]
    could_not_fetch: bool


@dataclass(frozen=True, eq=False)
class _Held:
    name: str
    prepared: Prepared
    renderer: render.Renderer


def prepare(photograph: Photograph, offline: bool) -> Prepared:
    """Depth and layers of a photograph."""
    settings = photograph.clips[0].settings
    settings = replace(settings, offline=settings.offline or offline)
    with _warnings() as warned:
        began = time.perf_counter()
        picture = photo.load(photograph.path, pixel_limit=settings.pixel_limit, usable_side_px=photograph.usable_side_px)
        seconds = {"photo": time.perf_counter() - began}
        staged = pipeline.stage(picture, settings)
    missed = settings.model == AUTO and staged.depth_source == BUILTIN
    return Prepared(staged.scene, staged.depth_source, seconds | staged.seconds, tuple(warned), missed)


def failed(photograph: Photograph, clip: Clip, error: str, hint: str) -> Record:
    """The record of a clip that could not be made."""
    return replace(_record(photograph, clip), error=error, hint=hint)


def _record(photograph: Photograph, clip: Clip) -> Record:
    return Record(
        clip=clip.clip,
        name=clip.name,
        photo=str(photograph.path),
        photo_digest=photograph.digest,
        options=clip.options,
        key=clip.key,
        finished=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )


def _judged(record: Record, verdict: Verdict | None) -> Record:
    """The record of a clip that its platform would not take is that of a failure."""
    if verdict is None or verdict.passed:
        return record
    error = f"{verdict.platform.title} would not take {record.clip}: {'; '.join(verdict.failures)}"
    return replace(record, error=error, hint="leave out the options that contradict --for")


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """What the library warns of meanwhile, each warning once."""
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = " ".join(record.getMessage().split())
            if message not in heard:
                heard.append(message)

    listener = Listener(logging.WARNING)
    logger = logging.getLogger("zoom3d")
    logger.addHandler(listener)
    try:
        yield heard
    finally:
        logger.removeHandler(listener)
