"""The photographs a user means: files, whole folders, or patterns."""

from __future__ import annotations

import glob
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from zoom3d.batch.find import SUFFIXES, look_into
from zoom3d.errors import PhotoError


@dataclass(frozen=True)
class Found:
    """A photograph, and its name without suffix relative to what the user named: where its output goes in the output folder."""

    path: Path
    name: Path


def is_single(sources: list[str]) -> bool:
    """Whether ``sources`` name one file, not a folder or a pattern."""
    return len(sources) == 1 and not Path(sources[0]).is_dir() and (Path(sources[0]).exists() or not glob.has_magic(sources[0]))


def find(sources: list[str], outputs: Path) -> list[Found]:
    """All photographs that ``sources`` name, each once, folders with what is below them.

    outputs: the folder that results go to; what an earlier run left there is no photograph.
    """
    found: dict[Path, Path] = {}
    for source in sources:
        root, files = look_into(source, outputs)
        if not files:
            raise PhotoError(f"there are no photographs in {source}", hint=f"looked for {', '.join(sorted(SUFFIXES))}")
        for file in files:
            found.setdefault(file, file.relative_to(root))
    same = Counter(name.with_suffix("") for name in found.values())
    return [Found(path, name if same[name.with_suffix("")] > 1 else name.with_suffix("")) for path, name in found.items()]
