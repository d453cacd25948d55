"""zoom3d: one photo in, one camera move out.

>>> import zoom3d
>>> zoom3d.animate("photo.jpg", "clip.mp4", preset="3d-zoom")  # doctest: +SKIP

The stages are the packages ``photo``, ``depth``, ``scene``, ``camera``, ``render`` and ``video``; ``pipeline.animate`` shows
how they fit together. Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoom3d.errors import Zoom3DError
    from zoom3d.pipeline import Clip, Settings, animate

__all__ = ["Clip", "Settings", "Zoom3DError", "animate"]

_HOMES = {"Clip": "pipeline", "Settings": "pipeline", "Zoom3DError": "errors", "animate": "pipeline"}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
