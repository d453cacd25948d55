"""A batch on this machine: several photographs at a time, each in a process of its own that may be killed without harm."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from zoom3d.batch import process
from zoom3d.batch.worker import Equipment, Worker, failed
from zoom3d.errors import BatchError, reason

if TYPE_CHECKING:
    from zoom3d.batch.manifest import Record
    from zoom3d.batch.plan import Clip, Photograph
    from zoom3d.batch.store import Store

ATTEMPTS = 2
"""How often a photograph may have its process killed before it counts as the cause."""
GRACE_S = 5.0
"""How long a process that is told to end may take to remove what it was writing."""


def make(photographs: Sequence[Photograph], store: Store, jobs: int, *, offline: bool = False) -> Iterator[Record]:
    """Make every clip; a record each, as they are done. Closing the iterator ends the processes.

    offline: weights that are not here cannot be fetched.
    """
    if not photographs:
        return
    jobs = max(1, min(jobs, len(photographs)))
    gpu = photographs[0].clips[0].settings.gpu
    equipment = Equipment(store, max(1, process.cores() // jobs), gpu, offline)
    crew = _Crew(photographs, [_Slot(equipment) for _ in range(jobs)])
    try:
        yield from crew.records()
    finally:
        crew.end()


class _Crew:
    """The processes, and for each a thread that hands it one photograph after another."""

    def __init__(self, photographs: Sequence[Photograph], slots: list[_Slot]) -> None:
        self._waiting = deque(photographs)
        self._due = sum(len(photograph.clips) for photograph in photographs)
        self._done: queue.SimpleQueue[Record | BaseException] = queue.SimpleQueue()
        self._settled = False
        self._stopped = threading.Event()
        self._slots = slots
        self._threads = [threading.Thread(target=self._drive, args=(slot,), daemon=True) for slot in slots]

    def records(self) -> Iterator[Record]:
        for thread in self._threads:
            thread.start()
        for _ in range(self._due):
            done = self._done.get()
            if isinstance(done, BaseException):
                raise done
            yield done
        self._settled = True

    def end(self) -> None:
        """Wait for processes that have nothing left to do; stop the others."""
        if not self._settled:
            self._stopped.set()
            for slot in self._slots:
                slot.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _drive(self, slot: _Slot) -> None:
        try:
            slot.start()
            following = self._next(slot)
            while (photograph := following) is not None and not self._stopped.is_set():
                following = self._next(slot)
                self._film(slot, photograph)
        except BaseException as error:
            self._done.put(error)
        finally:
            slot.close()

    def _next(self, slot: _Slot) -> Photograph | None:
        """The next photograph, whose depth is begun with."""
        try:
            photograph = self._waiting.popleft()
        except IndexError:
            return None
        slot.begin(photograph)
        return photograph

    def _film(self, slot: _Slot, photograph: Photograph) -> None:
        killed = 0
        for clip in photograph.clips:
            record = None
            while record is None and killed < ATTEMPTS and not self._stopped.is_set():
                try:
                    record = slot.film(photograph, clip)
                except process.LOST:
                    killed += 1
                    if not self._stopped.is_set():
                        slot.restart()
            error = f"the process that worked on {photograph.path.name} was killed {ATTEMPTS} times; memory ran out most likely"
            self._done.put(record or failed(photograph, clip, error, "run it again with fewer --jobs, or a smaller --size"))


class _Slot:
    """One process with a worker in it."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._stopped = False
        self._pool: ProcessPoolExecutor | None = None
        self._pid = 0
        self._running: Future[Any] | None = None

    def start(self) -> None:
        try:
            self._pool = process.executor(self._equipment.threads)
            self._pid = self._pool.submit(_open, self._equipment).result()
        except process.LOST as error:
            raise BatchError(
                "a process to work in cannot be started, or was killed at once", hint="run it again with fewer --jobs"
            ) from error
        except OSError as error:  # too many open files, no shared memory
            raise BatchError(
                f"a process to work in cannot be started: {reason(error)}", hint="run it again with fewer --jobs"
            ) from error

    def restart(self) -> None:
        """Begin with a new process in place of one that was killed, or lost the process beside it."""
        self._end()
        self.start()

    def begin(self, photograph: Photograph) -> None:
        assert self._pool is not None
        with contextlib.suppress(process.LOST):  # whether it was killed, ``film`` will tell
            self._pool.submit(_begin, photograph)

    def film(self, photograph: Photograph, clip: Clip) -> Record:
        assert self._pool is not None
        self._running = self._pool.submit(_film, photograph, clip)
        record: Record = self._running.result()
        return record

    def close(self) -> None:
        """Let the process end in its own time, or at once where all are stopped."""
        if self._stopped:
            self._end()
        elif self._pool is not None:
            with contextlib.suppress(process.LOST):
                self._pool.submit(_close).result()
            self._pool.shutdown()

    def stop(self) -> None:
        """Tell the process to end, which removes what it was writing; kill it where it does not. Another thread calls this than
        the one that works with the slot, and that one notices."""
        self._stopped = True
        for child in self._children():
            child.terminate()
        if self._running is not None:
            wait([self._running], GRACE_S)
        for child in self._children():
            child.kill()

    def _end(self) -> None:
        for child in self._children():
            child.kill()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _children(self) -> list[BaseProcess]:
        return [child for child in multiprocessing.active_children() if child.pid == self._pid]


_worker: Worker | None = None
"""In a process of a batch: its worker."""


def _open(equipment: Equipment) -> int:
    global _worker  # noqa: PLW0603 - the process's own
    _worker = Worker(equipment)
    return os.getpid()


def _begin(photograph: Photograph) -> None:
    assert _worker is not None
    _worker.begin(photograph)


def _film(photograph: Photograph, clip: Clip) -> Record:
    assert _worker is not None
    return _worker.film(photograph, clip)


def _close() -> None:
    if _worker is not None:  # or it could not be opened
        _worker.close()
