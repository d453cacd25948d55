"""Numbered PNG files: ``clip.png`` asks for ``clip/frame_00001.png``, ``clip/frame_00002.png``, …"""

from __future__ import annotations

from zoom3d.video._format import Encoder, Encoding, Format, VideoCodec


def _png(encoding: Encoding) -> list[str]:
    return ["-pix_fmt", "rgb24", "-compression_level", "4", "-pred", "mixed"]


FORMAT = Format(
    title="PNG",
    codecs=(VideoCodec("png", "PNG", (Encoder("png", _png),), "rgb24"),),
    output_name="frame_%05d.png",
    arguments=("-f", "image2", "-start_number", "1"),
    sequence=True,
)
