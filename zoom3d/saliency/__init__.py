"""What stands out of a picture, by its colours or with its depth: whose likelihood, whose outline, and where the sky is."""

from __future__ import annotations

from zoom3d.saliency.figure import (
    certainty,
    drawn,
    find_sky,
    lab,
    lead,
    likelihood,
    remnants,
    segment,
    standing_out,
    steps,
    with_depth,
)

__all__ = [
    "certainty",
    "drawn",
    "find_sky",
    "lab",
    "lead",
    "likelihood",
    "remnants",
    "segment",
    "standing_out",
    "steps",
    "with_depth",
]
