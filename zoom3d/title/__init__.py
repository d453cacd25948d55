"""Text in, a picture of it that stands in the scene out."""

from __future__ import annotations

from zoom3d.title.placing import check, make
from zoom3d.title.wish import TitleWish

__all__ = ["TitleWish", "check", "make"]
