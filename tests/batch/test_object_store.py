"""A batch into a bucket of an object store that speaks as Amazon's does: moto's server, on this machine."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batch_folder import NAMES, PRESETS, Done, command

from zoom3d.batch import store
from zoom3d.batch.manifest import Record
from zoom3d.batch.store import Remote
from zoom3d.errors import OutputError

moto = pytest.importorskip("moto.server", reason='it needs moto and s3fs: pip install "moto[server]" s3fs')
s3fs = pytest.importorskip("s3fs", reason='it needs moto and s3fs: pip install "moto[server]" s3fs')

pytestmark = pytest.mark.filterwarnings("ignore")  # their own warnings are many


@pytest.fixture
def server() -> Iterator[Any]:
    """The store itself. What it holds outlives it, as long as this process lives."""
    server = moto.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket(server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The store's file system, in which there is the one bucket "bucket"."""
    import fsspec

    address = "http://{}:{}".format(*server.get_host_and_port())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("FSSPEC_S3_ENDPOINT_URL", address)
    monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": address})
    system = s3fs.S3FileSystem(use_listings_cache=False)
    system.mkdir("bucket")
    yield system
    system.rm("bucket", recursive=True)


def clips(system: Any) -> dict[str, bytes]:
    there = {path.removeprefix("bucket/clips/"): path for path in system.find("bucket")}
    return {name: system.cat_file(path) for name, path in sorted(there.items()) if name != "manifest.jsonl"}


def test_a_batch_that_was_killed_goes_on_in_the_bucket(bucket: Any, photos: Path, undisturbed: Done) -> None:
    arguments = [*command(photos, Path("out")), "--json"]
    arguments[arguments.index("-o") + 1] = "s3://bucket/clips"
    killed = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not clips(bucket) and killed.poll() is None:
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    number = len(NAMES) * len(PRESETS)
    assert 0 < len(clips(bucket)) < number
    for made in (True, False):
        ended = subprocess.run(arguments, capture_output=True, check=True)
        told = json.loads(ended.stdout)
        assert len(told["made"]) + len(told["skipped"]) == number
        assert bool(told["made"]) == made
        assert clips(bucket) == undisturbed.files


def test_a_clip_that_was_changed_or_removed_there_is_noticed(bucket: Any, tmp_path: Path) -> None:
    place = store.open_store("s3://bucket/a b/#1 100% ü?")
    stored = {}
    with place.opened(), place.workspace() as folder:
        for name in ("whole.mp4", "changed.mp4", "sub/removed.mp4"):
            (folder / "made.mp4").write_bytes(b"clip")
            stored[name] = place.put(folder / "made.mp4", name)
    bucket.pipe_file("bucket/a b/#1 100% ü?/changed.mp4", b"plic")
    bucket.rm_file("bucket/a b/#1 100% ü?/sub/removed.mp4")
    holds = place.inventory()
    assert [name for name, one in stored.items() if holds(name, one)] == ["whole.mp4"]


@pytest.mark.usefixtures("bucket")
def test_a_bucket_is_listed_instead_of_asked_for_every_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Remote("s3://bucket/clips")
    (tmp_path / "made.mp4").write_bytes(b"clip")
    stored = place.put(tmp_path / "made.mp4", "sub/a.mp4")
    holds = place.inventory()
    monkeypatch.setattr(store, "_details", lambda *_: pytest.fail("the clip was asked for"))
    assert holds("sub/a.mp4", stored)


def test_a_bucket_that_is_not_there_is_told_and_not_made(bucket: Any) -> None:
    with pytest.raises(OutputError, match="bucket does not exist"), Remote("s3://slip/clips").opened():
        pytest.fail("the batch began")
    assert bucket.ls("") == ["bucket"]


@pytest.mark.usefixtures("bucket")
def test_a_batch_outlives_a_short_outage(
    server: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store, "SEND_EVERY_S", 0.0)
    records = [Record(f"{name}.mp4", name, f"/{name}.jpg", "d", {}, "k", "now") for name in "abc"]
    place = Remote("s3://bucket/clips")
    with place.opened() as manifest:
        manifest.append(records[0])
        _, port = server.get_host_and_port()
        server.stop()
        manifest.append(records[1])
        assert "the batch goes on" in caplog.text
        server._port = port
        server.start()
        manifest.append(records[2])
    assert list(place.records().values()) == records
