"""``zoom3d templates``: the ways a reel can go."""

from __future__ import annotations

from typing import Annotated

import typer

from zoom3d.cli import _console, _options, _places
from zoom3d.cli._groups import add_commands

Name = Annotated[
    str, typer.Argument(metavar="NAME", show_default=False, help="A name from 'zoom3d templates', or a .toml file.")
]


def register(app: typer.Typer) -> None:
    summary = "List the templates for reels, or show one to begin your own."
    add_commands(app, "templates", summary, list_templates, show=show_template)


def list_templates(as_json: _options.AsJson = False) -> None:
    """List the templates that come along, then your own. Of those it is said where they lie."""
    from zoom3d.reel import template

    with _console.session(_options.voice(as_json=as_json)) as session:
        found = (
            (place, one.description or one.title, {"title": one.title, "description": one.description})
            for place, one in template.readable()
        )
        _places.show(session, "templates", found)


def show_template(name: Name) -> None:
    """Print a template's file. 'zoom3d templates show NAME > my.toml' begins a new one."""
    from zoom3d.reel import template

    template.load(name)
    print(template.text(template.find(name)), end="")
