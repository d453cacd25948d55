"""The data files: where the folders of them lie (``shaders/``, ``presets/``) in a checkout, in an installed wheel and of the
user's own, and how TOML files are found by name and read."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoom3d.errors import Zoom3DError, suggest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

log = logging.getLogger(__name__)

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder ``name`` of data files: inside the package when installed from a wheel, beside it in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def user_folders(name: str) -> list[Path]:
    """Where the user's own presets, or others, lie: what ``ZOOM3D_PRESETS`` names, then the place for configuration."""
    import platformdirs

    variable = f"ZOOM3D_{name.upper()}"
    asked = [Path(part) for part in os.environ.get(variable, "").split(os.pathsep) if part]
    for each in asked:
        if not each.is_dir():
            log.warning("%s names %s, which is no folder", variable, each)
    return [*asked, Path(platformdirs.user_config_dir("zoom3d", appauthor=False)) / name]


@dataclass(frozen=True)
class Place:
    """Where the file of a name lies. ``own``: it is the user's, not one of those that come along."""

    name: str
    path: Path
    own: bool


@dataclass(frozen=True)
class Kind:
    """A kind of TOML files, known by their names without suffix.

    name: what one of them is called: a "preset" lies in the folder ``presets``. error: what is raised about one.
    listed, example: hints, where those that come along are listed, and what a right one looks like.
    """

    name: str
    error: type[Zoom3DError]
    listed: str
    example: str

    def names(self) -> list[str]:
        """Those that come with the program, sorted."""
        return sorted(path.stem for path in folder(f"{self.name}s").glob("*.toml"))

    def places(self) -> dict[str, Place]:
        """Every file that has a name: those that come along, then the user's own by the order of their folders.

        A file of a name that is taken already is left out, and a warning says so.
        """
        found = {name: Place(name, folder(f"{self.name}s") / f"{name}.toml", own=False) for name in self.names()}
        for own in user_folders(f"{self.name}s"):
            try:
                files = sorted(path for path in own.glob("*.toml") if path.is_file())
            except OSError as error:
                log.warning("the %ss in %s cannot be listed: %s", self.name, own, error.strerror)
                continue
            for path in files:
                taken = found.setdefault(path.stem, Place(path.stem, path, own=True))
                if taken.path == path:
                    continue
                other = f"{taken.path} comes first" if taken.own else f"a {self.name} of that name comes with the program"
                log.warning("%s is not used by its name: %s", path, other)
        return found

    def find(self, name: str | Path) -> Path:
        """The file of that name, or ``name`` itself if it ends in ``.toml``."""
        if Path(name).suffix.lower() == ".toml":
            return Path(name)
        known = self.places()
        if str(name) not in known:
            hint = suggest(str(name), known, f"{self.name}s")
            raise self.error(f"there is no {self.name} {str(name)!r}", hint=hint)
        return known[str(name)].path

    def text(self, path: Path) -> str:
        """What stands in the file at ``path``."""
        try:
            return path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError, and so is what is not UTF-8
            reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else getattr(error, "strerror", error)
            raise self.error(f"the {self.name} {path} cannot be read: {reason}", hint=self.listed) from error

    def table(self, path: Path) -> dict[str, Any]:
        """The TOML table in the file at ``path``."""
        return self.parsed(self.text(path), path)

    def parsed(self, text: str, path: Path) -> dict[str, Any]:
        """The TOML table that ``text``, from the file at ``path``, is."""
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # TOML's own error is a ValueError; a number can have too many digits
            raise self.error(f"{path}: not valid TOML: {' '.join(str(error).split())}", hint=self.example) from error
