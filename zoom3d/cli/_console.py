"""What a command says while it works: warnings, details and progress on stderr, its result on stdout."""

from __future__ import annotations

import json
import logging
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from zoom3d.cli._failure import printable
from zoom3d.cli._progress import Indicator, indicator
from zoom3d.errors import Zoom3DError


@dataclass(frozen=True)
class Voice:
    """How much to say. ``as_json``: the result is one JSON object on stdout."""

    verbose: bool = False
    quiet: bool = False
    debug: bool = False
    as_json: bool = False

    @property
    def level(self) -> int:
        """The least logging level that is shown."""
        if self.debug:
            return logging.DEBUG
        if self.quiet:
            return logging.ERROR
        return logging.INFO if self.verbose else logging.WARNING


@dataclass
class Session:
    """A command at work. ``warnings`` fills with every warning of the library, each once."""

    voice: Voice
    progress: Indicator
    warnings: list[str] = field(default_factory=list)

    def result(self, text: str, data: dict[str, object]) -> None:
        """Print what was made: ``data`` with the warnings as JSON, or ``text`` for people."""
        self.progress.close()
        if self.voice.as_json:
            print(json.dumps({**data, "warnings": self.warnings}, indent=2))
        elif not self.voice.quiet:
            print("\n".join(printable(line) for line in text.splitlines()))

    def say(self, text: str) -> None:
        """Print a line about the work itself on stderr."""
        if not self.voice.quiet:
            print(printable(text), file=sys.stderr, flush=True)


def counted(count: int, what: str) -> str:
    """How many of ``what`` there are: "1 clip", "2 clips"."""
    return f"{count} {what}{'' if count == 1 else 's'}"


@contextmanager
def session(voice: Voice) -> Iterator[Session]:
    """Show what the library logs and how far it is, until the command is done."""
    shown = indicator(sys.stderr, quiet=voice.quiet)
    at_work = Session(voice, shown)
    handler, others = _Lines(at_work), logging.NullHandler()
    logger = logging.getLogger("zoom3d")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(min(voice.level, logging.WARNING))
    try:
        with warnings.catch_warnings(), closing(shown):
            if not voice.debug:
                warnings.simplefilter("ignore")  # other libraries' warnings are for developers
                logging.root.addHandler(others)  # and so is what they log
            yield at_work
    except Zoom3DError:
        if voice.debug:
            traceback.print_exc()
        raise
    finally:
        logging.root.removeHandler(others)
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Lines(logging.Handler):
    """Prints what the library logs, a line each, and collects the warnings."""

    def __init__(self, at_work: Session) -> None:
        super().__init__()
        self._session = at_work

    def emit(self, record: logging.LogRecord) -> None:
        message = " ".join(record.getMessage().split())
        if record.levelno >= logging.WARNING:
            if message in self._session.warnings:
                return
            self._session.warnings.append(message)
        if record.levelno >= self._session.voice.level:
            prefix = "warning: " if record.levelno >= logging.WARNING else ""
            print(prefix + printable(message), file=sys.stderr, flush=True)
