"""Letters are shaped, ordered, broken and coloured as they should be, and none is lost without a word."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from analytic import light
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from zoom3d.errors import OutputError
from zoom3d.title import TitleWish, check, lettering
from zoom3d.title.lettering import Font, Lettering

WHITE = (255, 255, 255)
FontFile = Callable[..., Path]


def box(left: int, top: int) -> object:
    """A glyph that is a bar from the line up to ``top``, 300 wide."""
    pen = TTGlyphPen(None)
    pen.moveTo((left, 0))
    for point in ((left, top), (left + 300, top), (left + 300, 0)):
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()


@pytest.fixture
def font_file(tmp_path: Path) -> FontFile:
    """Makes a font in which every character is a bar as high as its place in ``characters``; ``emoji`` is red and blue."""

    def make(characters: str, emoji: str = "") -> Path:
        builder = FontBuilder(1000, isTTF=True)
        glyphs = {".notdef": box(0, 1000), "space": TTGlyphPen(None).glyph()}
        glyphs |= {f"g{index}": box(100, 100 * (index + 1)) for index in range(len(characters))}
        lefts = dict.fromkeys(glyphs, 100)
        if emoji:
            glyphs |= {"emoji": box(0, 700), "red": box(0, 700), "blue": box(300, 700)}
            lefts |= {"emoji": 0, "red": 0, "blue": 300}
        builder.setupGlyphOrder(list(glyphs))
        characters_of = {ord(character): f"g{index}" for index, character in enumerate(characters)}
        builder.setupCharacterMap({32: "space", **characters_of, **({ord(emoji): "emoji"} if emoji else {})})
        builder.setupGlyf(glyphs)
        builder.setupHorizontalMetrics({name: (600, lefts[name]) for name in glyphs})
        builder.setupHorizontalHeader(ascent=1000, descent=-200)
        builder.setupNameTable({"familyName": "Bars", "styleName": "Regular"})
        builder.setupOS2()
        builder.setupPost()
        if emoji:
            builder.setupCOLR({"emoji": [("red", 0), ("blue", 1)]})
            builder.setupCPAL([[(1, 0, 0, 1), (0, 0, 1, 1)]])
        path = tmp_path / f"bars{len(list(tmp_path.iterdir()))}.ttf"
        builder.save(path)
        return path

    return make


def width(text: str, font: Font) -> float:
    ink = font.set(text, 100, 5000, WHITE).ink
    return ink[2] - ink[0]


def bars(set_text: Lettering) -> list[int]:
    """Heights of the bars from left to right, in tenths of an em: which characters they are."""
    drawn = set_text.draw(1.0)[..., 3] == 255
    columns = np.flatnonzero(drawn.any(0))
    starts = [column for column in columns if column - 1 not in set(columns)]
    return [round(int(drawn[:, start + 10].sum()) / 10) for start in starts]


def test_letters_are_kerned() -> None:
    font = Font("AVo", None)
    assert width("AV", font) < width("AoV", font) - width("o", font) - 5
    assert width("VA VA", font) < width("AA VV", font)


def test_letters_of_the_other_direction_are_ordered_from_right_to_left(font_file: FontFile) -> None:
    """Three Hebrew letters, two digits, a Latin letter: bars of 1, 2, 3, 4, 5 and 6 tenths."""
    path = font_file("אבג12x")
    hebrew, mixed = "אבג 12", "x אבג"
    assert bars(Font(hebrew, path).set(hebrew, 100, 5000, WHITE)) == [4, 5, 3, 2, 1]
    assert bars(Font(mixed, path).set(mixed, 100, 5000, WHITE)) == [6, 3, 2, 1]
    assert bars(Font("אב x", path).set("אב x", 100, 5000, WHITE)) == [6, 2, 1]


def test_a_colour_emoji_keeps_its_colours_and_letters_take_the_title_s(font_file: FontFile) -> None:
    path = font_file("a", emoji="😀")
    drawn = Font("a😀", path).set("a😀", 100, 900, (0, 255, 0)).draw(1.0)
    solid = drawn[drawn[..., 3] == 255][:, :3]
    colours, counts = np.unique(solid, axis=0, return_counts=True)
    assert {tuple(colour) for colour, count in zip(colours.tolist(), counts, strict=True) if count > 200} == {
        (0, 255, 0),
        (255, 0, 0),
        (0, 0, 255),
    }


def test_emoji_that_the_font_lacks_come_from_the_system_or_are_named(
    font_file: FontFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = lettering._face(lettering._skia(), font_file("b", emoji="😀"))
    monkeypatch.setattr(lettering, "_emoji_face", lambda skia, character: other)
    drawn = Font("Hi 😀", None).set("Hi 😀", 100, 900, WHITE).draw(1.0)
    assert (drawn[drawn[..., 3] == 255][:, :3] == (255, 0, 0)).all(1).sum() > 1000
    monkeypatch.setattr(lettering, "_emoji_face", lambda skia, character: None)
    with pytest.raises(OutputError, match=r"😀 \(U\+1F600\)") as caught:
        Font("Hi 😀", None)
    assert "emoji" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "named"),
    [("漢字", "漢 (U+6F22), 字 (U+5B57)"), ("Hi שלום", "ש (U+05E9)"), ("กขคงจฉช", "and 2 more"), ("a\tb\ac", "no ? (U+0007)")],
)
def test_letters_that_the_font_lacks_are_named_and_never_drawn_as_boxes(text: str, named: str) -> None:
    with pytest.raises(OutputError) as caught:
        check(TitleWish(text))
    assert named in caught.value.message
    assert "--title-font" in caught.value.hint


def test_what_is_never_drawn_is_not_missed() -> None:
    check(TitleWish("a\u200db\u00a0c\ufe0f\u200f\n\u2067d\u2069"))


@pytest.mark.parametrize("content", [None, b"", b"not a font" * 50])
def test_a_font_that_is_none_is_an_error(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "font.ttf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OutputError, match=r"font\.ttf"):
        check(TitleWish("a", font=path))


@pytest.mark.skipif(os.name != "posix", reason="there are no such pipes")
def test_a_pipe_in_place_of_a_font_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "font.ttf")
    with pytest.raises(OutputError, match="is no font"):
        check(TitleWish("a", font=tmp_path / "font.ttf"))


@pytest.mark.parametrize("text", ["Word", "Some words in a row", "A title that is longer than most titles are", "Two\nlines"])
@pytest.mark.parametrize(("room_width", "room_height"), [(900, 300), (300, 900), (200, 60)])
def test_a_title_fits_its_room_and_no_word_is_broken(text: str, room_width: float, room_height: float) -> None:
    font = Font(text, None)
    em, line_width = font.fit(text, 500, room_width, room_height)
    made = font.set(text, em, line_width, WHITE)
    assert 5 < em <= 500
    assert made.ink[2] - made.ink[0] <= room_width + 2
    assert made.ink[3] - made.ink[1] <= room_height + 0.3 * em
    assert made.paragraph.Height / 200 == pytest.approx(round((made.ink[3] - made.ink[1]) / em + 0.2), abs=0.01)
    longest = max(width(word, font) for word in text.split()) * em / 100
    assert longest <= room_width + 2
    assert font.fit(text, em / 2, room_width, room_height)[0] == pytest.approx(em / 2)


def test_what_a_font_of_one_script_lacks_comes_from_the_font_that_comes_along(font_file: FontFile) -> None:
    font = Font("אב 26", font_file("אב"))
    assert font.lent == "2 (U+0032), 6 (U+0036)"
    assert bars(font.set("אב", 100, 5000, WHITE)) == [2, 1]
    own, lent = (
        np.count_nonzero(each.set("26", 100, 5000, WHITE).draw(1.0)[..., 3] == 255) for each in (Font("26", None), font)
    )
    assert lent == pytest.approx(own, rel=0.01)
    assert not Font("26", None).lent


def test_lines_of_tall_letters_do_not_touch() -> None:
    """Accents above and tails below take more than an em."""
    text = "Åg\nÅg"
    made = Font(text, None).set(text, 100, 5000, WHITE)
    rows = (made.draw(1.0)[..., 3] == 255).any(1)
    inked = np.flatnonzero(np.diff(np.flatnonzero(rows)) > 3)
    assert len(inked) >= 1  # a gap between the two lines
    assert made.paragraph.Height / 200 > 2.1


def test_letters_are_told_apart_and_their_dots_belong_to_them() -> None:
    for text, letters in (("LISBON", 6), ("iji", 3), ("Ål", 2), ("I\nI", 2)):
        labels = Font(text, None).set(text, 100, 5000, WHITE).letters
        assert labels.max() == letters, text
        assert len(np.unique(labels)) == letters + 1


def test_as_many_lines_as_are_asked_for() -> None:
    text = "Some words in a row"
    font = Font(text, None)
    sizes = [font.fit(text, 500, 600, 2000, lines)[0] for lines in (1, 2, 3)]
    assert sizes[0] < sizes[1] < sizes[2]
    one = font.set(text, *font.fit(text, 500, 600, 2000, 1), WHITE)
    assert one.ink[3] - one.ink[1] < one.em
    two = font.set(text, *font.fit(text, 500, 600, 2000, 2), WHITE)
    assert two.ink[2] - two.ink[0] < 600


def test_drawn_larger_it_is_sharper_not_blurred() -> None:
    made = Font("H", None).set("H", 40, 200, WHITE)
    for scale in (1.0, 4.0):
        solid = made.draw(scale)[..., 3].max(0).astype(float)
        row = made.draw(scale)[round((20 - made.box[1]) * scale), :, 3].astype(float)
        assert np.abs(np.diff(row)).max() > 90, "an edge takes more than two pixels"
        assert solid.max() == 255


def test_the_shadow_is_dark_and_under_the_letters() -> None:
    made = Font("H", None).set("H", 100, 200, WHITE)
    drawn = made.draw(1.0)
    assert np.all(drawn[drawn[..., 3] == 255][:, :3] == 255)
    faint = drawn[(drawn[..., 3] > 10) & (drawn[..., 3] < 80)]
    assert len(faint) > 100
    assert faint[:, :3].max() < 120
    assert drawn[0, :, 3].max() < 6
    assert drawn[:, 0, 3].max() < 6


def test_black_letters_have_a_glow_instead() -> None:
    drawn = Font("H", None).set("H", 100, 200, (0, 0, 0)).draw(1.0)
    faint = drawn[(drawn[..., 3] > 3) & (drawn[..., 3] < 20)]
    assert len(faint) > 100
    assert faint[:, :3].min() > 200


def test_a_shadow_takes_no_light_from_the_edges_of_letters() -> None:
    made = Font("O", None).set("O", 100, 200, WHITE)
    drawn = made.draw(1.0)
    shown = light(drawn[..., 0]) * (drawn[..., 3] / 255)
    inked = lettering._draw(made.paragraph, made.em, made.box, 1.0)[..., 3] / 255
    assert ((inked > 0.2) & (inked < 0.8)).sum() > 50
    assert np.abs(shown - inked).max() < 0.02


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"text": " \n "}, "empty"),
        ({"text": "x" * 201}, "too long"),
        ({"size": 0.0}, "size 0"),
        ({"size": float("nan")}, "size nan"),
        ({"colour": "reddish"}, "no colour"),
        ({"colour": "rgb(256,0,0)"}, "the colour 'rgb"),
        ({"colour": "#ff000080"}, "the colour '#ff000080'"),
        ({"place": "left"}, "the place 'left'"),
        ({"place": "0.5,1.5"}, "the place '0.5,1.5'"),
        ({"depth": "2"}, "the depth '2'"),
        ({"depth": "under"}, "the depth 'under'"),
    ],
)
def test_what_cannot_be_made_is_refused(changed: dict[str, object], words: str) -> None:
    with pytest.raises(OutputError, match=words) as caught:
        TitleWish(**{"text": "Title", **changed})  # type: ignore[arg-type]
    assert caught.value.hint


def test_a_title_of_what_cannot_be_seen_is_refused() -> None:
    with pytest.raises(OutputError, match="nothing of the title"):
        Font("\u200d", None).set("\u200d", 50, 100, WHITE)
