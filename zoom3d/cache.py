"""What is expensive, kept by content: depth maps and scenes under the platform's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
import time
import tokenize
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

SIZE_LIMIT_BYTES = 4 << 30
STALE_S = 24 * 3600.0
"""How old a half-written file is before it counts as left behind."""


def root() -> Path:
    """The cache folder: ``ZOOM3D_CACHE`` or the platform's own. It need not exist."""
    if chosen := os.environ.get("ZOOM3D_CACHE"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("zoom3d", appauthor=False))


def key(*parts: Any) -> str:
    """A name for the value that follows from ``parts``: arrays count by their bytes, all else by ``repr``."""
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        if hasattr(part, "__array_interface__"):
            digest.update(f"{part.shape}{part.dtype}".encode())
            digest.update(memoryview(part).cast("B") if part.flags.c_contiguous else part.tobytes())
        else:
            digest.update(repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()


class ArrayStore:
    """Named arrays on disk, one file a key; the files unused for longest go first when there are too many."""

    def __init__(self, folder: Path, limit_bytes: int = SIZE_LIMIT_BYTES) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes

    def load(self, name: str) -> dict[str, NDArray[Any]] | None:
        """The arrays stored under ``name``; None where there are none or the file is damaged."""
        import numpy as np

        path = self.folder / f"{name}.npz"
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                arrays = {field: stored[field] for field in stored.files}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, KeyError, RuntimeError, tokenize.TokenError, zipfile.BadZipFile) as error:
            log.info("cache entry %s is damaged (%s) and is made anew", path, error)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return arrays

    def store(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep ``arrays`` under ``name``. A cache that cannot be written is no error: it is logged."""
        import numpy as np

        fields: dict[str, Any] = dict(arrays)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as stream:
                    np.savez(stream, **fields)
                Path(temporary).replace(self.folder / f"{name}.npz")
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            self._evict()
        except OSError as error:
            log.info("the cache in %s cannot be written: %s", self.folder, error)

    def _evict(self) -> None:
        entries = sorted(((p.stat().st_mtime, p.stat().st_size, p) for p in self.folder.glob("*.npz")), reverse=True)
        total = 0
        for _, size, path in entries:
            total += size
            if total > self.limit_bytes:
                path.unlink(missing_ok=True)
        for part in self.folder.glob("*.part"):  # of a process that was killed
            if time.time() - part.stat().st_mtime > STALE_S:
                part.unlink(missing_ok=True)


def size_bytes() -> int:
    """Bytes that the cache folder holds, weights included."""
    size = 0
    for path in root().rglob("*"):
        with contextlib.suppress(OSError):  # another process may clear away what is listed, or keep it to itself
            size += path.stat().st_size if path.is_file() else 0
    return size


def code_version(*rooms: str | Path) -> str:
    """A name for the present code in ``rooms``: what another version made is not taken for its own.

    rooms: folders or files of this package, or whole paths; Python and GLSL count.
    """
    package = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=8)
    places = [package / room for room in rooms]
    files = [path for place in places for path in ([place] if place.is_file() else place.rglob("*"))]
    for path in sorted(path for path in files if path.suffix in (".py", ".glsl")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
