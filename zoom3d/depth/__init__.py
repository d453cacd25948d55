"""Photograph in, depth map out: from the user's file, from the phone's own map, or by a model."""

from __future__ import annotations

import logging
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


@dataclass(frozen=True)
class DepthSource:
    """Where depth shall come from.

    file: the user's own map, which beats all else. model: a model's name, ``builtin``, or ``auto``: the map that the phone
    embedded, else the best MiDaS model at hand, else the built-in estimator, with a warning.
    """

    file: Path | None = None
    near_dark: bool = False
    model: str = AUTO
    weights: Path | None = None
    device: str = "auto"
    offline: bool = False


def estimate(photo: Photo, source: DepthSource, *, use_cache: bool = True, progress: Progress | None = None) -> DepthMap:
    """The depth map of ``photo``, at its size, its jumps on the photograph's own edges."""
    if source.file is not None:
        from zoom3d.depth import supplied

        return _refined(photo, supplied.read(source.file, near_dark=source.near_dark), f"file {source.file.name}")
    if source.model == AUTO and source.weights is None and photo.embedded_disparity is not None:
        from zoom3d.depth.normalise import normalise

        return _refined(photo, normalise(photo.embedded_disparity), "embedded in the photograph")
    name = _choose(source, progress)
    store = cache.ArrayStore(cache.root() / "depth")
    key = cache.key("depth", photo.rgb, name, _weights_identity(name, source), cache.code_version("depth"))
    stored = store.load(key) if use_cache else None
    if stored is not None:
        return DepthMap(stored["disparity"], name)
    depth = _refined(photo, _predict(photo, name, source, progress), name)
    if use_cache:
        store.store(key, {"disparity": depth.disparity})
    return depth


def predict_raw(photo: Photo, source: DepthSource, progress: Progress | None = None) -> Float32:
    """(H, W) float32: the network's own prediction for ``photo``, neither normalised nor refined. Not for ``builtin``."""
    name = _choose(source, progress)
    if name == BUILTIN:
        raise DepthError("the built-in estimator is no network and has no raw prediction", hint="name a model with --model")
    return _network(name, source.weights, source.device, source.offline, progress).predict(photo.rgb)


def _refined(photo: Photo, disparity: Float32, name: str) -> DepthMap:
    from zoom3d.depth.refine import refine

    height, width = disparity.shape
    if abs(width / height / (photo.width / photo.height) - 1) > 0.05:
        log.warning(
            "the depth map's shape (%dx%d) is not the photograph's (%dx%d): it is stretched",
            width,
            height,
            photo.width,
            photo.height,
        )
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
        models.fetch(models.DEFAULT, offline=source.offline, progress=progress)
    except WeightsError as error:
        log.info("%s (%s)", error.message, error.hint)
        reason = "offline" if source.offline else error.__cause__ or error.message
        log.warning(
            "MiDaS weights are not here and could not be fetched (%s): the built-in depth estimator is used; "
            "zoom3d models fetch %s gets them",
            reason,
            models.DEFAULT,
        )
        return BUILTIN
    return models.DEFAULT


def _predict(photo: Photo, name: str, source: DepthSource, progress: Progress | None) -> Float32:
    if name == BUILTIN:
        from zoom3d.depth import builtin

        return builtin.estimate(photo.rgb)
    from zoom3d.depth.normalise import normalise

    network = _network(name, source.weights, source.device, source.offline, progress)
    return normalise(network.predict_small(photo.rgb))


@lru_cache(maxsize=1)
def _network(name: str, weights: Path | None, device: str, offline: bool, progress: Progress | None) -> Network:
    """The network used last stays loaded, so that a folder of photographs loads it once."""
    from zoom3d.depth import models

    return models.load(name, weights=weights, device=device, offline=offline, progress=progress)


def _weights_identity(name: str, source: DepthSource) -> object:
    """What tells one file of weights from another."""
    if name == BUILTIN:
        return None
    from zoom3d.depth import models

    path = source.weights or models.cached(name)
    if path is None or not path.is_file():
        return None
    status = path.stat()
    return path.name, status.st_size, status.st_mtime_ns
