"""The photographs of a batch: files, folders, patterns, and lists of them with or without options."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TextIO

from zoom3d.batch import manifest, naming, options
from zoom3d.batch.find import look_into
from zoom3d.errors import BatchError, OutputError, PhotoError, reason
from zoom3d.sources import why_missing

STDIN = "-"
LISTS = (".txt", ".csv", ".jsonl")


@dataclass(frozen=True)
class Wanted:
    """A photograph to make clips of.

    path: absolute. name: what its clips are called, without preset and suffix. chosen: whether the user gave the name.
    settings: what holds for it alone, see ``options.read``. origin: the row of a list that asks for it.
    reel: photographs that make one clip; ``path`` is then their folder.
    """

    path: Path
    name: str
    chosen: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""
    reel: tuple[Path, ...] = ()


def read(sources: list[str], stdin: TextIO | None, outputs: Path | None) -> list[Wanted]:
    """All that ``sources`` name. What an earlier run left in the folder ``outputs`` is no photograph.

    A source is a photograph, a folder (with what is below it), a pattern, or a list: ``-`` for lines from ``stdin``,
    ``@FILE``, or a name that ends in .txt, .csv or .jsonl. Paths in a list are relative to the list's folder. A source that
    names no photograph is refused.
    """
    found: list[Wanted] = []
    for source in sources:
        if source == STDIN:
            found += _list(_spoken(stdin), "standard input", Path.cwd(), outputs)
        elif source.startswith("@") or source.lower().endswith(LISTS):
            found += _list_file(Path(source.removeprefix("@")), outputs)
        else:
            found += _look(source, outputs)
    distinct: dict[object, Wanted] = {}
    for one in found:
        distinct.setdefault((one.path, one.name if one.chosen else "", repr(sorted(one.settings.items()))), one)
    return list(distinct.values())


def by_folder(wanted: list[Wanted]) -> list[Wanted]:
    """The photographs of each folder as one reel, which is called after the folder."""
    folders: dict[Path, list[Wanted]] = {}
    for one in wanted:
        if one.chosen or one.settings:
            raise BatchError(
                f"{one.origin}: in a reel no photograph has a name or options of its own",
                hint="leave --template out, or these columns",
            )
        folders.setdefault(one.path.parent, []).append(one)
    return [
        Wanted(
            path,
            several[0].name.rpartition("/")[0] or naming.from_path(Path(path.name)),
            reel=tuple(one.path for one in several),
        )
        for path, several in folders.items()
    ]


def _look(source: str, outputs: Path | None) -> Iterator[Wanted]:
    try:
        root, files = look_into(source, outputs)
    except (OSError, ValueError) as error:
        raise PhotoError(f"{source!r} cannot be looked into: {error}", hint="check the path") from error
    if not (files[0].exists() or files[0].is_symlink()):
        hint = why_missing(source, "name photographs, or folders with some")
        raise PhotoError(f"{source}: no such file or folder", hint=hint)
    yield from (Wanted(_absolute(file), naming.from_path(file.relative_to(root))) for file in files)


def _spoken(stdin: TextIO | None) -> str:
    if stdin is None:
        raise BatchError("there is no standard input", hint="name photographs, or a list as @FILE")
    try:
        return stdin.read()
    except UnicodeDecodeError as error:
        raise BatchError("what standard input holds is not text", hint="give the list as UTF-8") from error


def _list_file(path: Path, outputs: Path | None) -> Iterator[Wanted]:
    if outputs and _absolute(path) == outputs / manifest.FILE_NAME:
        raise BatchError(
            f"the list {str(path)!r} has the name of the batch's own manifest",
            hint="rename the list, or choose another folder with -o",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise BatchError(f"the list {str(path)!r} cannot be read: {reason(error)}", hint="check the path") from error
    return _list(text, path.name, path.absolute().parent, outputs)


def _list(text: str, name: str, folder: Path, outputs: Path | None) -> Iterator[Wanted]:
    text = text.removeprefix("\ufeff")  # which Windows puts before what it pipes
    if name.lower().endswith(".csv"):
        rows = _csv_rows(text, name)
    elif name.lower().endswith(".jsonl") or re.match(r'\s*\{\s*["}]', text):  # a photograph may be called {1}.jpg
        rows = _json_rows(text, name)
    else:
        rows = ((number, {"photo": line}) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    number = 0
    for number, row in rows:
        origin = f"{name}, row {number}"
        try:
            yield from _row(dict(row), origin, folder, outputs)
        except ValueError as error:
            _refuse(origin, str(error))
        except (OutputError, PhotoError) as error:
            raise BatchError(f"{origin}: {error.message}", hint=error.hint) from error
    if number == 0:
        raise BatchError(f"{name} names no photographs", hint="put the path of one on each line")


def _row(row: dict[str, Any], origin: str, folder: Path, outputs: Path | None) -> Iterator[Wanted]:
    photo, name = row.pop("photo", None), row.pop("name", None)
    if not isinstance(photo, str) or not photo.strip():
        raise ValueError("no photograph is named in the column 'photo'")
    if "\0" in photo:
        raise ValueError("the photograph's path holds a NUL")
    settings = options.read(row, folder)
    if not os.path.lexists(folder / photo):  # blanks behind a name are not seen
        photo = photo.strip()
    path = _absolute(folder / photo)
    if name:
        try:
            yield Wanted(path, naming.checked(str(name)), True, settings, origin)
        except ValueError as error:
            raise ValueError(f"name = {name!r}: {error}") from None
    elif path.is_dir():
        yield from (Wanted(one.path, one.name, False, settings, origin) for one in _look(str(path), outputs))
    else:
        yield Wanted(path, naming.from_path(Path(photo)), False, settings, origin)


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        if "photo" not in header:
            other = "; cells are parted by commas" if len(header) == 1 and set(header[0]) & set(";\t") else ""
            _refuse(
                f"{name}, row 1", f"there is no column 'photo', only {', '.join(map(repr, header)) or 'an empty line'}{other}"
            )
        if len(set(header)) < len(header):
            _refuse(f"{name}, row 1", "two columns have one name")
        try:
            options.read(dict.fromkeys(set(header) - {"photo", "name"}), Path())
        except ValueError as error:
            _refuse(f"{name}, row 1", str(error))
        for cells in reader:
            if len(cells) > len(header):
                _refuse(f"{name}, row {reader.line_num}", f"it has {len(cells)} cells, and there are {len(header)} columns")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, {column: cell.strip() for column, cell in zip(header, cells, strict=False)}
    except csv.Error as error:
        _refuse(f"{name}, row {reader.line_num}", f"it is not CSV: {error}")


def _json_rows(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            _refuse(f"{name}, row {number}", f"it is not JSON: {error}")
        if not isinstance(row, dict):
            _refuse(f"{name}, row {number}", 'it is not an object such as {"photo": "a.jpg"}')
        yield number, row


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links are not followed: a photograph is called what its user calls it


def _refuse(origin: str, reason: str) -> NoReturn:
    raise BatchError(f"{origin}: {reason}", hint="correct that row; nothing has been made yet")
