"""Every move on one photograph, small and side by side."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoom3d import camera, geometry, photo, pipeline, render
from zoom3d.camera import beside, presets
from zoom3d.pipeline import Settings

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from zoom3d.camera.plan import Remark
    from zoom3d.types import CameraPath, LayeredScene, OutputSpec, Progress, Uint8

    Planned = tuple[CameraPath, list[Remark]]

log = logging.getLogger(__name__)

SIDE_PX = 176
"""The longer side of a frame on the sheet."""

STILLS = 3
"""Frames a move on a sheet that does not move."""

SECONDS, FPS = 2.0, 10.0
"""How long a moving sheet is; longer moves are played faster."""

_AHEAD = 3  # moves that a helper has before it
_SHAPE = 4 / 3
_GAP, _LABEL = 6, 20
_PAPER, _INK = (18, 18, 20), (235, 235, 240)


@dataclass(frozen=True, eq=False)
class Cell:
    """A move and its frames, (N, H, W, 3) uint8 sRGB."""

    name: str
    frames: Uint8
    strength_used: float
    coverage_min: float
    revealed_max: float


@dataclass(frozen=True, eq=False)
class Sheet:
    """All moves of one photograph, at ``strength`` if nothing held them back."""

    cells: tuple[Cell, ...]
    strength: float
    renderer: str
    depth_source: str
    seconds: float


@dataclass(frozen=True)
class _Asked:
    """What a plan is made from, but for the scene."""

    move: camera.Preset
    output: OutputSpec
    strength: float
    max_reveal: float


def make(
    photo_path: str | Path,
    *,
    moving: bool,
    settings: Settings,
    progress: Progress | None = None,
    helper: Executor | None = None,
) -> Sheet:
    """Film every preset, the user's own among them, from a small scene of the photograph.

    moving: all frames of a move, at FPS; otherwise STILLS of them.
    helper: a process, or some, to plan moves in while others are drawn here.
    """
    start = time.perf_counter()
    picture = photo.load(photo_path, pixel_limit=settings.pixel_limit, usable_side_px=SIDE_PX)
    shape = settings.output(camera.Preset("", "", ""), (picture.width, picture.height))
    scale = SIDE_PX / max(shape.width, shape.height)
    size = tuple(max(16, 2 * round(side * scale / 2)) for side in (shape.width, shape.height))
    settings = replace(settings, size=(size[0], size[1]))
    with render.open_context(settings.gpu) as context:
        staged = pipeline.stage(picture, settings, progress)
        with render.Renderer(context, staged.scene) as renderer:
            asked = [_asked(move, staged.scene, settings) for _, move in presets.readable()]
            cells: dict[int, Cell] = {}
            remarks: dict[int, list[Remark]] = {}
            for number, (path, remarks[number]) in _planned(staged.scene, asked, helper):
                cells[number] = _film(renderer, asked[number], path, moving=moving)
                if progress:
                    progress("moves", len(cells), len(asked))
            for level, text in (remark for number in sorted(remarks) for remark in remarks[number]):
                log.log(level, "%s", text)
            in_order = tuple(cells[number] for number in sorted(cells))
            return Sheet(in_order, settings.strength, renderer.name, staged.depth_source, time.perf_counter() - start)


def pages(sheet: Sheet) -> list[Uint8]:
    """The sheet's pictures, (H, W, 3) uint8 sRGB: one grid whose cells hold all frames of a move, or a grid for every frame."""
    moving = max(len(cell.frames) for cell in sheet.cells) > STILLS
    height, width = sheet.cells[0].frames.shape[1:3]
    across = width if moving else STILLS * width
    columns = _columns(len(sheet.cells), across + _GAP, height + _LABEL + _GAP)
    rows = -(-len(sheet.cells) // columns)
    size = rows * (height + _LABEL + _GAP) + _GAP, columns * (across + _GAP) + _GAP
    paper = np.full((size[0] + size[0] % 2, size[1] + size[1] % 2, 3), _PAPER, np.uint8)
    places = [
        (_GAP + row * (height + _LABEL + _GAP), _GAP + column * (across + _GAP))
        for row in range(rows)
        for column in range(columns)
    ]
    _label(paper, sheet, places)
    if not moving:
        for (top, left), cell in zip(places, sheet.cells, strict=False):
            paper[top + _LABEL : top + _LABEL + height, left : left + across] = np.concatenate(list(cell.frames), axis=1)
        return [paper]
    made = []
    for index in range(max(len(cell.frames) for cell in sheet.cells)):
        page = paper.copy()
        for (top, left), cell in zip(places, sheet.cells, strict=False):
            page[top + _LABEL : top + _LABEL + height, left : left + width] = cell.frames[min(index, len(cell.frames) - 1)]
        made.append(page)
    return made


def _columns(count: int, width: int, height: int) -> int:
    """How many columns make ``count`` cells of that size a sheet of about the wished shape."""
    return min(range(1, count + 1), key=lambda columns: abs(columns * width / (-(-count // columns) * height) - _SHAPE))


def _label(paper: Uint8, sheet: Sheet, places: list[tuple[int, int]]) -> None:
    """Write every move's name over its cell, with its strength where that was held back."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(paper)
    pen = ImageDraw.Draw(image)
    for (top, left), cell in zip(places, sheet.cells, strict=False):
        held_back = "" if cell.strength_used >= sheet.strength else f"  {100 * cell.strength_used:.0f} %"
        pen.text((left, top + 2), cell.name + held_back, _INK, ImageFont.load_default(13))
    paper[:] = np.asarray(image)


def _asked(move: camera.Preset, scene: LayeredScene, settings: Settings) -> _Asked:
    length_s = min(move.duration_s, SECONDS)
    output = replace(settings.output(move, scene.photo_size), fps=FPS, duration_s=length_s)
    reveal = camera.MAX_REVEAL if settings.max_reveal is None else settings.max_reveal
    return _Asked(move.lasting(move.duration_s), output, settings.strength, reveal)


def _planned(scene: LayeredScene, asked: list[_Asked], helper: Executor | None) -> Iterator[tuple[int, Planned]]:
    """Every move's number and its plan: the first ones are made here, and the last ones by ``helper`` until they meet.

    It is given few at a time, for none can be taken back: where a pool lost its process and a cancelled task, Python waits for
    ever (seen in 3.11).
    """
    packed = beside.pack(scene) if helper else b""
    left = deque(range(len(asked)))
    begun: deque[tuple[int, Future[Planned]]] = deque()
    while left or begun:
        with suppress(BrokenExecutor):  # the process was killed: it goes on without
            while helper and left and len(begun) < _AHEAD:
                wish = asked[left[-1]]
                future = helper.submit(beside.plan, wish.move, packed, wish.output, wish.strength, wish.max_reveal)
                begun.append((left.pop(), future))
        if begun and (begun[0][1].done() or not left):
            number, future = begun.popleft()
            with suppress(BrokenExecutor):
                yield number, future.result()
                continue
            helper = None
        else:
            number = left.popleft()
        wish = asked[number]
        yield number, camera.remarked(wish.move, scene, wish.output, wish.strength, wish.max_reveal)


def _film(renderer: render.Renderer, asked: _Asked, path: CameraPath, *, moving: bool) -> Cell:
    shown = range(len(path)) if moving else _stills(renderer.scene, path, loop=asked.move.loop)
    effects = replace(path.effects, shutter=0.0)  # a blur that small cannot be seen, and takes long
    frames = renderer.frames(replace(path.each(lambda of_all: of_all[shown]), effects=effects), asked.output)
    return Cell(
        asked.move.name,
        np.stack([frame.data for frame in frames]),
        path.strength,
        path.coverage_min,
        path.revealed_max,
    )


def _stills(scene: LayeredScene, path: CameraPath, *, loop: bool) -> list[int]:
    """STILLS frames: the first, the middle and the last; of a loop, which may come by one place many times, the most unlike."""
    if not loop:
        return np.linspace(0, len(path) - 1, STILLS).astype(int).tolist()
    height, width = scene.layers[0].disparity.shape
    corners = np.array([[x, y, disparity] for x in (0, width) for y in (0, height) for disparity in (0, 1)], np.float32)
    seen = np.stack([geometry.project(scene, path, frame, corners).ravel() for frame in range(len(path))])
    chosen = [0]
    while len(chosen) < STILLS:
        apart = [np.linalg.norm(seen - seen[one], axis=1) for one in chosen]
        chosen.append(int(np.min(apart, axis=0).argmax()))
    return sorted(chosen)
