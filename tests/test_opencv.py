from __future__ import annotations

import numpy as np
import pytest

from zoom3d import opencv


def test_nearest_finds_the_nearest_pixel() -> None:
    mask = np.random.default_rng(1).random((40, 50)) < 0.02
    found = opencv.nearest(mask)
    rows, columns = np.nonzero(mask)
    y, x = np.mgrid[0:40, 0:50]
    truth = np.hypot(y[..., None] - rows, x[..., None] - columns).min(2)
    seed = found.index
    by_seed = np.hypot(y - seed // 50, x - seed % 50)
    assert mask.ravel()[seed].all()
    assert np.abs(by_seed - truth).max() <= 1
    assert np.abs(found.distance - truth).max() <= 0.5


def test_what_is_no_picture_is_none_and_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    for data in (b"", b"nonsense", b"II*\0" + bytes(100)):
        assert opencv.decoded(data) is None
    assert capfd.readouterr() == ("", "")
