"""``zoom3d sheet``: every move on one photograph, to choose from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoom3d import sources
from zoom3d.cli import _console, _film, _move, _options
from zoom3d.cli._groups import spread
from zoom3d.cli._output import written_whole
from zoom3d.errors import OutputError

if TYPE_CHECKING:
    from zoom3d.sheet import Sheet

Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="OUT", help="The sheet: .png with three frames a move, or .gif, moving. [PHOTO_sheet.png]"
    ),
]
Size = Annotated[
    str | None,
    typer.Option("--size", metavar="WxH", help="The clip's size: the frames here have its shape, but are small."),
]


def register(app: typer.Typer) -> None:
    app.command("sheet")(spread(sheet))


def sheet(
    photo: _options.PhotoFile,
    output: Output = None,
    size: Size = None,
    strength: _move.Strength = 1.0,
    max_reveal: _move.MaxReveal = None,
    depth: _options.Depth = None,
    depth_near_dark: _options.DepthNearDark = False,
    *,
    preparation: _options.Preparation,
    speech: _options.Speech,
) -> None:
    """Show every move on a photograph, small and side by side. Your own moves are among them."""
    voice = speech.voice
    frame_size = _options.parse_size(size)
    target = output or Path(photo.stem + "_sheet.png")
    if target.suffix.lower() not in (".png", ".gif"):
        raise OutputError(f"{target} is neither a .png nor a .gif file", hint="give a name that ends in .png or .gif with -o")
    sources.spare([target], "sheet", photo, depth, preparation.weights)
    from zoom3d.batch import process

    with process.beside("zoom3d.camera.beside") as helper, _console.session(voice) as session:
        from zoom3d import sheet as sheets

        settings = _film.settings(
            preparation,
            _film.Film(),
            size=frame_size,
            strength=strength,
            max_reveal=max_reveal,
            depth=depth,
            depth_near_dark=depth_near_dark,
        )
        moving = target.suffix.lower() == ".gif"
        made = sheets.make(photo, moving=moving, settings=settings, progress=session.progress, helper=helper)
        height, width = _write(target, made, moving=moving)
        session.result(
            f"{target}: {len(made.cells)} moves, {width}x{height}\n"
            f"depth: {made.depth_source}; renderer: {made.renderer}\n{made.seconds:.1f} s",
            {"path": str(target.resolve()), "size": [width, height], **_as_data(made)},
        )


def _write(target: Path, made: Sheet, *, moving: bool) -> tuple[int, int]:
    """Write the sheet; returns its height and width."""
    from PIL import Image

    from zoom3d import sheet as sheets
    from zoom3d import video
    from zoom3d.types import Frame, OutputSpec

    pages = sheets.pages(made)
    height, width = pages[0].shape[:2]
    with written_whole(target) as part:
        if moving:
            output = OutputSpec(width, height, sheets.FPS, len(pages) / sheets.FPS)
            video.write((Frame(page) for page in pages), video.plan(part, output), part)
        else:
            Image.fromarray(pages[0]).save(part, format="PNG", compress_level=1)  # a third of the time, a sixth more bytes
    return height, width


def _as_data(made: Sheet) -> dict[str, object]:
    cells = [
        {
            "preset": cell.name,
            "coverage_min": cell.coverage_min,
            "revealed_max": cell.revealed_max,
            "strength_used": cell.strength_used,
        }
        for cell in made.cells
    ]
    return {"moves": cells, "renderer": made.renderer, "depth_source": made.depth_source, "seconds": round(made.seconds, 3)}
