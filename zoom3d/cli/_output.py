"""The files that commands write: whole or not at all, and never over what they are made from."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path

from zoom3d.errors import OutputError, reason


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A name beside ``path`` to write to; it becomes ``path`` at the end, and vanishes if anything fails."""
    # by lot, since processes in two containers may have one number; short, so that the longest name that fits is not refused
    part = path.with_name(f".{secrets.token_hex(4)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        hint = "make room, or name" if full else "name"
        raise OutputError(
            f"{path} cannot be written: {reason(error)}", hint=f"{hint} a file in a folder you may write to with -o"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def spare_the_sources(targets: Iterable[Path], what: str, *sources: Path | None) -> None:
    """Refuse to write ``targets``, called ``what``, over a file that they are made from, or a folder that holds one."""
    for target, source in product(targets, sources):
        if source is None or not (target.exists() and source.exists()):
            continue
        if target.samefile(source):
            raise OutputError(f"{target} is what the {what} is made from", hint="name another file with -o")
        if source.resolve().is_relative_to(target.resolve()):
            raise OutputError(f"{target} holds {source}, which the {what} is made from", hint="name another place with -o")
