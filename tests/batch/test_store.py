from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import fsspec
import pytest
from filelock import FileLock

from zoom3d.batch import manifest, store
from zoom3d.batch.manifest import Record, Stored
from zoom3d.batch.store import WORK, Folder, Remote, Store
from zoom3d.errors import BatchError, OutputError


@pytest.fixture(params=["folder", "file URL", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        fsspec.filesystem("memory").store.clear()
        return Remote("memory://bucket/out")
    return store.open_store(str(tmp_path / "out") if request.param == "folder" else f"file://{tmp_path}/out")


def put(place: Store, name: str, content: bytes) -> manifest.Stored:
    with place.workspace() as folder:
        made = folder / "clip.mp4"
        made.write_bytes(content)
        return place.put(made, name)


def test_what_is_put_is_there_until_it_changes(place: Store) -> None:
    with place.opened():
        stored = put(place, "sub/a.mp4", b"one")
        assert stored.size_bytes == 3
        assert place.inventory()("sub/a.mp4", stored)
        assert not place.inventory()("sub/b.mp4", stored)
        again = put(place, "sub/a.mp4", b"two")
        assert place.inventory()("sub/a.mp4", again)
        assert again.digest != stored.digest


def test_the_manifest_stays_between_batches(place: Store) -> None:
    records = [Record(f"{name}.mp4", name, f"/{name}.jpg", "d", {}, "k", "now") for name in "ab"]
    for record in records:
        with place.opened() as opened:
            opened.append(record)
    assert list(place.records().values()) == records


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_a_lock_that_cannot_be_had_is_told(kind: str, tmp_path: Path, cache_folder: Path) -> None:
    (tmp_path / "out" / "manifest.jsonl.lock").mkdir(parents=True)
    (cache_folder / "batch").touch()
    place = Folder(tmp_path / "out") if kind == "folder" else Remote("memory://bucket/locked")
    with pytest.raises(OutputError, match="lock cannot be written"), place.opened():
        pass


def test_two_batches_do_not_share_a_place(place: Store) -> None:
    with place.opened(), pytest.raises(BatchError, match="another batch is at work"), place.opened():
        pass
    with place.opened():
        pass


def test_a_lock_file_without_its_owner_is_no_lock(tmp_path: Path) -> None:
    with FileLock(tmp_path / f"{manifest.FILE_NAME}.lock"):
        pass
    (tmp_path / f"{manifest.FILE_NAME}.lock").touch()
    with Folder(tmp_path).opened():
        pass


def test_what_a_killed_batch_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / WORK / "old").mkdir(parents=True)
    (tmp_path / WORK / "old" / "half.mp4").write_bytes(b"half")
    place = Folder(tmp_path)
    with place.opened():
        assert not (tmp_path / WORK).exists()
        put(place, "a.mp4", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_batch_that_could_not_begin_leaves_nothing(tmp_path: Path) -> None:
    with Folder(tmp_path / "new" / "out").opened():
        pass
    (tmp_path / "here").mkdir()
    with Folder(tmp_path / "here").opened():
        pass
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be made"), Folder(tmp_path / "file" / "new" / "out").opened():
        pass
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "here"]
    system = fsspec.filesystem("memory")
    system.store.clear()
    with Remote("memory://bucket/out").opened():
        pass
    assert not system.store


def test_a_manifest_that_holds_no_record_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / manifest.FILE_NAME).write_text("somebody's own\n")
    with Folder(tmp_path).opened():
        pass
    assert (tmp_path / manifest.FILE_NAME).read_text() == "somebody's own\n"


