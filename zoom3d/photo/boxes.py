"""The boxes that HEIC, AVIF and JPEG 2000 files are made of (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import io

from zoom3d.photo.files import Stream


def is_cut(stream: Stream) -> bool:
    """Whether the last of the outermost boxes goes on behind the end of the file."""
    length = stream.seek(0, io.SEEK_END)
    position = 0
    while position + 8 <= length:
        stream.seek(position)
        head = stream.read(16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size < 8:  # 0 = up to the end of the file; all else is no box
            return False
        position += size
    return position > length
