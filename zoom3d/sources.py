"""What something is made from, and is not to be written over."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from zoom3d.errors import OutputError


def spare(targets: Iterable[Path], what: str, *sources: Path | None) -> None:
    """Refuse to write ``targets``, called ``what``, over a file that they are made from, or a folder that holds one."""
    for target, source in product(targets, sources):
        if source is None or not (target.exists() and source.exists()):
            continue
        if target.samefile(source):
            raise OutputError(f"{target} is what the {what} is made from", hint="name another file")
        if source.resolve().is_relative_to(target.resolve()):
            raise OutputError(f"{target} holds {source}, which the {what} is made from", hint="name another place")


def why_missing(path: Path | str, otherwise: str) -> str:
    """A hint about a photograph that is not there; ``otherwise`` unless ``path`` is a URL."""
    is_url = re.match(r"\w{2,}:/", str(path))
    return "photographs are read from files: download them first" if is_url else otherwise
