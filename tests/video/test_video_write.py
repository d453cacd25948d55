"""Whatever goes wrong while a clip is written: one error, nothing left behind, the older clip as it was."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from clip_reader import frame_of, gradients, read_film, spec, write_gradients

from zoom3d import plugins, video
from zoom3d.errors import OutputError, VideoError
from zoom3d.types import Frame
from zoom3d.video import Encoding, _ffmpeg

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and shell scripts")
SUFFIXES = plugins.names(video)


class Started:
    """Every ffmpeg that a test starts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []
        start = _ffmpeg.start

        def remember(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
            self.processes.append(start(*arguments, **options))  # type: ignore[arg-type]
            return self.processes[-1]

        monkeypatch.setattr(_ffmpeg, "start", remember)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    return Started(monkeypatch)


def noise(encoding: Encoding) -> Iterator[Frame]:
    """Frames that no encoder makes small."""
    random = np.random.default_rng(0)
    for _ in range(encoding.frame_count):
        yield Frame(random.integers(0, 256, encoding.frame_shape, np.uint8), encoding.layout)


def our_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("zoom3d")]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@posix_only
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_killed_ffmpeg_is_one_error_and_the_older_clip_stays(suffix: str, tmp_path: Path, started: Started) -> None:
    target = tmp_path / f"clip.{suffix}"
    write_gradients(target, spec(frames=3))
    before = snapshot(tmp_path)
    encoding = video.plan(target, spec(frames=60, width=640, height=640))

    def frames() -> Iterator[Frame]:
        for index, frame in enumerate(noise(encoding)):
            if index == 6:
                started.processes[-1].kill()
            yield frame

    with pytest.raises(VideoError, match="SIGKILL"):
        video.write(frames(), encoding, target)
    assert snapshot(tmp_path) == before
    assert len(list(tmp_path.iterdir())) == 1
    assert our_threads() == []


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, GeneratorExit])
def test_what_the_renderer_raises_passes_and_leaves_nothing(
    suffix: str, failure: type[BaseException], tmp_path: Path, started: Started
) -> None:
    target = tmp_path / f"clip.{suffix}"
    encoding = video.plan(target, spec())

    def frames() -> Iterator[Frame]:
        yield from list(gradients(encoding))[:9]
        raise failure("from the renderer")

    with pytest.raises(failure, match="from the renderer"):
        video.write(frames(), encoding, target)
    assert list(tmp_path.iterdir()) == []
    assert all(process.poll() is not None for process in started.processes)
    assert our_threads() == []


