"""``zoom3d presets``: the moves that come along."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zoom3d.cli._failure import printable

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="A name from 'zoom3d presets', or a .toml file.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="List the camera moves, or show one as a file to begin your own from.", rich_markup_mode=None)
    group.callback(invoke_without_command=True)(presets)
    group.command("list")(list_presets)
    group.command("show")(show_preset)
    app.add_typer(group, name="presets")


def presets(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_presets()


def list_presets() -> None:
    """List the moves."""
    from zoom3d.camera import presets

    found = [presets.load(name) for name in presets.names()]
    width = max(len(preset.name) for preset in found)
    for preset in found:
        print(f"{preset.name:{width}}  {preset.duration_s:4.1f} s  {printable(preset.description or preset.title)}")


def show_preset(name: Name) -> None:
    """Print a move's file, checked: 'zoom3d presets show NAME > my.toml' begins a new one."""
    from zoom3d import assets
    from zoom3d.camera import presets

    presets.load(name)
    path = Path(name) if name.lower().endswith(".toml") else assets.folder("presets") / f"{name}.toml"
    print(path.read_text(encoding="utf-8"), end="")
