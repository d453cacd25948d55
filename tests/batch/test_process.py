"""Processes beside this one come up wherever it was started, and where they cannot, nothing else fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os
from zoom3d.batch import process
pool = process.executor(1)
print(pool.submit(os.getpid).result() != os.getpid())
pool.shutdown()
"""

DAEMON = """
import multiprocessing
def work():
    from zoom3d.batch import process
    with process.beside("zoom3d.camera.beside") as helper:
        print(helper)
if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=work, daemon=True)
    process.start()
    process.join()
"""


TORN = """
import os, signal, struct, sys
def answer_half():
    answers = sys._getframe(1).f_locals["result_queue"]
    os.write(answers._writer.fileno(), struct.pack("!i", 1000) + b"half")
    os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    import torn
    from zoom3d.batch import process
    pool = process.executor(1)
    try:
        pool.submit(torn.answer_half).result(timeout=20)
    except process.LOST:
        print("lost")
    pool.shutdown()
"""


@pytest.mark.skipif(os.name != "posix", reason="no process is killed elsewhere")
def test_a_process_that_is_killed_in_the_middle_of_an_answer_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "torn.py"
    file.write_text(TORN)
    ended = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "lost\n", "")


@pytest.mark.parametrize("how", ["file", "stdin", "command"])
def test_a_script_without_a_guard_is_not_run_once_more(tmp_path: Path, how: str) -> None:
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    arguments = {"file": [str(file)], "stdin": ["-"], "command": ["-c", SCRIPT]}[how]
    said = SCRIPT if how == "stdin" else ""
    ended = subprocess.run([sys.executable, *arguments], input=said, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "True\n", "")


def test_a_daemonic_process_goes_on_without(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(DAEMON)
    ended = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "None\n", "")
