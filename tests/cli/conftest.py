"""Running the command line inside the test's own process, which costs no start-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from zoom3d import cli


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def failure(self) -> tuple[str, str]:
        """The error and the hint; there must be one of each, and nothing else on stderr that looks like a failure."""
        errors = [line for line in self.err.splitlines() if line.startswith("error: ")]
        hints = [line for line in self.err.splitlines() if line.startswith("hint: ")]
        assert (len(errors), len(hints)) == (1, 1), self.err
        assert "Traceback" not in self.err
        return errors[0].removeprefix("error: "), hints[0].removeprefix("hint: ")


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run ``zoom3d`` with the arguments; file descriptors are watched, so what libraries print themselves counts."""

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = cli.run([str(argument) for argument in arguments])
        return Outcome(code, *capfd.readouterr())

    return call
