"""One large file over HTTP: resumed, retried, its length checked."""

from __future__ import annotations

import errno
import http.client
import logging
import shutil
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent import futures
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from zoom3d.errors import WeightsError, reason
from zoom3d.types import Progress

log = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 18
TIMEOUT_S = 30.0
TIMEOUT_IMPATIENT_S = 5.0
"""How long an answer may take to begin, and its every part to come."""
ATTEMPTS = 5
ATTEMPTS_TO_CONNECT = 2
"""Fewer, for a machine without a network is an everyday thing; once something has arrived, there is a network."""
FIRST_DELAY_S = 1.0
"""The wait before the second attempt; it doubles from one attempt to the next."""

SLOW_S, SLOW_BYTES = 60.0, 60_000
"""A download that brings less than so many bytes in that time would never end: it counts as broken."""

_RETRIED_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class _BrokenError(Exception):
    """An attempt failed in a way that another one may cure."""


class UnreachableError(_BrokenError):
    """No answer came, or none that HTTP knows. The cause of the WeightsError that tells of it."""


@dataclass(frozen=True)
class _Job:
    url: str
    part: Path
    progress: Progress | None
    timeout_s: float

    @property
    def announced(self) -> Path:
        """Holds the ETag or date of the file that ``part`` began with, so that two versions are never glued together, and
        the length that the server announced."""
        return self.part.with_name(f"{self.part.name}.announced")

    def recall(self) -> tuple[str, str]:
        """Version and length that were announced; empty where nothing was."""
        if not self.announced.exists():
            return "", ""
        version, _, length = self.announced.read_text(encoding="latin-1").partition("\n")  # as headers are
        return version, length


def download(url: str, part: Path, *, hint: str, progress: Progress | None = None, patient: bool = True) -> None:
    """Bring the file at ``url`` to ``part``, going on from the bytes that are there already.

    ``part`` is left for a later attempt where the connection broke, and removed where the disk is full.
    hint: of the WeightsError, what to do where it cannot be downloaded.
    patient: False knocks once, and not for long, where nobody asked for the file by name.
    """
    if not _is_web_address(url):
        raise WeightsError(f"{url} is no web address", hint="set ZOOM3D_WEIGHTS_URL to an http:// or https:// address")
    timeout_s, attempts_to_connect = (TIMEOUT_S, ATTEMPTS_TO_CONNECT) if patient else (TIMEOUT_IMPATIENT_S, 1)
    job = _Job(url, part, progress, timeout_s)
    delay_s = FIRST_DELAY_S
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _attempt(job)
        except _BrokenError as error:
            absent = isinstance(error, UnreachableError) and not job.announced.exists()
            if attempt == (attempts_to_connect if absent else ATTEMPTS):
                raise WeightsError(f"{url} could not be downloaded: {error}", hint=hint) from error
            log.info("%s: %s; trying again in %g s", url, error, delay_s)
            time.sleep(delay_s)
            delay_s *= 2
        except urllib.error.HTTPError as error:
            said = " ".join(str(error.reason).split())  # of a redirection that goes in circles it has lines
            raise WeightsError(f"{url} could not be downloaded: {error.code} {said}", hint=hint) from error
        except OSError as error:
            raise _storage_error(job, error) from error
        else:
            job.announced.unlink(missing_ok=True)
            return


def _is_web_address(url: str) -> bool:
    try:
        return urllib.parse.urlsplit(url).scheme in {"http", "https"} and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        return False


