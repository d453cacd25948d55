"""WebM: for web pages."""

from __future__ import annotations

from zoom3d.video import _codecs
from zoom3d.video._format import AudioCodec, Format

FORMAT = Format(
    title="WebM",
    codecs=(_codecs.VP9, _codecs.AV1),
    output_name="clip.webm",
    arguments=("-f", "webm"),
    audio=AudioCodec("Opus", ("-c:a", "libopus", "-b:a", "160k")),
)
