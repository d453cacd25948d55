"""Where clips go: a folder, or anything that fsspec reaches. A clip appears there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from zoom3d import cache
from zoom3d.batch import manifest, naming
from zoom3d.batch.manifest import Manifest, Record, Stored
from zoom3d.errors import BatchError, OutputError, reason

WORK = ".zoom3d-work"
SEND_EVERY_S = 10.0
_WITHOUT_FOLDERS = frozenset(["s3", "s3a", "gs", "gcs", "az", "abfs", "oss"])
"""Where making a folder makes a bucket, also one whose name is a slip."""


class Store(Protocol):
    """The output folder. It passes to other processes."""

    @property
    def folder(self) -> Path | None:
        """Where it lies in this machine's files, if it does."""

    def records(self) -> dict[str, Record]:
        """What its manifest says now."""

    def opened(self) -> contextlib.AbstractContextManager[Manifest]:
        """Its manifest, with everybody else kept out of the folder meanwhile."""

    def workspace(self) -> contextlib.AbstractContextManager[Path]:
        """An empty folder for one clip at a time, near the store."""

    def put(self, made: Path, name: str) -> Stored:
        """Move the file ``made`` into the store, replacing what has the name."""

    def holds(self, name: str, stored: Stored) -> bool:
        """Whether the clip is there as it was stored."""


def open_store(place: str) -> Store:
    """The store at a path or a URL."""
    if not place:
        raise OutputError("the folder for the clips has no name", hint="name one with -o; . is the current one")
    if "://" not in place:
        return Folder(Path(os.path.abspath(place)))  # noqa: PTH100 - links stay: the folder is called what its user calls it
    from fsspec.core import url_to_fs

    try:
        system, root = url_to_fs(place)
    except Exception as error:  # every file system has errors of its own
        raise OutputError(
            f"{place} cannot be reached: {error}", hint="give a folder, or install what fsspec asks for"
        ) from error
    if system.protocol == "file" or "file" in system.protocol:
        return Folder(Path(root))
    return Remote(place.rstrip("/"))