def _attempt(job: _Job) -> None:
    offset = job.part.stat().st_size if job.part.exists() else 0
    version, announced = job.recall()
    headers = {"User-Agent": "zoom3d", "Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if version:
            headers["If-Range"] = version
    try:
        response = _open(urllib.request.Request(job.url, headers=headers), job.timeout_s)
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        if error.headers.get("Content-Range") == f"bytes */{offset}" and announced in {"", str(offset)}:
            return  # the earlier attempt had all of it
        job.part.unlink(missing_ok=True)
        raise _BrokenError("the server cannot go on where the download broke") from error
    with response:
        if response.status != HTTPStatus.PARTIAL_CONTENT:
            offset = 0  # the server sends the whole file, or a newer one
        elif not (response.headers.get("Content-Range") or "").startswith(f"bytes {offset}-"):
            job.part.unlink(missing_ok=True)
            raise _BrokenError("the server sent another part of the file than was asked for")
        length = response.headers.get("Content-Length", "").strip()
        total = offset + int(length) if length.isascii() and length.isdigit() else None
        _check_space(job, total, offset)
        job.announced.write_text(f"{_version(response)}\n{total or ''}", encoding="latin-1")
        _receive(job, response, offset, total)


def _open(request: urllib.request.Request, timeout_s: float) -> http.client.HTTPResponse:
    try:
        response = _answer(request, timeout_s)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _RETRIED_STATUS:
            raise _BrokenError(f"{error.code} {error.reason}") from error
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:  # the last where it leads on to what is no address
        raise UnreachableError(str(getattr(error, "reason", error)) or type(error).__name__) from error
    return response


def _answer(request: urllib.request.Request, timeout_s: float) -> http.client.HTTPResponse:
    """What the server answers, as far as the end of its headers. A thread waits for it: the timeouts of sockets begin anew
    with every byte and every address, and the look-up of a name has none."""
    answer: futures.Future[http.client.HTTPResponse] = futures.Future()
    threading.Thread(target=_ask, args=(request, timeout_s, answer), daemon=True).start()
    try:
        return answer.result(timeout_s)
    except futures.TimeoutError:
        raise TimeoutError("timed out") from None
    finally:
        del answer  # or an error and this frame would hold each other, and the connection open


def _ask(request: urllib.request.Request, timeout_s: float, answer: futures.Future[http.client.HTTPResponse]) -> None:
    try:
        answer.set_result(urllib.request.urlopen(request, timeout=timeout_s))
    except BaseException as error:
        answer.set_exception(error)
        del answer


def _version(response: http.client.HTTPResponse) -> str:
    """What tells this version of the file from others, for If-Range. A weak ETag does not promise the same bytes."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _receive(job: _Job, response: http.client.HTTPResponse, offset: int, total: int | None) -> None:
    done = offset
    if job.progress is not None:
        job.progress("weights", done, total or 0)
    looked, done_then = time.monotonic(), done
    with job.part.open("ab" if offset else "wb") as stream:
        while chunk := _read(response):
            stream.write(chunk)
            done += len(chunk)
            if job.progress is not None:
                job.progress("weights", done, total or 0)
            if time.monotonic() - looked >= SLOW_S:
                if done - done_then < SLOW_BYTES:
                    raise _BrokenError(f"no more than {done - done_then} bytes came in {SLOW_S:g} s")
                looked, done_then = time.monotonic(), done
    if total is not None and done != total:
        raise _BrokenError(f"the connection broke after {done} of {total} bytes")
    if total is None and job.progress is not None:
        job.progress("weights", done, done)


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read1(CHUNK_BYTES)  # what there is: a chunk may take for ever to come together
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenError(f"the connection broke ({str(error) or type(error).__name__})") from error


def _check_space(job: _Job, total: int | None, offset: int) -> None:
    free = shutil.disk_usage(job.part.parent).free
    if total is not None and total - offset > free:
        raise OSError(errno.ENOSPC, f"{(total - offset) / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free")


def _storage_error(job: _Job, error: OSError) -> WeightsError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        job.part.unlink(missing_ok=True)  # a full disk is not left full
        job.announced.unlink(missing_ok=True)
        hint = "free some space, or set ZOOM3D_CACHE to a folder elsewhere"
        return WeightsError(f"no room in {job.part.parent} for {job.url}: {reason(error)}", hint=hint)
    return WeightsError(f"{job.part} cannot be written: {reason(error)}", hint="set ZOOM3D_CACHE to a writable folder")
