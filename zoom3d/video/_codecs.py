"""The codecs that more than one format can hold.

All are fed BT.709 limited range. Key frames: YouTube asks for a closed GOP of half the frame rate and two B-frames in H.264;
the newer codecs pay more for key frames and get one every two seconds.
"""

from __future__ import annotations

from fractions import Fraction

from zoom3d.video._format import CrfRange, Encoder, Encoding, VideoCodec

FULL_HD_PIXELS = 1920 * 1080
FULL_HD_PEAK_BITRATE = 25_000_000
"""What Instagram takes; other sizes in proportion to their area."""

BT709 = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
"""As input and as output arguments: equal on both sides, so that nothing is converted."""


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


def _x264(encoding: Encoding) -> list[str]:
    rate, buffer = rate_and_buffer(encoding)
    return [
        *("-preset", "veryfast", "-profile:v", "high", "-crf", str(encoding.crf)),
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
    return ["-preset", "superfast", "-crf", str(encoding.crf), "-x265-params", settings, "-pix_fmt", "yuv420p", *BT709]


def _vpx(encoding: Encoding) -> list[str]:
    return [
        *("-deadline", "realtime", "-cpu-used", "6", "-row-mt", "1", "-tile-columns", "2"),
        *("-crf", str(encoding.crf), "-b:v", "0", "-g", str(encoding.gop), "-keyint_min", str(encoding.gop)),
        *("-pix_fmt", "yuv420p", *BT709),
    ]


def _svt_av1(encoding: Encoding) -> list[str]:
    return ["-preset", "10", "-crf", str(encoding.crf), "-g", str(encoding.gop), "-pix_fmt", "yuv420p", *BT709]


def _aom(encoding: Encoding) -> list[str]:
    return [
        *("-usage", "realtime", "-cpu-used", "8", "-row-mt", "1", "-tile-columns", "1"),
        *("-crf", str(encoding.crf), "-b:v", "0", "-g", str(encoding.gop), "-keyint_min", str(encoding.gop)),
        *("-pix_fmt", "yuv420p", *BT709),
    ]


def _prores(encoding: Encoding) -> list[str]:
    to_yuv = "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int+bitexact,format=yuv422p10le"
    tags = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    return ["-vf", f"{to_yuv},{tags}", "-profile:v", "3", "-vendor", "apl0", *BT709]


H264 = VideoCodec(
    "h264", "H.264", (Encoder("libx264", _x264),), "yuv420p", CrfRange(1, 51, 19), side_multiple=(2, 2), gop_s=0.5
)
H265 = VideoCodec(
    "h265", "H.265", (Encoder("libx265", _x265),), "yuv420p", CrfRange(0, 51, 22), side_multiple=(2, 2), gop_s=2.0
)
VP9 = VideoCodec("vp9", "VP9", (Encoder("libvpx-vp9", _vpx),), "yuv420p", CrfRange(0, 63, 30), side_multiple=(2, 2), gop_s=2.0)
AV1 = VideoCodec(
    "av1",
    "AV1",
    (Encoder("libsvtav1", _svt_av1), Encoder("libaom-av1", _aom)),
    "yuv420p",
    CrfRange(1, 63, 28),
    side_multiple=(2, 2),
    gop_s=2.0,
)
PRORES = VideoCodec("prores", "ProRes", (Encoder("prores_ks", _prores),), "rgb24", side_multiple=(2, 1))
