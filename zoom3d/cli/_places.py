"""Files that are found by name, presets and templates, as lists tell them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from zoom3d.cli import _console

if TYPE_CHECKING:
    from zoom3d.assets import Place


def show(session: _console.Session, what: str, found: Iterable[tuple[Place, str, Mapping[str, object]]]) -> None:
    """List files, each with a line about it and what ``--json`` says of it; ``what`` they are."""
    listed = list(found)
    width = max(len(place.name) for place, _, _ in listed)
    session.result(
        "\n".join(f"{place.name:{width}}  {line}" + (f"  [{place.path}]" if place.own else "") for place, line, _ in listed),
        {what: [{"name": place.name, **data, "path": str(place.path), "own": place.own} for place, _, data in listed]},
    )
