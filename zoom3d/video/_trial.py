"""Whether an encoder works here: it is made to encode one frame as large as the clip's."""

from __future__ import annotations

import functools
import math
import os
import subprocess

from zoom3d.errors import VideoError
from zoom3d.video import _ffmpeg
from zoom3d.video._format import BT709, Encoder, Encoding

PATIENCE_S = 20.0


def reason_against(encoder: Encoder, encoding: Encoding) -> str | None:
    """Why ``encoder`` cannot encode what ``encoding`` says; None = it can."""
    if encoder.name not in _ffmpeg.compiled_encoders():
        return "this ffmpeg was built without it"
    source = ["-f", "rawvideo", "-pixel_format", encoding.pixel_format, "-video_size", f"{encoding.width}x{encoding.height}"]
    command = [
        *(*_ffmpeg.QUIET, *source, "-framerate", str(encoding.fps), *(BT709 if encoding.layout != "rgb24" else ())),
        *("-i", "pipe:0", "-frames:v", "1", "-c:v", encoder.name, *encoder.arguments(encoding), "-f", "framecrc", "pipe:1"),
    ]
    size = math.prod(encoding.frame_shape) * (2 if encoding.bit_depth > 8 else 1)
    return _try(_ffmpeg.executable(), os.environ.get("PATH"), tuple(command), size)


@functools.lru_cache(maxsize=64)
def _try(executable: str, search_path: str | None, command: tuple[str, ...], size: int) -> str | None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    try:
        with _ffmpeg.start(command, **pipes) as process:
            try:
                output, messages = process.communicate(bytes(size), timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                return f"it did not encode a frame within {PATIENCE_S:g} s"
            except BaseException:
                process.kill()
                raise
    except VideoError as error:
        return error.message
    if process.returncode != 0:
        words = _ffmpeg.first_word(messages.decode("utf-8", "replace").splitlines())
        return words or f"ffmpeg ended with exit code {process.returncode}"
    packets = [line for line in output.decode("utf-8", "replace").splitlines() if line and not line.startswith("#")]
    return None if packets else "it encoded nothing"
