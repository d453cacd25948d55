"""Photograph and depth in, layered scene out."""

from __future__ import annotations

from zoom3d.scene.build import Extent, build
from zoom3d.scene.stereo import beside, fill_unknown, read_disparity, sideways
from zoom3d.scene.store import from_arrays, to_arrays
from zoom3d.scene.subject import check_focus, focused
from zoom3d.scene.surfaces import smooth

__all__ = [
    "Extent",
    "beside",
    "build",
    "check_focus",
    "fill_unknown",
    "focused",
    "from_arrays",
    "read_disparity",
    "sideways",
    "smooth",
    "to_arrays",
]
