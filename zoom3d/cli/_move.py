"""The options about the camera's move."""

from __future__ import annotations

from typing import Annotated

import typer

Preset = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME|FILE", help="The move: a name from 'zoom3d presets', or a .toml file. [3d-zoom]"),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a number of the preset: x.amplitude=0.1, push.keys.1.1=0.4 …"),
]
Strength = Annotated[
    float, typer.Option("--strength", metavar="X", help="How much of the move to make; 1 is the preset's own.")
]
MaxReveal = Annotated[
    float | None,
    typer.Option("--max-reveal", metavar="X", help="Share of a frame, 0 to 1, that may show what was painted. [0.03]"),
]
Variants = Annotated[
    int | None,
    typer.Option(
        "--variants", min=1, max=100, metavar="N", help="Make N different moves, as OUT-1, OUT-2 …; of --preset if it is given."
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, metavar="N", help="Which variants. [0]")]


def check(changes: list[str], preset: str | None, variants: int | None, seed: int | None) -> None:
    """Refuse what contradicts itself."""
    if seed is not None and variants is None:
        raise typer.BadParameter("it chooses among variants: give '--variants' too", param_hint="'--seed'")
    if changes and variants is not None and preset is None:
        raise typer.BadParameter("with '--variants' it needs a '--preset' to change", param_hint="'--set'")
