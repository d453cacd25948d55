"""Animated WebP: lossy, loops for ever."""

from __future__ import annotations

from zoom3d.video._format import Encoder, Encoding, Format, VideoCodec


def _webp(encoding: Encoding) -> list[str]:
    return ["-pix_fmt", "bgra", "-lossless", "0", "-quality", "80", "-compression_level", "3", "-loop", "0"]


FORMAT = Format(
    title="WebP",
    codecs=(VideoCodec("webp", "WebP", (Encoder("libwebp_anim", _webp),), "rgb24", side_max=16383),),
    output_name="clip.webp",
    arguments=("-f", "webp"),
)
