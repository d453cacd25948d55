"""The ffmpeg binary: where it is, what it can do, how it is started."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zoom3d.errors import VideoError, reason

_WITHOUT = re.compile(r" @ 0x[0-9a-f]+|\[(error|fatal|warning|info)\] ")
"""What ffmpeg adds to its messages that says nothing to people."""

_HINT = "reinstall it with: pip install --force-reinstall imageio-ffmpeg, or set IMAGEIO_FFMPEG_EXE to an ffmpeg that works"

QUIET = ("-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+warning")

DETERMINISTIC = (
    "-map_metadata",
    "-1",
    "-map_chapters",
    "-1",
    "-fflags",
    "+bitexact",
    "-flags:v",
    "+bitexact",
)
"""Output arguments that keep dates and version numbers out of the file; sound needs its own."""


def executable() -> str:
    """Absolute path of the ffmpeg that imageio-ffmpeg brings, or of the one that ``IMAGEIO_FFMPEG_EXE`` names."""
    import imageio_ffmpeg

    try:
        found = shutil.which(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        found = None
    if found is None:
        raise VideoError("ffmpeg is missing", hint=_HINT)
    return str(Path(found).absolute())


def start(arguments: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start ffmpeg in a session of its own, so that a Ctrl-C in the terminal reaches zoom3d alone, which ends ffmpeg."""
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    else:
        options["start_new_session"] = True
    command = [executable(), *arguments]
    try:
        return subprocess.Popen(command, **options)
    except OSError as error:
        raise VideoError(f"ffmpeg cannot be started: {reason(error)}", hint=_HINT) from error


def run(arguments: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run ffmpeg to its end and return what it printed. Its exit code is the caller's business."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with start(arguments, **pipes, **options) as process:
        try:
            output, messages = process.communicate()
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(
        arguments, process.returncode, output.decode("utf-8", "replace"), messages.decode("utf-8", "replace")
    )


def local(path: Path) -> str:
    """``path`` as ffmpeg takes it whatever it is called: never an option, a protocol or relative to another folder."""
    return f"file:{path.absolute()}"


def version() -> str:
    """Version of ffmpeg as it calls itself, such as ``7.0.2-static``."""
    words = run(["-version"]).stdout.split()
    if words[:2] != ["ffmpeg", "version"] or len(words) < 3:
        raise VideoError(f"{executable()} is not ffmpeg", hint=_HINT)
    return words[2]


def compiled_encoders() -> frozenset[str]:
    """Names of the encoders that this ffmpeg was built with. Some of them may still not work here."""
    return _compiled_encoders(executable(), os.environ.get("PATH"))


@functools.lru_cache(maxsize=4)
def _compiled_encoders(command: str, search_path: str | None) -> frozenset[str]:
    listing = run(["-hide_banner", "-encoders"])
    if listing.returncode != 0:
        raise VideoError(f"{command} does not run as ffmpeg", hint=_HINT)
    rows = (line.split() for line in listing.stdout.partition("------")[2].splitlines())
    return frozenset(row[1] for row in rows if len(row) > 1)


def last_words(messages: Sequence[str], count: int = 3) -> str:
    """The end of what ffmpeg said, in one line: its errors, or where it named none, its last lines."""
    return " / ".join(_complaints(messages)[-count:])


def first_word(messages: Sequence[str]) -> str:
    """The first error that ffmpeg named, which those after it follow from."""
    return next(iter(_complaints(messages)), "")


def _complaints(messages: Sequence[str]) -> list[str]:
    lines = [line.strip() for line in messages if line.strip()]
    errors = [line for line in lines if "[error]" in line or "[fatal]" in line]
    return [_WITHOUT.sub("", line) for line in errors or lines]
