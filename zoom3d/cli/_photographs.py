"""The photographs a user means: files, whole folders, or patterns."""

from __future__ import annotations

import glob
from collections import Counter
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from zoom3d.errors import PhotoError

SUFFIXES = frozenset([".jpg", ".jpeg", ".jpe", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif"])
"""What counts as a photograph inside a folder. A file that is named is tried whatever it is called."""


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
        root, files = _look_into(source, outputs)
        if not files:
            raise PhotoError(f"there are no photographs in {source}", hint=f"looked for {', '.join(sorted(SUFFIXES))}")
        for file in files:
            found.setdefault(file, file.relative_to(root))
    same = Counter(name.with_suffix("") for name in found.values())
    return [Found(path, name if same[name.with_suffix("")] > 1 else name.with_suffix("")) for path, name in found.items()]


def _look_into(source: str, outputs: Path) -> tuple[Path, list[Path]]:
    """The photographs that ``source`` names, and the folder that their names are relative to."""
    path = Path(source)
    if path.is_dir():
        root, inside = path, path.rglob("*")
    elif path.exists() or not glob.has_magic(source):
        return path.parent, [path]
    else:
        fixed = takewhile(lambda part: not glob.has_magic(part), path.parts[:-1])
        matches = glob.iglob(source, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        root, inside = Path(*fixed), (Path(match) for match in matches)
    files = (file for file in inside if file.suffix.lower() in SUFFIXES and file.is_file())
    return root, sorted(file for file in files if not _is_hidden(file, root) and not _is_result(file, root, outputs))


def _is_hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts)


def _is_result(file: Path, root: Path, outputs: Path) -> bool:
    """Whether an earlier run into ``outputs`` made ``file``: by its name where both are in one place, else by the place."""
    if root.resolve().is_relative_to(outputs.resolve()):
        original = file.stem.removesuffix("_depth")
        return original != file.stem and any(file.with_name(original + suffix).exists() for suffix in SUFFIXES)
    return file.resolve().is_relative_to(outputs.resolve())
