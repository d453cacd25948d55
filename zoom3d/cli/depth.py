"""``zoom3d depth``: photographs become depth maps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoom3d import sources
from zoom3d.batch.find import SUFFIXES
from zoom3d.cli import _console, _depth_formats, _failure, _film, _options, _photographs
from zoom3d.cli._groups import spread
from zoom3d.errors import OutputError, PhotoError, Zoom3DError

if TYPE_CHECKING:
    from zoom3d.pipeline import Settings
    from zoom3d.types import DepthMap, Photo

Photos = Annotated[
    list[str],
    typer.Argument(metavar="PHOTO", show_default=False, help="Photographs, folders (with what is below them), patterns."),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="OUT", help="The depth map, or the folder for all of them. [PHOTO's name, _depth.png]"
    ),
]
FormatOption = Annotated[
    _depth_formats.FormatName | None,
    typer.Option("--format", help="png16 and png8 use the full range of grey; npy and exr hold [0, 1] as it is. [png16]"),
]
ColormapOption = Annotated[
    _depth_formats.Colormap | None, typer.Option("--colormap", help="The colours of --format colour. [inferno]")
]
Facebook = Annotated[
    bool, typer.Option("--facebook", help="Write the pair that makes a 3D photo: NAME.jpg and NAME_depth.jpg.")
]
Raw = Annotated[
    Path | None,
    typer.Option("--raw", metavar="FILE", help="Write the model's own prediction, before any refinement, to this .npy file."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="In a folder, also do those whose depth map is there already.")]

_FILES = frozenset([".png", ".npy", ".exr", *SUFFIXES])


@dataclass(frozen=True)
class _Task:
    """A photograph and the file that is made from it."""

    photo: Path
    target: Path


@dataclass(frozen=True)
class _Product:
    """What is made from each photograph: a depth map as ``format``, or Facebook's pair where that is None."""

    format: _depth_formats.DepthFormat | None

    @property
    def suffix(self) -> str:
        return self.format.suffix if self.format else ".jpg"

    @property
    def ending(self) -> str:
        """What is put behind a photograph's name to name its product."""
        return self.format.ending if self.format else ".jpg"

    def depth_map(self, target: Path) -> Path:
        """The file that holds the depth map."""
        return target if self.format else target.with_name(f"{target.stem}_depth.jpg")

    def write(self, task: _Task, photo: Photo, depth: DepthMap) -> dict[str, object]:
        """Write it, and say what was made from what."""
        if self.format is None:
            _depth_formats.write_facebook_pair(task.target, photo, depth, task.photo)
        else:
            self.format.write(task.target, depth.disparity)
        return {"photo": str(task.photo), "path": str(task.target), "depth_source": depth.source}


def register(app: typer.Typer) -> None:
    app.command("depth")(spread(depth))


def depth(
    photos: Photos,
    output: Output = None,
    format_name: FormatOption = None,
    colormap: ColormapOption = None,
    facebook: Facebook = False,
    raw: Raw = None,
    overwrite: Overwrite = False,
    depth_file: _options.Depth = None,
    depth_near_dark: _options.DepthNearDark = False,
    *,
    preparation: _options.Preparation,
    speech: _options.Speech,
) -> None:
    """Make depth maps from photographs; near is bright."""
    voice = speech.voice
    if facebook and format_name:
        raise typer.BadParameter("it contradicts '--facebook'", param_hint="'--format'")
    if colormap and format_name != "colour":
        raise typer.BadParameter("it needs '--format colour'", param_hint="'--colormap'")
    product = _Product(None if facebook else _depth_formats.depth_format(format_name or "png16", colormap or "inferno"))
    if not _photographs.is_single(photos) and (raw or depth_file):
        raise typer.BadParameter("'--raw' and '--depth' are for one photograph", param_hint="'PHOTO'")
    into_folder = _goes_into_folder(photos, output, product)
    if into_folder and output is None:
        raise typer.BadParameter("many depth maps go into a folder", param_hint="'--output'")
    if raw is not None and raw.suffix.lower() != ".npy":
        raise typer.BadParameter(f"'{raw}' is not a .npy file", param_hint="'--raw'")
    if raw is not None and output is not None and raw.absolute() == output.absolute():
        raise typer.BadParameter("it is '--output' too", param_hint="'--raw'")
    if raw is not None and preparation.detail:
        raise typer.BadParameter("the model's own prediction is that of one look", param_hint="'--raw'")
    path = Path(photos[0])
    own = _Task(path, output or Path(path.stem + product.ending))
    settings = _film.settings(preparation, _film.Film(), depth=depth_file, depth_near_dark=depth_near_dark)
    with _console.session(voice) as session:
        tasks = _tasks(photos, output, product) if output and into_folder else [own]
        for task in tasks:
            sources.spare([task.target, product.depth_map(task.target)], "depth map", depth_file, preparation.weights)
            sources.spare([product.depth_map(task.target)], "depth map", task.photo)
        if raw is not None:
            sources.spare([raw], "prediction", path, depth_file, preparation.weights)
            _write_prediction(path, raw, settings, session)
        if into_folder:
            _make_all(tasks, product, settings, session, overwrite=overwrite)
        elif output or raw is None:
            _make_one(own, product, settings, session)
        else:
            session.result(f"{raw}: the model's own prediction", {"photo": str(path), "path": str(raw)})


