from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import TextIO

import pytest

from zoom3d.batch import inputs, options
from zoom3d.batch.inputs import Wanted
from zoom3d.errors import BatchError, PhotoError
from zoom3d.pipeline import Settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a.jpg, sub/b.png, and a text file."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "empty").mkdir()
    for name in ("a.jpg", "sub/b.png", "notes.md", ".hidden.jpg"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(*sources: str, stdin: str = "") -> list[Wanted]:
    return inputs.read(list(sources), io.StringIO(stdin), None)


def listed(folder: Path, name: str, text: str) -> list[Wanted]:
    (folder / name).write_text(text, encoding="utf-8")
    return read(name)


def refused(folder: Path, name: str, text: str) -> str:
    with pytest.raises(BatchError) as caught:
        listed(folder, name, text)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_files_folders_and_patterns_name_photographs_by_their_place(folder: Path) -> None:
    everything = [(folder / "a.jpg", "a"), (folder / "sub/b.png", "sub/b")]
    assert [(one.path, one.name) for one in read(".")] == everything
    assert [(one.path, one.name) for one in read("**/*.*", "a.jpg", str(folder))] == everything
    assert [one.name for one in read("sub/*.png")] == ["b"]


@pytest.mark.parametrize("source", ["", "absent.jpg", "nothing/here", "*.tiff", "a\0b.jpg", "x" * 5000])
def test_what_is_not_there_is_refused_before_anything_is_made(folder: Path, source: str) -> None:
    with pytest.raises(PhotoError):
        read("a.jpg", source)


def test_a_list_that_would_become_the_manifest_is_refused(folder: Path) -> None:
    (folder / "manifest.jsonl").write_text('{"photo": "a.jpg"}\n')
    assert [one.name for one in inputs.read(["manifest.jsonl"], None, folder / "out")] == ["a"]
    with pytest.raises(BatchError, match="the batch's own manifest"):
        inputs.read(["manifest.jsonl"], None, folder)


def test_a_folder_without_photographs_is_refused(folder: Path) -> None:
    with pytest.raises(PhotoError, match="there are no photographs in empty"):
        read("a.jpg", "empty")


@pytest.mark.parametrize("name", ["t.csv", "t.txt", "t.jsonl", "-"])
def test_a_list_without_photographs_is_refused(folder: Path, name: str) -> None:
    text = "photo,preset\n\n" if name == "t.csv" else "\n \n"
    (folder / name).write_text(text)
    with pytest.raises(BatchError, match="names no photographs"):
        read("a.jpg", name, stdin=text)


def test_a_list_holds_paths_relative_to_itself(folder: Path) -> None:
    (folder / "sub/list.txt").write_text("b.png\n\n../a.jpg\n", encoding="utf-8-sig")
    for source in ("sub/list.txt", "@sub/list.txt"):
        assert [(one.path, one.name, one.origin) for one in read(source)] == [
            (folder / "sub/b.png", "b", "list.txt, row 1"),
            (folder / "a.jpg", "a", "list.txt, row 3"),
        ]


def test_standard_input_holds_paths_relative_to_the_current_folder(folder: Path) -> None:
    assert [one.path for one in read("-", stdin="a.jpg\nsub\n")] == [folder / "a.jpg", folder / "sub/b.png"]
    assert read("-", stdin='\n { "photo": "a.jpg", "preset": "circle"}')[0].settings == {"preset": "circle"}
    assert [one.path.name for one in read("-", stdin="{1}.jpg\na.jpg\n")] == ["{1}.jpg", "a.jpg"]


def test_a_name_in_a_list_may_hold_any_letter(folder: Path) -> None:
    assert [one.path.name for one in read("-", stdin="caf\udce9.jpg\na\u2028b.jpg\n")] == ["caf\udce9.jpg", "a\u2028b.jpg"]


@pytest.mark.parametrize("stdin", [None, io.TextIOWrapper(io.BytesIO(b"a\xff.jpg"), "utf-8")])
def test_a_standard_input_that_cannot_be_read_is_refused(stdin: TextIO | None) -> None:
    with pytest.raises(BatchError, match="standard input"):
        inputs.read(["-"], stdin, None)


def test_a_missing_photograph_in_a_list_does_not_stop_the_others(folder: Path) -> None:
    assert [one.path for one in listed(folder, "l.txt", "gone.jpg\na.jpg\n")] == [folder / "gone.jpg", folder / "a.jpg"]


def test_a_table_gives_each_photograph_its_own_options(folder: Path) -> None:
    header = "photo,name,preset,size,duration,depth_near_dark,shutter-angle,audio"
    table = f"{header}\na.jpg,first,circle,720x1280,2.5,yes,180,s.mp3\nsub/b.png,,,,,,,\n"
    first, second = listed(folder, "t.csv", table)
    assert (first.name, first.chosen) == ("first", True)
    assert first.settings == {
        "preset": "circle",
        "size": (720, 1280),
        "duration_s": 2.5,
        "depth_near_dark": True,
        "effects": {"shutter": 0.5},
        "audio": folder / "s.mp3",
    }
    assert (second.name, second.chosen, dict(second.settings)) == ("sub/b", False, {})
    row = {"photo": "a.jpg", "title": "Hello\\nthere", "title-size": 0.2, "focus": "near"}
    assert listed(folder, "t.jsonl", json.dumps(row))[0].settings == {
        "title": {"text": "Hello\\nthere", "size": 0.2},
        "focus": "near",
    }
    row = {"photo": "a.jpg", "size": [720, 1280], "duration": 2, "fit": "blur", "crf": 20, "depth-near-dark": False}
    (third,) = listed(folder, "t.jsonl", json.dumps(row))
    assert third.settings == {"size": (720, 1280), "duration_s": 2.0, "fit": "blur", "crf": 20, "depth_near_dark": False}


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        ("size=12", "size = '12': it is not WIDTHxHEIGHT"),
        ("size=１０x１０", "WIDTHxHEIGHT"),
        ("duration=long", "duration = 'long': it is not a number"),
        ("duration=nan", "not a number"),
        ("duration=inf", "not a number"),
        ("crf=1.5", "not a whole number"),
        ("fit=stretch", "it is none of cover, contain, blur"),
        ("codec=divx", "it is none of h264"),
        ("depth-near-dark=perhaps", "neither true nor false"),
        ("presett=circle", "did you mean 'preset'"),
        ("device=cpu", "there is no column 'device'"),
        ("name=../up", "name = '../up': it would leave the output folder"),
        ("name=CON", "reserved on Windows"),
        ("audio=a\0b", "NUL"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_row(folder: Path, cell: str, complaint: str) -> None:
    column, _, value = cell.partition("=")
    assert complaint in refused(folder, "t.csv", f"photo,{column}\na.jpg,{value}\n")
    message = refused(folder, "t.jsonl", '{"photo": "a.jpg"}\n\n' + json.dumps({"photo": "a.jpg", column: value}))
    assert message.startswith("t.jsonl, row 3: ")
    assert complaint in message


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("t.csv", "", "row 1: there is no column 'photo', only an empty line"),
        ("t.csv", "photo;fps\na.jpg;20\n", "row 1: there is no column 'photo', only 'photo;fps'; cells are parted by commas"),
        ("t.csv", "photo,fps,fps\n", "row 1: two columns have one name"),
        ("t.csv", "photo,fps\na.jpg,1\nb.jpg,1,2\n", "row 3: it has 3 cells"),
        ("t.csv", 'photo\n"a.jpg\n', "it is not CSV"),
        ("t.csv", "photo,fps\n,20\n", "row 2: no photograph is named"),
        ("t.jsonl", '{"photo": "a.jpg"}\n{"photo"\n', "row 2: it is not JSON"),
        ("t.jsonl", "[1]", "row 1: it is not an object"),
        ("t.jsonl", "[" * 100_000, "row 1: it is not JSON"),
        ("t.jsonl", '{"photo": 7}', "row 1: no photograph is named"),
        ("t.jsonl", '{"photo": "a.jpg", "duration": true}', "it is not a number"),
        pytest.param("t.jsonl", f'{{"photo": "a.jpg", "fps": {"9" * 400}}}', "it is not a number", id="beyond floating point"),
        pytest.param("t.csv", f"photo,size\na.jpg,{'9' * 5000}x9\n", "WIDTHxHEIGHT", id="digits"),
        ("t.jsonl", '{"photo": "a.jpg", "preset": 3}', "it is not text"),
        ("t.txt", "a\0.jpg", "row 1: the photograph's path holds a NUL"),
        ("t.txt", "a.jpg\nempty\n", "row 2: there are no photographs in"),
    ],
)
def test_a_malformed_list_is_refused_with_its_row(folder: Path, name: str, text: str, complaint: str) -> None:
    message = refused(folder, name, text)
    assert message.startswith(f"{name}, row ")
    assert complaint in message


