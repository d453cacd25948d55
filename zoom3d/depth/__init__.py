"""Photograph in, depth map out: from the user's file, from the phone's own map, or by a model."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from zoom3d import cache
from zoom3d.errors import DepthError, WeightsError
from zoom3d.types import DepthMap

if TYPE_CHECKING:
    from zoom3d.depth.network import Network
    from zoom3d.types import Float32, Photo, Progress

log = logging.getLogger(__name__)

BUILTIN = "builtin"
AUTO = "auto"

CODE = ("depth", "saliency", "opencv.py", "types.py")
"""What of the package has a say in a depth map."""

GROUP_PHOTOS, GROUP_PIXELS = 8, 50_000_000
"""How many photographs are worked on together at most: as many as a GPU takes at once, fewer where they are large."""


@dataclass(frozen=True)
class DepthSource:
    """Where depth shall come from.

    file: the user's own map, which beats all else. model: a model's name, ``builtin``, or ``auto``: the map that the phone
    embedded, else the best MiDaS model at hand, else the built-in estimator, with a warning.
    detail: the model, one with weights, looks at parts of the photograph too (``detail.predict``).
    """

    file: Path | None = None
    near_dark: bool = False
    model: str = AUTO
    weights: Path | None = None
    device: str = "auto"
    offline: bool = False
    detail: bool = False

    def __post_init__(self) -> None:
        if self.near_dark and self.file is None:
            raise DepthError(
                "--depth-near-dark says how a depth map is read, and there is none",
                hint="name one with --depth, or leave it out",
            )
        if self.detail and (self.file is not None or self.model == BUILTIN):
            what = "the built-in estimator looks only once" if self.file is None else "the depth comes from a file"
            raise DepthError(f"{what}, and --detail asks a network to look again", hint="leave one of the two out")
        if not re.fullmatch(r"auto|(cpu|cuda|mps)(:\d+)?", self.device):  # also where nothing will ask for it
            raise DepthError(f"{self.device!r} is no device", hint="use auto or one of: cpu, cuda, cuda:1, mps")


def estimate(photo: Photo, source: DepthSource, *, use_cache: bool = True, progress: Progress | None = None) -> DepthMap:
    """The depth map of ``photo``, at its size, its jumps on the photograph's own edges."""
    return next(estimate_many([photo], source, use_cache=use_cache, progress=progress))


def estimate_many(
    photos: Iterable[Photo], source: DepthSource, *, use_cache: bool = True, progress: Progress | None = None
) -> Iterator[DepthMap]:
    """``estimate`` for many photographs, in their order: a few at a time are taken and pass through the network together."""
    if source.file is not None:
        from zoom3d.depth import supplied

        supply = supplied.read(source.file, near_dark=source.near_dark)
        yield from (_brought(photo, supply, f"file {source.file.name}") for photo in photos)
        return
    takes_embedded = source.model == AUTO and source.weights is None and not source.detail
    name = None
    for group in _groups(photos):
        asked = [photo for photo in group if photo.embedded_disparity is None or not takes_embedded]
        if asked and name is None:  # once, since a fetch that failed would fail again, slowly
            name = _choose(source, progress)
        estimates = _by_model(asked, name or "", source, use_cache, progress)
        for photo in group:
            if photo.embedded_disparity is None or not takes_embedded:
                yield next(estimates)
            else:
                from zoom3d.depth.normalise import normalise

                yield _brought(photo, normalise(photo.embedded_disparity), "embedded in the photograph")


def _groups(photos: Iterable[Photo]) -> Iterator[list[Photo]]:
    """The photographs in groups small enough to be held in memory."""
    group: list[Photo] = []
    for photo in photos:
        group.append(photo)
        if len(group) == GROUP_PHOTOS or sum(one.width * one.height for one in group) >= GROUP_PIXELS:
            yield group
            group = []
    if group:
        yield group


def _by_model(
    photos: list[Photo], name: str, source: DepthSource, use_cache: bool, progress: Progress | None
) -> Iterator[DepthMap]:
    path = _weights(name, source, progress)
    if source.detail and path is None:
        raise DepthError(
            "no network is here that could look at parts of the photograph",
            hint="'zoom3d models fetch' gets one; or leave --detail out",
        )
    store = cache.ArrayStore(cache.root() / "depth")
    common = name, _identity(path), source.detail, cache.code_version(*CODE)
    keys = [cache.key("depth", photo.rgb, *common) for photo in photos]
    known = [store.load(key) if use_cache else None for key in keys]
    unknown = [photo for photo, stored in zip(photos, known, strict=True) if stored is None]
    predictions = _predict(unknown, name, path, source)
    for photo, key, stored in zip(photos, keys, known, strict=True):
        if stored is not None:
            yield DepthMap(stored["disparity"], name)
            continue
        depth = _refined(photo, next(predictions), name)
        if use_cache:
            store.store(key, {"disparity": depth.disparity})
        yield depth


