"""A picture that looks different from every side, and ways to write it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from photo_scene import Write
from PIL import Image


@pytest.fixture(scope="session")
def scene() -> np.ndarray:
    """(96, 128, 3) uint8: smooth colours, red to the right, green downwards, and a blue corner at the top left."""
    y, x = np.mgrid[0:96, 0:128].astype(np.float32)
    rgb = np.stack([30 + 1.6 * x, 20 + 2.2 * y, 60 + 0 * x], axis=-1)
    rgb[:24, :40] = (20, 30, 230)
    return rgb.clip(0, 255).astype(np.uint8)


@pytest.fixture
def write(tmp_path: Path, scene: np.ndarray) -> Write:
    """Writes the scene, or another array or image, as ``name`` and returns the path."""

    def write_file(name: str, picture: np.ndarray | Image.Image | bytes | None = None, **options: object) -> Path:
        path = tmp_path / name
        if isinstance(picture, bytes):
            path.write_bytes(picture)
            return path
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(scene if picture is None else picture)
        buffer = io.BytesIO()
        image.save(buffer, **{"format": Image.registered_extensions()[path.suffix.lower()], **options})
        path.write_bytes(buffer.getvalue())
        return path

    return write_file
