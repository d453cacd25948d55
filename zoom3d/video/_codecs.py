"""The codecs that more than one format can hold.

All are fed BT.709 limited range. Key frames: YouTube asks for a closed GOP of half the frame rate and two B-frames in H.264;
the newer codecs pay more for key frames and get one every two seconds.
"""

from __future__ import annotations

from zoom3d.video import _hardware
from zoom3d.video._format import BT709, CrfRange, Encoder, Encoding, VideoCodec
from zoom3d.video._rates import rate_and_buffer


def _x264(encoding: Encoding) -> list[str]:
    """Veryfast with a step less of motion search, fewer ways to part a block, and always as many B-frames as there may be: two
    thirds of the time, a tenth more bits, as good to look at.
    """
    rate, buffer = rate_and_buffer(encoding)
    return [
        *("-preset", "veryfast", "-subq", "1", "-partitions", "i8x8", "-b_strategy", "0"),
        *("-profile:v", "high", "-crf", str(encoding.crf)),
        *("-maxrate", str(rate), "-bufsize", str(buffer)),
        *("-g", str(encoding.gop), "-keyint_min", str(encoding.gop), "-sc_threshold", "0"),
        *("-bf", str(encoding.b_frames), "-flags:v", "+cgop"),
        *("-pix_fmt", "yuv420p", *BT709),
    ]


def _x265(encoding: Encoding) -> list[str]:
    gop = encoding.gop
    settings = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:bframes={encoding.b_frames}:log-level=error"
    if encoding.bitrate_max is not None:
        rate, buffer = rate_and_buffer(encoding)
        settings += f":vbv-maxrate={rate // 1000}:vbv-bufsize={buffer // 1000}"
    return [
        *("-preset", "superfast", "-crf", str(encoding.crf), "-x265-params", settings),
        *("-pix_fmt", encoding.pixel_format, *BT709),
    ]


def _vpx(encoding: Encoding) -> list[str]:
    return [
        *("-deadline", "realtime", "-cpu-used", "6", "-row-mt", "1", "-tile-columns", "2"),
        *("-crf", str(encoding.crf), "-b:v", "0", "-g", str(encoding.gop), "-keyint_min", str(encoding.gop)),
        *("-pix_fmt", "yuv420p", *BT709),
    ]


def _svt_av1(encoding: Encoding) -> list[str]:
    return ["-preset", "10", "-crf", str(encoding.crf), "-g", str(encoding.gop), "-pix_fmt", encoding.pixel_format, *BT709]


def _aom(encoding: Encoding) -> list[str]:
    tiles = "1" if encoding.width > 64 else "0"  # logarithm of their number; none is narrower than a superblock
    return [
        *("-usage", "realtime", "-cpu-used", "8", "-row-mt", "1", "-tile-columns", tiles),
        *("-crf", str(encoding.crf), "-b:v", "0", "-g", str(encoding.gop), "-keyint_min", str(encoding.gop)),
        *("-pix_fmt", encoding.pixel_format, *BT709),
    ]


def _prores(encoding: Encoding) -> list[str]:
    return ["-profile:v", "3", "-vendor", "apl0", "-pix_fmt", encoding.pixel_format, *BT709]


H264 = VideoCodec(
    "h264",
    "H.264",
    (Encoder("libx264", _x264), *_hardware.encoders("h264")),
    "yuv420p",
    CrfRange(1, 51, 19),
    side_multiple=(2, 2),
    gop_s=0.5,
)
H265 = VideoCodec(
    "h265",
    "H.265",
    (Encoder("libx265", _x265), *_hardware.encoders("h265")),
    "yuv420p",
    CrfRange(0, 51, 22),
    side_multiple=(2, 2),
    gop_s=2.0,
    deep_layout="yuv420p10",
)
VP9 = VideoCodec("vp9", "VP9", (Encoder("libvpx-vp9", _vpx),), "yuv420p", CrfRange(0, 63, 30), side_multiple=(2, 2), gop_s=2.0)
AV1 = VideoCodec(
    "av1",
    "AV1",
    (Encoder("libsvtav1", _svt_av1), Encoder("libaom-av1", _aom), *_hardware.encoders("av1")),
    "yuv420p",
    CrfRange(1, 63, 28),
    side_multiple=(2, 2),
    gop_s=2.0,
    deep_layout="yuv420p10",
)
PRORES = VideoCodec("prores", "ProRes", (Encoder("prores_ks", _prores),), "yuv422p10", side_multiple=(2, 1))
