"""What the tests of photographs share."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

Write = Callable[..., Path]

REFUSING = """
import sys
from zoom3d.errors import PhotoError
from zoom3d.photo import load
try:
    load(sys.argv[1])
except PhotoError:
    pass
else:
    sys.exit("it was accepted")
"""


def difference(first: np.ndarray, second: np.ndarray) -> float:
    """Mean absolute difference of two pictures of one size, in levels of 255."""
    assert first.shape == second.shape
    return float(np.abs(first.astype(np.float32) - second.astype(np.float32)).mean())


def tiff(samples: np.ndarray, tags: dict[int, int], order: str = "<") -> bytes:
    """An uncompressed TIFF of one strip of (H, W) uint8 or uint16 samples; ``tags`` (number: 32-bit value) go over its own."""
    pixels = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    height, width = samples.shape
    own = {256: width, 257: height, 258: 8 * samples.itemsize, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: len(pixels)}
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in sorted((own | tags).items()))
    header = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(pixels))
    return header + pixels + struct.pack(order + "H", len(own | tags)) + entries + bytes(4)
