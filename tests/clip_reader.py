"""What a written clip holds, by eyes that are not ffmpeg's command line: PyAV for films, Pillow for picture files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from PIL import Image

from zoom3d import video
from zoom3d.types import Frame, OutputSpec
from zoom3d.video import Encoding
from zoom3d.video._plan import formats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Uint8 = NDArray[np.uint8]

CASES = [(suffix, codec.name) for suffix, form in formats().items() for codec in form.codecs]
FILMS = [case for case in CASES if case[0] in ("mp4", "mov", "webm")]
PICTURES = [suffix for suffix in formats() if suffix in ("gif", "webp")]


def gradient(index: int, width: int, height: int) -> Uint8:
    """(H, W, 3) uint8: a slope of colours that moves by some pixels a frame, smooth enough for every codec."""
    x = np.linspace(0, 2 * np.pi, width)[None, :] + 0.15 * index
    y = np.linspace(0, 2 * np.pi, height)[:, None] - 0.1 * index
    channels = [128 + 80 * np.sin(x + 0 * y), 128 + 80 * np.sin(y + 0 * x), 128 + 60 * np.sin(x + y)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def bt709_planes(rgb: Uint8, encoding: Encoding) -> NDArray[np.generic]:
    """Planes as the encoding wants them, BT.709 limited range, chroma averaged over its pixels, from (H, W, 3) uint8."""
    down, finer = (1 if "422" in encoding.layout else 2), 2 ** (encoding.bit_depth - 8)
    red, green, blue = np.moveaxis(rgb.astype(np.float64) / 255, -1, 0)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    half = [
        ((channel - luma) / scale).reshape(rgb.shape[0] // down, down, rgb.shape[1] // 2, 2).mean(axis=(1, 3))
        for channel, scale in ((blue, 1.8556), (red, 1.5748))
    ]
    planes = [16 + 219 * luma, *(128 + 224 * chroma for chroma in half)]
    codes = [(finer * plane).round().astype(encoding.frame_dtype).ravel() for plane in planes]
    return np.concatenate(codes).reshape(-1, rgb.shape[1])


def bt709_rgb(frame: av.VideoFrame) -> NDArray[np.float64]:
    """(H, W, 3) in [0, 255]: the picture when its planes are read as BT.709 limited range."""
    planes = []
    for number, plane in enumerate(frame.planes):
        wide = frame.format.components[number].bits > 8
        samples = np.frombuffer(bytes(plane), np.uint16 if wide else np.uint8)
        samples = samples.reshape(plane.height, -1)[:, : plane.width] / (4.0 if wide else 1.0)
        planes.append(samples.repeat(frame.height // plane.height, 0).repeat(frame.width // plane.width, 1))
    luma, blue, red = (planes[0] - 16) / 219, (planes[1] - 128) / 224, (planes[2] - 128) / 224
    channels = [luma + 1.5748 * red, luma - 0.1873 * blue - 0.4681 * red, luma + 1.8556 * blue]
    return np.clip(np.stack(channels, axis=-1), 0, 1) * 255


def frame_of(rgb: Uint8, encoding: Encoding) -> Frame:
    return Frame(rgb if encoding.layout == "rgb24" else bt709_planes(rgb, encoding), encoding.layout)  # type: ignore[arg-type]


def gradients(encoding: Encoding) -> Iterator[Frame]:
    for index in range(encoding.frame_count):
        yield frame_of(gradient(index, encoding.width, encoding.height), encoding)


def spec(
    codec: str | None = None, *, frames: int = 25, fps: float = 25, width: int = 92, height: int = 164, crf: int | None = None
) -> OutputSpec:
    return OutputSpec(width, height, fps=fps, duration_s=frames / fps, codec=codec, crf=crf)  # type: ignore[arg-type]


def write_gradients(target: Path, output: OutputSpec, *, audio: Path | None = None) -> Encoding:
    encoding = video.plan(target, output, audio=audio)
    assert video.write(gradients(encoding), encoding, target, audio=audio) == output.frame_count
    return encoding


@dataclass(frozen=True)
class Film:
    """A film as PyAV sees it. rgb: (N, H, W, 3) in [0, 255], read as BT.709."""

    codec: str
    tag: str
    profile: str
    pixel_format: str
    tags: tuple[int, int, int, int]
    rate: Fraction
    times: list[Fraction]
    key_frames: list[int]
    kinds: str
    leading: int
    rgb: NDArray[np.float64]


def read_film(path: Path) -> Film:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        frames = list(container.decode(stream))
        tags = {(int(f.color_primaries), int(f.color_trc), int(f.colorspace), int(f.color_range)) for f in frames}
        assert len(tags) == 1
        return Film(
            codec=context.name,
            tag=context.codec_tag,
            profile=str(context.profile),
            pixel_format=str(context.pix_fmt),
            tags=tags.pop(),
            rate=stream.average_rate,
            times=[Fraction(f.pts) * f.time_base for f in frames],
            key_frames=[number for number, f in enumerate(frames) if f.key_frame],
            kinds="".join("?IPB"[int(f.pict_type)] for f in frames),
            leading=_leading_packets(path),
            rgb=np.stack([bt709_rgb(f) for f in frames]),
        )


def _leading_packets(path: Path) -> int:
    """Packets shown before the key frame that they follow in the file: what makes a group of pictures open."""
    with av.open(str(path)) as container:
        count, key_time = 0, None
        for packet in container.demux(video=0):
            if packet.pts is None:
                continue
            key_time = packet.pts if packet.is_keyframe else key_time
            count += key_time is None or packet.pts < key_time
    return count


def read_sound(path: Path) -> tuple[int, NDArray[np.float32]]:
    """Rate in Hz and (2, samples) float32 of a clip's sound."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
        return frames[0].sample_rate, np.concatenate([f.to_ndarray() for f in frames], axis=1)


def read_pictures(path: Path) -> tuple[list[Uint8], list[int]]:
    """Every picture of an animation as (H, W, 3) uint8, and for how many milliseconds each is shown."""
    pictures, times = [], []
    with Image.open(path) as image:
        assert image.info.get("loop") == 0, "it does not loop for ever"
        for number in range(image.n_frames):  # type: ignore[attr-defined]
            image.seek(number)
            pictures.append(np.asarray(image.convert("RGB")))
            times.append(int(image.info["duration"]))
    return pictures, times
