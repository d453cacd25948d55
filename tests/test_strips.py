"""Pictures in strips: whole, in order, and the same with any number of threads."""

from __future__ import annotations

import numpy as np
import pytest

from zoom3d import strips


@pytest.mark.parametrize("height", [1, 7, 64, 1000])
@pytest.mark.parametrize("multiple", [1, 3, 13, 2000])
def test_strips_are_the_picture_and_end_at_multiples(height: int, multiple: int) -> None:
    parts = strips.strips(height, 900, multiple, pixels=20_000)
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(height))
    assert all(part.start % multiple == 0 for part in parts)


def test_a_widened_strip_knows_where_the_strip_lies_in_it() -> None:
    rows = np.arange(100)
    for part in strips.strips(100, 10, pixels=300):
        around, own = strips.widened(part, 8, 100)
        assert np.array_equal(rows[around][own], rows[part])
        assert around == slice(max(0, part.start - 8), min(100, part.stop + 8))


@pytest.mark.parametrize("processors", [1, 2, 50])
def test_results_come_in_order_whatever_the_threads(processors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "_processors", lambda: processors)
    assert strips.each(lambda piece: piece**2, range(40)) == [piece**2 for piece in range(40)]
    assert strips.each(lambda piece: piece, []) == []


def test_an_error_in_a_strip_is_an_error() -> None:
    def work(piece: int) -> None:
        raise ValueError(piece)

    with pytest.raises(ValueError, match="0"):
        strips.each(work, range(3))


@pytest.mark.parametrize(("height", "width", "multiple"), [(1, 1, 1), (7, 300, 4), (301, 203, 6)])
def test_tiles_cover_every_pixel_once(height: int, width: int, multiple: int) -> None:
    seen = np.zeros((height, width), int)
    for rows, columns in strips.tiles(height, width, multiple, pixels=500):
        assert rows.start % multiple == 0
        assert columns.start % multiple == 0
        seen[rows, columns] += 1
    assert (seen == 1).all()
