from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from zoom3d import cache, depth, pipeline


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    store = cache.ArrayStore(tmp_path)
    store.store("a", {"x": np.arange(5), "y": np.eye(2, dtype=np.float32)})
    loaded = store.load("a")
    assert loaded is not None
    assert np.array_equal(loaded["x"], np.arange(5))
    assert loaded["y"].dtype == np.float32
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_a_damaged_entry_counts_as_missing(tmp_path: Path) -> None:
    store = cache.ArrayStore(tmp_path)
    store.store("a", {"x": np.arange(5000)})
    whole = (tmp_path / "a.npz").read_bytes()
    for damaged in (b"", whole[:200], b"nonsense"):
        (tmp_path / "a.npz").write_bytes(damaged)
        assert store.load("a") is None


def test_no_damage_to_an_entry_is_an_error(tmp_path: Path) -> None:
    store = cache.ArrayStore(tmp_path)
    store.store("a", {"x": np.arange(5)})
    whole = (tmp_path / "a.npz").read_bytes()
    for place in range(len(whole)):
        for byte in (0, 1, 40, 255):
            (tmp_path / "a.npz").write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
            loaded = store.load("a")
            assert loaded is None or "x" not in loaded or np.array_equal(loaded["x"], np.arange(5))


def test_no_partial_file_remains(tmp_path: Path) -> None:
    store = cache.ArrayStore(tmp_path)
    with pytest.raises(ValueError, match="broken"):
        store.store("a", {"x": _Broken()})  # type: ignore[dict-item]
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_in_time(tmp_path: Path) -> None:
    old, fresh = tmp_path / "old.part", tmp_path / "fresh.part"
    old.touch()
    fresh.touch()
    os.utime(old, (0, 0))
    cache.ArrayStore(tmp_path).store("name", {"values": np.zeros(2)})
    assert not old.exists()
    assert fresh.exists(), "another process may be writing it"


def test_the_entry_unused_for_longest_goes_first(tmp_path: Path) -> None:
    store = cache.ArrayStore(tmp_path, limit_bytes=2 * 8300)
    for age, name in enumerate(["old", "new"]):
        store.store(name, {"x": np.zeros(1000)})
        os.utime(tmp_path / f"{name}.npz", (age, age))
    assert store.load("old") is not None  # now the younger of the two
    store.store("newest", {"x": np.zeros(1000)})
    assert store.load("new") is None
    assert store.load("old") is not None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache.ArrayStore(tmp_path / "file" / "below").store("a", {"x": np.zeros(3)})


def test_keys_tell_contents_shapes_and_order_apart() -> None:
    a, b = np.arange(6, dtype=np.uint8), np.arange(6, dtype=np.uint8)
    b[3] = 9
    keys = {cache.key(a), cache.key(b), cache.key(a.reshape(2, 3)), cache.key(a, 1), cache.key(1, a), cache.key("1", a)}
    assert len(keys) == 6
    assert cache.key(a.copy()) == cache.key(a)


@pytest.mark.parametrize("code", [depth.CODE, pipeline.SCENE_CODE])
def test_what_is_cached_hangs_on_all_code_that_makes_it(code: tuple[str, ...]) -> None:
    package = Path(cache.__file__).parent
    files = [path for room in code for path in ([package / room] if room.endswith(".py") else (package / room).rglob("*.py"))]
    used = re.findall(r"from zoom3d import ([\w, ]+)|from zoom3d\.(\w+)", "".join(path.read_text("utf-8") for path in files))
    names = {name.strip() for several, one in used for name in (several.split(",") if several else [one])}
    no_say = {"allocator", "assets", "cache", "errors", "plugins", "weights"}
    assert names - no_say == {room.removesuffix(".py") for room in code}


class _Broken:
    def __array__(self, *_: object, **__: object) -> None:
        raise ValueError("broken")
