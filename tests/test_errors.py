from __future__ import annotations

import pickle

import pytest

from zoom3d import errors


def test_every_error_is_in_the_tree_of_the_docstring() -> None:
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.Zoom3DError):
            assert name in str(errors.__doc__)


@pytest.mark.parametrize("kind", [errors.PhotoError, errors.WeightsError, errors.VideoError])
def test_an_error_survives_the_way_between_processes(kind: type[errors.Zoom3DError]) -> None:
    back = pickle.loads(pickle.dumps(kind("what", hint="how")))
    assert (type(back), back.message, back.hint) == (kind, "what", "how")
