from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from zoom3d.batch import naming
from zoom3d.batch.naming import Names

HOSTILE = [
    *["../x", "a/../../x", "/etc/passwd", "a//b", "a/", "", "   ", ".", "..", "C:x", "C:\\x", "a\\..\\x", "a\0b", "a\nb"],
    *["a\x1b[2J", "CON", "nul.txt", "com1", "LPT¹", "dir/AUX", ".hidden", "dir/.hidden", "dot.", "space ", "a<b", "a|b", "a?b"],
    *["x" * 300, "\u202ex", "a\u2028b", "\ud800"],
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_name_that_could_do_harm_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(ValueError, match=r"it |is |takes it"):
        naming.checked(name)


@pytest.mark.parametrize("name", ["beach", "2024/summer/beach", "a-b_c.d", "Ünïcödé", "日本", "a b", "-o", "console"])
def test_an_ordinary_name_stays_as_it_is(name: str) -> None:
    assert naming.checked(name) == name
    assert naming.from_path(Path(f"{name}.jpg")) == name


def test_a_name_in_composed_and_decomposed_letters_is_one() -> None:
    assert naming.checked("u\u0308") == naming.checked("ü") == "ü"


@pytest.mark.parametrize("name", [*HOSTILE, "../../up.jpg", "/abs/olute.jpg", "..", "a/..", "x" * 250 + ".jpg"], ids=ascii)
def test_what_is_made_of_any_path_is_a_safe_name(name: str) -> None:
    made = naming.from_path(Path(name))
    assert naming.checked(made) == made
    assert naming.inside(made) == PurePosixPath(made)


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "", "a\\b", "a\0"])
def test_no_name_leads_out_of_the_folder_even_from_a_forged_manifest(name: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        naming.inside(name)


def test_two_photographs_of_one_name_are_told_apart_also_where_systems_do_not_tell_case() -> None:
    names = Names({})
    given = [names.give(name, Path(path)) for name, path in [("a", "/x/a.jpg"), ("a", "/y/a.jpg"), ("A", "/z/A.jpg")]]
    assert given[0] == "a"
    assert len({name.casefold() for name in given}) == 3
    assert all(name.casefold().startswith("a-") for name in given[1:])


def test_names_once_given_stay_whoever_joins_and_in_whatever_order() -> None:
    first = Names({})
    paths = [Path("/x/a.jpg"), Path("/y/a.jpg")]
    before = {str(path): first.give("a", path) for path in paths}
    again = Names(before)
    joined = [Path("/new/a.jpg"), *reversed(paths)]
    after = {str(path): again.give("a", path) for path in joined}
    assert {path: after[path] for path in before} == before
    assert len(set(after.values())) == 3


def test_the_same_photograph_keeps_its_name_when_it_is_asked_for_twice() -> None:
    names = Names({})
    assert names.give("a", Path("/x/a.jpg")) == names.give("a", Path("/x/a.jpg")) == "a"


def test_a_chosen_name_is_not_given_to_another() -> None:
    names = Names({})
    assert names.choose("a", Path("/x/b.jpg")) == "a"
    assert names.give("a", Path("/x/a.jpg")) != "a"
    with pytest.raises(ValueError, match="already"):
        names.choose("A", Path("/x/c.jpg"))


def test_the_ending_tells_preset_and_what_was_asked_for() -> None:
    assert naming.ending("circle", None, None) == "_circle"
    assert naming.ending("my/own.toml", "reels", (720, 1280)) == "_own_reels_720x1280"
