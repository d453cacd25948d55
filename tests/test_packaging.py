"""What is installed from a wheel is whole: it renders, away from the checkout, with nothing but what it says it needs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
NOT_NEEDED_WITHOUT_A_NETWORK_MODEL = {"torch", "torchvision", "timm"}


@pytest.fixture(autouse=True)
def no_way_to_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def environment(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that holds the wheel and what it requires, except what only network models need."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    (wheel,) = built.glob("*.whl")
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    for name in _required(_requirements(wheel)):
        _borrow(name, site_packages)
    return folder


def test_wheel_has_every_shader_and_preset(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("data", "shaders", "presets", "platforms", "templates"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        assert files
        assert {f"zoom3d/{path.relative_to(ROOT).as_posix()}" for path in files} <= inside
    assert not any(name.startswith(("tests", "tools", "examples")) for name in inside)
    assert "zoom3d/py.typed" in inside


def test_source_distribution_has_what_developing_takes(built: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "Makefile", "tools/prepare.py", "tests/conftest.py", "examples/CREDITS.md", "LICENSE"} <= inside


def test_installed_wheel_renders_away_from_the_checkout_and_without_torch(environment: Path, tmp_path: Path) -> None:
    without = [str(environment / "bin" / "python"), "-c", "import torch"]
    assert subprocess.run(without, capture_output=True, check=False).returncode != 0
    command = [str(environment / "bin" / "zoom3d"), "render", str(ROOT / "examples" / "coffee.jpg"), "-o", "clip.mp4", "--json"]
    command += ["--size", "128x96", "--duration", "0.2", "--fps", "10", "--model", "builtin"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["frames"], made["size"], made["depth_source"]) == (2, [128, 96], "builtin")
    assert (tmp_path / "clip.mp4").stat().st_size > 0


def test_installed_wheel_runs_nothing_of_the_checkout(environment: Path, tmp_path: Path) -> None:
    question = "import zoom3d, zoom3d.assets as a; print(zoom3d.__file__, a.folder('shaders'), a.folder('presets'), sep='\\n')"
    answer = subprocess.run(
        [str(environment / "bin" / "python"), "-c", question], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(Path(line).is_relative_to(environment) for line in answer.stdout.splitlines())


def _requirements(wheel: Path) -> list[str]:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    return metadata.PathDistribution(zipfile.Path(archive, name.removesuffix("METADATA"))).requires or []


def _required(requirements: list[str]) -> set[str]:
    """The distributions that ``requirements`` ask for here, with all that these ask for."""
    found: set[str] = set()
    waiting = [(text, "") for text in requirements]
    while waiting:
        text, extra = waiting.pop()
        requirement = Requirement(text)
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        if name in found | NOT_NEEDED_WITHOUT_A_NETWORK_MODEL:
            continue
        assert metadata.version(name) in requirement.specifier
        found.add(name)
        waiting += [(further, one) for further in metadata.requires(name) or [] for one in ("", *requirement.extras)]
    return found


def _borrow(name: str, site_packages: Path) -> None:
    """Put the installed distribution ``name`` into another environment: links to what its record lists."""
    distribution = metadata.distribution(name)
    for top in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
        link = site_packages / top
        if not link.exists():
            link.symlink_to(Path(str(distribution.locate_file(top))))
