"""What glibc does with memory that is freed (mallopt(3)). Other C libraries have no such switches, and go on as they come.

As it comes, it gives large blocks back to the system, which clears them again for what comes next: an eighth of the time that
the layers of a photograph of twelve megapixels take, a quarter of a depth network's decoder. Processes of a batch are told the
like before they begin (``batch/process.py``).
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable, Iterator
from functools import cache

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -2, -3, -4, -8  # in malloc.h
_MAPPED = 65536
"""Blocks that may have a mapping of their own, as it comes."""


@cache
def keep_freed() -> None:
    """From now on, take all memory from one heap, and keep up to a gigabyte there for what comes next.

    For a process that is ours alone, before it has threads.
    """
    _set({_ARENA_MAX: 1, _MMAP_MAX: 0, _TRIM_THRESHOLD: 1 << 30, _TOP_PAD: 64 << 20})


@contextlib.contextmanager
def freed_kept() -> Iterator[None]:
    """Inside, take all memory from the heap; some hundred megabytes stay there for what comes next, also afterwards."""
    if keep_freed.cache_info().currsize:
        yield
        return
    _set({_MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 512 << 20, _TOP_PAD: 256 << 20, _MMAP_MAX: 0})
    try:
        yield
    finally:
        _set({_MMAP_MAX: _MAPPED})


def _set(options: dict[int, int]) -> None:
    mallopt = _mallopt()
    for option, value in options.items():
        mallopt(option, value)


@cache
def _mallopt() -> Callable[[int, int], object]:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            found: Callable[[int, int], object] = ctypes.CDLL(None).mallopt
            return found
    return lambda option, value: None
