"""Opens a path as a picture file, judging by what is inside and never by the suffix."""

from __future__ import annotations

import codecs
import contextlib
import errno
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal, NoReturn

from zoom3d.errors import PhotoError, reason
from zoom3d.sources import why_missing

Stream = IO[bytes]
Kind = Literal["JPEG", "PNG", "WebP", "AVIF", "HEIC", "TIFF", "BMP", "GIF", "JPEG 2000"]

CONVERT = "convert it to JPEG or PNG first"
READABLE = "give a photograph as JPEG, PNG, WebP, AVIF, HEIC, TIFF, GIF, BMP or JPEG 2000"
HEAD_BYTES = 4096

_PICTURES: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
)
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"8BPS", "a Photoshop document"),
    (b"gimp xcf", "a GIMP document"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"\0\0\x01\0", "an icon"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
    (b"FUJIFILMCCD-RAW", "a camera's raw file"),
    (b"IIU\0", "a camera's raw file"),
    (b"IIRO", "a camera's raw file"),
    (b"IIRS", "a camera's raw file"),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}


@contextlib.contextmanager
def opened(path: Path, name: str) -> Iterator[tuple[Stream, Kind]]:
    """The file in ``path``, open for reading, and its format. Pipes and devices are refused before they can block."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise PhotoError(f"{name} is a directory", hint="give one photograph, not a folder")
        if not stat.S_ISREG(status.st_mode):
            raise PhotoError(f"{name} is a pipe or a device, not a file", hint="save the photograph to a file first")
        if status.st_size == 0:
            raise PhotoError(f"{name} is empty (0 bytes)", hint="copy or download the photograph again")
        stream = path.open("rb")
    except ValueError as error:  # a name with a NUL in it
        raise PhotoError(f"{name} is no possible file name", hint="check the path") from error
    except OSError as error:
        _refuse_unreadable(error, name)
    with stream:
        try:
            head = stream.read(HEAD_BYTES)
        except OSError as error:
            _refuse_unreadable(error, name)
        kind = _identify(head, name)
        stream.seek(0)
        yield stream, kind


def _refuse_unreadable(error: OSError, name: str) -> NoReturn:
    if isinstance(error, FileNotFoundError) or error.errno == errno.ENOTDIR:
        hint = why_missing(str(error.filename), "check the path of the photograph")
        raise PhotoError(f"{name}: no such file", hint=hint) from error
    if isinstance(error, PermissionError):
        raise PhotoError(f"{name} may not be read", hint="check the file's permissions") from error
    raise PhotoError(f"{name} cannot be read: {reason(error)}", hint="check the path and the disk") from error


def _identify(head: bytes, name: str) -> Kind:
    if head[4:8] == b"ftyp":
        return _identify_box_file(head, name)
    if head[:4] == b"RIFF":
        if head[8:12] == b"WEBP":
            return "WebP"
        raise PhotoError(f"{name} is a sound or a video, not a photograph", hint="save one frame as JPEG or PNG")
    for magic, kind in _PICTURES:
        if head.startswith(magic):
            if kind == "TIFF" and head[8:10] == b"CR":
                _refuse_raw(name)
            return kind
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise PhotoError(f"{name} is {what}, which zoom3d does not read", hint=CONVERT)
    raise PhotoError(f"{name} is {_describe_unknown(head)}", hint=READABLE)


def _identify_box_file(head: bytes, name: str) -> Kind:
    """The kinds of ISO base media file, told apart by all their brands: phones write ``mif1`` for more than one."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[offset : offset + 4] for offset in range(16, size, 4))}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    if brands & _HEIF_BRANDS:
        return "HEIC"
    if b"crx " in brands:
        _refuse_raw(name)
    raise PhotoError(f"{name} is a video, not a photograph", hint="save one frame as JPEG or PNG")


def _refuse_raw(name: str) -> NoReturn:
    raise PhotoError(f"{name} is a camera's raw file, which zoom3d does not read", hint="develop it to JPEG, TIFF or PNG first")


def _describe_unknown(head: bytes) -> str:
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head, final=len(head) < HEAD_BYTES)  # may end in a letter
    except UnicodeDecodeError:
        return "not an image, or one in a format that zoom3d does not know"
    opening = text.lstrip().lower()
    if "<svg" in opening:
        return "an SVG drawing, not a photograph"
    if opening.startswith(("<!doctype html", "<html")):
        return "a web page, not an image"
    if all(character.isprintable() or character.isspace() for character in text):
        return "a text file, not an image"
    return "not an image, or one in a format that zoom3d does not know"