def test_a_clip_of_the_same_time_and_another_size_or_content_is_noticed(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    stored = put(place, "a.mp4", b"whole")
    target = tmp_path / "a.mp4"
    os.utime(target)
    assert place.inventory()("a.mp4", stored), "touched, and still the same"
    target.write_bytes(b"whale")
    assert not place.inventory()("a.mp4", stored)
    target.write_bytes(b"who")
    os.utime(target, ns=(int(stored.version), int(stored.version)))
    assert not place.inventory()("a.mp4", stored)
    target.unlink()
    assert not place.inventory()("a.mp4", stored)


def test_links_do_not_lead_clips_out_of_the_folder(tmp_path: Path) -> None:
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "out"
    elsewhere.mkdir()
    root.mkdir()
    (root / "sub").symlink_to(elsewhere)
    (elsewhere / "precious.mp4").write_bytes(b"precious")
    (root / "a.mp4").symlink_to(elsewhere / "precious.mp4")
    place = Folder(root)
    with pytest.raises(OutputError, match="leave the output folder"):
        put(place, "sub/precious.mp4", b"clip")
    stored = put(place, "a.mp4", b"clip")  # takes the link's place
    assert place.inventory()("a.mp4", stored)
    assert not (root / "a.mp4").is_symlink()
    assert (elsewhere / "precious.mp4").read_bytes() == b"precious"


def test_no_name_leaves_the_place(place: Store) -> None:
    with place.opened(), pytest.raises(ValueError, match="leads out"):
        put(place, "../a.mp4", b"clip")


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("s3:/bucket/out", "lacks a slash"),
        ("memory://out", "gone when the batch ends"),
        ("memory://", "gone when the batch ends"),
    ],
)
def test_a_place_that_is_not_what_it_seems_is_refused(place: str, why: str) -> None:
    with pytest.raises(OutputError, match=why):
        store.open_store(place)


def test_a_url_of_an_object_store_names_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "protocol", ("gs", "gcs"))
    with pytest.raises(OutputError, match="names no bucket"):
        store.open_store("memory://")


def test_a_place_that_cannot_be_is_refused(tmp_path: Path) -> None:
    for place in ("nosuch://bucket/out", "zip://"):
        with pytest.raises(OutputError, match="cannot be reached"):
            store.open_store(place)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be made"), Folder(tmp_path / "file" / "out").opened():
        pass


def test_a_bucket_is_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """To make a folder in an object store is to make a bucket, also of a name that is a slip."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    monkeypatch.setattr(type(system), "protocol", ("gs", "gcs"))
    monkeypatch.setattr(type(system), "makedirs", lambda *_, **__: pytest.fail("a bucket was made"))

    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError("the bucket does not exist")

    monkeypatch.setattr(type(system), "put_file", refuse)
    with pytest.raises(OutputError, match="does not exist"), Remote("memory://slip/out").opened():
        pytest.fail("the batch began")


def test_a_remote_place_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    system, done = fsspec.filesystem("memory"), threading.Event()
    monkeypatch.setattr(type(system), "info", lambda *_, **__: done.wait())
    monkeypatch.setattr(store, "ANSWER_S", 0.1)
    with pytest.raises(OutputError, match=r"bucket/out cannot be used: no answer in 0\.1 seconds"):
        Remote("memory://bucket/out").records()
    done.set()


def test_a_remote_place_that_fails_when_asked_for_a_clip_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    system = fsspec.filesystem("memory")
    place, stored = Remote("memory://bucket/out"), Stored(1, "1", "d")
    holds = place.inventory()
    assert not holds("a.mp4", stored)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("the token has expired")

    monkeypatch.setattr(type(system), "info", refuse)
    with pytest.raises(OutputError, match="the token has expired"):
        holds("a.mp4", stored)


def test_the_manifest_goes_to_a_remote_place_now_and_then_and_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec.filesystem("memory").store.clear()
    monkeypatch.setattr(store, "SEND_EVERY_S", 0.0)
    place = Remote("memory://bucket/out")
    with place.opened() as opened:
        opened.append(Record("a.mp4", "a", "/a.jpg", "d", {}, "k", "now"))
        assert set(place.records()) == {"a.mp4"}, "a batch killed now would go on from here"


def test_an_outage_is_told_and_ends_the_batch_when_it_lasts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store, "SEND_EVERY_S", 0.0)

    def refuse() -> None:
        raise OutputError("there is no network", hint="")

    send = store._now_and_then(refuse)
    send()
    assert "there is no network; the batch goes on" in caplog.text
    monkeypatch.setattr(store, "OUTAGE_S", 0.0)
    time.sleep(0.1)
    with pytest.raises(OutputError, match="no network"):
        send()
