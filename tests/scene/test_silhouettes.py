"""Views from beside the photograph against brute force, along silhouettes."""

from __future__ import annotations

import numpy as np
import pytest
import silhouettes

HARD, FURRY = 32.0, 28.0
"""dB, in six pixels on both sides of the silhouettes, with what was hidden."""


@pytest.mark.parametrize("baseline", [0.6, 1.0])
@pytest.mark.parametrize(
    ("name", "least"), [("disc", HARD), ("staircase", HARD), ("fence", HARD), ("floor", HARD), ("furry", FURRY)]
)
def test_silhouettes_look_like_the_truth(name: str, least: float, baseline: float) -> None:
    surfaces = getattr(silhouettes, name)()
    photograph, truth = silhouettes.look(surfaces, 0.0), silhouettes.look(surfaces, baseline)
    where = silhouettes.band(truth, baseline)
    assert silhouettes.psnr(photograph.rgb, truth.rgb, where) < 24  # it does move
    assert silhouettes.psnr(silhouettes.rendered(photograph, baseline), truth.rgb, where) >= least


@pytest.mark.parametrize("baseline", [0.35, 0.8])
def test_posts_are_as_sharp_between_pixels_as_on_them(baseline: float) -> None:
    """True layers, looked up linearly, would be 28 dB from the truth half-way between pixels."""
    surfaces = silhouettes.fence()
    photograph, truth = silhouettes.look(surfaces, 0.0), silhouettes.look(surfaces, baseline)
    where = silhouettes.band(truth, baseline)
    assert silhouettes.psnr(silhouettes.rendered(photograph, baseline), truth.rgb, where) >= 34


def test_looking_back_from_the_other_side_is_as_good() -> None:
    surfaces = silhouettes.disc()
    photograph, truth = silhouettes.look(surfaces, 0.0), silhouettes.look(surfaces, -1.0)
    assert silhouettes.psnr(silhouettes.rendered(photograph, -1.0), truth.rgb, silhouettes.band(truth, -1.0)) >= HARD


def test_the_brute_force_knows_where_things_are() -> None:
    surfaces = silhouettes.disc()
    photograph, truth = silhouettes.look(surfaces, 0.0), silhouettes.look(surfaces, 1.0)
    middle = slice(110, 130)
    assert np.array_equal(truth.rgb[middle, 130:170], photograph.rgb[middle, 138:178])
    assert np.array_equal(truth.rgb[:40, 100:200], photograph.rgb[:40, 102:202])
