"""A folder that a batch has worked in, as its tests look at it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from zoom3d.batch import manifest
from zoom3d.batch.store import WORK

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = ("--model", "builtin", "--size", "96x64", "--duration", "1", "--fps", "12", "--no-cache")
PRESETS = ("3d-zoom", "circle")
NAMES = ("a", "b", "sub/a", "sub/c")


@dataclass(frozen=True)
class Done:
    """A batch as it lies in its folder."""

    folder: Path

    @property
    def files(self) -> dict[str, bytes]:
        """What every clip holds, by its name."""
        files = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}
        return {name: path.read_bytes() for name, path in sorted(files.items()) if not name.startswith(manifest.FILE_NAME)}

    @property
    def records(self) -> dict[str, manifest.Record]:
        return manifest.read(self.folder / manifest.FILE_NAME)

    @property
    def lines(self) -> list[bytes]:
        return (self.folder / manifest.FILE_NAME).read_bytes().splitlines()

    def is_clean(self) -> bool:
        """Whether nothing half-written lies about."""
        return not (self.folder / WORK).exists() and not list(self.folder.rglob(".zoom3d-*"))


def command(photos: Path, folder: Path, *options: str) -> list[str]:
    presets = ",".join(PRESETS)
    return [sys.executable, "-m", "zoom3d", "batch", str(photos), "-o", str(folder), "--preset", presets, *SMALL, *options]
