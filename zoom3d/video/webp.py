"""Animated WebP: lossy, loops for ever.

Every picture is coded whole (``libwebp``). ``libwebp_anim`` codes differences, of which a moving camera leaves nothing
alike, and drops pictures that repeat, so that a clip that stands still would lose its length.
"""

from __future__ import annotations

from zoom3d.video._format import Encoder, Encoding, Format, VideoCodec


def _webp(encoding: Encoding) -> list[str]:
    return ["-pix_fmt", "bgra", "-lossless", "0", "-quality", "80", "-compression_level", "2", "-loop", "0"]


FORMAT = Format(
    title="WebP",
    codecs=(VideoCodec("webp", "WebP", (Encoder("libwebp", _webp),), "rgb24", side_max=16383),),
    output_name="clip.webp",
    arguments=("-f", "webp"),
)
