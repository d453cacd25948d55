from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import warnings

import pytest

from zoom3d.cli._console import Voice, session
from zoom3d.errors import DepthError

log = logging.getLogger("zoom3d.somewhere")


def test_a_warning_is_shown_once_and_collected(capsys: pytest.CaptureFixture[str]) -> None:
    with session(Voice()) as at_work:
        log.warning("the %s is [dim]\nand grey", "sky")
        log.warning("the sky is [dim] and grey")
        log.info("a detail")
    assert capsys.readouterr().err == "warning: the sky is [dim] and grey\n"
    assert at_work.warnings == ["the sky is [dim] and grey"]


def test_quiet_hides_warnings_progress_and_results(capsys: pytest.CaptureFixture[str]) -> None:
    with session(Voice(quiet=True)) as at_work:
        log.warning("dim")
        at_work.progress("depth", 1, 1)
        at_work.say("working")
        at_work.result("made", {})
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert at_work.warnings == ["dim"]


def test_verbose_shows_details_and_debug_shows_all(capsys: pytest.CaptureFixture[str]) -> None:
    for voice, shown in ((Voice(verbose=True), "a detail\n"), (Voice(debug=True), "a detail\na trifle\n")):
        with session(voice):
            log.info("a detail")
            log.debug("a trifle")
        assert capsys.readouterr().err == shown


def test_the_logger_is_left_as_it_was() -> None:
    logger = logging.getLogger("zoom3d")
    before = (logger.level, list(logger.handlers))
    with session(Voice(debug=True)):
        assert (logger.level, list(logger.handlers)) != before
    assert (logger.level, list(logger.handlers)) == before


def test_json_is_one_object_with_the_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    with session(Voice(as_json=True)) as at_work:
        log.warning("dim")
        at_work.result("for people", {"path": "日本\n.mp4"})
    assert json.loads(capsys.readouterr().out) == {"path": "日本\n.mp4", "warnings": ["dim"]}


def test_other_libraries_warnings_stay_inside(capsys: pytest.CaptureFixture[str]) -> None:
    with session(Voice()):
        warnings.warn("for developers", stacklevel=1)
    assert capsys.readouterr().err == ""


def test_debug_shows_the_traceback_of_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    for debug in (False, True):
        with pytest.raises(DepthError), session(Voice(debug=debug)):
            raise DepthError("flat", hint="move")
        assert ("Traceback" in capsys.readouterr().err) is debug


def test_without_a_terminal_a_stage_is_one_line_when_it_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with session(Voice()) as at_work:
        for done in range(4):
            at_work.progress("render", done, 3)
        at_work.progress("video", 0, 0)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("render … ")
    assert line.endswith(" s")


ON_A_TERMINAL = """
import logging, sys
from zoom3d.cli._console import Voice, session
with session(Voice()) as at_work:
    for done in range(4):
        at_work.progress("render", done, 3)
    logging.getLogger("zoom3d").warning("[bold]a[/bold].jpg")
    at_work.progress("video", 0, 1)
    at_work.result("[red]made[/red]", {})
print("rich" in sys.modules)
"""


@pytest.mark.skipif(os.name != "posix", reason="there are no such terminals")
@pytest.mark.parametrize(("terminal", "bars"), [("xterm", True), ("dumb", False)])
def test_on_a_terminal_there_are_bars_and_names_keep_their_brackets(terminal: str, bars: bool) -> None:
    ours, theirs = os.openpty()
    try:
        command, environment = [sys.executable, "-c", ON_A_TERMINAL], {**os.environ, "TERM": terminal, "COLUMNS": "80"}
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, env=environment, text=True, check=True)
        shown = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.stdout == f"[red]made[/red]\n{bars}\n"
    assert "warning: [bold]a[/bold].jpg" in shown
    assert ("100%" in shown) is bars
    assert shown.count("render … ") == (0 if bars else 1)
