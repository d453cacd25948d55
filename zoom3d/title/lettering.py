"""Letters: shaped, ordered and broken into lines by Skia's paragraphs (HarfBuzz and ICU inside), drawn at any size.

Fonts are read from their files, not from the system, so that a title looks the same everywhere; only emoji that the font lacks
come from the system's own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from zoom3d import assets, srgb
from zoom3d.errors import OutputError, reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import Float32, Uint8

DEFAULT_FONT = "Roboto-Black.ttf"

_LINE, _APART = 1.0, 0.06  # least distance of two lines, and of their ink, in ems: titles are set tight, but do not touch
_FIRST_STRONG, _END = "\u2068", "\u2069"  # Unicode's isolates: each line takes its direction from its first letter
_COARSE = 40.0  # pixels an em, to see what is hidden
_INKED, _ACCENT = 0.3, 0.4  # a pixel that is inked; how tall and how far off an accent is, in ems
_PAD = 0.35  # ems around the ink: room for the shadow
_SHADOW, _GLOW = 0.7, 0.15  # strength, of black light and of white: blended in linear light
_SHADOW_SIGMA, _SHADOW_DROP = 0.09, 0.03  # blur and drop in ems
_DARK = 70  # mean code of letters below which their shadow is a glow, for black letters before the night
_TRIAL = 200.0  # pixels an em while lines are broken
_MEASURED = 50.0  # pixels an em while the height of lines is measured
_UNBROKEN = 1e6  # of these pixels: no line is as wide
_ROUNDING = 0.5  # of these pixels: a line as wide as its room must not break


@dataclass(frozen=True, eq=False)
class Lettering:
    """Text that is set: a block of lines, in pixels at scale 1.

    paragraph: set in letters of _TRIAL pixels, so that its lines break as they did when the size was chosen.
    ink: left, top, right and bottom of what is inked, from the block's top left corner.
    """

    paragraph: Any
    em: float
    ink: tuple[float, float, float, float]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """What ``draw`` shows: the ink and its shadow."""
        pad = _PAD * self.em
        return self.ink[0] - pad, self.ink[1] - pad, self.ink[2] + pad, self.ink[3] + pad

    @cached_property
    def coverage(self) -> Float32:
        """(h, w) in [0, 1]: what is inked inside ``ink``, coarsely."""
        drawn = _draw(self.paragraph, self.em, self.ink, min(1.0, _COARSE / self.em))
        return np.asarray(drawn[..., 3] / 255, np.float32)

    @cached_property
    def letters(self) -> NDArray[np.int32]:
        """(h, w) as ``coverage``: which letter each pixel belongs to, from 1; 0 = none. Joined letters count as one."""
        count, labels, boxes, _ = cv2.connectedComponentsWithStats((self.coverage > _INKED).view(np.uint8))
        names = np.arange(count)
        for one in range(1, count):
            for other in range(one + 1, count):  # a dot or an accent belongs to what it stands over
                (left, top, width, height), (x, y, wide, tall) = boxes[one, :4], boxes[other, :4]
                shared = min(left + width, x + wide) - max(left, x)
                apart = max(top, y) - min(top + height, y + tall)
                if shared > 0.5 * min(width, wide) and apart < _ACCENT * _COARSE and min(height, tall) < _ACCENT * _COARSE:
                    names[names == names[other]] = names[one]
        return np.unique(names, return_inverse=True)[1].astype(np.int32)[labels]

    def draw(self, scale: float) -> Uint8:
        """(h, w, 4) uint8 sRGB, straight alpha: ``box``, ``scale`` pixels to each of its own."""
        letters = _draw(self.paragraph, self.em, self.box, scale)
        alpha = letters[..., 3:].astype(np.float32) / 255
        shade = cv2.GaussianBlur(alpha, (0, 0), _SHADOW_SIGMA * self.em * scale)
        drop = np.array([[1, 0, 0], [0, 1, _SHADOW_DROP * self.em * scale]], np.float32)
        dark = (letters[..., :3] * alpha).sum() < _DARK * 3 * alpha.sum()
        shade = (_GLOW if dark else _SHADOW) * cv2.warpAffine(shade, drop, shade.shape[1::-1])[..., None]
        whole = alpha + shade * (1 - alpha)
        part = alpha / np.maximum(whole, 1e-6)  # of the light; the rest of it is the shadow's
        return np.concatenate([mixed(letters[..., :3], part, float(dark)), np.rint(255 * whole).astype(np.uint8)], 2)


def mixed(colour: Uint8, part: Float32, rest: float = 0.0) -> Uint8:
    """sRGB: ``part`` of the light is that of ``colour``, sRGB as well, and the others are grey, ``rest`` in linear light."""
    light = part * srgb.light(colour) + (1 - part) * np.float32(rest)
    return np.rint(255 * srgb.coded(light)).astype(np.uint8)


class Font:
    """The font of a title, and those that lend it what it lacks: the one that comes along, and the system's for emoji.

    lent: the letters that come from the font that comes along, in words; empty where the title's own has all.
    """

    def __init__(self, text: str, path: Path | None) -> None:
        skia = _skia()
        self._faces = [_face(skia, path)]
        missing = [character for character in dict.fromkeys(text) if not _has(self._faces[0], character)]
        own = _face(skia, None) if path and missing else self._faces[0]  # many fonts of one script have no digits
        lent = [character for character in missing if _has(own, character)]
        self.lent = _listed(lent)
        self._faces += [own] if lent else []
        missing = [character for character in missing if character not in lent]
        emoji = [character for character in missing if _is_emoji(character)]
        found = [face for character in emoji if (face := _emoji_face(skia, character)) is not None]
        self._faces += found[:1]
        self._lines: dict[str, float] = {}
        missing = [character for character in missing if not any(_has(face, character) for face in self._faces)]
        if missing:
            raise OutputError(
                f"the title's font has no {_listed(missing)}",
                hint="name a font file that has it with --title-font"
                + (", or install a font with emoji" if any(map(_is_emoji, missing)) else ""),
            )

    def set(self, text: str, em: float, width: float, colour: Sequence[int]) -> Lettering:
        """``text`` in letters of ``em`` pixels, broken into lines of at most ``width`` pixels, centred."""
        paragraph = self._paragraph(text, width * _TRIAL / em, colour)
        return Lettering(paragraph, em, _ink(paragraph, em, width))

    def fit(self, text: str, em: float, width: float, height: float, lines: int = 99) -> tuple[float, float]:
        """The largest em up to ``em`` at which ``text`` fits into width, height and ``lines``; and the width of its lines.

        No word is broken, nor a line of a text that has its lines already. The lines are as even as their number allows.
        """
        low, high = 0.0, em
        if self._fits(text, em, width, height, lines):
            low = em
        else:
            for _ in range(12):
                middle = (low + high) / 2
                low, high = (middle, high) if self._fits(text, middle, width, height, lines) else (low, middle)
        size = max(low, 1.0)
        trial = self._paragraph(text, width * _TRIAL / size)
        narrow, wide = trial.MinIntrinsicWidth, width * _TRIAL / size
        for _ in range(8):
            middle = (narrow + wide) / 2
            same = self._paragraph(text, middle).Height <= trial.Height
            narrow, wide = (narrow, middle) if same else (middle, wide)
        return size, wide * size / _TRIAL

    def _fits(self, text: str, em: float, width: float, height: float, lines: int) -> bool:
        scale = em / _TRIAL
        trial = self._paragraph(text, width / scale)
        unbroken = trial.MaxIntrinsicWidth if "\n" in text else trial.MinIntrinsicWidth
        tallest = min(height / scale, (max(lines, text.count("\n") + 1) + 0.5) * self._line(text) * _TRIAL)
        return bool(unbroken * scale <= width and trial.Height <= tallest)

    def _line(self, text: str) -> float:
        """Distance of two lines in ems: accents, marks and emoji that stand high or hang low do not touch those of the next."""
        if text not in self._lines:
            tallest = 0.0
            for line in filter(str.strip, text.splitlines()):
                trial = self._paragraph(line, _UNBROKEN, line=_LINE)
                width = 1.2 * trial.MaxIntrinsicWidth + _TRIAL  # certainly one line
                trial.layout(width)
                _, top, _, bottom = _ink(trial, _MEASURED, width * _MEASURED / _TRIAL)
                tallest = max(tallest, (bottom - top) / _MEASURED)
            self._lines[text] = _LINE if tallest <= _LINE else tallest + _APART
        return self._lines[text]

    def _paragraph(self, text: str, width: float, colour: Sequence[int] = (255, 255, 255), line: float | None = None) -> Any:
        """In letters of _TRIAL pixels. line: distance of lines in ems; None = what the text needs."""
        skia = _skia()
        layout = skia.textlayout
        provider, names = layout.TypefaceFontProvider(), []
        for number, face in enumerate(self._faces):
            names.append(f"face {number}")
            provider.registerTypeface(face, names[-1])
        fonts = layout.FontCollection()
        fonts.setDefaultFontManager(provider)
        style, whole = layout.TextStyle(), layout.ParagraphStyle()
        style.setFontFamilies(names)
        style.setFontSize(_TRIAL)
        style.setColor(skia.Color(*colour))
        style.setHeight(line or self._line(text))
        style.setHeightOverride(True)
        whole.setTextStyle(style)
        whole.setTextAlign(layout.TextAlign.kCenter)
        builder = layout.ParagraphBuilder.make(whole, fonts, skia.Unicodes.ICU.Make())
        builder.pushStyle(style)
        builder.addText("\n".join(f"{_FIRST_STRONG}{line}{_END}" for line in text.splitlines()))
        paragraph = builder.Build()
        paragraph.layout(width + _ROUNDING)
        return paragraph


@cache
def _skia() -> Any:
    try:
        import skia
    except ImportError as error:
        raise OutputError(
            f"titles need skia-python, which cannot be loaded: {' '.join(str(error).split())}",
            hint="pip install skia-python; on Debian or Ubuntu also: apt-get install libegl1 libgl1",
        ) from error
    return skia


def _face(skia: Any, path: Path | None) -> Any:
    file = path or assets.folder("data") / DEFAULT_FONT
    try:
        content = b"" if file.exists() and not file.is_file() else file.read_bytes()  # a pipe would be waited for
    except OSError as error:
        raise OutputError(
            f"the font {file} cannot be read: {reason(error)}", hint="check the path after --title-font"
        ) from error
    face = skia.FontMgr.New_Custom_Empty().makeFromData(skia.Data.MakeWithCopy(content))
    if face is None:
        raise OutputError(f"{file} is no font", hint="give a TrueType or OpenType file (.ttf, .otf) to --title-font")
    return face


def _has(face: Any, character: str) -> bool:
    """Whether the face draws the character; what is never drawn it need not have."""
    unseen = unicodedata.category(character) == "Cf" or character.isspace() or 0xFE00 <= ord(character) <= 0xFE0F
    return unseen or bool(face.unicharToGlyph(ord(character)))


def _is_emoji(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk", "Cn") or ord(character) >= 0x1F000


def _emoji_face(skia: Any, character: str) -> Any:
    """A font of the system that has the emoji, one in colour where there is one; None where there is none."""
    manager = skia.FontMgr.RefDefault()
    return manager.matchFamilyStyleCharacter("", skia.FontStyle.Normal(), ["und-Zsye"], ord(character))


def _listed(characters: Sequence[str]) -> str:
    named = [f"{character if character.isprintable() else '?'} (U+{ord(character):04X})" for character in characters[:5]]
    return ", ".join(named) + (f" and {len(characters) - 5} more" if len(characters) > 5 else "")


def _ink(paragraph: Any, em: float, width: float) -> tuple[float, float, float, float]:
    """Where the block is inked, found by drawing it small, to a two-hundredth of an em."""
    scale, pad = min(1.0, 200.0 / em), em
    box = (-pad, -pad, width + pad, paragraph.Height * em / _TRIAL + pad)
    rows, columns = np.nonzero(_draw(paragraph, em, box, scale)[..., 3])
    if not len(rows):
        raise OutputError("nothing of the title can be seen", hint="write letters after --title")
    return (
        columns.min() / scale - pad,
        rows.min() / scale - pad,
        (columns.max() + 1) / scale - pad,
        (rows.max() + 1) / scale - pad,
    )


def _draw(paragraph: Any, em: float, box: tuple[float, float, float, float], scale: float) -> Uint8:
    skia = _skia()
    width, height = (max(1, int(np.ceil((box[edge + 2] - box[edge]) * scale))) for edge in (0, 1))
    pixels = np.zeros((height, width, 4), np.uint8)
    info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, skia.kUnpremul_AlphaType)
    surface = skia.Surface.MakeRasterN32Premul(width, height)
    with surface as canvas:
        canvas.translate(-box[0] * scale, -box[1] * scale)
        canvas.scale(scale * em / _TRIAL, scale * em / _TRIAL)
        paragraph.paint(canvas, 0, 0)
    if not surface.readPixels(info, pixels, pixels.strides[0], 0, 0):
        raise RuntimeError("skia did not hand out its pixels")
    return pixels
