"""Colour told by numbers (ITU-T H.273), as HEIC and AVIF files may: turned into the profile that the numbers stand for."""

from __future__ import annotations

import io
import struct

import numpy as np

from zoom3d import srgb
from zoom3d.photo.files import Stream

_HEAD_BYTES = 1 << 16
_COLOUR_BOX = b"colrnclx"
_CURVE_POINTS = 1024
_SRGB_LIKE = {1, 2, 6, 13, 14, 15}  # transfer characteristics whose pictures are shown as sRGB ones are; 2 = not told
_WHITE = (0.9642, 1.0, 0.8249)  # D50
# XYZ of red, green and blue by colour primaries, adapted to D50 as profiles want them.
_PRIMARIES = {
    9: ((0.67348, 0.27904, -0.00194), (0.16566, 0.67535, 0.02998), (0.12505, 0.04561, 0.79688)),  # BT.2020
    12: ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),  # Display P3
}


def profile_in(stream: Stream) -> bytes | None:
    """The profile for the first colour box of the file; None where colours are sRGB's, high dynamic range, or not told."""
    stream.seek(0, io.SEEK_SET)
    head = stream.read(_HEAD_BYTES)
    start = head.find(_COLOUR_BOX)
    if start < 0 or start + 12 > len(head):
        return None
    primaries, transfer = struct.unpack_from(">HH", head, start + len(_COLOUR_BOX))
    return _profile(_PRIMARIES[primaries]) if primaries in _PRIMARIES and transfer in _SRGB_LIKE else None


def _profile(primaries: tuple[tuple[float, float, float], ...]) -> bytes:
    """An ICC profile of version 2 (ICC.1:2001-04, 6) of these primaries and the curve of sRGB."""
    points = np.rint(65535 * srgb.linear(np.linspace(0, 1, _CURVE_POINTS))).astype(">u2")
    curve = b"curv" + struct.pack(">II", 0, _CURVE_POINTS) + points.tobytes()
    tags = {b"wtpt": _xyz(_WHITE), b"desc": b"desc" + struct.pack(">II", 0, 5) + b"CICP\0" + bytes(78)}
    for letter, primary in zip((b"r", b"g", b"b"), primaries, strict=True):
        tags |= {letter + b"XYZ": _xyz(primary), letter + b"TRC": curve}
    offset, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I", offset + len(body)) + bytes(4) + b"\x02\x40\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    return head + _xyz(_WHITE)[8:] + bytes(48) + table + body


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + struct.pack(">I3i", 0, *(round(value * 65536) for value in values))
