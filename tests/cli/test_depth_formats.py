from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from zoom3d.cli import _depth_formats
from zoom3d.errors import OutputError
from zoom3d.types import DepthMap, Photo

DISPARITY = np.linspace(0.2, 0.8, 12 * 20, dtype=np.float32).reshape(12, 20)


def written(name: _depth_formats.FormatName, folder: Path, disparity: np.ndarray = DISPARITY) -> Path:
    kind = _depth_formats.depth_format(name, "turbo")
    path = folder / f"new folder/map{kind.suffix}"
    kind.write(path, disparity)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    return path


@pytest.mark.parametrize(("name", "top", "dtype"), [("png16", 65535, "uint16"), ("png8", 255, "uint8")])
def test_grey_uses_the_full_range(tmp_path: Path, name: _depth_formats.FormatName, top: int, dtype: str) -> None:
    levels = cv2.imread(str(written(name, tmp_path)), cv2.IMREAD_UNCHANGED)
    assert levels.dtype == dtype
    np.testing.assert_allclose(levels, (DISPARITY - 0.2) / 0.6 * top, atol=0.51)
    assert (levels.min(), levels.max()) == (0, top)


def test_flat_disparity_keeps_its_level(tmp_path: Path) -> None:
    levels = cv2.imread(str(written("png16", tmp_path, np.full((4, 4), 0.5, np.float32))), cv2.IMREAD_UNCHANGED)
    assert np.unique(levels) == [32768]


def test_arrays_are_exact(tmp_path: Path) -> None:
    np.testing.assert_array_equal(np.load(written("npy", tmp_path)), DISPARITY)


def test_exr_is_exact(tmp_path: Path) -> None:
    OpenEXR = pytest.importorskip("OpenEXR")
    with OpenEXR.File(str(written("exr", tmp_path))) as file:
        np.testing.assert_array_equal(file.channels()["Y"].pixels, DISPARITY)


def test_colours_tell_near_from_far(tmp_path: Path) -> None:
    colours = cv2.imread(str(written("colour", tmp_path)))
    far, near = colours[0, 0].astype(int), colours[-1, -1].astype(int)
    assert near[2] > near[0]  # turbo ends in red
    assert abs(far - near).max() > 50


def test_facebook_pair_lies_side_by_side_and_spares_the_photograph(tmp_path: Path) -> None:
    photo = Photo(np.full((12, 20, 3), (200, 40, 40), np.uint8), 20.0)
    depth = DepthMap(DISPARITY, "test")
    target, original = tmp_path / "a.jpg", tmp_path / "original.png"
    _depth_formats.write_facebook_pair(target, photo, depth, original)
    first = target.read_bytes()
    np.testing.assert_allclose(cv2.imread(str(target))[6, 10], (40, 40, 200), atol=4)
    assert np.argmax(cv2.imread(str(tmp_path / "a_depth.jpg"), cv2.IMREAD_GRAYSCALE)) > 12 * 19
    photo_of_another_colour = Photo(np.zeros((12, 20, 3), np.uint8), 20.0)
    _depth_formats.write_facebook_pair(target, photo_of_another_colour, depth, target)
    assert target.read_bytes() == first


def test_no_two_formats_share_a_name() -> None:
    kinds = [
        *(_depth_formats.depth_format(name, "turbo") for name in ("png16", "png8", "npy", "exr", "colour")),
        _depth_formats.depth_format("colour", "inferno"),
    ]
    assert len({kind.ending for kind in kinds}) == 6


def test_what_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "blocked").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        _depth_formats.write_array(tmp_path / "blocked" / "map.npy", DISPARITY)
    with contextlib.suppress(KeyboardInterrupt), _depth_formats.written_whole(tmp_path / "map.npy") as part:
        part.touch()
        raise KeyboardInterrupt
    assert [file.name for file in tmp_path.iterdir()] == ["blocked"]


def test_of_two_who_write_one_file_at_once_each_writes_it_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getpid", lambda: 1)  # as in two containers
    target = tmp_path / "map.npy"
    with _depth_formats.written_whole(target) as one, _depth_formats.written_whole(target) as other:
        one.write_text("one")
        other.write_text("other")
        assert one.read_text() == "one"


@pytest.fixture
def little_room() -> Iterator[None]:
    """No file grows beyond 2000 bytes, as if the disk were full then."""
    resource = pytest.importorskip("resource", reason="files may grow without limit here")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("name", ["npy", "png16", "colour"])
def test_a_full_disk_is_told_in_the_systems_words(tmp_path: Path, name: _depth_formats.FormatName) -> None:
    noise = np.random.default_rng(1).random((60, 60), np.float32)
    with pytest.raises(OutputError, match="File too large") as caught:
        _depth_formats.depth_format(name, "turbo").write(tmp_path / "map", noise)
    assert "make room" in caught.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("little_room")
def test_of_facebooks_pair_nothing_is_left_where_the_disk_is_full(tmp_path: Path) -> None:
    flat, noise = np.zeros((60, 60), np.float32), np.random.default_rng(1).random((60, 60), np.float32)
    for colours, disparity in ((flat, noise), (noise, flat)):
        photo = Photo(np.dstack([255 * colours] * 3).astype(np.uint8), 60.0)
        with pytest.raises(OutputError, match="File too large"):
            _depth_formats.write_facebook_pair(tmp_path / "a.jpg", photo, DepthMap(disparity, "test"), tmp_path / "b.jpg")
        assert not list(tmp_path.iterdir())


def test_an_exr_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "lot")
    (tmp_path / ".lot.part.exr").mkdir()
    with pytest.raises(OutputError, match=r"map\.exr cannot be written"):
        _depth_formats.depth_format("exr", "turbo").write(tmp_path / "map.exr", DISPARITY)


def test_the_longest_name_that_fits_is_written(tmp_path: Path) -> None:
    _depth_formats.write_array(tmp_path / f"{'n' * 251}.npy", DISPARITY)
    assert np.array_equal(np.load(tmp_path / f"{'n' * 251}.npy"), DISPARITY)
