"""The command ``zoom3d``: one file a command, found by its name; the only package that prints.

A command's file has ``register(application)`` and imports at its top nothing that takes time to load, so that
``zoom3d --help`` is instant. Files that start with an underscore are what the commands share.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from zoom3d import allocator
from zoom3d.cli._failure import end, exit_code, stop_cleanly_on_signals
from zoom3d.errors import OutputError


def main() -> NoReturn:
    """Run the command with the process's own arguments, and end the process with its exit code."""
    stop_cleanly_on_signals()
    allocator.keep_freed()
    if sys.stderr is None:  # a process may be started without one, and print would take stdout instead
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as long as the process lives
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # names of files need not be text
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may hold what the terminal cannot show
    end(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run ``zoom3d`` with ``arguments``. Returns the exit code; a bug keeps its traceback."""
    command = ["zoom3d"]

    def work() -> object:
        try:
            Path.cwd()
        except FileNotFoundError as error:
            raise OutputError("the current folder is gone", hint="change to one that is there") from error
        import typer.main

        from zoom3d.cli._application import application

        app = typer.main.get_command(application(called=arguments[0] if arguments else None))
        command.extend(_named(app, arguments))
        return app.main(args=list(arguments), prog_name="zoom3d", standalone_mode=False)

    return exit_code(work, command)


def _named(command: object, arguments: Sequence[str]) -> Iterator[str]:
    """The first of ``arguments`` as far as they name a command, and one below it."""
    for word in arguments:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            return
        yield word
