"""How the boxes of an MP4 or MOV file lie (ISO/IEC 14496-12): what ffmpeg does not tell of them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_PARENTS = (b"moov", b"trak", b"edts")


@dataclass(frozen=True)
class Layout:
    """brand: the major brand of the file. moov_first: before ``mdat``. edit_list: whether any track has one."""

    brand: str
    moov_first: bool
    edit_list: bool


def layout(path: Path) -> Layout | None:
    """What is to be known of the file's boxes; None where it has none."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        found = list(_boxes(stream, 0, size))
        kinds = [kind for kind, _ in found]
        if b"moov" not in kinds and b"mdat" not in kinds:
            return None
        stream.seek(next((start for kind, start in found if kind == b"ftyp"), size))
        first = next(kind for kind in kinds if kind in (b"moov", b"mdat"))
        return Layout(stream.read(4).decode("latin-1").strip(), first == b"moov", b"elst" in kinds)


def _boxes(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Kind and place of the content of every box in ``start`` to ``end``, and of those inside the parents of edit lists."""
    while start + 8 <= end:
        stream.seek(start)
        length, kind = struct.unpack(">I4s", stream.read(8))
        content = start + 8
        if length == 1:
            long = stream.read(8)
            content, length = start + 16, struct.unpack(">Q", long)[0] if len(long) == 8 else 0
        elif length == 0:
            length = end - start
        if length < content - start:
            return
        yield kind, content
        if kind in _PARENTS:
            yield from _boxes(stream, content, min(start + length, end))
        start += length
