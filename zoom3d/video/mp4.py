"""MP4: what every platform takes."""

from __future__ import annotations

from zoom3d.video import _codecs, _isobmff
from zoom3d.video._format import Format

FORMAT = Format(
    title="MP4",
    codecs=(_codecs.H264, _codecs.H265, _codecs.AV1, _codecs.VP9),
    output_name="clip.mp4",
    arguments=("-f", "mp4", *_isobmff.ARGUMENTS),
    audio=_isobmff.AAC,
    codec_tags=_isobmff.CODEC_TAGS,
)
