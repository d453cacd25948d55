"""A batch on a Ray cluster. Who works where, what is tried again and what a lost node leaves behind is Ray's business.

Every slot of the cluster (a GPU, or where there are none, a core) holds an actor with its model and context. An actor whose
node is lost is started again by Ray where there is room, and its photograph with it; when no photographs wait any more, idle
actors make that room.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from zoom3d.batch import process
from zoom3d.batch.worker import Equipment, Worker, failed
from zoom3d.errors import BatchError

if TYPE_CHECKING:
    from zoom3d.batch.manifest import Record
    from zoom3d.batch.plan import Photograph
    from zoom3d.batch.store import Store

RETRIES = 4
"""How often a photograph is tried again whose actor was lost, before it counts as the cause."""
FAREWELL_S = 10.0


class Actor:
    """A worker that Ray holds."""

    def __init__(self, equipment: Equipment) -> None:
        self._worker = Worker(equipment)

    def film(self, photograph: Photograph) -> list[Record]:
        try:
            return self._worker.film_all(photograph)
        except process.LOST:  # its other process was killed: Ray begins anew with both
            os._exit(1)

    def close(self) -> None:
        self._worker.__exit__(None, None, None)


def make(photographs: Sequence[Photograph], store: Store, address: str) -> Iterator[Record]:
    """Make every clip; a record each, as they are done. All nodes must have zoom3d, and reach photographs and store."""
    ray = _connect(address)
    try:
        yield from _shared_out(ray, photographs, store)
    finally:
        ray.shutdown()


def _connect(address: str) -> Any:
    try:
        import ray
    except ImportError as error:
        raise BatchError("Ray is not installed", hint='pip install "zoom3d[ray]"') from error
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # ConnectionError, ValueError, RuntimeError and Ray's own
        reason = " ".join(str(error).split())
        raise BatchError(f"there is no Ray cluster at {address}: {reason}", hint="begin one with: ray start --head") from error
    return ray


def _shared_out(ray: Any, photographs: Sequence[Photograph], store: Store) -> Iterator[Record]:
    from ray.util import ActorPool

    pool = ActorPool(_actors(ray, store, len(photographs)))
    for photograph in photographs:
        pool.submit(lambda actor, one: actor.film.remote(one), photograph)
    unheard = {clip.clip: (photograph, clip) for photograph in photographs for clip in photograph.clips}
    cause = "no actor was left"
    while pool.has_next():
        try:
            records = pool.get_next_unordered()
        except ray.exceptions.RayError as error:  # lost too often: which photograph it was, shows in what is left
            cause = " ".join(str(error).split())
            continue
        for record in records:
            del unheard[record.clip]
            yield record
        if pool.has_free():
            ray.get(pool.pop_idle().close.remote(), timeout=FAREWELL_S)
    for photograph, clip in unheard.values():
        yield failed(
            photograph, clip, f"the worker was lost {RETRIES + 1} times: {cause}", "see the cluster's logs; then run it again"
        )


def _actors(ray: Any, store: Store, wanted: int) -> list[Any]:
    """An actor for every GPU, or where the cluster has none, for every core."""
    resources = ray.cluster_resources()
    cores, gpus = int(resources.get("CPU", 1)), int(resources.get("GPU", 0))
    threads = max(1, cores // gpus) if gpus else 1
    kind = ray.remote(Actor).options(
        num_cpus=threads,
        num_gpus=1 if gpus else 0,
        max_restarts=-1,
        max_task_retries=RETRIES,
        runtime_env={"env_vars": process.limits(threads)},
    )
    return [kind.remote(Equipment(store, threads)) for _ in range(max(1, min(gpus or cores, wanted)))]
