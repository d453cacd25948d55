"""Fixtures for the depth room."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """(107, 160, 3) uint8: smooth, with an edge."""
    y, x = np.mgrid[0:107, 0:160]
    rgb = np.stack([x, 2 * y, np.where(x > 80, 200, 40)], axis=-1)
    return rgb.astype(np.uint8)
