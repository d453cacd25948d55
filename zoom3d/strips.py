"""Whole pictures worked on in strips of rows, or in tiles: memory for a few of them, and a thread a processor.

NumPy and OpenCV let other threads run while they work. No strip or tile waits for another one's result, so the number of
threads changes nothing in what comes out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

Piece = TypeVar("Piece")
Result = TypeVar("Result")

STRIP_PX = 60_000
"""About that many pixels a strip: what is made of one stays in the processor's own memory."""

THREADS = 8
"""At most: each has a strip in memory."""

_COMES_AND_GOES = 31 << 20  # bytes, a little less than the largest that glibc learns from


def strips(height: int, width: int, multiple: int = 1, *, pixels: int = STRIP_PX) -> list[slice]:
    """Rows of a picture in order, each strip but the last a multiple of ``multiple`` high."""
    rows = max(1, round(pixels / max(width, 1) / multiple)) * multiple
    return [slice(top, min(top + rows, height)) for top in range(0, height, rows)]


def tiles(height: int, width: int, multiple: int = 1, *, pixels: int = STRIP_PX) -> list[tuple[slice, slice]]:
    """Rows and columns of about square parts of a picture, in reading order; sides as with ``strips``."""
    side = max(1, round(pixels**0.5 / multiple)) * multiple
    down, right = ([slice(first, min(first + side, size)) for first in range(0, size, side)] for size in (height, width))
    return [(rows, columns) for rows in down for columns in right]


def blocks(rows: slice, factor: int) -> slice:
    """Which blocks of ``factor`` rows, or columns, those lie in."""
    return slice(rows.start // factor, -(-rows.stop // factor))


def widened(rows: slice, halo: int, height: int) -> tuple[slice, slice]:
    """Rows with ``halo`` more on each side, where there are any, and where ``rows`` lie in them; columns as well."""
    top, bottom = max(0, rows.start - halo), min(height, rows.stop + halo)
    return slice(top, bottom), slice(rows.start - top, rows.stop - top)


def each(work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> list[Result]:
    """``work`` of every piece, in order; several of them at a time."""
    pieces = list(pieces)
    _keep_memory()
    threads = min(len(pieces), _processors(), THREADS)
    if threads < 2:
        return [work(piece) for piece in pieces]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, pieces))


def _keep_memory() -> None:
    """Have the allocator keep what a strip frees for the next one.

    glibc learns from what is freed how large the blocks are that come and go (mallopt(3), M_MMAP_THRESHOLD). Until it has, it
    gives every one back to the system, which clears it again for the next: a third of the processor's time. This block is
    never touched and costs nothing.
    """
    np.empty(_COMES_AND_GOES, np.uint8)


def _processors() -> int:
    """How many this process may use; fewer where it is told to, as other libraries are."""
    if (told := os.environ.get("OMP_NUM_THREADS", "")).isdecimal():
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