def test_the_renderer_is_closed_when_writing_fails(tmp_path: Path) -> None:
    encoding = video.plan(tmp_path / "clip.mp4", spec())
    closed = []

    def frames() -> Iterator[Frame]:
        try:
            yield from gradients(encoding)
        finally:
            closed.append(True)

    def stop(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        video.write(frames(), encoding, tmp_path / "clip.mp4", progress=stop)
    assert closed == [True]


@pytest.mark.parametrize("count", [0, 24, 26])
def test_another_number_of_frames_than_planned_is_a_bug_and_no_clip(count: int, tmp_path: Path) -> None:
    encoding = video.plan(tmp_path / "clip.mp4", spec())
    frame = next(gradients(encoding))
    with pytest.raises(ValueError, match="25 frames"):
        video.write([frame] * count, encoding, tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_kind_than_planned_are_a_bug_and_no_clip(tmp_path: Path) -> None:
    encoding = video.plan(tmp_path / "clip.mp4", spec())
    for frame in (Frame(np.zeros((164, 92, 3), np.uint8)), Frame(np.zeros((92, 246), np.uint8), "yuv420p")):
        with pytest.raises(ValueError, match="frame 0"):
            video.write([frame], encoding, tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []


def test_frames_may_be_views_of_any_order(tmp_path: Path) -> None:
    encoding = video.plan(tmp_path / "clip.png", spec(frames=2))
    picture = np.arange(164 * 92 * 3, dtype=np.uint32).astype(np.uint8).reshape(164, 92, 3)
    for name, view in (("a", picture), ("b", np.asfortranarray(picture)), ("c", picture[::-1][::-1])):
        view.setflags(write=False)
        video.write([Frame(view)] * 2, encoding, tmp_path / f"{name}.png")
    assert len(set(snapshot(tmp_path).values())) == 1


def test_progress_counts_the_frames(tmp_path: Path) -> None:
    encoding = video.plan(tmp_path / "clip.mp4", spec(frames=4))
    seen: list[tuple[str, int, int]] = []
    video.write(gradients(encoding), encoding, tmp_path / "clip.mp4", progress=lambda *step: seen.append(step))
    assert seen == [("video", n, 4) for n in range(1, 5)]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "name",
    ["-y", "two words", 'it\'s "quoted"', "Ünïcode 写真 🎞", "100%", "%d", "%05d", "http:clip", "a:b", "$(touch x)", "?*[a]"],
)
def test_a_clip_may_be_called_anything(suffix: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_gradients(Path(f"{name}.{suffix}"), spec(frames=2))
    assert [item.name for item in folder.iterdir()] == [name if suffix == "png" else f"{name}.{suffix}"]


def test_a_clip_replaces_an_older_one_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.mp4").write_bytes(b"old")
    (tmp_path / "clip.mp4").symlink_to("real.mp4")
    write_gradients(tmp_path / "clip.mp4", spec(frames=2))
    assert (tmp_path / "clip.mp4").is_symlink()
    assert len(read_film(tmp_path / "real.mp4").rgb) == 2


def test_a_shorter_sequence_leaves_no_frames_of_the_longer_one(tmp_path: Path) -> None:
    write_gradients(tmp_path / "clip.png", spec(frames=5))
    write_gradients(tmp_path / "clip.png", spec(frames=2))
    assert sorted(snapshot(tmp_path)) == ["clip/frame_00001.png", "clip/frame_00002.png"]


@posix_only
def test_a_clip_is_as_readable_as_other_new_files(tmp_path: Path) -> None:
    for suffix in ("mp4", "png"):
        write_gradients(tmp_path / f"clip.{suffix}", spec(frames=1))
    (tmp_path / "other").touch()
    (tmp_path / "folder").mkdir()
    mode = {item.name: item.stat().st_mode for item in tmp_path.iterdir()}
    assert mode["clip.mp4"] == mode["other"]
    assert mode["clip"] == mode["folder"]


def test_a_folder_that_vanishes_meanwhile_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    encoding = video.plan(folder / "clip.mp4", spec())
    shutil.rmtree(folder)
    with pytest.raises(OutputError, match="does not exist"):
        video.write(gradients(encoding), encoding, folder / "clip.mp4")


def stand_in(path: Path, script: str) -> str:
    """An executable shell script to take ffmpeg's place."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@posix_only
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'no such encoder' >&2; exit 3", "exit code 3.*no such encoder"),
        ("cat >/dev/null; echo 'at the end' >&2; exit 1", "exit code 1.*at the end"),
        ("yes 'lots of talk' | head -c 3000000 >&2; echo done >&2; cat >/dev/null; exit 4", "exit code 4.*done"),
        ("head -c 3000000 /dev/zero >&2; exit 5", "exit code 5"),
        ("exec <&-; exit 0", "exit code 0"),
        ("echo '[error] disk: No space left on device' >&2; exit 228", "disk is full"),
    ],
)
def test_an_ffmpeg_that_fails_is_quoted_and_never_waited_for(
    script: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    encoding = video.plan(place / "clip.mp4", spec(frames=40, width=640, height=640))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", stand_in(tmp_path / "ffmpeg", script))
    with pytest.raises(VideoError, match=words) as caught:
        video.write(noise(encoding), encoding, place / "clip.mp4")
    assert "\n" not in caught.value.message
    assert list(place.iterdir()) == []
    assert our_threads() == []


@posix_only
def test_at_most_three_frames_wait_for_a_slow_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoding = video.plan(tmp_path / "clip.mp4", spec(frames=12, width=1024, height=1024))
    slow = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do head -c 1572864 >/dev/null; sleep 0.03; done; : >clip.mp4"
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", stand_in(tmp_path / "ffmpeg", slow))
    alive: weakref.WeakSet[Frame] = weakref.WeakSet()
    most = []

    def frames() -> Iterator[Frame]:
        for _ in range(encoding.frame_count):
            frame = Frame(np.zeros(encoding.frame_shape, np.uint8), "yuv420p")
            alive.add(frame)
            most.append(len(alive))
            yield frame
            del frame

    assert video.write(frames(), encoding, tmp_path / "clip.mp4") == 12
    # The one being rendered, the consumer's last, two queued, one being written.
    assert 3 <= max(most) <= 5


def test_a_slow_renderer_makes_the_same_clip(tmp_path: Path) -> None:
    write_gradients(tmp_path / "fast.mp4", spec(frames=5))
    encoding = video.plan(tmp_path / "slow.mp4", spec(frames=5))

    def frames() -> Iterator[Frame]:
        for frame in gradients(encoding):
            time.sleep(0.05)
            yield frame

    video.write(frames(), encoding, tmp_path / "slow.mp4")
    assert (tmp_path / "slow.mp4").read_bytes() == (tmp_path / "fast.mp4").read_bytes()


ENDLESS = """
import sys, time, signal
from pathlib import Path
import numpy as np
from zoom3d import video
from zoom3d.types import Frame, OutputSpec
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell in the background has switched off
target = Path(sys.argv[1])
encoding = video.plan(target, OutputSpec(640, 640, duration_s=600))
def frames():
    frame = Frame(np.random.default_rng(0).integers(0, 256, encoding.frame_shape, np.uint8), encoding.layout)
    for index in range(encoding.frame_count):
        if index == 8:
            print("running", flush=True)
        if index > 8:
            time.sleep(0.01)
        yield frame
video.write(frames(), encoding, target)
"""


@posix_only
@pytest.mark.parametrize("suffix", ["mp4", "gif", "png"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, -signal.SIGINT)])
def test_a_signal_ends_the_program_and_leaves_nothing(suffix: str, number: int, code: int, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENDLESS, str(tmp_path / f"clip.{suffix}")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, start_new_session=True, **pipes) as program:  # type: ignore[call-overload]
        try:
            assert program.stdout.readline() == b"running\n"
            assert len(list(tmp_path.iterdir())) == 1
            os.killpg(program.pid, number)  # as a terminal does
            assert program.wait(60) == code
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from pathlib import Path
import numpy as np
from zoom3d import video
from zoom3d.errors import VideoError
from zoom3d.types import Frame, OutputSpec
target = Path(sys.argv[1])
encoding = video.plan(target, OutputSpec(320, 320, duration_s=0.4))
random = np.random.default_rng(0)
frames = (Frame(random.integers(0, 256, encoding.frame_shape, np.uint8), encoding.layout) for _ in range(12))
try:
    video.write(frames, encoding, target)
except VideoError as error:
    print(error.message)
"""


@posix_only
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_may_not_grow_is_one_error(suffix: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / f"clip.{suffix}")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("ffmpeg was killed by SIGXFSZ")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(folder)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode != 0:
        pytest.skip("a small disk can be mounted only by root on Linux")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_one_error_and_the_older_clip_stays(suffix: str, small_disk: Path) -> None:
    target = small_disk / f"clip.{suffix}"
    small = video.plan(target, spec(frames=1))
    video.write([frame_of(np.zeros((164, 92, 3), np.uint8), small)], small, target)
    before = snapshot(small_disk)
    encoding = video.plan(target, spec(frames=20, width=160, height=160))
    with pytest.raises(VideoError, match="the disk is full") as caught:
        video.write(noise(encoding), encoding, target)
    assert "space" in caught.value.hint
    assert snapshot(small_disk) == before
