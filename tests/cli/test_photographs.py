from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from zoom3d.cli import _photographs
from zoom3d.errors import PhotoError


@pytest.fixture
def album(tmp_path: Path) -> Path:
    for name in ("a.jpg", "a.PNG", "b.heic", "notes.txt", ".hidden.jpg", "trip/c.webp", "trip/deep/[d].tif", "a_depth.png"):
        file = tmp_path / "album" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path / "album"


def names(sources: list[str], outputs: Path) -> dict[str, str]:
    return {found.path.name: str(found.name) for found in _photographs.find(sources, outputs)}


def test_a_folder_gives_all_photographs_below_it_under_names_that_cannot_collide(album: Path, tmp_path: Path) -> None:
    assert names([str(album)], tmp_path / "out") == {
        "a.PNG": "a.PNG",
        "a.jpg": "a.jpg",
        "b.heic": "b",
        "c.webp": "trip/c",
        "[d].tif": "trip/deep/[d]",
    }


def test_a_depth_map_beside_its_photograph_is_left_out_and_told(
    album: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("IMG.JPG", "IMG_depth8.png", "IMG_turbo.png", "a.PNG_inferno.png", "pool_depth.jpg", "_depth.png"):
        (album / name).touch()
    found = names([str(album)], tmp_path / "out")
    assert {"IMG.JPG", "pool_depth.jpg", "_depth.png"} < set(found)
    assert not {"IMG_depth8.png", "IMG_turbo.png", "a.PNG_inferno.png", "a_depth.png"} & set(found)
    some = "IMG_depth8.png, IMG_turbo.png, a.PNG_inferno.png and 1 more"
    assert caplog.messages == [f"left out of {album}, as depth maps of photographs beside them: {some}"]
    assert set(names([str(album / "a_depth.png")], tmp_path / "out")) == {"a_depth.png"}, "who names it means it"
    assert set(names([str(album / "*_depth.png")], tmp_path / "out")) == {"a_depth.png", "_depth.png"}


def test_what_an_earlier_run_wrote_is_no_photograph(album: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert "a_depth.png" not in names([str(album)], album)
    assert not caplog.records
    (album / "out").mkdir()
    (album / "out" / "b_depth.png").touch()
    assert "b_depth.png" not in names([str(album)], album / "out")


def test_a_folder_that_cannot_be_listed_is_told_and_stops_no_other(
    album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    listed = os.scandir

    def refuse(place: str) -> Iterator[os.DirEntry[str]]:
        if Path(place).name in ("deep", ".secret"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
        return listed(place)

    (album / ".secret").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("os.scandir", refuse)
        found = names([str(album)], tmp_path / "out")
    assert "c.webp" in found
    assert "[d].tif" not in found
    (warning,) = (message for message in caplog.messages if "looked into" in message)
    assert warning == f"{album}/trip/deep cannot be looked into: {os.strerror(errno.EACCES)}"


def test_photographs_in_a_folder_of_the_output_folder_are_found(album: Path, tmp_path: Path) -> None:
    assert "b.heic" in names([str(album)], tmp_path)


def test_a_pattern_is_looked_up_and_names_begin_below_its_fixed_part(album: Path, tmp_path: Path) -> None:
    assert names([f"{album}/**/*.*i*"], tmp_path / "out") == {"b.heic": "b", "[d].tif": "trip/deep/[d]"}


def test_a_name_with_brackets_that_exists_is_that_file(album: Path, tmp_path: Path) -> None:
    file = str(album / "trip" / "deep" / "[d].tif")
    assert _photographs.is_single([file])
    assert names([file], tmp_path) == {"[d].tif": "[d]"}


def test_a_named_file_is_taken_whatever_it_is_called(album: Path, tmp_path: Path) -> None:
    assert names([str(album / "notes.txt")], tmp_path) == {"notes.txt": "notes"}


def test_a_photograph_named_twice_is_found_once(album: Path, tmp_path: Path) -> None:
    assert names([str(album / "b.heic"), f"{album}/*.heic"], tmp_path) == {"b.heic": "b"}


@pytest.mark.parametrize("source", ["empty", "*.jpg"])
def test_nothing_found_is_an_error(tmp_path: Path, source: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PhotoError, match="no photographs"):
        _photographs.find([str(tmp_path / source)], tmp_path)


def test_photographs_of_one_name_in_several_folders_get_names_of_their_own_in_any_order(album: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.HEIC").touch()
    sources = [str(album), str(tmp_path / "other")]
    found = {one.path: str(one.name) for one in _photographs.find(sources, tmp_path / "out")}
    assert len({name.casefold() for name in found.values()}) == len(found)
    assert found[album / "b.heic"].startswith("b-")
    assert {one.path: str(one.name) for one in _photographs.find(sources[::-1], tmp_path / "out")} == found
    assert found[album / "trip" / "c.webp"] == "trip/c"


def test_one_photograph_by_two_paths_is_found_once(album: Path, tmp_path: Path) -> None:
    assert len(_photographs.find([str(album / "b.heic"), str(album / "trip" / ".." / "b.heic")], tmp_path)) == 1
