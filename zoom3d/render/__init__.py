"""Layered scene and camera path in, frames out."""

from __future__ import annotations

from zoom3d.render.compositor import Composition, Compositor
from zoom3d.render.context import describe, devices, open_context
from zoom3d.render.renderer import Renderer

__all__ = ["Composition", "Compositor", "Renderer", "describe", "devices", "open_context"]
