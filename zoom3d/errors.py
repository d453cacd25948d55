"""What can go wrong, as far as the user can do something about it.

Zoom3DError
├── PhotoError        a photograph cannot be read
├── DepthError        a depth map cannot be read or made
│   └── WeightsError  a model's weights are missing, damaged or cannot be fetched
├── InpaintError      hidden surfaces cannot be painted as asked
├── PresetError       a preset is unknown or malformed
├── TemplateError     a reel's template is unknown or malformed
├── AudioError        a song has no beat, or nothing here can find it
├── RenderError       no usable OpenGL, or its limits are exceeded
├── VideoError        the encoder is missing or failed
├── BatchError        many photographs cannot be worked on as asked
└── OutputError       the output that was asked for cannot be made or written

Anything else that escapes is a bug and keeps its traceback.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


class Zoom3DError(Exception):
    """A failure with a remedy. ``message`` says in one line what is wrong, ``hint`` in one line what to do."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.hint)


class PhotoError(Zoom3DError):
    """A photograph cannot be read."""


class DepthError(Zoom3DError):
    """A depth map cannot be read or made."""


class WeightsError(DepthError):
    """A model's weights are missing, damaged or cannot be fetched."""


class InpaintError(Zoom3DError):
    """Hidden surfaces cannot be painted as asked."""


class PresetError(Zoom3DError):
    """A preset is unknown or malformed."""


class TemplateError(Zoom3DError):
    """A reel's template is unknown or malformed."""


class AudioError(Zoom3DError):
    """A song has no beat, or nothing here can find it."""


class RenderError(Zoom3DError):
    """No usable OpenGL, or its limits are exceeded."""


class VideoError(Zoom3DError):
    """The encoder is missing or failed."""


class BatchError(Zoom3DError):
    """Many photographs cannot be worked on as asked: a list is malformed, a folder in use, a cluster out of reach."""


class OutputError(Zoom3DError):
    """The output that was asked for cannot be made or written."""


def _rebuild(kind: type[Zoom3DError], message: str, hint: str) -> Zoom3DError:
    return kind(message, hint=hint)


def printable(path: Path) -> str:
    """A file's name for messages, on one line and encodable whatever bytes it has."""
    name = os.fsencode(path.name or str(path)).decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


def reason(error: OSError | ValueError) -> str:
    """Why a file could not be read or written, in the system's words."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return getattr(error, "strerror", None) or str(error)


def suggest(wrong: str, known: Iterable[str], what: str) -> str:
    """A hint: the nearest of ``known`` to ``wrong``, or all of them, named as ``what``."""
    import difflib

    names = list(known)
    close = difflib.get_close_matches(wrong, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known {what}: {', '.join(names)}"
