"""From frames to a file: ffmpeg runs beside the rendering, and the file appears when it is whole."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from zoom3d.errors import OutputError
from zoom3d.types import Frame, Progress
from zoom3d.video import _audio, _ffmpeg, _loudness, _process
from zoom3d.video._audio import Soundtrack
from zoom3d.video._destination import Destination
from zoom3d.video._format import BT709, Encoding, Format
from zoom3d.video._plan import load_format
from zoom3d.video._process import FeedingStoppedError, FrameFeed

log = logging.getLogger(__name__)

STAGE = "video"


def write(
    frames: Iterable[Frame],
    encoding: Encoding,
    target: Path,
    *,
    audio: Path | None = None,
    loudness_lufs: float | None = None,
    progress: Progress | None = None,
) -> int:
    """Encode ``frames`` as ``encoding`` says and put the clip at ``destination(target)``; returns how many there were.

    Up to three frames are held while the next is rendered, so a frame's array must not be written to after it was
    handed over. There must be exactly ``encoding.frame_count`` of them. On any failure nothing is left behind and an
    older clip of that name stays as it was; ``frames`` is closed if it can be. A failing encoder is a ``VideoError``.

    audio: a sound file, cut or repeated to the clip's length and faded out.
    loudness_lufs: how loud it is made, by EBU R 128; None = as it is.
    """
    form = load_format(encoding.container)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_closing(frames))
        stack.enter_context(_process.terminations_raised())
        soundtrack = _soundtrack(form, audio)
        place = Destination.of(target, sequence=form.sequence)
        place.check()
        workspace = stack.enter_context(place.workspace())
        if soundtrack and form.audio and loudness_lufs is not None:
            soundtrack = _loudness.level(soundtrack, loudness_lufs, encoding, form.audio, workspace)
        first, *others = _commands(form, encoding, soundtrack)
        count = _feed(frames, encoding, first, workspace, progress)
        for command in others:
            result = _ffmpeg.run([*_ffmpeg.QUIET, *command], cwd=workspace)
            if result.returncode != 0:
                raise _process.failure(result.returncode, result.stderr.splitlines())
        place.publish(workspace, form.output_name)
    return count


def _soundtrack(form: Format, audio: Path | None) -> Soundtrack | None:
    if audio is None:
        return None
    if form.audio is None:
        raise OutputError(f"{form.title} files hold no sound", hint="leave --audio out, or write .mp4, .mov or .webm")
    return _audio.load(audio)


def _commands(form: Format, encoding: Encoding, soundtrack: Soundtrack | None) -> list[list[str]]:
    """Arguments of every ffmpeg run; the first reads the frames from its standard input."""
    source = [
        *_ffmpeg.QUIET,
        *("-f", "rawvideo", "-pixel_format", encoding.pixel_format, "-video_size", f"{encoding.width}x{encoding.height}"),
        *("-framerate", str(encoding.fps), *(() if encoding.layout == "rgb24" else BT709), "-i", "pipe:0"),
    ]
    if form.passes:
        first, *others = (arguments(encoding) for arguments in form.passes)
        return [[*source, *first], *others]
    return [
        [
            *source,
            *(soundtrack.input_arguments() if soundtrack else ()),
            *("-map", "0:v:0", "-fps_mode", "passthrough"),
            *_codec_arguments(form, encoding),
            *(("-map", "1:a:0", *soundtrack.output_arguments(encoding, form.audio)) if soundtrack and form.audio else ()),
            *_ffmpeg.DETERMINISTIC,
            *form.arguments,
            form.output_name,
        ]
    ]


def _codec_arguments(form: Format, encoding: Encoding) -> list[str]:
    codec = next(codec for codec in form.codecs if codec.name == encoding.codec)
    encoder = next(encoder for encoder in codec.encoders if encoder.name == encoding.encoder)
    tag = form.codec_tags.get(codec.name)
    return ["-c:v", encoder.name, *encoder.arguments(encoding), *(("-tag:v", tag) if tag else ())]


def _feed(frames: Iterable[Frame], encoding: Encoding, command: list[str], workspace: Path, progress: Progress | None) -> int:
    count = 0
    with FrameFeed(command, workspace) as feed:
        with contextlib.suppress(FeedingStoppedError):
            for frame in frames:
                _check(frame, encoding, count)
                feed.send(frame)
                count += 1
                if progress is not None:
                    progress(STAGE, count, encoding.frame_count)
            if count != encoding.frame_count:
                raise ValueError(f"the clip was to have {encoding.frame_count} frames, and {count} came")
        feed.finish()
    return count


def _check(frame: Frame, encoding: Encoding, count: int) -> None:
    if (
        frame.layout != encoding.layout
        or frame.data.shape != encoding.frame_shape
        or frame.data.dtype.name != encoding.frame_dtype
    ):
        raise ValueError(
            f"frame {count} is {frame.layout} {frame.data.shape} {frame.data.dtype}, "
            f"not {encoding.layout} {encoding.frame_shape} {encoding.frame_dtype}"
        )
    if count >= encoding.frame_count:
        raise ValueError(f"the clip was to have {encoding.frame_count} frames, and more came")


@contextlib.contextmanager
def _closing(frames: Iterable[Frame]) -> Iterator[None]:
    """Close a generator of frames at once when the writing fails, so that the renderer lets go of the GPU."""
    try:
        yield
    finally:
        close = getattr(frames, "close", None)
        if close is not None:
            close()
