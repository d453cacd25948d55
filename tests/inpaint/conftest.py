"""Fixtures for the inpainting methods."""

from __future__ import annotations

import pytest
from planted import Scene, disc_before, meadow, stripes


@pytest.fixture
def meadow_scene() -> Scene:
    return disc_before(meadow())


@pytest.fixture
def striped_scene() -> Scene:
    return disc_before(stripes())
