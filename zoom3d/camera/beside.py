"""Planning in another process: drawing holds Python's lock, so that a thread beside it would wait."""

from __future__ import annotations

import pickle
from functools import lru_cache
from typing import TYPE_CHECKING

from zoom3d.camera.plan import remarked

if TYPE_CHECKING:
    from zoom3d.camera.plan import Remark
    from zoom3d.camera.presets import Preset
    from zoom3d.types import CameraPath, LayeredScene, OutputSpec


def pack(scene: LayeredScene) -> bytes:
    """A scene to be sent to another process, any number of times."""
    return pickle.dumps(scene, pickle.HIGHEST_PROTOCOL)


def plan(
    preset: Preset, packed: bytes, output: OutputSpec, strength: float, max_reveal: float
) -> tuple[CameraPath, list[Remark]]:
    """``remarked`` for the scene that ``packed`` holds, which is unpacked once."""
    return remarked(preset, _unpacked(packed), output, strength, max_reveal)


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> LayeredScene:
    scene: LayeredScene = pickle.loads(packed)  # made by this program, in the process that asks
    return scene
