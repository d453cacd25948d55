from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zoom3d.cli._failure import by_path, exit_code, printable
from zoom3d.errors import PhotoError

Run = Callable[..., Any]


def fail_with(error: BaseException) -> None:
    raise error


def test_success_is_zero_and_a_number_is_the_exit_code() -> None:
    assert exit_code(lambda: None) == 0
    assert exit_code(lambda: 3) == 3


def test_a_mistake_is_two_lines_on_stderr_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: fail_with(PhotoError("no photo", hint="take one"))) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "error: no photo\nhint: take one\n")


def test_further_lines_of_a_message_are_indented(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code(lambda: fail_with(PhotoError("first\nhint: forged", hint="one\ntwo")))
    assert capsys.readouterr().err == "error: first\n  hint: forged\nhint: one two\n"


def test_a_failure_is_told_by_the_whole_path_and_its_words_stay_as_they_are() -> None:
    path = Path("/trip/m")
    assert by_path("m is a truncated JPEG file", path) == "/trip/m is a truncated JPEG file"
    assert by_path("out of memory", path) == "/trip/m: out of memory"
    assert by_path("\ufffd.jpg is empty", Path("/trip/\udcff.jpg")) == "/trip/\udcff.jpg is empty"


def test_brackets_and_quotes_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code(lambda: fail_with(PhotoError("[red]a 'b' \"c\".jpg[/red]", hint="[bold]x")))
    assert capsys.readouterr().err == "error: [red]a 'b' \"c\".jpg[/red]\nhint: [bold]x\n"


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_code(lambda: 1 // 0)


@pytest.mark.parametrize("reason", [errno.ENAMETOOLONG, errno.EACCES, errno.ELOOP])
def test_a_path_that_the_system_refuses_is_a_mistake(reason: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: fail_with(OSError(reason, os.strerror(reason), "here.jpg"))) == 1
    assert capsys.readouterr().err == f"error: here.jpg: {os.strerror(reason)}\nhint: check the path and its permissions\n"


@pytest.mark.parametrize("command", [("depth", "{}"), ("reel", "{}"), ("view", "{}", "--baseline", "1"), ("render", "{}")])
def test_a_name_that_is_too_long_is_a_mistake_wherever_it_is_met(run: Run, command: tuple[str, ...]) -> None:
    outcome = run(*(part.format("a" * 300 + ".jpg") for part in command))
    assert outcome.code == 1
    assert "aaaa" in outcome.failure[0]


@pytest.mark.skipif(os.name != "posix", reason="a folder that is in use cannot go away")
@pytest.mark.parametrize("command", ["depth a.jpg", "batch a.jpg -o /tmp --dry-run", "render a.jpg", "doctor"])
def test_a_current_folder_that_is_gone_is_a_mistake(tmp_path: Path, command: str) -> None:
    (tmp_path / "gone").mkdir()
    line = f"cd {tmp_path}/gone && rmdir ../gone && exec {sys.executable} -m zoom3d {command}"
    ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "error: the current folder is gone\nhint: change to one that is there\n"


def test_interruption_is_exit_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: fail_with(KeyboardInterrupt())) == 130
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(os.name != "posix", reason="shells close streams in another way")
def test_without_stderr_nothing_but_the_result_is_on_stdout(tmp_path: Path) -> None:
    line = f"exec {sys.executable} -m zoom3d presets show none 2>&-"
    ended = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")


def test_a_signal_is_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: sys.exit(143)) == 143
    assert capsys.readouterr().err == ""


def test_an_interrupted_process_ends_whatever_keeps_the_interpreter_from_its_end() -> None:
    busy = "import atexit, threading; atexit.register(threading.Event().wait); from zoom3d.cli._failure import end"
    ended = subprocess.run(
        [sys.executable, "-c", f"{busy}; print('said'); end(130)"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "said\n", "")


def test_control_characters_cannot_reach_the_terminal() -> None:
    assert printable("a\x1b[2J\r\x9b日本 é") == "a\\x1b[2J\\r\\x9b日本 é"


def test_a_closed_pipe_is_met_quietly() -> None:
    process = subprocess.Popen([sys.executable, "-m", "zoom3d", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process, process.stderr:
        assert process.stderr.read() == b""
    assert process.returncode != 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "length", [10, 100_000]
)  # the buffer's size lies between: written when it ends, and when it is printed
def test_a_full_disk_behind_stdout_is_two_lines_and_exit_code_1(length: int) -> None:
    program = f"from zoom3d.cli._failure import exit_code; import sys; sys.exit(exit_code(lambda: print('x' * {length})))"
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert [line.split(":")[0] for line in ended.stderr.splitlines()] == ["error", "hint"]


def test_a_process_without_stdout_ends_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert exit_code(lambda: None) == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["rende"], "'rende'"),
        (["render"], "PHOTO"),
        (["render", "a.jpg", "b.jpg"], "b.jpg"),
        (["render", "a.jpg", "--codec", "h263"], "'h263'"),
        (["render", "a.jpg", "--fit", "stretch"], "'stretch'"),
        (["render", "a.jpg", "--fps", "fast"], "'--fps'"),
        (["render", "a.jpg", "--fps"], "'--fps'"),
        (["render", "a.jpg", "--offline=yes"], "'--offline'"),
        (["presets", "show", "arc", "--plot"], "'--plot'"),
        (["render", "a.jpg", "--size", "1080"], "'1080'"),
        (["render", "a.jpg", "--size", "-1x5"], "'-1x5'"),
        (["render", "a.jpg", "--crf", "1.5"], "'--crf'"),
        (["render", "a.jpg", "--pixel-limit", "0"], "'--pixel-limit'"),
        (["render", "a.jpg", "--preste", "circle"], "--preste"),
        (["render", "-a.jpg"], "-a"),
        (["render", "a.jpg", "-q", "-v"], "'--quiet'"),
        (["render", "a.jpg", "--seed", "3"], "'--variants'"),
        (["render", "a.jpg", "--variants", "0"], "'--variants'"),
        (["render", "a.jpg", "--variants", "2", "--set", "duration_s=2"], "'--preset'"),
        (["presets", "show", "arc", "--set", "duration_s=2"], "'--plot'"),
        (["depth"], "PHOTO"),
        (["depth", "a.jpg", "--format", "gif"], "'gif'"),
        (["depth", "a.jpg", "--format", "npy", "--facebook"], "'--format'"),
        (["depth", "a.jpg", "b.jpg"], "'--output'"),
        (["depth", "a.jpg", "b.jpg", "-o", "out", "--raw", "x.npy"], "'--raw'"),
        (["presets", "shwo"], "'shwo'"),
    ],
)
def test_a_usage_error_is_two_lines_and_exit_code_2(run: Callable[..., Any], arguments: list[str], named: str) -> None:
    outcome = run(*arguments)
    error, hint = outcome.failure
    assert (outcome.code, outcome.out) == (2, "")
    assert len(outcome.err.splitlines()) == 2
    assert named in error
    command = [word for word in arguments[:2] if word in ("render", "depth", "presets", "show")]
    assert hint == f"'{' '.join(['zoom3d', *command])} --help' lists what it takes"