def make_ready(source: DepthSource, progress: Progress | None = None) -> str:
    """Fetch, if need be, the weights that ``source`` leads to, before many photographs ask for them; the model's name."""
    name = _choose(source, progress)
    _weights(name, source, progress)
    return name


def predict_raw(photo: Photo, source: DepthSource, progress: Progress | None = None) -> Float32:
    """(H, W) float32: the network's own prediction for ``photo``, neither normalised nor refined. Not for ``builtin``."""
    name = _choose(source, progress)
    path = _weights(name, source, progress)
    if path is None:
        raise DepthError("the built-in estimator has no raw prediction of its own", hint="name a model with --model")
    return _network(name, path, _identity(path), source.device, full_precision=True).predict(photo.rgb)


def _brought(photo: Photo, disparity: Float32, name: str) -> DepthMap:
    """From a map that came with the photograph, and may be another's."""
    height, width = disparity.shape
    if abs(width / height / (photo.width / photo.height) - 1) > 0.05:
        log.warning(
            "the depth map's shape (%dx%d) is not the photograph's (%dx%d): it is stretched",
            width,
            height,
            photo.width,
            photo.height,
        )
    return _refined(photo, disparity, name)


def _refined(photo: Photo, disparity: Float32, name: str) -> DepthMap:
    from zoom3d.depth.refine import refine

    return DepthMap(refine(disparity, photo.rgb), name)


def _choose(source: DepthSource, progress: Progress | None) -> str:
    """The model's name, ``auto`` settled."""
    if source.model != AUTO:
        if source.model == BUILTIN and source.weights is not None:
            raise DepthError("the built-in estimator takes no weights", hint="name the model of these weights with --model")
        return source.model
    if source.weights is not None:
        raise DepthError(
            "whose weights these are is not said", hint="name the model with --model, for example midas_v21_small_256"
        )
    from zoom3d.depth import models

    best = models.best_cached()
    if best is not None:
        return best
    try:
        told = _announced(models.DEFAULT, progress)
        models.fetch(models.DEFAULT, offline=source.offline, progress=told, patient=False)
    except WeightsError as error:
        log.info("%s (%s)", error.message, error.hint)
        cause = error.message if isinstance(error.__cause__, WeightsError | None) else error.__cause__
        reason = "offline" if source.offline else cause
        log.warning(
            "MiDaS weights are not here and could not be fetched (%s): the built-in depth estimator is used; "
            "zoom3d models fetch %s gets them",
            reason,
            models.DEFAULT,
        )
        return BUILTIN
    return models.DEFAULT


def _announced(name: str, progress: Progress | None) -> Progress:
    """``progress``, before whose first call is said what is downloaded; a server that is not there sends nothing."""
    said = False

    def told(stage: str, done: int, total: int) -> None:
        nonlocal said
        if not said:
            from zoom3d.depth import models

            log.warning(
                "no depth model is here yet: downloading %s (%d MB), once; --offline forbids it",
                name,
                round(models.get(name).download_bytes / 1e6),
            )
            said = True
        if progress is not None:
            progress(stage, done, total)

    return told


def _weights(name: str, source: DepthSource, progress: Progress | None) -> Path | None:
    """The model's file of weights, fetched if need be; None for the built-in estimator."""
    if name == BUILTIN:
        return None
    if source.weights is not None:
        return source.weights
    from zoom3d.depth import models

    return models.fetch(name, offline=source.offline, progress=progress)


def _predict(photos: Sequence[Photo], name: str, path: Path | None, source: DepthSource) -> Iterator[Float32]:
    """Of each photograph a small disparity map in [0, 1]. Nothing is loaded where there are no photographs."""
    if not photos:
        return
    if path is None:
        from zoom3d.depth import builtin

        yield from (builtin.estimate(photo.rgb) for photo in photos)
        return
    from zoom3d.depth.normalise import normalise

    look = _network(name, path, _identity(path), source.device).predict_small_batch
    if source.detail:
        from zoom3d.depth import detail

        yield from (normalise(detail.predict(look, photo.rgb)) for photo in photos)
    else:
        yield from map(normalise, look([photo.rgb for photo in photos]))


@lru_cache(maxsize=1)
def _network(name: str, path: Path, identity: object, device: str, *, full_precision: bool = False) -> Network:
    """The network used last stays loaded, so that a folder of photographs loads it once. ``identity``: of the file."""
    from zoom3d.depth import models

    return models.load(name, weights=path, device=device, full_precision=full_precision)


def _identity(path: Path | None) -> object:
    """What tells one file of weights from another; None stands for the built-in network's."""
    if path is None:
        from zoom3d.depth import builtin_network

        return builtin_network.fingerprint()
    if not path.is_file():
        return None
    status = path.stat()
    return path.name, status.st_size, status.st_mtime_ns
