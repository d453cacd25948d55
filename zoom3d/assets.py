"""Finds the data folders (``shaders/``, ``presets/``) in a checkout and in an installed wheel, and the user's own."""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder ``name`` of data files: inside the package when installed from a wheel, beside it in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def user_folders(name: str) -> list[Path]:
    """Where the user's own presets, or others, lie: what ``ZOOM3D_PRESETS`` names, then the place for configuration."""
    import platformdirs

    variable = f"ZOOM3D_{name.upper()}"
    asked = [Path(part) for part in os.environ.get(variable, "").split(os.pathsep) if part]
    for each in asked:
        if not each.is_dir():
            log.warning("%s names %s, which is no folder", variable, each)
    return [*asked, Path(platformdirs.user_config_dir("zoom3d", appauthor=False)) / name]
