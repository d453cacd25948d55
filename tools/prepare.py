"""Makes a virtual environment in which zoom3d runs, and checks that it can draw. Called by the Makefile.

Only the standard library: this runs before anything is installed. A second run that finds nothing to do takes a moment.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
MESA_PACKAGES = ("libegl1", "libgl1", "libegl-mesa0", "libgl1-mesa-dri")
DRAW = """
import moderngl
context = moderngl.create_context(standalone=True, backend="egl", require=330)
print(context.info["GL_RENDERER"])
context.release()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment", type=Path, help="folder of the virtual environment")
    parser.add_argument("--extra", default="", help="extra to install: test")
    arguments = parser.parse_args()
    if sys.version_info < (3, 10):  # noqa: UP036 - this file meets whatever Python there is
        stop(f"Python {sys.version.split()[0]} is too old", "install Python 3.10 or newer, or name one: make PYTHON=python3.12")
    python = make_environment(arguments.environment.absolute())
    install(python, arguments.environment.absolute(), arguments.extra)
    check_opengl(python)


def make_environment(folder: Path) -> Path:
    """The interpreter of the virtual environment in ``folder``, made anew where it is missing or broken."""
    python = folder / "bin" / "python"
    if python.exists() and succeeds([str(python), "-m", "pip", "--version"]):
        return python
    if not succeeds([sys.executable, "-c", "import ensurepip, venv"]):
        install_packages(
            (f"python{sys.version_info.major}.{sys.version_info.minor}-venv",), "this Python cannot make virtual environments"
        )
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        stop(f"{folder} holds something that is no virtual environment", "name another folder: make VENV=...")
    say(f"making a virtual environment in {folder}")
    run([sys.executable, "-m", "venv", "--clear", str(folder)])
    return python


def install(python: Path, folder: Path, extra: str) -> None:
    """Install zoom3d as it stands in this checkout, unless the same was done before."""
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()
    stamp, fuller = folder / f".zoom3d{'-' + extra if extra else ''}", folder / ".zoom3d-test"
    if any(mark.is_file() and mark.read_text() == wanted for mark in (stamp, fuller)):
        return
    say("installing zoom3d and what it needs; the first time this downloads PyTorch and takes minutes")
    for mark in (stamp, fuller):
        mark.unlink(missing_ok=True)
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", target])
    stamp.write_text(wanted)


def check_opengl(python: Path) -> None:
    """Make an OpenGL context without a screen, for real. Where that fails, Mesa's software renderer is installed."""
    if can_draw(python):
        return
    install_packages(MESA_PACKAGES, "there is no OpenGL that works without a screen")
    if not can_draw(python):
        subprocess.run([str(python), "-c", DRAW], check=False)
        stop("OpenGL does not work although Mesa is installed", "the lines above are what the driver says")


def can_draw(python: Path) -> bool:
    return succeeds([str(python), "-c", DRAW])


def install_packages(packages: tuple[str, ...], problem: str) -> None:
    """Install system packages as root on Debian or Ubuntu; anywhere else, say which command does and stop."""
    command = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        stop(problem, f"install what your system calls {', '.join(packages)}, then run make again")
    if os.geteuid() != 0:
        stop(problem, f"run this, then make again: sudo sh -c '{command}'")
    say(f"{problem}; installing {', '.join(packages)}")
    run(["sh", "-c", command], DEBIAN_FRONTEND="noninteractive")


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def run(command: list[str], **environment: str) -> None:
    code = subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
    if code != 0:
        stop(
            f"this failed with exit code {code}: {' '.join(command)}",
            "the lines above say why; run make again once it is solved",
        )


def say(message: str) -> None:
    print(f"zoom3d: {message}", flush=True)


def stop(message: str, hint: str) -> NoReturn:
    sys.exit(f"error: {message}\nhint: {hint}")


if __name__ == "__main__":
    main()
