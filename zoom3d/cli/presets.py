"""``zoom3d presets``: the moves that come along, and the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoom3d.cli import _console, _move, _options, _places
from zoom3d.cli._failure import printable
from zoom3d.cli._groups import add_commands
from zoom3d.cli._output import written_whole
from zoom3d.errors import OutputError

if TYPE_CHECKING:
    from zoom3d.camera.presets import Preset

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="A name from 'zoom3d presets', or a .toml file.")]
Plot = Annotated[Path | None, typer.Option("--plot", metavar="FILE.png", help="Draw the channels over time into this file.")]


def register(app: typer.Typer) -> None:
    summary = "List the camera moves, or show one to begin your own from."
    add_commands(app, "presets", summary, list_presets, show=show_preset)


def list_presets(as_json: _options.AsJson = False) -> None:
    """List the moves that come along, then your own. Of those it is said where they lie."""
    from zoom3d.camera import presets

    with _console.session(_options.voice(as_json=as_json)) as session:
        found = ((place, _line(preset), _as_data(preset)) for place, preset in presets.readable())
        _places.show(session, "presets", found)


def _line(preset: Preset) -> str:
    return f"{preset.duration_s:4.1f} s  {' '.join((preset.description or preset.title).split())}"


def _as_data(preset: Preset) -> dict[str, object]:
    return {
        "title": preset.title,
        "description": preset.description,
        "duration_s": preset.duration_s,
        "loop": preset.loop,
    }


def show_preset(name: Name, plot: Plot = None, changes: _move.Changes = None) -> None:
    """Print a move's file, or draw it with --plot. 'zoom3d presets show NAME > my.toml' begins a new one."""
    from zoom3d.camera import presets

    preset = presets.load(name, changes or ())
    if plot is None:
        if changes:
            raise typer.BadParameter("the file is printed as it is: draw the change with '--plot'", param_hint="'--set'")
        print(presets.text(presets.find(name)), end="")
        return
    if plot.suffix.lower() != ".png":
        raise OutputError(f"{plot} is not a .png file", hint="give a name that ends in .png with --plot")
    from zoom3d.camera.plot import draw

    with written_whole(plot, "--plot") as part:
        draw(preset).save(part, format="PNG")
    print(printable(f"{plot}: {preset.title}"))
