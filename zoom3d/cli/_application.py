"""The commands together."""

from __future__ import annotations

from typing import Annotated

import typer

from zoom3d import cli, plugins

_ORDER = ("render", "reel", "batch", "check", "depth", "presets", "templates", "models", "doctor")


def application(called: str | None = None) -> typer.Typer:
    """The command line, made from the files of this package: the everyday commands first, the others by name.

    called: the only command that is needed, where that is known; the others would have to be loaded first.
    """
    app = typer.Typer(
        name="zoom3d",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    app.callback(invoke_without_command=True)(_zoom3d)
    names = sorted(plugins.names(cli), key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))
    for name in [called] if called in names else names:
        plugins.load(cli, name).register(app)
    return app


def _zoom3d(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """One photo in, one camera move out: 3D zoom clips from a single photograph.

    Begin with: zoom3d render PHOTO
    """
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"zoom3d {installed('zoom3d')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
