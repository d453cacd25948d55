"""Photograph and depth in, layered scene out."""

from __future__ import annotations

from zoom3d.scene.build import build

__all__ = ["build"]
