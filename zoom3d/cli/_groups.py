"""Groups: options that several commands take, as one parameter, and commands below another."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import typer

from zoom3d.cli import _options


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command as typer is to see it: in place of every parameter that is a dataclass stand the dataclass's fields."""
    groups: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    # Not by get_type_hints, which in Python 3.10 hides what is annotated inside an Optional where the default is None.
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        kind = parameter.annotation
        if not is_dataclass(kind):
            parameters.append(parameter)
            continue
        groups[parameter.name] = kind
        inner = get_type_hints(kind, include_extras=True)
        parameters += [
            inspect.Parameter(one.name, parameter.kind, default=one.default, annotation=inner[one.name]) for one in fields(kind)
        ]

    @functools.wraps(command)
    def called(**given: Any) -> None:
        for name, kind in groups.items():
            given[name] = kind(**{one.name: given.pop(one.name) for one in fields(kind)})
        command(**given)

    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called


def add_commands(
    app: typer.Typer, name: str, summary: str, listing: Callable[..., None], **others: Callable[..., None]
) -> None:
    """Add the commands ``name list``, which is what ``name`` alone does, and ``others``."""
    group = typer.Typer(help=summary, rich_markup_mode=None)

    def alone(context: typer.Context, as_json: _options.AsJson = False) -> None:
        if context.invoked_subcommand is None:
            listing(as_json=as_json)
        elif as_json:
            raise typer.BadParameter("it goes behind the command's name", param_hint="'--json'")

    group.callback(invoke_without_command=True)(alone)
    for word, command in {"list": listing, **others}.items():
        group.command(word)(command)
    app.add_typer(group, name=name)
