"""Encoders in graphics chips, and how each is set up for about the quality that a constant rate factor means in software.

None of them is taken for granted because ffmpeg knows its name: drivers, chips and their limits differ. A trial decides.
"""

from __future__ import annotations

from zoom3d.video._format import BT709, Encoder, Encoding
from zoom3d.video._rates import rate_and_buffer

FAMILIES = ("nvenc", "videotoolbox", "qsv", "amf", "vaapi")
"""NVIDIA; Apple; Intel Quick Sync; AMD; and what Linux offers for Intel and AMD. In the order in which they are tried."""

_FFMPEG_NAMES = {"h264": "h264", "h265": "hevc", "av1": "av1"}
_CRF_MAX = {"h264": 51, "h265": 51, "av1": 63}


def encoders(codec: str) -> tuple[Encoder, ...]:
    """Those of a codec; Apple's chips code no AV1."""
    families = [family for family in FAMILIES if (family, codec) != ("videotoolbox", "av1")]
    return tuple(Encoder(f"{_FFMPEG_NAMES[codec]}_{family}", _ARGUMENTS[family], family) for family in families)


def _limits(encoding: Encoding, quality: list[str]) -> list[str]:
    """The quality that is asked for, or, where the clip's bits are limited, the most that fits."""
    group = ["-g", str(encoding.gop), *BT709]
    if encoding.bitrate_max is None:
        return [*quality, *group]
    rate, buffer = rate_and_buffer(encoding)
    return ["-b:v", str(rate), "-maxrate", str(rate), "-bufsize", str(buffer), *group]


def _quality(encoding: Encoding, most: int) -> str:
    """The constant rate factor on a scale of 0 to ``most``."""
    return str(round((encoding.crf or 0) * most / _CRF_MAX[encoding.codec]))


def _pixels(encoding: Encoding, narrow: str) -> str:
    return "p010le" if encoding.bit_depth == 10 else narrow


def _nvenc(encoding: Encoding) -> list[str]:
    quality = ["-rc", "vbr", "-cq", _quality(encoding, 51), "-b:v", "0"]
    return ["-preset", "p5", *_limits(encoding, quality), "-bf", "0", "-pix_fmt", _pixels(encoding, "yuv420p")]


def _videotoolbox(encoding: Encoding) -> list[str]:
    quality = ["-q:v", str(max(1, 100 - int(_quality(encoding, 95))))]  # 1 to 100, more is better
    return [*_limits(encoding, quality), "-bf", "0", "-pix_fmt", _pixels(encoding, "nv12")]


def _qsv(encoding: Encoding) -> list[str]:
    quality = ["-global_quality", _quality(encoding, 51)]
    return [*_limits(encoding, quality), "-bf", "0", "-pix_fmt", _pixels(encoding, "nv12")]


def _amf(encoding: Encoding) -> list[str]:
    level = _quality(encoding, 255 if encoding.codec == "av1" else 51)
    quality = ["-rc", "cqp", "-qp_i", level, "-qp_p", level]
    return ["-quality", "balanced", *_limits(encoding, quality), "-pix_fmt", _pixels(encoding, "nv12")]


def _vaapi(encoding: Encoding) -> list[str]:
    quality = ["-rc_mode", "CQP", "-qp", _quality(encoding, 255 if encoding.codec == "av1" else 51)]
    upload = f"format={_pixels(encoding, 'nv12')},hwupload"
    return ["-vaapi_device", "/dev/dri/renderD128", "-vf", upload, *_limits(encoding, quality), "-bf", "0"]


_ARGUMENTS = {"nvenc": _nvenc, "videotoolbox": _videotoolbox, "qsv": _qsv, "amf": _amf, "vaapi": _vaapi}