def _goes_into_folder(photos: list[str], output: Path | None, product: _Product) -> bool:
    """Whether OUT is a folder: there are many photographs, it is one already, or its name ends like no depth map."""
    if not _photographs.is_single(photos):
        return True
    return output is not None and (output.is_dir() or output.suffix.lower() != product.suffix)


def _check_no_file_was_meant(output: Path, product: _Product) -> None:
    """Refuse a new folder that is called like a file."""
    if output.suffix.lower() in _FILES and not output.is_dir():
        what = f"'{output}' is no folder's name"
        what += "" if output.suffix.lower() == product.suffix else f", and what is asked for is a {product.suffix} file"
        raise typer.BadParameter(what, param_hint="'--output'")


def _tasks(photos: list[str], folder: Path, product: _Product) -> list[_Task]:
    found = _photographs.find(photos, folder)
    _check_no_file_was_meant(folder, product)
    tasks = [_Task(one.path, folder / one.name.with_name(one.name.name + product.ending)) for one in found]
    if product.format is None:
        _check_pairs_apart(tasks, product)
    return tasks


def _check_pairs_apart(tasks: list[_Task], product: _Product) -> None:
    """Refuse to write a photograph called NAME_depth over the depth map of NAME."""
    pictures = {task.target: task.photo for task in tasks}
    for task in tasks:
        other = pictures.get(product.depth_map(task.target))
        if other is not None:
            raise OutputError(
                f"{other} has the name of the depth map of {task.photo}", hint="rename it, or leave it out if it is that map"
            )


def _make_one(task: _Task, product: _Product, settings: Settings, session: _console.Session) -> None:
    from zoom3d import pipeline

    made = product.write(task, *pipeline.estimate(task.photo, settings, session.progress))
    session.result(f"{task.target}: depth by {made['depth_source']}", made)


def _write_prediction(path: Path, target: Path, settings: Settings, session: _console.Session) -> None:
    """Write what the network itself says of the photograph, at its size."""
    from zoom3d import depth as room
    from zoom3d import photo

    picture = photo.load(path, pixel_limit=settings.pixel_limit)
    _depth_formats.write_array(target, room.predict_raw(picture, settings.depth_source, session.progress), "--raw")


def _make_all(tasks: list[_Task], product: _Product, settings: Settings, session: _console.Session, *, overwrite: bool) -> None:
    """Make what is not there yet. A photograph that cannot be read stops none of the others; it is reported at the end."""
    there = set() if overwrite else {task for task in tasks if product.depth_map(task.target).is_file()}
    waiting = [task for task in tasks if task not in there]
    made: list[dict[str, object]] = []
    failed: list[tuple[Path, Zoom3DError]] = []

    def tell() -> None:
        session.progress("depth", len(made) + len(failed), len(waiting))

    def report_later(path: Path, error: PhotoError) -> None:
        failed.append((path, error))
        tell()

    from zoom3d import pipeline

    tell()
    targets = {task.photo: task for task in waiting}
    for one in pipeline.estimate_many(targets, settings, session.progress, unreadable=report_later):
        made.append(product.write(targets[one.path], one.photo, one.depth))
        tell()
    skipped = [str(task.target) for task in tasks if task in there]
    session.result(
        f"{_console.counted(len(made), 'depth map')} made, {len(skipped)} there already, "
        f"{_console.counted(len(failed), 'photograph')} could not be read",
        {
            "made": made,
            "skipped": skipped,
            "failed": [{"photo": str(path), "error": mistake.message, "hint": mistake.hint} for path, mistake in failed],
        },
    )
    for path, mistake in failed:
        _failure.report(_failure.by_path(mistake.message, path), mistake.hint)
    if failed:
        raise typer.Exit(_failure.MISTAKE)
