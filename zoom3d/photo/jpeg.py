"""The structure of a JPEG file: where its segments and its end lie, and how much of a cut one is still there (ITU-T T.81)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Uint8

XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
XMP_EXTENSION_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
END = b"\xff\xd9"

# In the entropy-coded data FF 00 is a stuffed byte and FF D0 to FF D7 are restart markers: neither ends it.
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_APP1, _SOS, _EOI = 0xE1, 0xDA, 0xD9


@dataclass(frozen=True)
class Segment:
    """A marker segment; its payload lies at [start, end) of the file."""

    marker: int
    start: int
    end: int


@dataclass(frozen=True)
class Structure:
    """What a walk along a JPEG file finds.

    end: offset behind the end-of-image marker, or the file's length where there is none.
    complete: whether the end-of-image marker is there.
    all_scans_begun: whether every coefficient of every component has at least begun to arrive.
    block_rows: height in pixels of a row of minimum coded units.
    """

    segments: tuple[Segment, ...]
    end: int
    complete: bool
    all_scans_begun: bool
    block_rows: int


def walk(data: bytes, start: int = 0) -> Structure:
    """Follow the markers of the JPEG stream that begins at ``start``."""
    segments: list[Segment] = []
    position, complete = start + 2, False
    while found := _NEXT_MARKER.search(data, position):
        marker, position = data[found.end() - 1], found.end()
        if marker == _EOI:
            complete = True
            break
        if marker in (0x01, 0xD8):
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        if length < 2 or position + length > len(data):
            break
        segments.append(Segment(marker, position + 2, position + length))
        position += length
    end = position if complete else len(data)
    return Structure(tuple(segments), end, complete, _all_scans_begun(data, segments), _block_rows(data, segments))


def _block_rows(data: bytes, segments: list[Segment]) -> int:
    for segment in segments:
        if segment.marker in _FRAMES:
            payload = data[segment.start : segment.end]
            return 8 * max((factor & 15 for factor in payload[7::3]), default=1)
    return 8


def _all_scans_begun(data: bytes, segments: list[Segment]) -> bool:
    """Whether the scans so far, the last one counted as whole, carry every coefficient down to its last bit."""
    lowest_bit: dict[tuple[int, int], int] = {}
    components: list[int] = []
    sequential_scans = 0
    for segment in segments:
        payload = data[segment.start : segment.end]
        if segment.marker in _FRAMES:
            components = list(payload[6::3])
        if segment.marker == _SOS and payload and len(payload) >= 4 + 2 * payload[0]:
            first, last, bits = payload[1 + 2 * payload[0] : 4 + 2 * payload[0]]
            sequential_scans += last == 63 and first == 0
            for component in payload[1 : 1 + 2 * payload[0] : 2]:
                lowest_bit.update({(component, index): bits & 15 for index in range(first, min(last, 63) + 1)})
    every = ((component, index) for component in components for index in range(64))
    # Sequential pictures with a scan for each component lose whole colours at a cut, which no look at the rows shows.
    return bool(components) and sequential_scans <= 1 and all(lowest_bit.get(key) == 0 for key in every)


def xmp(data: bytes, structure: Structure) -> bytes:
    """The XMP packet and its extension (XMP specification part 3, 1.1.3.1), one after the other; empty where there is none."""
    packet, pieces = b"", {}
    for segment in structure.segments:
        if segment.marker != _APP1:
            continue
        payload = data[segment.start : segment.end]
        if payload.startswith(XMP_HEADER):
            packet += payload[len(XMP_HEADER) :]
        elif payload.startswith(XMP_EXTENSION_HEADER):
            offset = int.from_bytes(payload[len(XMP_EXTENSION_HEADER) + 36 :][:4], "big")
            pieces[offset] = payload[len(XMP_EXTENSION_HEADER) + 40 :]
    return packet + b"".join(pieces[offset] for offset in sorted(pieces))


def repaint_missing(samples: Uint8, block_rows: int) -> float:
    """Continue what decoded downwards over what did not, in place; return which share of the picture that is.

    samples: (H, W, C) uint8 of a sequential JPEG whose end is missing. A decoder leaves mid-grey where no data came:
        the right end of one row of blocks, and all rows below it.
    """
    height, width = samples.shape[:2]
    empty: NDArray[np.bool_] = np.all((samples >= 127) & (samples <= 129), axis=2)
    filled_rows = np.flatnonzero(~empty.all(axis=1))
    rows = int(filled_rows[-1]) + 1 if len(filled_rows) else 0
    if rows == 0:
        return 1.0
    top = (rows - 1) // block_rows * block_rows
    filled_columns = np.flatnonzero(~empty[top:rows].all(axis=0))
    columns = int(filled_columns[-1]) + 1
    if top > 0 and columns < width:
        samples[top:rows, columns:] = samples[top - 1, columns:]
    samples[rows:] = samples[rows - 1]
    lost_px = (height - rows) * width + (rows - top) * (width - columns)
    return float(lost_px / (height * width))
