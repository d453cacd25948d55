"""How a run ends: what the user can mend becomes two lines and an exit code, what is a bug keeps its traceback."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from zoom3d import errors
from zoom3d.errors import Zoom3DError

MISTAKE, USAGE, SIGNALLED, INTERRUPTED, PIPE_CLOSED = 1, 2, 128, 130, 141
FULL = (errno.ENOSPC, errno.EFBIG, errno.EIO)
IMPOSSIBLE = (errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.ELOOP)
"""How the system refuses a path that is only looked at, in whatever place it is looked at first."""


def exit_code(work: Callable[[], object], command: Sequence[str] = ("zoom3d",)) -> int:
    """Run ``work`` and turn its end into an exit code; 0 unless it returns another.

    command: the words whose ``--help`` a usage error points to; read when ``work`` has ended.
    """
    try:
        result = work()
        if sys.stdout is not None:  # a process may be started without one
            sys.stdout.flush()
    except Zoom3DError as error:
        report(error.message, error.hint)
        return MISTAKE
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as stop:  # a signal
        if not isinstance(stop.code, int):
            raise
        return stop.code
    except BrokenPipeError:
        _print_no_more()
        return PIPE_CLOSED
    except OSError as error:
        if error.filename is not None and error.errno in IMPOSSIBLE:
            report(f"{os.fsdecode(error.filename)}: {error.strerror}", "check the path and its permissions")
            return MISTAKE
        if error.filename is not None or error.errno not in FULL:
            raise
        _print_no_more()
        report(f"the result cannot be written out: {error.strerror}", "make room there, or send the output elsewhere")
        return MISTAKE
    except Exception as error:
        if not _is_usage_error(error):
            raise
        report(_usage_line(error), f"'{' '.join(command)} --help' lists what it takes")
        return USAGE
    return result if isinstance(result, int) else 0


def end(code: int) -> NoReturn:
    """End the process with that exit code, and at once where it was interrupted: all is cleaned up, and what was interrupted
    may have been the loading of a library, half of which can keep the interpreter's own end busy for ever (seen in PyTorch)."""
    if code < SIGNALLED:
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or never there
            stream.flush()
    os._exit(code)


def _print_no_more() -> None:
    """Let the interpreter's last flush of stdout go nowhere, or it complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report(message: str, hint: str) -> None:
    """Print a failure and its remedy on stderr. Lines after the first of a message are shown as they are, indented."""
    first, *rest = message.splitlines() or [""]
    print(f"error: {printable(first)}", *(f"  {printable(line)}" for line in rest), sep="\n", file=sys.stderr)
    print(f"hint: {printable(' '.join(hint.split()))}", file=sys.stderr, flush=True)


def by_path(message: str, path: Path) -> str:
    """What is wrong with the file at ``path``, by its whole path: its name may occur in many folders."""
    name = errors.printable(path)
    return str(path) + message.removeprefix(name) if message.startswith(name) else f"{path}: {message}"


def printable(text: str) -> str:
    """``text`` with control characters escaped: a file's name must not move the cursor."""
    return "".join(c if c.isprintable() or "\ud800" <= c <= "\udfff" else c.encode("unicode_escape").decode() for c in text)


def stop_cleanly_on_signals() -> None:
    """Let SIGTERM and SIGHUP end the process as Ctrl-C does: through every ``with`` and ``finally``."""

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        sys.exit(SIGNALLED + number)

    for one in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(one) is signal.SIG_DFL:
            signal.signal(one, stop)


def _is_usage_error(error: Exception) -> bool:
    """Whether the command line's parser raised this. Its classes moved between releases; what they can do did not."""
    return callable(getattr(error, "format_message", None)) and getattr(error, "exit_code", None) == USAGE


def _usage_line(error: Exception) -> str:
    message = " ".join(error.format_message().split()).rstrip(".").replace("Value error, ", "")  # type: ignore[attr-defined]
    return message[:1].lower() + message[1:]
