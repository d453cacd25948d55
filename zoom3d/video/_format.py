"""What a clip is written as: the values that the plan makes, the formats declare and the writer follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from zoom3d.types import PixelLayout

BT709 = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
"""As input and as output arguments: equal on both sides, so that nothing is converted."""

NTSC_BASES = (24, 30, 48, 60, 120)


def frame_rate(fps: float) -> Fraction:
    """The rate that ``fps`` stands for: 29.97 is 30000/1001, 23.976 is 24000/1001, anything else is itself."""
    for base in NTSC_BASES:
        if abs(fps - base * 1000 / 1001) < 0.005:
            return Fraction(base * 1000, 1001)
    return Fraction(fps).limit_denominator(1000)


def bit_depth(layout: PixelLayout) -> int:
    return 10 if layout.endswith("10") else 8


@dataclass(frozen=True)
class Encoding:
    """What will be written: everything decided, nothing left to the writer.

    container: name of the format, which is also the suffix: "mp4", "mov", "webm", "gif", "webp", "png".
    codec: name of the codec as the user says it: "h264", "vp9", "gif".
    encoder: what ffmpeg calls the encoder: "libx264".
    layout: how the frames have to come.
    crf: on the codec's own scale; None where the codec has none.
    gop: frames from key frame to key frame.
    b_frames: most of them in a row, where the codec has any.
    bitrate_max: video bits a second that the clip may have on average; None = no limit but the codec's own.
    audio_bitrate: bits a second; None = the format's own.
    """

    container: str
    codec: str
    encoder: str
    layout: PixelLayout
    width: int
    height: int
    fps: Fraction
    frame_count: int
    crf: int | None
    gop: int
    b_frames: int = 2
    bitrate_max: int | None = None
    audio_bitrate: int | None = None

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """Shape of ``Frame.data``."""
        if self.layout == "rgb24":
            return self.height, self.width, 3
        return (2 * self.height if "422" in self.layout else self.height * 3 // 2), self.width

    @property
    def frame_dtype(self) -> str:
        """Of ``Frame.data``."""
        return "uint16" if self.bit_depth > 8 else "uint8"

    @property
    def bit_depth(self) -> int:
        return bit_depth(self.layout)

    @property
    def pixel_format(self) -> str:
        """What ffmpeg calls the layout."""
        return f"{self.layout}le" if self.bit_depth > 8 else self.layout

    @property
    def duration_s(self) -> Fraction:
        return self.frame_count / self.fps


Arguments = Callable[[Encoding], list[str]]


@dataclass(frozen=True)
class Encoder:
    """One of ffmpeg's encoders and how it is set up, as output arguments without ``-c:v``.

    family: "software", or the kind of hardware.
    """

    name: str
    arguments: Arguments
    family: str = "software"


@dataclass(frozen=True)
class CrfRange:
    low: int
    high: int
    default: int


@dataclass(frozen=True)
class VideoCodec:
    """How pictures are coded.

    encoders: by preference within their family.
    layout: of the frames that it takes; deep_layout: of those with ten bits, where it takes both.
    side_multiple: what width and height must be divisible by, because of chroma subsampling.
    gop_s: seconds from key frame to key frame; 0 where every frame stands alone.
    """

    name: str
    title: str
    encoders: tuple[Encoder, ...]
    layout: PixelLayout
    crf: CrfRange | None = None
    side_multiple: tuple[int, int] = (1, 1)
    side_max: int = 16384
    gop_s: float = 0.0
    deep_layout: PixelLayout | None = None


@dataclass(frozen=True)
class AudioCodec:
    """How sound is coded.

    priming_samples: silence that the encoder puts before the sound and that the container does not take away again.
    """

    title: str
    arguments: tuple[str, ...]
    priming_samples: int = 0


@dataclass(frozen=True)
class Format:
    """A kind of file. A module in this package that holds one as ``FORMAT`` is an output format, named by its suffix.

    codecs: what the file can hold; the first is the default.
    arguments: the muxer and its options.
    codec_tags: the four letters by which players of this format know a codec, where ffmpeg would take others.
    fps_max: the fastest rate that the format can express.
    sequence: one file a frame, in a folder.
    output_name: what ffmpeg is told to write, inside a folder of its own.
    passes: the arguments of several ffmpeg runs, where one with the codec's own is not enough. The first reads the frames.
    """

    title: str
    codecs: tuple[VideoCodec, ...]
    output_name: str
    arguments: tuple[str, ...]
    audio: AudioCodec | None = None
    codec_tags: Mapping[str, str] = field(default_factory=dict)
    fps_max: int = 240
    sequence: bool = False
    passes: tuple[Arguments, ...] = ()
