"""Presets and the paths they become."""

from __future__ import annotations

from zoom3d.camera.plan import MAX_REVEAL, plan, remarked
from zoom3d.camera.presets import Preset

__all__ = ["MAX_REVEAL", "Preset", "plan", "remarked"]
