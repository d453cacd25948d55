"""Presets and the paths they become."""

from __future__ import annotations

from zoom3d.camera.plan import plan
from zoom3d.camera.presets import Preset

__all__ = ["Preset", "plan"]
