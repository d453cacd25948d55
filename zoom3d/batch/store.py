"""Where clips go: a folder, or anything that fsspec reaches. A clip appears there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from zoom3d import cache
from zoom3d.batch import manifest, naming
from zoom3d.batch.manifest import Manifest, Record, Stored
from zoom3d.errors import BatchError, OutputError, reason

log = logging.getLogger(__name__)

Inventory = Callable[[str, Stored], bool]
"""Whether the clip of a name is there as it was stored."""

WORK = ".zoom3d-work"
ANSWER_S = 20.0
"""How long a remote place may take for its first answer."""
SEND_EVERY_S = 10.0
OUTAGE_S = 600.0
"""How long a remote place may take no manifest before the batch gives it up."""
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

    def inventory(self) -> Inventory:
        """What lies there now."""


def open_store(place: str) -> Store:
    """The store at a path or a URL."""
    if not place:
        raise OutputError("the folder for the clips has no name", hint="name one with -o; . is the current one")
    if re.match(r"\w{2,}:/(?!/)", place):
        raise OutputError(f"{place} lacks a slash to be a URL", hint=f"write {place.replace(':/', '://', 1)}, or ./{place}")
    if "://" not in place:
        return Folder(Path(os.path.abspath(place)))  # noqa: PTH100 - links stay: the folder is called what its user calls it
    from fsspec.core import url_to_fs

    try:
        system, root = url_to_fs(place)
    except Exception as error:  # every file system has errors of its own
        raise OutputError(
            f"{place} cannot be reached: {error}", hint="give a folder, or install what fsspec asks for"
        ) from error
    protocols = _protocols(system)
    if "file" in protocols:
        return Folder(Path(root))
    if "memory" in protocols:
        raise OutputError(
            f"what is written to {place} is gone when the batch ends", hint="give a folder, or the URL of a bucket"
        )
    if protocols & _WITHOUT_FOLDERS and not root.strip("/"):
        raise OutputError(f"{place} names no bucket", hint="name one, as in s3://bucket/folder")
    return Remote(place)


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
        path, lock = self.root / manifest.FILE_NAME, self.root / f"{manifest.FILE_NAME}.lock"
        with _there(self.root), _alone(lock, str(self.root)):
            shutil.rmtree(self.root / WORK, ignore_errors=True)  # of a batch that was killed
            try:
                with manifest.opened(path) as opened:
                    yield opened
            finally:
                shutil.rmtree(self.root / WORK, ignore_errors=True)
                if not path.exists():
                    with contextlib.suppress(OSError):
                        lock.unlink()

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

    def inventory(self) -> Inventory:
        return self._holds

    def _holds(self, name: str, stored: Stored) -> bool:
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
        name = hashlib.blake2b(self.url.rstrip("/").encode(), digest_size=10).hexdigest()
        lock = cache.root() / "batch" / f"{name}.lock"
        with _alone(lock, self.url), tempfile.TemporaryDirectory(prefix="zoom3d-") as folder:
            path = self._fetch(Path(folder))
            new = not path.exists()
            with manifest.opened(path) as opened:
                self._send(path)  # fails before anything is made
                opened.on_append = _now_and_then(lambda: self._send(path))
                try:
                    yield opened
                finally:
                    if opened.records or not new:
                        self._send(path)
                    else:
                        self._remove()

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
            return Stored(size, _version(_details(system, target)), digest)

    def inventory(self) -> Inventory:
        """By one listing, a thousandth of the requests; a file system whose lists tell less is asked for the clip itself."""
        system, root = self._system()
        listed: dict[str, dict[str, Any]] = {}
        with self._told(), contextlib.suppress(FileNotFoundError):
            system.invalidate_cache()
            listed = system.find(root, detail=True)

        def holds(name: str, stored: Stored) -> bool:
            target = f"{root}/{naming.inside(name)}"
            if _is_as(stored, listed.get(target, {})):
                return True
            with self._told(), contextlib.suppress(FileNotFoundError):
                return _is_as(stored, _details(system, target))
            return False

        return holds

    def _send(self, path: Path) -> None:
        system, root = self._system()
        with self._told():
            _place(system, path, f"{root}/{manifest.FILE_NAME}")

    def _remove(self) -> None:
        """Take away the empty manifest of a batch that could not begin, where that is allowed."""
        system, root = self._system()
        with contextlib.suppress(Exception):
            system.rm_file(f"{root}/{manifest.FILE_NAME}")

    def _fetch(self, folder: Path) -> Path:
        system, root = self._system()
        path, there = folder / manifest.FILE_NAME, f"{root}/{manifest.FILE_NAME}"
        with self._told(), contextlib.suppress(FileNotFoundError):
            _answer(lambda: _details(system, there))
            system.get_file(there, str(path))
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


def _answer(question: Callable[[], object]) -> None:
    """Let a remote place be asked something small, and give it up where no answer comes: gcsfs alone tries for minutes."""
    answer: Future[object] = Future()

    def ask() -> None:
        try:
            answer.set_result(question())
        except BaseException as error:
            answer.set_exception(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(ANSWER_S)
    if not answer.done():
        raise TimeoutError(f"no answer in {ANSWER_S:g} seconds")
    answer.result()


def _protocols(system: Any) -> set[str]:
    return {system.protocol} if isinstance(system.protocol, str) else set(system.protocol)


def _place(system: Any, made: Path, target: str) -> None:
    if not _protocols(system) & _WITHOUT_FOLDERS:
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
def _there(folder: Path) -> Iterator[None]:
    """Make the folder, and in the end take away again what was made and holds nothing."""
    missing: list[Path] = []
    try:
        try:
            missing += (each for each in (folder, *folder.parents) if not each.exists())
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"the folder {folder} cannot be made: {reason(error)}", hint="choose another with -o") from error
        yield
    finally:
        for each in missing:
            with contextlib.suppress(OSError):
                each.rmdir()


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


def _details(system: Any, path: str) -> dict[str, Any]:
    """What the file system says now of the file at ``path``."""
    system.invalidate_cache()
    details: dict[str, Any] = system.info(path)
    return details


def _is_as(stored: Stored, details: dict[str, Any]) -> bool:
    return bool(details.get("size") == stored.size_bytes and _version(details) == stored.version)


def _version(details: dict[str, Any]) -> str:
    """What changes with every writing, as far as the file system tells."""
    return next((str(details[key]) for key in ("ETag", "etag", "md5Hash", "mtime", "created") if details.get(key)), "")


def _now_and_then(send: Callable[[], None]) -> Callable[[], None]:
    """``send``, but no oftener than every ten seconds, and for at most a twentieth of the time. That it fails for a while is
    told, and no more."""
    reached = time.monotonic()
    due = reached + SEND_EVERY_S

    def sent() -> None:
        nonlocal due, reached
        began = time.monotonic()
        if began < due:
            return
        try:
            send()
            reached = time.monotonic()
        except OutputError as error:
            if began - reached > OUTAGE_S:
                raise
            log.warning("%s; the batch goes on, and tries again for %g minutes", error.message, OUTAGE_S / 60)
        due = time.monotonic() + max(SEND_EVERY_S, 20 * (time.monotonic() - began))

    return sent
