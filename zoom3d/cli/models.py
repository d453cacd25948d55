"""``zoom3d models``: the depth models and the inpainting networks, and their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from zoom3d.cli import _console, _options
from zoom3d.cli._groups import add_commands

if TYPE_CHECKING:
    from zoom3d.depth.families import Model

Names = Annotated[list[str], typer.Argument(metavar="NAME", show_default=False, help="Names from 'zoom3d models'.")]


def register(app: typer.Typer) -> None:
    add_commands(app, "models", "List the models, or download their weights.", list_models, fetch=fetch_models)


def list_models(as_json: _options.AsJson = False) -> None:
    """List the models, their licences, and whether weights are here."""
    from zoom3d import weights
    from zoom3d.depth.models import models

    found = [(model, weights.find(model.file) is not None) for model in models().values()]
    lines = [_row("NAME", "FAMILY", "PARAMETERS", "DOWNLOAD", "LICENCE", "WEIGHTS")]
    for model, here in found:
        size, parameters = f"{model.download_bytes / 1e6:.0f} MB", f"{model.parameters / 1e6:.1f} M"
        lines.append(_row(model.name, model.family, parameters, size, model.licence, "cached" if here else "-"))
    lines.append(_row("builtin", "zoom3d", "2.3 M", "0 MB", "MIT", "included"))
    methods = _inpainting()
    for method in methods:
        size = f"{method.bytes / 1e6:.0f} MB"
        lines.append(_row(method.name, "inpainting", "-", size, method.licence, "cached" if method.cached else "-"))
    lines.append(
        "All of the MiDaS family are official; the others are not part of MiDaS. Inpainting: 'zoom3d render --inpaint'."
    )
    with _console.session(_options.voice(as_json=as_json)) as session:
        data = [_as_data(model, here) for model, here in found]
        session.result("\n".join(lines), {"models": data, "inpainting": [asdict(method) for method in methods]})


@dataclass(frozen=True)
class _Inpainting:
    """An inpainting method that needs weights."""

    name: str
    bytes: int
    licence: str
    urls: tuple[str, ...]
    cached: bool


def _inpainting() -> list[_Inpainting]:
    from zoom3d import weights

    found = []
    for name, module in _inpainting_modules().items():
        files = [file for file in module.FILES.values() if file.filename in module.WEIGHTS]
        size = sum(file.size_bytes for file in files)
        cached = all(weights.find(file) is not None for file in files)
        found.append(_Inpainting(name, size, module.LICENCE, tuple(file.url for file in files), cached))
    return found


def _inpainting_modules() -> dict[str, ModuleType]:
    """The inpainting methods that need weights, by name."""
    from zoom3d import inpaint, plugins

    modules = {name: plugins.load(inpaint, name) for name in inpaint.names()}
    return {name: module for name, module in modules.items() if hasattr(module, "WEIGHTS")}


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
    """Download the weights of models into the cache. What is there already is checked."""
    from zoom3d.depth import models

    inpainting = _inpainting_modules()
    for name in names:
        if name not in inpainting:
            models.get(name)  # all of them before the first download, which may take long
    with _console.session(_options.voice(verbose=verbose, quiet=quiet, debug=debug)) as session:
        for name in names:
            before = _here(name, inpainting)
            module = inpainting.get(name)
            paths = module.fetch(session.progress) if module else [models.fetch(name, progress=session.progress)]
            for path in paths:
                session.result(f"{name}: {path}{' was there already, and is as it was' if path in before else ''}", {})


def _here(name: str, inpainting: Mapping[str, ModuleType]) -> set[Path]:
    """The files of ``name`` that are in the cache."""
    from zoom3d import weights
    from zoom3d.depth import models

    files = inpainting[name].FILES.values() if name in inpainting else [models.get(name).file]
    return {path for file in files if (path := weights.find(file)) is not None}
