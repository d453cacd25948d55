"""Where a title stands: on the screen first, then at that place in the scene, so that it moves as things there do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from zoom3d.title.lettering import DEFAULT_FONT, Font, Lettering
from zoom3d.title.stage import Rectangle, Stage
from zoom3d.title.wish import TitleWish
from zoom3d.types import Title

if TYPE_CHECKING:
    from zoom3d.types import CameraPath, Float32, LayeredScene, OutputSpec

log = logging.getLogger(__name__)

_LARGEST, _TALLEST = 0.3, 0.35  # of the frame's shorter side, of what the platform leaves free: where no size is asked for
_WELL_READ = 0.1  # of the frame's shorter side: another line is begun for letters smaller than this
_HARD_TO_READ = 0.02
_AIR = 0.04  # of the frame's shorter side, between the title and what the platform draws
_LOST, _UNREADABLE = 0.3, 0.5  # shares of the letters that cannot be read: a warning is due; it is not worth it
_FADE_S, _FADE_SHARE = 0.8, 0.25
_MOST_TEXELS = 8192  # across or down: every renderer takes as many


def check(wish: TitleWish) -> None:
    """Refuse what cannot be set: a font that cannot be read or lacks letters. Raises OutputError."""
    Font(wish.text, wish.font)


def make(wish: TitleWish, scene: LayeredScene, path: CameraPath, output: OutputSpec, *, loop: bool = False) -> Title:
    """The title on ``path``. In a ``loop`` it stands from the first frame, else it fades in."""
    opacity = np.ones(len(path), np.float32) if loop else _fade_in(len(path), output.fps)
    area = _free_area(path, output)
    lettering = _set(wish, output, area)
    stage = Stage(scene, path, int(np.flatnonzero(opacity >= 0.5).mean()))
    depth = "behind" if wish.depth == "auto" else wish.depth
    shown, disparity = _stood(wish, depth, stage, area, lettering, output)
    hidden = stage.hidden(lettering, shown, disparity)
    if wish.depth == "auto" and hidden.lost > _UNREADABLE:
        log.warning("the subject would hide too much of the title, which therefore stands before it")
        shown, disparity = _stood(wish, "front", stage, area, lettering, output)
        hidden = stage.hidden(lettering, shown, disparity)
    log.info("the title stands at disparity %.2f; %.0f %% of it is hidden", disparity, 100 * hidden.share)
    whole = np.flatnonzero(opacity == 1)
    over_all = stage.hidden(lettering, shown, disparity, [int(whole[0]), stage.reference, int(whole[-1])])
    if hidden.lost > _LOST:
        log.warning(
            "%.0f %% of the title cannot be read; another --title-place shows more of it, --title-depth front all of it",
            100 * hidden.lost,
        )
    elif over_all.gone:
        log.warning(
            "%d of the title's %d letters are always hidden; another --title-place may show them, --title-depth front does",
            *(over_all.gone, over_all.letters),
        )
    place = stage.on_canvas(shown, disparity)
    scale = shown.width / (lettering.ink[2] - lettering.ink[0]) * stage.magnification(place, disparity) * output.supersample
    drawable = _MOST_TEXELS / max(lettering.box[2] - lettering.box[0], lettering.box[3] - lettering.box[1])
    return Title(lettering.draw(min(scale, drawable)), _with_shadow(place, lettering), disparity, opacity)


def _stood(
    wish: TitleWish, depth: str, stage: Stage, area: Rectangle, lettering: Lettering, output: OutputSpec
) -> tuple[Rectangle, float]:
    """Where the ink is on the screen, and at what disparity."""
    shown = _placed(wish, depth, stage, area, lettering, output)
    disparity = stage.disparity(depth, wish.own_disparity, shown)
    return stage.kept_inside(shown, disparity, area), disparity


def _fade_in(count: int, fps: float) -> Float32:
    frames = min(round(_FADE_S * fps), round(_FADE_SHARE * count))
    share = np.clip(np.arange(count) / frames, 0, 1) if frames else np.ones(count)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _free_area(path: CameraPath, output: OutputSpec) -> Rectangle:
    """What the platform leaves free of the picture, in pixels of the viewport."""
    (width, height), safe = path.viewport_size, output.safe_area
    aside, above = (output.width - width) / 2, (output.height - height) / 2
    air = _AIR * min(output.width, output.height)
    left, right = max(safe.left * output.width - aside, 0) + air, min(safe.right * output.width - aside, width) - air
    top, bottom = max(safe.top * output.height - above, 0) + air, min(safe.bottom * output.height - above, height) - air
    return Rectangle((left + right) / 2, (top + bottom) / 2, max(right - left, 8.0), max(bottom - top, 8.0))


def _set(wish: TitleWish, output: OutputSpec, area: Rectangle) -> Lettering:
    """In the size that is asked for, or as large as fits into as few lines as are well read."""
    font = Font(wish.text, wish.font)
    if font.lent:
        log.warning("the title's font has no %s; %s lends it", font.lent, DEFAULT_FONT)
    side = min(output.width, output.height)
    if wish.size:
        em, width = font.fit(wish.text, wish.size * side, area.width, area.height)
        if em < 0.99 * wish.size * side:
            log.warning("the title is set at size %.3f instead of %g, so that it fits", em / side, wish.size)
        return font.set(wish.text, em, width, wish.rgb)
    fits = (font.fit(wish.text, _LARGEST * side, area.width, _TALLEST * area.height, lines) for lines in range(1, 7))
    sizes = [next(fits)]
    while sizes[-1][0] < _WELL_READ * side and (further := next(fits, None)):
        sizes.append(further)
    em, width = max(sizes)
    if em < _HARD_TO_READ * side:
        log.warning(
            "the title is set at size %.3f, which is hard to read: \\n breaks a long line, fewer letters are set larger",
            em / side,
        )
    return font.set(wish.text, em, width, wish.rgb)


def _placed(wish: TitleWish, depth: str, stage: Stage, area: Rectangle, lettering: Lettering, output: OutputSpec) -> Rectangle:
    """The ink on the screen, inside ``area``."""
    width, height = lettering.ink[2] - lettering.ink[0], lettering.ink[3] - lettering.ink[1]
    left, top, right, bottom = area.corners
    rows = {"top": top + height / 2, "middle": area.y, "bottom": bottom - height / 2}
    if wish.place == "auto" and depth == "behind":
        return stage.behind_the_subject(lettering, Rectangle(area.x, area.y, width, height), area)
    if wish.place in ("auto", *rows):
        return Rectangle(area.x, rows.get(wish.place, rows["bottom"]), width, height)
    frame_x, frame_y = wish.point
    viewport = stage.path.viewport_size
    asked_x = frame_x * output.width - (output.width - viewport[0]) / 2
    asked_y = frame_y * output.height - (output.height - viewport[1]) / 2
    x = min(max(asked_x, left + width / 2), max(right - width / 2, left + width / 2))
    y = min(max(asked_y, top + height / 2), max(bottom - height / 2, top + height / 2))
    if np.hypot(x - asked_x, y - asked_y) > 2:
        log.warning("the title is moved so that all of it stays in the free part of the frame")
    return Rectangle(x, y, width, height)


def _with_shadow(place: Rectangle, lettering: Lettering) -> tuple[float, float, float, float]:
    """Corners on the canvas of what is drawn, where ``place`` is the ink's."""
    ink, box = lettering.ink, lettering.box
    across, down = place.width / (ink[2] - ink[0]), place.height / (ink[3] - ink[1])
    left, top, right, bottom = place.corners
    return (
        left + (box[0] - ink[0]) * across,
        top + (box[1] - ink[1]) * down,
        right + (box[2] - ink[2]) * across,
        bottom + (box[3] - ink[3]) * down,
    )
