"""One running ffmpeg that is fed frames: a queue of two, a thread that writes, a thread that listens."""

from __future__ import annotations

import collections
import contextlib
import io
import logging
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import BinaryIO, cast

from zoom3d.errors import VideoError
from zoom3d.types import Frame
from zoom3d.video import _ffmpeg

log = logging.getLogger(__name__)

QUEUED_FRAMES = 2
PIPE_BYTES = 1 << 20
MESSAGE_LINES = 40
LINE_BYTES = 1000


class FeedingStoppedError(Exception):
    """ffmpeg takes no more frames; ``finish`` says why."""


class FrameFeed:
    """ffmpeg with a pipe full of raw frames before it. Leaving the context early kills it.

    The queues are SimpleQueues, which a signal may interrupt anywhere: an exception inside ``queue.Queue`` can leave it locked,
    and then leaving the context would wait for ever.
    """

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        self._process = _ffmpeg.start(
            arguments, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0
        )
        self._frames: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._room: queue.SimpleQueue[None] = queue.SimpleQueue()  # an entry for each frame that may still be queued
        for _ in range(QUEUED_FRAMES):
            self._room.put(None)
        self._messages: collections.deque[str] = collections.deque(maxlen=MESSAGE_LINES)
        self._broken = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, name="zoom3d-frames", daemon=True),
            threading.Thread(target=self._listen, name="zoom3d-ffmpeg-messages", daemon=True),
        ]

    def __enter__(self) -> FrameFeed:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._broken.set()
        self._frames.put(None)
        self._process.wait()
        for thread in self._threads:
            thread.join()

    def send(self, frame: Frame) -> None:
        """Hand over one frame; waits while two are queued."""
        if self._broken.is_set():
            raise FeedingStoppedError
        self._room.get()  # the writer makes room also when the pipe is broken
        self._frames.put(frame)

    def finish(self) -> None:
        """Close the pipe, wait for ffmpeg and raise the ``VideoError`` of its failure, if it failed."""
        self._frames.put(None)
        self._threads[0].join()
        code = self._process.wait()
        self._threads[1].join()
        for line in self._messages:
            log.info("ffmpeg: %s", line)
        if code != 0 or self._broken.is_set():
            raise failure(code, list(self._messages))

    def _write(self) -> None:
        pipe = cast(BinaryIO, self._process.stdin)
        _widen(pipe)
        try:
            while (frame := self._frames.get()) is not None:
                self._room.put(None)
                if not self._broken.is_set():
                    self._write_frame(pipe, frame)
        finally:
            with contextlib.suppress(OSError):
                pipe.close()

    def _write_frame(self, pipe: BinaryIO, frame: Frame) -> None:
        data = frame.data if frame.data.flags.c_contiguous else frame.data.copy()
        rest = data.data.cast("B")
        try:
            while rest:
                rest = rest[pipe.write(rest) :]
        except OSError as error:  # EPIPE, or EINVAL on Windows: ffmpeg is gone
            log.debug("the pipe to ffmpeg broke: %s", error)
            self._broken.set()

    def _listen(self) -> None:
        with io.BufferedReader(cast(io.RawIOBase, self._process.stderr)) as stream:
            while line := stream.readline(LINE_BYTES):
                self._messages.append(line.decode("utf-8", "replace").rstrip())


def failure(code: int, messages: Sequence[str]) -> VideoError:
    """What to tell the user when ffmpeg ended with ``code`` after having said ``messages``."""
    words = _ffmpeg.last_words(messages)
    if "No space left on device" in words:
        return VideoError(f"the disk is full: {words}", hint="free some space, or choose a folder on another disk with -o")
    if code < 0:
        name = signal.Signals(-code).name if -code in {number.value for number in signal.Signals} else f"signal {-code}"
        return VideoError(
            f"ffmpeg was killed by {name}{': ' if words else ''}{words}",
            hint="run it again; when memory was short, ask for a smaller --size",
        )
    return VideoError(f"ffmpeg failed with exit code {code}: {words}", hint="zoom3d doctor says which encoders work here")


@contextlib.contextmanager
def terminations_raised() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP, where nobody handles them, into ``SystemExit``, so that what is half-written is removed."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    changed = []
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, leave)
                changed.append(number)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


def _widen(pipe: BinaryIO) -> None:
    """A frame is megabytes and a pipe 64 KiB: a wider one wakes the two sides less often."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
