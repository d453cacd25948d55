"""The options about a title."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zoom3d.title import TitleWish

Text = Annotated[
    str | None,
    typer.Option("--title", metavar="TEXT", help="Text that stands in the scene, behind the subject; \\n parts lines."),
]
Font = Annotated[
    Path | None, typer.Option("--title-font", metavar="FILE", help="The title's font, TrueType or OpenType. [Roboto Black]")
]
Size = Annotated[
    float | None,
    typer.Option("--title-size", metavar="X", help="Its size as a fraction of the frame's shorter side. [what fits]"),
]
Colour = Annotated[str | None, typer.Option("--title-colour", metavar="NAME|#RRGGBB", help="Its colour. [white]")]
Place = Annotated[
    str | None,
    typer.Option(
        "--title-place",
        metavar="X,Y|WHERE",
        help="top, middle, bottom, or its middle in fractions of the frame. [so that the subject covers a little of it]",
    ),
]
Depth = Annotated[
    str | None,
    typer.Option(
        "--title-depth",
        metavar="WHERE|D",
        help="behind (the subject), front, or a disparity from 0 (farthest) to 1. [behind, where it can be read there]",
    ),
]


@dataclass(frozen=True)
class Words:
    """A title, and how it stands."""

    title: Text = None
    title_font: Font = None
    title_size: Size = None
    title_colour: Colour = None
    title_place: Place = None
    title_depth: Depth = None

    @property
    def wish(self) -> TitleWish | None:
        """What the options ask for. One that says how without --title is a usage error."""
        how = {name: getattr(self, f"title_{name}") for name in ("font", "size", "colour", "place", "depth")}
        chosen = {name: value for name, value in how.items() if value is not None}
        if self.title is None:
            if chosen:
                raise typer.BadParameter("there is no --title", param_hint=f"'--title-{next(iter(chosen))}'")
            return None
        from zoom3d.title import TitleWish

        return TitleWish(self.title.replace("\\n", "\n"), **chosen)
