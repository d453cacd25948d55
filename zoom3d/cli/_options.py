"""The options that more than one command takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zoom3d.cli._console import Voice
from zoom3d.types import PIXEL_LIMIT, frame_size

PhotoFile = Annotated[
    Path,
    typer.Argument(
        metavar="PHOTO",
        show_default=False,
        readable=False,  # whether it is one is for ``photo.load`` to say, and how to mend it
        help="The photograph, in any common format.",
    ),
]
Depth = Annotated[
    Path | None,
    typer.Option("--depth", metavar="FILE", help="Take the depth from this file: PNG, TIFF, EXR or .npy; near is bright."),
]
DepthNearDark = Annotated[bool, typer.Option("--depth-near-dark", help="The file of --depth shows what is near as dark.")]
Model = Annotated[
    str,
    typer.Option(
        "--model", metavar="NAME", help="Depth model, see 'zoom3d models'; auto = the best there is; builtin needs no weights."
    ),
]
Weights = Annotated[
    Path | None, typer.Option("--weights", metavar="FILE", help="The model's weights, instead of those in the cache.")
]
Device = Annotated[str, typer.Option("--device", metavar="NAME", help="Where the model runs: auto, cpu, cuda, cuda:1, mps.")]
Detail = Annotated[
    bool,
    typer.Option("--detail", help="Have the model look at parts of the photograph too: finer depth, in ten times the time."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]
PixelLimit = Annotated[
    int, typer.Option("--pixel-limit", min=1, metavar="N", help="Refuse photographs of more pixels than this.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Make everything anew and keep nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say more about what is done.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")]
Debug = Annotated[bool, typer.Option("--debug", help="Say everything, with tracebacks.")]


@dataclass(frozen=True)
class Preparation:
    """How a photograph is read and its depth found."""

    model: Model = "auto"
    weights: Weights = None
    device: Device = "auto"
    detail: Detail = False
    offline: Offline = False
    pixel_limit: PixelLimit = PIXEL_LIMIT
    no_cache: NoCache = False


@dataclass(frozen=True)
class Speech:
    """How much is said."""

    as_json: AsJson = False
    verbose: Verbose = False
    quiet: Quiet = False
    debug: Debug = False

    @property
    def voice(self) -> Voice:
        return voice(verbose=self.verbose, quiet=self.quiet, debug=self.debug, as_json=self.as_json)


def voice(*, verbose: bool = False, quiet: bool = False, debug: bool = False, as_json: bool = False) -> Voice:
    """How much to say, from the options; saying more and saying nothing at once is a usage error."""
    if quiet and (verbose or debug):
        raise typer.BadParameter("it contradicts '--verbose' and '--debug'", param_hint="'--quiet'")
    return Voice(verbose=verbose, quiet=quiet, debug=debug, as_json=as_json)


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Width and height from WIDTHxHEIGHT; None where none was asked for."""
    try:
        return None if text is None else frame_size(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}': {error}", param_hint="'--size'") from None