@dataclass(frozen=True)
class Folder:
    """A folder that this machine, or all machines of a cluster, have under one path."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root

    def records(self) -> dict[str, Record]:
        return manifest.read(self.root / manifest.FILE_NAME)

    @contextmanager
    def opened(self) -> Iterator[Manifest]:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"the folder {self.root} cannot be made: {reason(error)}", hint="choose another with -o"
            ) from error
        with _alone(self.root / f"{manifest.FILE_NAME}.lock", str(self.root)):
            shutil.rmtree(self.root / WORK, ignore_errors=True)  # of a batch that was killed
            try:
                with manifest.opened(self.root / manifest.FILE_NAME) as opened:
                    yield opened
            finally:
                shutil.rmtree(self.root / WORK, ignore_errors=True)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        try:
            (self.root / WORK).mkdir(exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self.root / WORK))
        except OSError as error:
            raise OutputError(
                f"{self.root} cannot be written: {reason(error)}", hint="choose another folder with -o"
            ) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, made: Path, name: str) -> Stored:
        digest = file_digest(made)
        target = self.root / naming.inside(name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.parent.resolve().is_relative_to(self.root.resolve()):
                raise OutputError(f"{name} would leave the output folder through a link", hint="remove the link, or rename")
            with made.open("r+b") as stream:  # Windows flushes no file that is open for reading alone
                os.fsync(stream.fileno())
            made.replace(target)
            status = target.stat()
        except OSError as error:
            raise OutputError(
                f"{target} cannot be written: {reason(error)}", hint="make room, or choose another folder"
            ) from error
        return Stored(status.st_size, str(status.st_mtime_ns), digest)

    def holds(self, name: str, stored: Stored) -> bool:
        target = self.root / naming.inside(name)
        try:
            status = target.lstat()
            if status.st_size != stored.size_bytes or target.is_symlink():
                return False
            return str(status.st_mtime_ns) == stored.version or file_digest(target) == stored.digest
        except OSError:
            return False


@dataclass(frozen=True)
class Remote:
    """A place that fsspec reaches by a URL. Only batches on one machine keep out of each other's way there."""

    url: str

    @property
    def folder(self) -> None:
        return None

    def records(self) -> dict[str, Record]:
        with tempfile.TemporaryDirectory(prefix="zoom3d-") as folder:
            return manifest.read(self._fetch(Path(folder)))

    @contextmanager
    def opened(self) -> Iterator[Manifest]:
        name = hashlib.blake2b(self.url.encode(), digest_size=10).hexdigest()
        lock = cache.root() / "batch" / f"{name}.lock"
        with _alone(lock, self.url), tempfile.TemporaryDirectory(prefix="zoom3d-") as folder:
            path = self._fetch(Path(folder))
            with manifest.opened(path) as opened:
                self._send(path)  # fails before anything is made
                opened.on_append = _now_and_then(lambda: self._send(path))
                try:
                    yield opened
                finally:
                    self._send(path)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="zoom3d-") as folder:
            yield Path(folder)

    def put(self, made: Path, name: str) -> Stored:
        system, root = self._system()
        target = f"{root}/{naming.inside(name)}"
        digest, size = file_digest(made), made.stat().st_size
        with self._told():
            _place(system, made, target)
            made.unlink()
            return Stored(size, _version(system, target), digest)

    def holds(self, name: str, stored: Stored) -> bool:
        system, root = self._system()
        target = f"{root}/{naming.inside(name)}"
        with self._told(), contextlib.suppress(FileNotFoundError):
            return bool(system.size(target) == stored.size_bytes and _version(system, target) == stored.version)
        return False

    def _send(self, path: Path) -> None:
        system, root = self._system()
        with self._told():
            _place(system, path, f"{root}/{manifest.FILE_NAME}")

    def _fetch(self, folder: Path) -> Path:
        system, root = self._system()
        path = folder / manifest.FILE_NAME
        with self._told(), contextlib.suppress(FileNotFoundError):
            system.get_file(f"{root}/{manifest.FILE_NAME}", str(path))
        return path

    def _system(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        system, root = url_to_fs(self.url)
        return system, str(root).rstrip("/")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # every file system has errors of its own
            raise OutputError(f"{self.url} cannot be used: {error}", hint="check address, credentials and network") from error


def _place(system: Any, made: Path, target: str) -> None:
    protocols = {system.protocol} if isinstance(system.protocol, str) else set(system.protocol)
    if not protocols & _WITHOUT_FOLDERS:
        system.makedirs(target.rpartition("/")[0], exist_ok=True)
    system.put_file(str(made), target)


def file_digest(path: Path) -> str:
    """A name for what is in a file."""
    digest = hashlib.blake2b(digest_size=20)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _alone(lock: Path, place: str) -> Iterator[None]:
    """Keep every other batch out of ``place``. The system lets go of the lock however this process ends."""
    import filelock

    held = filelock.FileLock(lock)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held.acquire(timeout=0)
    except filelock.Timeout:
        raise BatchError(
            f"another batch is at work in {place}", hint="wait for its end, or choose another folder with -o"
        ) from None
    except OSError as error:
        raise OutputError(
            f"{lock} cannot be written: {reason(error)}", hint="choose another folder with -o, or with ZOOM3D_CACHE for a URL"
        ) from error
    try:
        yield
    finally:
        held.release()


def _version(system: Any, path: str) -> str:
    """What changes with every writing to ``path``, as far as the file system tells."""
    system.invalidate_cache()
    details = system.info(path)
    return next((str(details[key]) for key in ("ETag", "etag", "md5Hash", "mtime", "created") if details.get(key)), "")


def _now_and_then(send: Callable[[], None]) -> Callable[[], None]:
    """``send``, but no oftener than every ten seconds, and for at most a twentieth of the time."""
    due = time.monotonic() + SEND_EVERY_S

    def sent() -> None:
        nonlocal due
        began = time.monotonic()
        if began >= due:
            send()
            due = time.monotonic() + max(SEND_EVERY_S, 20 * (time.monotonic() - began))

    return sent
