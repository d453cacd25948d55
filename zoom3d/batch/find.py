"""The photographs that a user means by a file, a folder, or a pattern."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from zoom3d.errors import PhotoError, printable, reason

log = logging.getLogger(__name__)

SUFFIXES = frozenset([".jpg", ".jpeg", ".jpe", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif"])
"""What counts as a photograph inside a folder. A file that is named is tried whatever it is called."""

MAP_ENDINGS = ("_depth", "_depth8", "_inferno", "_turbo")
"""What ``zoom3d depth`` puts behind a photograph's name to name a picture of its depth."""


def look_into(source: str, outputs: Path | None) -> tuple[Path, list[Path]]:
    """The photographs that ``source`` names, at least one, and the folder that their names are relative to.

    outputs: the folder that results go to: what an earlier run left there is no photograph. None = it is elsewhere.
    """
    if not source:
        raise PhotoError("a photograph has no name", hint="name it; . is the current folder")
    path = Path(source)
    if path.is_dir():
        root, inside = path, _below(path)
    elif path.exists() or not glob.has_magic(source):
        return path.parent, [path]
    else:
        fixed = takewhile(lambda part: not glob.has_magic(part), path.parts[:-1])
        matches = glob.iglob(source, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        root, inside = Path(*fixed), map(Path, matches)
    files = sorted(file for file in inside if file.suffix.lower() in SUFFIXES and file.is_file() and not _is_hidden(file, root))
    in_place = outputs is not None and root.resolve().is_relative_to(outputs.resolve())
    if outputs is not None and not in_place:
        files = [file for file in files if not file.resolve().is_relative_to(outputs.resolve())]
    maps = _depth_maps(files)
    if maps:
        some = ", ".join(printable(file) for file in sorted(maps)[:3]) + (f" and {len(maps) - 3} more" if len(maps) > 3 else "")
        told = logging.INFO if in_place else logging.WARNING  # there an earlier run left them
        log.log(told, "left out of %s, as depth maps of photographs beside them: %s", source, some)
    found = [file for file in files if file not in maps]
    if not found:
        raise PhotoError(f"there are no photographs in {source}", hint=f"looked for {', '.join(sorted(SUFFIXES))}")
    return root, found


def _below(folder: Path) -> Iterator[Path]:
    """All files below ``folder``, but in hidden folders and behind links; of a folder that cannot be listed a warning tells."""

    def tell(error: OSError) -> None:
        log.warning("%s cannot be looked into: %s", error.filename, reason(error))

    for place, folders, names in os.walk(folder, onerror=tell):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place, name) for name in names)


def _is_hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts)


def _depth_maps(files: Sequence[Path]) -> set[Path]:
    """Those that are called as ``zoom3d depth`` calls the map of another one of ``files``."""
    originals = {file.with_suffix("") for file in files}.union(files)  # the suffix stays where it tells two apart
    candidates = [
        (file, file.stem.removesuffix(ending)) for file in files for ending in MAP_ENDINGS if file.stem.endswith(ending)
    ]
    return {file for file, name in candidates if name and file.with_name(name) in originals}
