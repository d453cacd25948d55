"""What loads when: asking for help or importing the package loads nothing that takes time."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "torchvision", "timm", "moderngl", "cv2", "numpy", "PIL", "rich", "imageio_ffmpeg", "librosa")


def loaded_after(code: str) -> set[str]:
    """Names of the heavy packages that a fresh interpreter has loaded once ``code`` has run."""
    report = f"\nimport sys; print('loaded:', *(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        *([command, "--help"] for command in ("render", "reel", "batch", "depth")),
        ["no-such-command"],
    ],
)
def test_asking_for_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert loaded_after(f"from zoom3d import cli; cli.run({arguments!r})") == set()


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_after("import zoom3d") == set()


def test_heavy_packages_would_be_noticed() -> None:
    assert loaded_after("import numpy") == {"numpy"}


def test_a_command_that_is_called_loads_no_other() -> None:
    code = "from zoom3d import cli; cli.run(['check', '--help']); import sys; print({'batch', 'check', 'render'} & set(%s))"
    names = "name.removeprefix('zoom3d.cli.') for name in sys.modules"
    done = subprocess.run([sys.executable, "-c", code % names], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "{'check'}"
