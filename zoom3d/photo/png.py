"""The chunks of a PNG file (ISO/IEC 15948): tells a cut file from a damaged one, and drops extras whose check sum is wrong."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_SIGNATURE_BYTES = 8


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """(type, whole chunk, check sum is right) of each chunk that is there from end to end."""
    position = _SIGNATURE_BYTES
    while position + 12 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        if end > len(data):
            return
        chunk = data[position:end]
        yield chunk[4:8], chunk, zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")
        position = end


def is_cut(data: bytes) -> bool:
    """Whether the file ends before its end chunk."""
    return all(kind != b"IEND" for kind, _, _ in _chunks(data))


def without_broken_extras(data: bytes) -> bytes:
    """The file less the ancillary chunks (lower-case first letter) whose check sum is wrong: the picture does not need them."""
    kept = (chunk for kind, chunk, right in _chunks(data) if right or not kind[:1].islower())
    return data[:_SIGNATURE_BYTES] + b"".join(kept)
