"""``zoom3d models``: the depth models, and their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zoom3d.cli import _console, _options

if TYPE_CHECKING:
    from zoom3d.depth.families import Model

Names = Annotated[list[str], typer.Argument(metavar="NAME...", show_default=False, help="Names from 'zoom3d models'.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="List the depth models, or download their weights.", rich_markup_mode=None)
    group.callback(invoke_without_command=True)(models)
    group.command("list")(list_models)
    group.command("fetch")(fetch_models)
    app.add_typer(group, name="models")


def models(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_models()


def list_models(as_json: _options.AsJson = False) -> None:
    """List the models: parameters, size of the download, licence, and whether the weights are here."""
    from zoom3d import weights
    from zoom3d.depth.models import models

    found = [(model, weights.find(model.file) is not None) for model in models().values()]
    lines = [_row("NAME", "FAMILY", "PARAMETERS", "DOWNLOAD", "LICENCE", "WEIGHTS")]
    for model, here in found:
        size, parameters = f"{model.download_bytes / 1e6:.0f} MB", f"{model.parameters / 1e6:.1f} M"
        lines.append(_row(model.name, model.family, parameters, size, model.licence, "cached" if here else "-"))
    lines.append(_row("builtin", "classical", "0", "0 MB", "MIT", "needs none"))
    with _console.session(_options.voice(as_json=as_json)) as session:
        session.result("\n".join(lines), {"models": [_as_data(model, here) for model, here in found]})


def _row(name: str, family: str, parameters: str, size: str, licence: str, here: str) -> str:
    return f"{name:24}{family:18}{parameters:>10}{size:>10}  {licence:12}{here}"


def _as_data(model: Model, here: bool) -> dict[str, object]:
    return {
        "name": model.name,
        "family": model.family,
        "parameters": model.parameters,
        "bytes": model.download_bytes,
        "licence": model.licence,
        "url": model.url,
        "cached": here,
    }


def fetch_models(
    names: Names,
    verbose: _options.Verbose = False,
    quiet: _options.Quiet = False,
    debug: _options.Debug = False,
) -> None:
    """Download the weights of these models into the cache; what is there already is checked."""
    from zoom3d.depth import models

    with _console.session(_options.voice(verbose=verbose, quiet=quiet, debug=debug)) as session:
        for name in names:
            path = models.fetch(name, progress=session.progress)
            session.result(f"{name}: {path}", {})
