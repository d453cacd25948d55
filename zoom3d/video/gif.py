"""GIF, with one palette made from every frame.

The palette is known when the last frame has been seen. The frames wait for it in a lossless file beside the target instead
of in memory, where three seconds of 1080x1920 would take 750 MB.

The dither is ordered: its pattern stands still while the picture moves, and compresses to three quarters of what
error diffusion does.
"""

from __future__ import annotations

from zoom3d.video._format import Encoder, Encoding, Format, VideoCodec

WAITING = "waiting.nut"
PALETTE = "palette.png"


_ENOUGH_PX = 250_000
"""A frame of so many pixels tells its colours by every second one of every second row as well, in a third of the time."""


def _collect(encoding: Encoding) -> list[str]:
    sample = "scale=iw/2:ih/2:flags=neighbor," if encoding.width * encoding.height >= _ENOUGH_PX else ""
    palette = f"{sample}palettegen=stats_mode=full"
    return [
        *("-filter_complex", f"[0:v]split[kept][seen];[kept]format=gbrp[frames];[seen]{palette}[palette]"),
        *("-map", "[frames]", "-c:v", "utvideo", "-f", "nut", WAITING),
        *("-map", "[palette]", "-c:v", "png", "-f", "image2", "-update", "1", PALETTE),
    ]


def _draw(encoding: Encoding) -> list[str]:
    return [
        *("-i", WAITING, "-i", PALETTE),
        *("-filter_complex", "[0:v][1:v]paletteuse=dither=bayer:bayer_scale=4[out]", "-map", "[out]"),
        *("-c:v", "gif", "-loop", "0", "-f", "gif", "clip.gif"),
    ]


FORMAT = Format(
    title="GIF",
    codecs=(VideoCodec("gif", "GIF", (Encoder("gif", lambda encoding: []),), "rgb24", side_max=65535),),
    output_name="clip.gif",
    arguments=(),
    fps_max=50,
    passes=(_collect, _draw),
)
