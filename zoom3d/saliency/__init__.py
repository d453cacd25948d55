"""What stands out of a picture, by its colours alone: whose likelihood, whose outline, and where the sky is."""

from __future__ import annotations

from zoom3d.saliency.figure import certainty, find_sky, lab, likelihood, remnants, segment, steps

__all__ = ["certainty", "find_sky", "lab", "likelihood", "remnants", "segment", "steps"]
