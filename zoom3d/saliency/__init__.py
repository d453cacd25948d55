"""What a picture is of: people who look at us, what stands out by colour or with depth, its outline, and where the sky is."""

from __future__ import annotations

from zoom3d.saliency.figure import (
    SCENE,
    certainty,
    drawn,
    find_sky,
    grow,
    lab,
    lead,
    likelihood,
    remnants,
    segment,
    standing_out,
    steps,
    tall,
    with_depth,
)
from zoom3d.saliency.focus import blur_is_behind, shallow_focus, with_focus
from zoom3d.saliency.people import SAME_SIZE, bodies, faces

__all__ = [
    "SAME_SIZE",
    "SCENE",
    "blur_is_behind",
    "bodies",
    "certainty",
    "drawn",
    "faces",
    "find_sky",
    "grow",
    "lab",
    "lead",
    "likelihood",
    "remnants",
    "segment",
    "shallow_focus",
    "standing_out",
    "steps",
    "tall",
    "with_depth",
    "with_focus",
]
