"""Fixtures for the whole suite."""

from __future__ import annotations

import functools
import importlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # as of what a shell starts in the background; commands under test inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="also run the tests that take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--run-slow"):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="takes minutes; run with --run-slow"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of measuring data beside the checkout, where there is one."""
    if not SHARED.is_dir():
        pytest.skip("the measuring data (../shared) is not here")
    return SHARED


@pytest.fixture(scope="session")
def script(shared: Path) -> Callable[[str], ModuleType]:
    """Imports a script of the measuring data by its path there; it may import those beside it."""

    def load(name: str) -> ModuleType:
        path = shared / name
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(sys, "dont_write_bytecode", True)  # the shared folder is not ours to write to
            monkeypatch.syspath_prepend(path.parent)
            return importlib.import_module(path.stem)

    return load


@pytest.fixture(scope="session")
def pseudo(script: Callable[[str], ModuleType]) -> ModuleType:
    """The recipe for pseudo-weights and test pictures that comes with the expected outputs."""
    return script("midas/pseudo_checkpoint.py")


@pytest.fixture(scope="session")
def pseudo_weights_once(pseudo: ModuleType, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The file of pseudo-weights of a MiDaS model, by name: nobody may change it."""

    @functools.cache
    def make(name: str) -> Path:
        import numpy as np
        import torch

        state = pseudo.pseudo_state_dict(pseudo.load_manifest(shared / "midas" / "manifests" / f"{name}.json"))
        path = tmp_path_factory.mktemp("weights") / f"{name}.pt"
        torch.save({key: torch.as_tensor(np.array(value)) for key, value in state.items()}, path)
        return path

    return make


@pytest.fixture
def pseudo_weights(pseudo_weights_once: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """Writes the file of pseudo-weights of a MiDaS model, by name."""
    return lambda name: Path(shutil.copy(pseudo_weights_once(name), tmp_path))


@pytest.fixture
def peak_memory_kb() -> Callable[..., int]:
    """Runs a program in an interpreter of its own; the largest share of the machine's memory that it held, in KiB.

    Not by getrusage, which counts what the process was forked from: this one, and whatever tests it has run.
    """
    if not Path("/proc/self/status").is_file():
        pytest.skip("the peak of memory is read from /proc")
    report = "\nprint(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"

    def run(program: str, *arguments: object) -> int:
        command = [sys.executable, "-c", program + report, *map(str, arguments)]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])

    return run


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every test has a cache of its own, which goes with it: all of them together would fill a small disk."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("ZOOM3D_CACHE", str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def common_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("common-cache")


@pytest.fixture
def scenes_made_once(cache_folder: Path, common_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cache for all tests that ask for this: what they test is not how scenes are made."""
    monkeypatch.setenv("ZOOM3D_CACHE", str(common_cache))
