"""Files of network weights: fetched once, checked always, kept in the cache.

A file enters the cache whole or not at all: it is downloaded beside its place (``NAME.part``, resumed after a broken
download), its length is compared with what the server announced, ``validate`` looks inside, and only then is it renamed.
One process downloads; others wait for it.

No checksums are published for most of these files. So the SHA-256 is written down beside the file when it is first used
(``NAME.sha256``, in the format of ``sha256sum``) and compared from then on. Hashing 1.4 GB costs a second or more, so a file
whose size, modification and status-change times are those of its last full check is not read again: whatever is written
through the file system changes them.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from zoom3d import cache
from zoom3d.errors import WeightsError, reason
from zoom3d.types import Progress

log = logging.getLogger(__name__)

MIRROR_VARIABLE = "ZOOM3D_WEIGHTS_URL"
CHUNK_BYTES = 1 << 20
UNREACHABLE_S = 600
"""How long an address that could not be reached is left alone by who does not insist: a firewall may swallow every knock."""


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights as its authors publish it.

    url: where the authors keep it; the mirror in ``ZOOM3D_WEIGHTS_URL`` is asked for ``<mirror>/<filename>`` instead.
    size_bytes: about how long it is; for messages only.
    sha256: the published checksum; None where none is published.
    fetch_command: what a user types to download it.
    """

    filename: str
    url: str
    size_bytes: int
    fetch_command: str
    sha256: str | None = None

    @property
    def path(self) -> Path:
        """Where the file lives, whether or not it is there."""
        return folder() / self.filename

    @property
    def source(self) -> str:
        """The address it is downloaded from."""
        mirror = os.environ.get(MIRROR_VARIABLE)
        return f"{mirror.rstrip('/')}/{self.filename}" if mirror else self.url

    @property
    def by_hand(self) -> str:
        """A hint, how it comes to its place without this program."""
        return f"download {self.source} by hand and put it at {self.path}"


def folder() -> Path:
    """The folder of weights. It need not exist."""
    return cache.root() / "weights"


def find(file: WeightsFile) -> Path | None:
    """The file in the cache, unchecked; None where there is none."""
    return file.path if file.path.is_file() else None


def stamp(path: Path) -> str:
    """A line that is another one when the file was written anew."""
    status = path.stat()
    return f"# checked {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def fetch(
    file: WeightsFile,
    *,
    validate: Callable[[Path], None],
    progress: Progress | None = None,
    offline: bool = False,
    patient: bool = True,
) -> Path:
    """The file in the cache, downloaded if need be, and checked.

    validate: raises WeightsError unless the file holds what it should; called before a file is used for the first time.
    progress: called with ("weights", bytes done, bytes in all), 0 in all while that is not known.
    patient: False knocks once, and not again for UNREACHABLE_S where nobody opened.
    """
    path = file.path
    if not path.is_file():
        if offline:
            raise WeightsError(f"{file.filename} is not in the cache and downloading is forbidden", hint=file.by_hand)
        with _locked(file):
            if not path.is_file():  # another process may have brought it while this one waited
                _download_into_place(file, validate, progress, patient=patient)
    _verify(file, validate)
    return path


@contextlib.contextmanager
def _locked(file: WeightsFile) -> Iterator[None]:
    import filelock

    try:
        folder().mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder() / f"{file.filename}.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            log.info("another process is downloading %s; waiting for it", file.filename)
            lock.acquire()
    except OSError as error:
        raise _unwritable(error) from error
    try:
        yield
    finally:
        lock.release()


def _download_into_place(
    file: WeightsFile, validate: Callable[[Path], None], progress: Progress | None, *, patient: bool
) -> None:
    if not patient and (why := _lately_unreachable(file)):
        raise WeightsError(f"{why}, less than {UNREACHABLE_S // 60} minutes ago", hint=file.by_hand)
    from zoom3d import download

    part = file.path.with_name(f"{file.filename}.part")
    log.info("downloading %s (about %d MB)", file.source, round(file.size_bytes / 1e6))
    try:
        download.download(file.source, part, hint=file.by_hand, progress=progress, patient=patient)
    except WeightsError as error:
        if isinstance(error.__cause__, download.UnreachableError):
            with contextlib.suppress(OSError):  # where nothing can be written, it is tried every time
                _unreachable(file).write_text(f"{file.source}\n{error.__cause__}", encoding="utf-8")
        raise
    _unreachable(file).unlink(missing_ok=True)
    try:
        validate(part)
        digest = _digest(part)
        expected = _recorded(file) or file.sha256
        if expected is not None and digest != expected:
            raise WeightsError(
                f"{file.filename} from {file.source} has SHA-256 {digest[:12]}…, not {expected[:12]}… as before",
                hint=f"if the file was rightly replaced, delete {_record(file)} and try again",
            )
    except WeightsError as error:
        part.unlink(missing_ok=True)
        message = error.message.replace(str(part), f"what came from {file.source}")
        hint = error.hint if message == error.message else file.by_hand
        raise WeightsError(message, hint=hint) from error
    try:
        part.replace(file.path)
        _write_record(file, digest)
    except OSError as error:
        raise _unwritable(error) from error


def _unreachable(file: WeightsFile) -> Path:
    """Holds the address that could not be reached, and why; written when it was tried."""
    return file.path.with_name(f"{file.filename}.unreachable")


def _lately_unreachable(file: WeightsFile) -> str:
    """Why the file's address could not be reached a short while ago; empty where that was not tried."""
    try:
        source, _, why = _unreachable(file).read_text(encoding="utf-8").partition("\n")
        age_s = time.time() - _unreachable(file).stat().st_mtime
    except (OSError, UnicodeDecodeError):
        return ""
    return why if source == file.source and 0 <= age_s < UNREACHABLE_S else ""


def _verify(file: WeightsFile, validate: Callable[[Path], None]) -> None:
    expected = _recorded(file) or file.sha256
    if expected is not None and stamp(file.path) == _recorded_stamp(file):
        return
    digest = _digest(file.path)
    if expected is None:  # put there by hand
        validate(file.path)
    elif digest != expected:
        raise WeightsError(
            f"{file.path} has changed: its SHA-256 is {digest[:12]}…, not {expected[:12]}…",
            hint=f"delete it and run: {file.fetch_command}",
        )
    with contextlib.suppress(OSError):  # a read-only cache is hashed every time
        _write_record(file, digest)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _record(file: WeightsFile) -> Path:
    return file.path.with_name(f"{file.filename}.sha256")


def _write_record(file: WeightsFile, digest: str) -> None:
    record = _record(file)
    temporary = record.with_name(f"{record.name}.{secrets.token_hex(4)}.part")
    temporary.write_text(f"{stamp(file.path)}\n{digest}  {file.filename}\n", encoding="utf-8")
    temporary.replace(record)


def _record_lines(file: WeightsFile) -> list[str]:
    try:
        return _record(file).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"{_record(file)} cannot be read: {error}", hint="delete it") from error


def _recorded(file: WeightsFile) -> str | None:
    return next((line.split()[0] for line in _record_lines(file) if line.strip() and not line.startswith("#")), None)


def _recorded_stamp(file: WeightsFile) -> str | None:
    return next((line for line in _record_lines(file) if line.startswith("# checked ")), None)


def _unwritable(error: OSError) -> WeightsError:
    return WeightsError(
        f"weights cannot be stored in {folder()}: {reason(error)}", hint="set ZOOM3D_CACHE to a writable folder"
    )
