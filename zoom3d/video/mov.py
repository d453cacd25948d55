"""QuickTime: for editing programs."""

from __future__ import annotations

from zoom3d.video import _codecs, _isobmff
from zoom3d.video._format import Format

FORMAT = Format(
    title="MOV",
    codecs=(_codecs.H264, _codecs.H265, _codecs.PRORES),
    output_name="clip.mov",
    arguments=("-f", "mov", *_isobmff.ARGUMENTS),
    audio=_isobmff.AAC,
    codec_tags=_isobmff.CODEC_TAGS,
)
