"""Gaussian means in reduced copies."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from zoom3d.scene import _smooth


@pytest.mark.parametrize("sigma", [1.0, 4.0, 17.0])
def test_a_reduced_mean_is_the_mean(sigma: float) -> None:
    rng = np.random.default_rng(0)
    planes = [cv2.GaussianBlur(rng.random((203, 317)).astype(np.float32), (0, 0), 3) for _ in range(2)]
    means = _smooth.reduced(lambda rows: [plane[rows] for plane in planes], (203, 317), sigma).blurred(sigma)
    rows, columns = np.nonzero(rng.random((203, 317)) < 0.3)
    for mean, plane in zip(means.at(rows, columns), planes, strict=True):
        truth = cv2.GaussianBlur(plane, (0, 0), sigma)[rows, columns]
        assert np.abs(mean - truth).max() < 0.25 * np.abs(plane[rows, columns] - truth).max()
        assert np.abs(mean - truth).mean() < 0.006


@pytest.mark.parametrize("sigma", [1.0, 9.0])
def test_nowhere_has_no_mean(sigma: float) -> None:
    plane = np.ones((60, 80), np.float32)
    nowhere = np.zeros(0, np.intp)
    (mean,) = _smooth.reduced(lambda rows: [plane[rows]], (60, 80), sigma).blurred(sigma).at(nowhere, nowhere)
    assert mean.shape == (0,)
