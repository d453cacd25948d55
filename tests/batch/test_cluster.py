"""A batch on a Ray cluster of two nodes, one of which is lost while it works."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batch_folder import NAMES, PRESETS, SMALL, Done

from zoom3d import cli

pytest.importorskip("ray", reason='Ray is an extra: pip install "zoom3d[ray]"')

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Ray's own warnings are many


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two nodes with a core each."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        yield made
    finally:
        made.shutdown()


def test_every_clip_is_there_once_although_a_node_is_lost(
    cluster: Any, photos: Path, tmp_path: Path, undisturbed: Done, capfd: pytest.CaptureFixture[str]
) -> None:
    second = cluster.add_node(num_cpus=1)
    folder = tmp_path / "out"
    lost = threading.Event()

    def lose_a_node() -> None:
        while not (folder / "manifest.jsonl").exists() or not Done(folder).lines:
            time.sleep(0.02)
        cluster.remove_node(second, allow_graceful=False)
        lost.set()

    thread = threading.Thread(target=lose_a_node)
    thread.start()
    arguments = [
        "batch",
        str(photos),
        "-o",
        str(folder),
        "--preset",
        ",".join(PRESETS),
        *SMALL,
        "--ray",
        cluster.address,
        "--json",
    ]
    code = cli.run(arguments)
    thread.join()
    out, err = capfd.readouterr()
    assert code == 0, err
    assert lost.is_set()
    done = Done(folder)
    assert done.files == undisturbed.files
    assert len(json.loads(out)["made"]) == len(NAMES) * len(PRESETS) == len(done.records)
    assert [json.loads(line)["error"] for line in done.lines] == [None] * len(done.lines)
    assert done.is_clean()


def test_a_cluster_that_is_not_there_is_told(photos: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["batch", str(photos), "-o", str(tmp_path / "out"), *SMALL, "--ray", "127.0.0.1:1"]) == 1
    err = capfd.readouterr().err
    assert "error: there is no Ray cluster at 127.0.0.1:1" in err
    assert "Traceback" not in err
