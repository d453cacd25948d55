"""What a batch has made, a line of JSON for every clip: written once, never rewritten, readable after any kill."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from zoom3d.errors import BatchError, reason

log = logging.getLogger(__name__)

FILE_NAME = "manifest.jsonl"


@dataclass(frozen=True)
class Stored:
    """A clip as it lies in the output folder. version: time of change in nanoseconds, or what the store tells changes by."""

    size_bytes: int
    version: str
    digest: str


@dataclass(frozen=True)
class Record:
    """What became of one clip.

    clip: its name in the output folder, with forward slashes. name: the part of it that stands for the photograph.
    photo, photo_digest: the photograph's path, and its content. options: what was asked for.
    key: stands for content, options and code together; another key means another clip.
    seconds: time by stage; what was done once for a photograph (photo, depth, layers) stands with its first clip.
    error, hint: where it could not be made; else ``stored`` says what was. trace: of an error nobody foresaw.
    """

    clip: str
    name: str
    photo: str
    photo_digest: str
    options: Mapping[str, object]
    key: str
    finished: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    frames: int = 0
    revealed_max: float | None = None
    coverage_min: float | None = None
    strength_used: float | None = None
    depth_source: str = ""
    renderer: str = ""
    warnings: tuple[str, ...] = ()
    stored: Stored | None = None
    error: str | None = None
    hint: str | None = None
    trace: str | None = None

    def line(self) -> bytes:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=True).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Record:
        """The record that ``line`` gave; a ValueError or TypeError where it is none."""
        table = json.loads(line)
        if not isinstance(table, dict) or not all(isinstance(table.get(key), str) for key in ("clip", "name", "photo", "key")):
            raise ValueError("not an object of a record")
        stored = table.pop("stored", None)
        return cls(
            **{
                **table,
                "warnings": tuple(table.get("warnings", ())),
                "stored": Stored(**stored) if stored is not None else None,
            }
        )


class Manifest:
    """The latest record of every clip, and the file that they stand in, opened for appending.

    on_append: called after every record.
    """

    def __init__(self, stream: BinaryIO, records: dict[str, Record]) -> None:
        self.records = records
        self.on_append: Callable[[], None] = lambda: None
        self._stream = stream

    def append(self, record: Record) -> None:
        """Write the record so that it survives whatever comes next, a power cut included."""
        try:
            self._stream.write(record.line())
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise BatchError(
                f"the manifest cannot be written: {reason(error)}", hint="make room, then run the same command again"
            ) from error
        self.records[record.clip] = record
        self.on_append()


def read(path: Path) -> dict[str, Record]:
    """The latest record of every clip; none where there is no file. A torn line, of a batch that was killed, is passed over."""
    records: dict[str, Record] = {}
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return records
    except OSError as error:
        raise BatchError(f"{path} cannot be read: {reason(error)}", hint="check its permissions") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = Record.from_line(line)
        except (ValueError, TypeError, RecursionError) as error:
            log.info("line %d of %s is torn and is passed over: %s", number, path, error)
            continue
        records[record.clip] = record
    return records


@contextmanager
def opened(path: Path) -> Iterator[Manifest]:
    """The manifest at ``path``, to be read and added to; nobody else may have it open. Where nothing is added, none is left."""
    records = read(path)
    try:
        stream = path.open("a+b")
    except OSError as error:
        raise BatchError(f"{path} cannot be written: {reason(error)}", hint="choose another folder with -o") from error
    try:
        if stream.seek(0, os.SEEK_END) > 0:
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                stream.write(b"\n")  # ends the torn line, so that it spoils no other
        yield Manifest(stream, records)
    finally:
        with suppress(OSError):  # of what could not be written ``append`` has told
            stream.close()
        with suppress(OSError):
            if path.stat().st_size == 0:
                path.unlink()
