"""A batch that is killed, by whatever and whenever, goes on where it was and ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from batch_folder import NAMES, PRESETS, Done, command

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found through /proc")

CLIPS = {f"{name}_{preset}_96x64.mp4" for name in NAMES for preset in PRESETS}


@contextmanager
def started(photos: Path, folder: Path, jobs: int = 2) -> Iterator[subprocess.Popen[str]]:
    """A batch in a process group of its own."""
    line = command(photos, folder, "--jobs", str(jobs))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(line, start_new_session=True, **pipes) as running:  # type: ignore[call-overload]
        try:
            yield running
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """Of a process: its children and theirs, as long as they live."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if after_name[0] != "Z":
            parents[int(entry.parent.name)] = int(after_name[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def wait_until(holds: Callable[[], object], limit_s: float = 120) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)


def recorded(folder: Path) -> int:
    done = Done(folder)
    return len(done.records)


def test_nothing_but_the_clips_and_the_manifest_is_left(undisturbed: Done) -> None:
    assert set(undisturbed.files) == CLIPS == set(undisturbed.records)
    assert undisturbed.is_clean()
    assert len(undisturbed.lines) == len(CLIPS)


def test_a_killed_batch_leaves_no_process_and_goes_on_although_then_a_worker_is_killed(
    photos: Path, tmp_path: Path, undisturbed: Done
) -> None:
    folder = tmp_path / "out"
    with started(photos, folder) as running:
        wait_until(lambda: recorded(folder) >= 2)
        orphans = descendants(running.pid)
        assert len(orphans) >= 4, "two workers, each with a process beside it"
        os.kill(running.pid, signal.SIGKILL)  # it alone: the others must notice
        running.wait()
        wait_until(lambda: not any(Path(f"/proc/{orphan}/exe").exists() for orphan in orphans))
    before = Done(folder).lines
    assert 2 <= len(before) < len(CLIPS)
    assert all(Done(folder).files[name] == undisturbed.files[name] for name in Done(folder).files if name in CLIPS)
    with started(photos, folder) as running:
        wait_until(lambda: recorded(folder) > len(before))
        worker = next(child for child in descendants(running.pid) if descendants(child))
        os.kill(worker, signal.SIGKILL)
        out, err = running.communicate(timeout=120)
        assert running.returncode == 0, err
    done = Done(folder)
    assert done.lines[: len(before)] == before
    assert len(done.lines) == len(CLIPS), "nothing was made twice"
    assert done.files == undisturbed.files
    assert done.is_clean()
    assert f"{len(CLIPS) - len(before)} clips made, {len(before)} there already, 0 failed" in out


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(photos: Path, tmp_path: Path, undisturbed: Done) -> None:
    folder = tmp_path / "out"
    with started(photos, folder, jobs=1) as running:
        wait_until(lambda: recorded(folder) >= 1)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to all of them
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    done = Done(folder)
    assert err.splitlines()[-1] == f"interrupted: {len(done.lines)} of 8 clips are there; the same command goes on from here"
    assert "Traceback" not in err
    assert out == ""
    assert done.is_clean()
    assert done.files == {name: undisturbed.files[name] for name in done.records}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_kills_at_random_moments_change_nothing(photos: Path, tmp_path: Path, undisturbed: Done, seed: int) -> None:
    lot = random.Random(seed)
    folder = tmp_path / "out"
    for _ in range(4):
        with started(photos, folder, jobs=lot.choice((1, 2, 3))) as running:
            time.sleep(lot.uniform(0.2, 7))
            victims = [running.pid, *descendants(running.pid)]
            if lot.random() < 0.5:
                os.killpg(running.pid, signal.SIGKILL)
            elif running.poll() is None:
                os.kill(lot.choice(victims), signal.SIGKILL)
                time.sleep(lot.uniform(0, 2))
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        present = Done(folder).files if folder.exists() else {}
        assert all(content == undisturbed.files[name] for name, content in present.items() if name in CLIPS)
    with started(photos, folder) as running:
        _, err = running.communicate(timeout=240)
    assert running.returncode == 0, err
    done = Done(folder)
    assert done.files == undisturbed.files
    assert done.is_clean()
    assert set(done.records) == CLIPS
