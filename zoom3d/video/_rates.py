"""How many bits a second a clip may have."""

from __future__ import annotations

from fractions import Fraction

from zoom3d.video._format import Encoding

FULL_HD_PIXELS = 1920 * 1080
FULL_HD_PEAK_BITRATE = 25_000_000
"""What Instagram takes; other sizes in proportion to their area."""


def peak_bitrate(encoding: Encoding) -> int:
    """Bits a second that H.264 may not exceed, however noisy the picture."""
    return FULL_HD_PEAK_BITRATE * max(encoding.width * encoding.height, FULL_HD_PIXELS) // FULL_HD_PIXELS


def rate_and_buffer(encoding: Encoding) -> tuple[int, int]:
    """Rate and size of the buffer that a decoder is thought to have: what limits the clip's bits.

    An average over T seconds is kept with a buffer of half a second, which begins nine tenths full: (T + 0.45) times the rate.
    """
    if encoding.bitrate_max is None:
        return (peak_bitrate(encoding),) * 2
    rate = int(encoding.bitrate_max * encoding.duration_s / (encoding.duration_s + Fraction(45, 100)))
    rate = min(rate, peak_bitrate(encoding))
    return rate, rate // 2
