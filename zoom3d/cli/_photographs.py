"""The photographs a user means: files, whole folders, or patterns."""

from __future__ import annotations

import glob
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from zoom3d.batch import naming
from zoom3d.batch.find import look_into


@dataclass(frozen=True)
class Found:
    """A photograph, and its name without suffix relative to what the user named: where its output goes in the output folder."""

    path: Path
    name: Path


def is_single(sources: list[str]) -> bool:
    """Whether ``sources`` name one file, not a folder or a pattern."""
    return len(sources) == 1 and not Path(sources[0]).is_dir() and (Path(sources[0]).exists() or not glob.has_magic(sources[0]))


def find(sources: list[str], outputs: Path) -> list[Found]:
    """All photographs that ``sources`` name, each once and under a name of its own, folders with what is below them.

    outputs: the folder that results go to; what an earlier run left there is no photograph.
    """
    found: dict[str, Found] = {}
    for source in sources:
        root, files = look_into(source, outputs)
        for file in files:
            found.setdefault(os.path.abspath(file), Found(file, file.relative_to(root)))  # noqa: PTH100 - links stay
    stems = Counter(naming.folded(str(one.name.with_suffix(""))) for one in found.values())
    names = Counter(naming.folded(str(one.name)) for one in found.values())

    def name(place: str, one: Found) -> Path:
        """The suffix stays where two differ in nothing else; equal names of several folders are told apart by their places."""
        bare = one.name.with_suffix("")
        if names[naming.folded(str(one.name))] > 1:
            return bare.with_name(f"{bare.name}-{naming.short_hash(place)}")
        return one.name if stems[naming.folded(str(bare))] > 1 else bare

    return [Found(one.path, name(place, one)) for place, one in found.items()]
