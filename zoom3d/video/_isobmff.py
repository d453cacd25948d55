"""What MP4 and MOV have in common.

Instagram refuses edit lists. They are what normally hides the delay of B-frames and of the AAC encoder, so here neither is
delayed: negative composition offsets (version 1 of the ``ctts`` box) let the first picture start at 0, and the sound's time
stamps are moved so that the encoder's first packet, which is silence, starts at 0 as well.
"""

from __future__ import annotations

from zoom3d.video._format import AudioCodec

ARGUMENTS = ("-movflags", "+faststart+negative_cts_offsets", "-use_editlist", "0")

CODEC_TAGS = {"h265": "hvc1"}
"""Apple's players open H.265 only under this name."""

AAC_FRAME_SAMPLES = 1024

AAC = AudioCodec(
    "AAC",
    ("-c:a", "aac", "-b:a", "192k", "-bsf:a", f"setts=ts=TS+{AAC_FRAME_SAMPLES}"),
    priming_samples=AAC_FRAME_SAMPLES,
)
