"""Processes that work beside this one. Nothing is imported here that counts the cores before it is told how many to use."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from types import ModuleType

LOST = BrokenExecutor
"""What is raised where such a process was killed, or could not be started."""

_THREADS = ("LP_NUM_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_SINGLE = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Their threads wait for work by running in circles, which takes from the films beside them more than they give."""

_ALLOCATOR = {"arena_max": 1, "hugetlb": 1, "mmap_threshold": 32 << 20, "trim_threshold": 256 << 20, "top_pad": 16 << 20}
_TUNABLES = ":".join(f"glibc.malloc.{name}={value}" for name, value in _ALLOCATOR.items())
"""What one photograph's pictures free is kept for the next, in one heap of large pages. As it comes, glibc gives most of it
back, and the system clears it again: a tenth of the time that depth and layers take. Other C libraries do not read this."""

_starting = threading.Lock()

_TRACKER = "ignore::UserWarning:multiprocessing.resource_tracker"
"""A process that is killed leaves semaphores; Python clears them away, and need not tell the user."""


def executor(threads: int) -> ProcessPoolExecutor:
    """One process, whose libraries take ``threads`` threads each. It ends when this one does, however that comes about."""
    if multiprocessing.current_process().daemon:
        raise LOST("a daemonic process may not start others")
    os.environ.setdefault("PYTHONWARNINGS", _TRACKER)
    context = multiprocessing.get_context("spawn")  # a fork would share this process's threads' locks and OpenGL
    pool = ProcessPoolExecutor(1, mp_context=context, initializer=_start, initargs=(threads,))
    with _allocating(), _nameless(), _uninterrupted():
        pool.submit(os.getpid)  # which starts the process
    _leave_the_answers_to_it(pool)
    return pool


def _leave_the_answers_to_it(pool: ProcessPoolExecutor) -> None:
    """Close this process's copy of the end that answers are written to: as long as there is one, the rest of an answer in the
    middle of which the process was killed is waited for."""
    with suppress(AttributeError):  # Python's own business, and may be called otherwise one day
        pool._result_queue._writer.close()  # type: ignore[attr-defined]


@contextmanager
def _allocating() -> Iterator[None]:
    """A process that is started meanwhile reads ``_TUNABLES``, unless the user has set others."""
    with _starting:
        ours = "GLIBC_TUNABLES" not in os.environ
        os.environ.setdefault("GLIBC_TUNABLES", _TUNABLES)
        try:
            yield
        finally:
            if ours:
                del os.environ["GLIBC_TUNABLES"]


@contextmanager
def _nameless() -> Iterator[None]:
    """A process that is started meanwhile does not run the program once more that this one runs: it may be any script."""
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits; a process that is started meanwhile never hears it: it would tell of it before it knows better."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def beside(module: str) -> Iterator[ProcessPoolExecutor | None]:
    """One process that comes up with ``module`` while this one goes on; None where there is no core or no room for it."""
    pool = _begun(module) if cores() > 1 else None
    try:
        yield pool
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)


def _begun(module: str) -> ProcessPoolExecutor | None:
    try:
        pool = executor(1)
        pool.submit(exec, f"import {module}")
    except (OSError, ImportError, NotImplementedError, LOST):  # no shared memory, no more processes
        return None
    return pool


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limits(threads: int) -> dict[str, str]:
    """The environment in which libraries take ``threads`` threads each, linear algebra one; what the user has set stays."""
    wanted = dict.fromkeys(_THREADS, str(threads)) | dict.fromkeys(_SINGLE, "1")
    return {name: os.environ.get(name, value) for name, value in wanted.items()}


def _start(threads: int) -> None:
    os.environ.update(limits(threads))
    if os.environ.get("GLIBC_TUNABLES") == _TUNABLES:
        del os.environ["GLIBC_TUNABLES"]  # ffmpeg has its own ways
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group, and the batch ends its processes itself
    warnings.simplefilter("ignore")  # other libraries' warnings are for developers
    logging.lastResort = None
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
