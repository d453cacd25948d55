"""Layered scene and camera path in, frames out."""

from __future__ import annotations

from zoom3d.render.context import describe, devices, open_context
from zoom3d.render.renderer import Renderer

__all__ = ["Renderer", "describe", "devices", "open_context"]
