"""Photograph and depth in, layered scene out."""

from __future__ import annotations

from zoom3d.scene.build import build
from zoom3d.scene.store import from_arrays, to_arrays

__all__ = ["build", "from_arrays", "to_arrays"]