def test_a_list_that_is_not_text_is_refused(folder: Path) -> None:
    (folder / "t.csv").write_bytes(b"photo\n\xff\xfe")
    with pytest.raises(BatchError, match="not UTF-8"):
        read("t.csv")
    with pytest.raises(BatchError, match="cannot be read"):
        read("@absent")


def test_every_option_of_a_clip_has_a_column() -> None:
    of_the_batch = {"device", "gpu", "offline", "use_cache", "pixel_limit"}
    of_several_columns = {"effects", "title"}
    fields = {field.name for field in dataclasses.fields(Settings)}
    assert set(options.columns().values()) == fields - of_the_batch - of_several_columns


def test_what_windows_pipes_is_read_as_it_was_meant(folder: Path) -> None:
    assert [one.path for one in read("-", stdin="\ufeffa.jpg\n sub/b.png \n")] == [folder / "a.jpg", folder / "sub/b.png"]
    assert read("-", stdin='\ufeff{"photo": "a.jpg", "preset": "circle"}')[0].settings == {"preset": "circle"}


def test_a_name_that_ends_in_a_blank_is_taken_as_it_is(folder: Path) -> None:
    (folder / "a.jpg ").touch()
    assert [one.path.name for one in read("-", stdin="a.jpg \n")] == ["a.jpg "]


def test_a_url_is_told_to_be_no_file(tmp_path: Path) -> None:
    with pytest.raises(PhotoError) as caught:
        inputs.read(["s3://bucket/photos"], None, tmp_path)
    assert "download them first" in caught.value.hint
