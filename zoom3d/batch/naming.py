"""What clips are called, so that no name leaves the output folder and no clip overwrites another's.

A clip is called after its photograph: the path below the folder that was named, without suffix. Where another photograph has
that name already, `-` and a short hash of the photograph's whole path follow. Names that were given are remembered in the
manifest, so that they stay when photographs join.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePath, PurePosixPath

PART_BYTES = 180
"""How long one part of a name may be; file systems take 255 bytes, and preset, size and suffix follow."""

_FORBIDDEN = frozenset('<>:"/\\|?*')
_RESERVED = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *(f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789¹²³")]
)


def from_path(path: PurePath) -> str:
    """A name from a photograph's path: without suffix, safe on every system; of a path that leads elsewhere, the last part."""
    whole = path.with_suffix("") if path.suffix else path
    parts = [whole.name] if whole.is_absolute() or ".." in whole.parts or whole.drive else whole.parts
    return "/".join(_safe(part) for part in parts or [""])


def checked(name: str) -> str:
    """A name that the user chose, or a ValueError that says what is wrong with it."""
    if not name.strip():
        raise ValueError("it is empty")
    for part in name.split("/"):
        if part in ("", ".", ".."):
            raise ValueError(
                "it would leave the output folder" if part == ".." or name.startswith("/") else "a part of it is empty"
            )
        if len(part.encode("utf-8", "surrogatepass")) > PART_BYTES:
            raise ValueError(f"it is longer than {PART_BYTES} bytes")
        if part.split(".")[0].upper() in _RESERVED:
            raise ValueError(f"{part!r} is reserved on Windows")
        if _safe(part) != unicodedata.normalize("NFC", part):
            raise ValueError(
                'not every system takes it: no control characters, none of <>:"\\|?*, no dot in front, none behind'
            )
    return unicodedata.normalize("NFC", name)


class Names:
    """Gives every photograph a name of its own. ``known``: the names that photographs were given before, by their paths."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self._owners = {folded(name): path for path, name in known.items()}
        self._taken: dict[str, str] = {}

    def choose(self, name: str, path: Path) -> str:
        """``name``, which the user chose; a ValueError where another photograph has it."""
        if self._taken.setdefault(folded(name), str(path)) != str(path):
            raise ValueError(f"{self._taken[folded(name)]} has the name {name!r} already")
        return name

    def give(self, wanted: str, path: Path) -> str:
        """``wanted``, or where that is another photograph's name, ``wanted`` with a hash of ``path``."""
        apart = f"{wanted}-{short_hash(str(path))}"
        candidates = [name for name in (self._known.get(str(path)),) if name in (wanted, apart)]
        candidates += [wanted] if self._owners.get(folded(wanted), str(path)) == str(path) else []
        for name in candidates:
            if name is not None and self._taken.setdefault(folded(name), str(path)) == str(path):
                return name
        return self.choose(apart, path)


def ending(preset: str, platform: str | None, size: tuple[int, int] | None) -> str:
    """What follows the photograph's name in the clip's: always the preset, and platform and size where they were asked for."""
    parts = [Path(preset).stem if preset.lower().endswith(".toml") else preset]
    parts += [Path(platform).stem if platform.lower().endswith(".toml") else platform] if platform else []
    parts += [f"{size[0]}x{size[1]}"] if size else []
    return "".join(f"_{_safe(part)}" for part in parts)


def folded(name: str) -> str:
    """Equal for names that some file system takes for one."""
    return unicodedata.normalize("NFC", name).casefold()


def _safe(part: str) -> str:
    """One part of a path, as every system takes it; nothing changes for ordinary names."""
    text = unicodedata.normalize("NFC", part)
    text = "".join(c if c.isprintable() and c not in _FORBIDDEN else "_" for c in text)
    if text.startswith("."):
        text = "_" + text[1:]
    if text.endswith((".", " ")):
        text = text[:-1] + "_"
    if not text or text.split(".")[0].upper() in _RESERVED:
        text += "_"
    if len(text.encode()) > PART_BYTES:
        text = text.encode()[: PART_BYTES - 9].decode(errors="ignore") + "-" + short_hash(part)
    return text


def short_hash(text: str) -> str:
    """Eight hexadecimal digits that tell one path from another."""
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()


def inside(name: str) -> PurePosixPath:
    """``name`` as a path below the output folder; what names can do to leave it ends here, whoever made them."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in name or "\0" in name:
        raise ValueError(f"{name!r} leads out of the output folder")
    return path
