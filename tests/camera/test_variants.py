from __future__ import annotations

import numpy as np
import pytest

from zoom3d.camera import presets
from zoom3d.camera.variants import choose

ENDS = np.array([0.0, 1.0])


def test_the_same_seed_gives_the_same_moves_and_another_gives_others() -> None:
    assert choose(8, 3) == choose(8, 3)
    assert choose(8, 3) != choose(8, 4)
    assert choose(4, 3) == choose(8, 3)[:4]


@pytest.mark.parametrize("seed", range(5))
def test_every_move_is_another_and_neighbours_are_of_different_kinds(seed: int) -> None:
    moves = choose(40, seed)
    assert len({(move.name, move.title, str(move.channels)) for move in moves}) == 40
    assert len({move.name for move in moves[:20]}) == 20
    kinds = [(move.hold_subject, *move.channels) for move in moves[:8]]
    assert len(set(kinds)) == 8


def test_variations_of_one_preset_keep_its_name_and_differ() -> None:
    moves = choose(10, 0, presets.load("arc"))
    assert {move.name for move in moves} == {"arc"}
    assert all(" s" not in move.title.partition("(")[2] for move in moves)  # how long the clip is, others decide
    assert len({str(move.channels) for move in moves}) == 10
    signs = {move.channels["x"].at(ENDS)[0] < 0 for move in moves}
    assert signs == {True, False}


def test_a_side_in_the_name_is_kept() -> None:
    for move in choose(10, 0, presets.load("pan-left")):
        first, last = move.channels["x"].at(ENDS)
        assert first > last
