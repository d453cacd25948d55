"""A batch on a Ray cluster: who works where, what is begun anew and what is tried again is Ray's business.

Every slot of the cluster (a GPU, or where there are none, a core) holds an actor with its model and context. An actor that is
lost with its node, or killed, is begun anew by Ray where there is room, and its photograph with it; idle actors make that room.
Photographs go out in rounds, and each round's actors take the slots that there are then: nodes may come and go.
"""

from __future__ import annotations

import os
import socket
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zoom3d.batch import process
from zoom3d.batch.worker import Equipment, Worker, failed
from zoom3d.errors import BatchError

if TYPE_CHECKING:
    from zoom3d.batch.manifest import Record
    from zoom3d.batch.plan import Photograph
    from zoom3d.batch.store import Store

RESTARTS = 3
"""How often an actor is begun anew within a round; a photograph that it then was lost with goes to another round."""
ROUNDS = 2
"""How many rounds a photograph may be lost in before it counts as the cause."""
ROUND = 100
"""Photographs of a round, for each actor."""
FAREWELL_S = 10.0
REACH_S = 10.0


class Actor:
    """A worker that Ray holds."""

    def __init__(self, equipment: Equipment) -> None:
        self._worker = Worker(equipment)

    def film(self, photograph: Photograph) -> list[Record]:
        try:
            return self._worker.film_all(photograph)
        except process.LOST:  # its other process was killed, and this one is no use alone
            os._exit(1)

    def close(self) -> None:
        self._worker.close()


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
        if (place := urlsplit(address if "://" in address else f"//{address}")).port:
            socket.create_connection((place.hostname or "", place.port), REACH_S).close()  # Ray itself tries for many minutes
        ray.init(address, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # ConnectionError, ValueError, RuntimeError and Ray's own
        reason = " ".join(str(error).split())
        raise BatchError(f"there is no Ray cluster at {address}: {reason}", hint="begin one with: ray start --head") from error
    return ray


def _shared_out(ray: Any, photographs: Sequence[Photograph], store: Store) -> Iterator[Record]:
    waiting, lost = deque(photographs), Counter[str]()
    while waiting:
        actors = _actors(ray, store, len(waiting))
        several = {one.name: one for one in islice(waiting, ROUND * len(actors))}
        asked = len(several)
        for _ in range(asked):
            waiting.popleft()
        cause = yield from _round(ray, actors, several)
        if len(several) == asked:
            raise BatchError(f"no worker of the cluster works: {cause}", hint="see the cluster's logs; then run it again")
        lost.update(several)
        for name, photograph in several.items():
            if lost[name] < ROUNDS:
                waiting.append(photograph)
                continue
            for clip in photograph.clips:
                yield failed(photograph, clip, f"its worker was lost again and again: {cause}", "see the cluster's logs")


def _round(ray: Any, actors: list[Any], several: dict[str, Photograph]) -> Generator[Record, None, str]:
    """Have photographs made; those that are done leave ``several``. Returns why others are not."""
    from ray.util import ActorPool

    pool = ActorPool(actors)
    for photograph in list(several.values()):
        pool.submit(lambda actor, one: actor.film.remote(one), photograph)
    cause = "no actor was left"
    while pool.has_next():
        try:
            records = pool.get_next_unordered()
            del several[records[0].clip]
            yield from records
        except ray.exceptions.RayError as error:
            cause = " ".join(str(error).split())
        while pool.has_free():  # nothing waits: its slot is free for an actor whose node was lost
            actor = pool.pop_idle()
            ray.wait([actor.close.remote()], timeout=FAREWELL_S)
            ray.kill(actor)
    return cause


def _actors(ray: Any, store: Store, wanted: int) -> list[Any]:
    """An actor for every GPU, or where the cluster has none, for every core."""
    resources = ray.cluster_resources()
    cores, gpus = int(resources.get("CPU", 1)), int(resources.get("GPU", 0))
    threads = max(1, cores // gpus) if gpus else 1
    kind = ray.remote(Actor).options(
        num_cpus=1,
        num_gpus=1 if gpus else 0,
        max_restarts=RESTARTS,
        max_task_retries=-1,
        runtime_env={"env_vars": process.limits(threads)},
    )
    return [kind.remote(Equipment(store, threads)) for _ in range(max(1, min(gpus or cores, wanted)))]
