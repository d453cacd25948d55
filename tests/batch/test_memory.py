"""Memory does not grow with the number of photographs."""

from __future__ import annotations

import multiprocessing
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zoom3d.batch import local, plan
from zoom3d.batch.inputs import Wanted
from zoom3d.batch.plan import Orders
from zoom3d.batch.store import Folder
from zoom3d.pipeline import Settings

GROWTH_MB = 12
"""Caches of allocators and drivers fill now and then; scenes that were not let go of would go on counting."""

SETTINGS = Settings(model="builtin", fps=4.0, duration_s=0.5, use_cache=False)


def held_mb(pids: list[int]) -> float:
    """Memory of processes that is no file's, in megabytes."""
    texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    return sum(int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith("Anonymous:")) / 1024


def workers() -> list[int]:
    """The workers and the processes beside them."""
    children = [child.pid for child in multiprocessing.active_children() if child.pid]
    beside = [Path(f"/proc/{pid}/task/{pid}/children").read_text().split() for pid in children]
    return children + [int(pid) for several in beside for pid in several]


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(("count", "width"), [(20, 96), pytest.param(1000, 96, marks=pytest.mark.slow)])
def test_the_workers_memory_stays_flat(count: int, width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")  # glibc fills one a thread, at no known time
    lot = np.random.default_rng(0)
    wanted = []
    for number in range(count):
        size = (width + number % 5, width * 3 // 4 + number % 7)
        rgb = np.asarray(Image.fromarray(lot.integers(0, 255, (6, 8, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC))
        path = tmp_path / f"{number}.png"
        Image.fromarray(rgb).save(path)
        wanted.append(Wanted(path, str(number)))
    place = Folder(tmp_path / "out")
    held = []
    with place.opened() as manifest:
        work = plan.make(wanted, Orders(SETTINGS, ("circle",), sizes=((64, 48),)), place, {}, lambda _: None)
        with closing(local.make(work.photographs, place, jobs=1)) as records:  # type: ignore[type-var]
            for record in records:
                assert record.error is None
                manifest.append(record)
                if len(held) < count - 1:  # after the last one they end
                    held.append(held_mb(workers()))
    assert len(held) == count - 1
    assert max(held[count // 2 :]) < max(held[: count // 2]) + GROWTH_MB, held
    print(f"{count} photographs: {held[count // 2]:.0f} MB after a half, {held[-1]:.0f} MB in the end")
