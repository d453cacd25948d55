from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from zoom3d.batch import manifest
from zoom3d.batch.manifest import Record, Stored
from zoom3d.errors import BatchError


def record(clip: str, error: str | None = None) -> Record:
    whole = Record(clip, "a", "/p/ü\n\ud800.jpg", "d", {"preset": "circle"}, "k", "now", {"depth": 1.5}, warnings=("dim",))
    return replace(whole, stored=None if error else Stored(12, "34", "ab"), error=error)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / manifest.FILE_NAME


def test_what_is_appended_is_read_again_and_the_last_word_counts(path: Path) -> None:
    with manifest.opened(path) as opened:
        for one in (record("a.mp4", "broken"), record("b.mp4"), record("a.mp4")):
            opened.append(one)
    assert manifest.read(path) == {"a.mp4": record("a.mp4"), "b.mp4": record("b.mp4")}
    assert len(path.read_bytes().splitlines()) == 3


def test_a_record_is_on_the_disk_at_once(path: Path) -> None:
    with manifest.opened(path) as opened:
        opened.append(record("a.mp4"))
        assert set(manifest.read(path)) == {"a.mp4"}


@pytest.mark.skipif(os.name != "posix", reason="files may grow without limit elsewhere")
def test_a_full_disk_is_told_as_the_manifests(path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def write() -> None:
        with manifest.opened(path) as opened:
            resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
            opened.append(record("a.mp4"))

    try:
        with pytest.raises(BatchError, match="the manifest cannot be written"):
            write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with manifest.opened(path) as opened:
        opened.append(record("b.mp4"))
    assert set(manifest.read(path)) == {"b.mp4"}


def test_a_manifest_torn_anywhere_gives_all_whole_lines_and_takes_more(path: Path) -> None:
    whole = record("a.mp4").line() + record("b.mp4").line()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        before = set(manifest.read(path))
        assert before == {name for name in ("a.mp4", "b.mp4") if record(name).line()[:-1] in whole[:length]}
        with manifest.opened(path) as opened:
            assert set(opened.records) == before
            opened.append(record("c.mp4"))
        assert path.read_bytes().startswith(whole[:length]), "what was written is never rewritten"
        assert set(manifest.read(path)) == before | {"c.mp4"}


ODD = [replace(record("c.mp4"), **{name: value}).line() for name in ("clip", "name", "photo", "key") for value in (5, [], None)]


@pytest.mark.parametrize(
    "line", [b"[]", b"7", b"{}", b'{"clip": 1}', b"\xff\xfe", b"\0\0\0", b'{"unknown": 1}', b"[" * 100_000, *ODD]
)
def test_a_line_that_is_no_record_is_passed_over(path: Path, line: bytes) -> None:
    path.write_bytes(record("a.mp4").line() + line + b"\n" + record("b.mp4").line())
    assert set(manifest.read(path)) == {"a.mp4", "b.mp4"}


def test_a_manifest_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="cannot be"), manifest.opened(tmp_path):
        pass
