"""The files that commands write: whole or not at all."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zoom3d.errors import OutputError, reason


@contextmanager
def written_whole(path: Path, option: str = "-o") -> Iterator[Path]:
    """A name beside ``path`` to write to; it becomes ``path`` at the end, and vanishes if anything fails.

    option: of the command line, which asked for ``path``.
    """
    # by lot, since processes in two containers may have one number; short, so that the longest name that fits is not refused
    part = path.with_name(f".{secrets.token_hex(4)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        hint = f"{'make room, or ' if full else ''}name a file in a folder you may write to with {option}"
        raise OutputError(f"{path} cannot be written: {reason(error)}", hint=hint) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
