from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "prepare.py"


@pytest.fixture
def prepare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, about a project of its own, with all commands recorded in ``commands`` instead of run."""
    spec = importlib.util.spec_from_file_location("prepare", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text("[project]")
    module.commands = []
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "run", lambda command, **_: module.commands.append(command))
    return module


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_nothing_is_installed_twice_until_the_project_file_changes(prepare: ModuleType, tmp_path: Path) -> None:
    for _ in range(2):
        prepare.install(Path("python"), tmp_path, "")
    assert len(prepare.commands) == 1
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'other'")
    prepare.install(Path("python"), tmp_path, "")
    assert len(prepare.commands) == 2


def test_tests_need_more_than_the_demo_and_the_demo_no_more_than_tests(prepare: ModuleType, tmp_path: Path) -> None:
    for extra in ("", "test", "", "test"):
        prepare.install(Path("python"), tmp_path, extra)
    assert [command[-1].removeprefix(str(tmp_path)) for command in prepare.commands] == ["", "[test]"]


def test_an_interrupted_installation_is_done_again(
    prepare: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare.install(Path("python"), tmp_path, "")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'other'")
    with monkeypatch.context() as patch:
        patch.setattr(prepare, "run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            prepare.install(Path("python"), tmp_path, "")
    (tmp_path / "pyproject.toml").write_text("[project]")
    prepare.install(Path("python"), tmp_path, "")
    assert len(prepare.commands) == 2


def test_a_folder_that_holds_something_else_is_left_alone(prepare: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no virtual environment\nhint: "):
        prepare.make_environment(tmp_path)
    assert prepare.commands == []


def test_without_opengl_a_user_is_told_the_one_command(prepare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "can_draw", lambda _: False)
    monkeypatch.setattr(prepare.shutil, "which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setattr(prepare.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match=r"hint: .*sudo sh -c 'apt-get update && apt-get install .*libegl1"):
        prepare.check_opengl(Path("python"))
    assert prepare.commands == []


def test_without_opengl_root_gets_mesa(prepare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "can_draw", lambda _: bool(prepare.commands))
    monkeypatch.setattr(prepare.shutil, "which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setattr(prepare.os, "geteuid", lambda: 0)
    prepare.check_opengl(Path("python"))
    ((shell, _, command),) = prepare.commands
    assert shell == "sh"
    assert "libegl-mesa0" in command


def test_opengl_that_works_is_recognised_and_one_that_does_not_is_not(
    prepare: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepare.can_draw(Path(sys.executable))
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent")
    assert not prepare.can_draw(Path(sys.executable))


def test_make_says_so_where_there_is_no_python() -> None:
    done = subprocess.run(["make", "demo", "PYTHON="], cwd=SCRIPT.parents[1], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "error: no Python 3.10" in done.stderr
    assert "hint: " in done.stderr
