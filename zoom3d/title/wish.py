"""What can be asked of a title."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from zoom3d.errors import OutputError

PLACES = ("auto", "top", "middle", "bottom")
DEPTHS = ("auto", "behind", "front")
SIZES = (0.01, 1.0)
LENGTH = 200


@dataclass(frozen=True)
class TitleWish:
    """A title.

    text: lines are parted by line feeds; each may be of either writing direction.
    font: a TrueType or OpenType file; None = the one that comes along.
    size: of the letters (the em), as a fraction of the frame's shorter side; None = as large as suits.
    colour: as CSS says it: "white", "#ffcc00".
    place: "top", "middle" or "bottom" of what the platform leaves free, the middle of the text "X,Y" in fractions of the frame,
        or "auto", which lets the subject cover a little of it.
    depth: "behind" the subject, in "front" of everything, or a disparity from 0, the farthest, to 1; "auto" is behind, or in
        front where too little could be read there.
    """

    text: str
    font: Path | None = None
    size: float | None = None
    colour: str = "white"
    place: str = "auto"
    depth: str = "auto"

    def __post_init__(self) -> None:
        for name, kind in {"text": str, "font": Path, "colour": str, "place": str}.items():
            value = getattr(self, name)
            if not isinstance(value, kind) and not (name == "font" and value is None):
                raise TypeError(f"a title's {name} must be a {kind.__name__}, not {value!r}")
        if not self.text.strip():
            raise OutputError("the title is empty", hint="write some text after --title, or leave it out")
        if len(self.text) > LENGTH:
            raise OutputError(f"a title of {len(self.text)} characters is too long", hint=f"use at most {LENGTH}")
        if self.size is not None and not SIZES[0] <= self.size <= SIZES[1]:
            raise OutputError(
                f"a title of size {self.size:g} cannot be set",
                hint=f"ask for {SIZES[0]:g} to {SIZES[1]:g} of the frame's shorter side with --title-size",
            )
        _ = self.rgb, self.own_disparity  # each raises where there is none
        if self.place not in PLACES:
            _ = self.point

    @property
    def rgb(self) -> tuple[int, int, int]:
        """The colour, sRGB."""
        from PIL import ImageColor

        try:
            colour = ImageColor.getrgb(self.colour)
        except ValueError:
            raise OutputError(
                f"there is no colour {self.colour!r}", hint="name one, such as white, or write #ffcc00 after --title-colour"
            ) from None
        if max(colour) > 255 or (len(colour) == 4 and colour[3] < 255):
            raise OutputError(
                f"a title cannot have the colour {self.colour!r}", hint="name one without transparency, its parts from 0 to 255"
            )
        return colour[0], colour[1], colour[2]

    @property
    def point(self) -> tuple[float, float]:
        """Where the middle of the text is to be, where ``place`` says that."""
        try:
            x, y = (float(part) for part in self.place.split(","))
        except ValueError:
            x = y = math.nan
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise OutputError(
                f"the place {self.place!r} is none of a frame's",
                hint=f"give {', '.join(PLACES)}, or two fractions such as 0.5,0.2, to --title-place",
            )
        return x, y

    @property
    def own_disparity(self) -> float:
        """How deep it is to stand, where ``depth`` says that; 0 where it is a word."""
        if self.depth in DEPTHS:
            return 0.0
        try:
            value = float(self.depth)
        except ValueError:
            value = math.nan
        if not 0 <= value <= 1:
            raise OutputError(
                f"the depth {self.depth!r} is none of a scene's",
                hint="give behind, front, or a number from 0 (farthest) to 1 to --title-depth",
            )
        return value
