"""How far a stage is: bars on a terminal, a line a stage elsewhere."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


SPEED_PERIOD_S = 300.0
"""Over how long the speed is averaged that the time left is told by."""


class Indicator(Protocol):
    """A ``Progress`` that shows itself until it is closed."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...

    def close(self) -> None:
        """Come to rest; a second time does nothing."""


def indicator(stream: TextIO, *, quiet: bool) -> Indicator:
    """What suits ``stream``: bars where a line can be redrawn, lines elsewhere, nothing when quiet."""
    if quiet:
        return Silence()
    return Bars() if stream.isatty() and os.environ.get("TERM") != "dumb" else Lines()


class Silence:
    """Shows nothing."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        pass

    def close(self) -> None:
        pass


class Lines:
    """One line a stage, when it is done."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        began = self._began.setdefault(stage, time.perf_counter())
        if 0 < total <= done:
            print(f"{stage} … {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
            del self._began[stage]

    def close(self) -> None:
        pass


class Bars:
    """A bar a stage, by rich. Everything else that goes to stderr meanwhile is printed above the bars."""

    def __init__(self) -> None:
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._bars is None:
            self._bars = _empty_bars()
            self._bars.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=None)
        finished = 0 < total <= done
        self._bars.update(self._tasks[stage], completed=done, total=total if finished or total > 1 else None)
        if finished:
            self._bars.stop_task(self._tasks.pop(stage))

    def close(self) -> None:
        if self._bars is not None:
            self._bars.stop()


def _empty_bars() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<8}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
    )
    console = Console(stderr=True, highlight=False, markup=False)
    return Progress(*columns, console=console, redirect_stdout=False, speed_estimate_period=SPEED_PERIOD_S)
