"""The place where a clip will lie: checked beforehand, written beside, put there when whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zoom3d.errors import OutputError, reason

SEQUENCE_FILES = "frame_[0-9][0-9][0-9][0-9][0-9]*.png"
_ELSEWHERE = "choose another place with -o"


@dataclass(frozen=True)
class Destination:
    """path: the file, or for a sequence the folder; links are followed already."""

    path: Path
    sequence: bool

    @classmethod
    def of(cls, target: Path, *, sequence: bool) -> Destination:
        try:
            return cls(Path(os.path.realpath(target.with_suffix("") if sequence else target)), sequence)
        except (OSError, ValueError) as error:  # a loop of links; a NUL in the name
            raise OutputError(f"{str(target)!r} cannot be written: {error}", hint=_ELSEWHERE) from error

    def check(self) -> None:
        """Refuse a place that cannot be written, and one that holds something that is not ours to replace."""
        folder = self.path.parent
        try:
            if not folder.is_dir():
                if folder.exists():
                    raise OutputError(f"{folder} is a file, not a folder", hint=_ELSEWHERE)
                raise OutputError(f"the folder {folder} does not exist", hint="make it first, or choose another with -o")
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise OutputError(f"the folder {folder} cannot be written: {reason(error)}", hint=_ELSEWHERE) from error
        try:
            self._check_replaceable()
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {reason(error)}", hint=_ELSEWHERE) from error

    def _check_replaceable(self) -> None:
        try:
            self.path.lstat()
        except FileNotFoundError:
            return
        if self.sequence and self.path.is_dir():
            if not all(item.match(SEQUENCE_FILES) for item in self.path.iterdir()):
                raise OutputError(f"the folder {self.path} holds other files", hint="choose an empty or a new one with -o")
        elif self.path.is_dir():
            raise OutputError(f"{self.path} is a folder", hint="name a file in it with -o")
        elif self.sequence or not self.path.is_file():
            raise OutputError(f"{self.path} is in the way and cannot be replaced", hint=_ELSEWHERE)
        elif not os.access(self.path, os.W_OK):
            raise OutputError(f"{self.path} is write-protected", hint=_ELSEWHERE)

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder beside the destination, gone at the end together with what is left in it."""
        try:
            folder = Path(tempfile.mkdtemp(prefix=".zoom3d-", dir=self.path.parent))
        except OSError as error:
            raise OutputError(f"the folder {self.path.parent} cannot be written: {reason(error)}", hint=_ELSEWHERE) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, workspace: Path, output_name: str) -> None:
        """Put what lies in ``workspace`` at the destination, replacing what is there in one step."""
        try:
            if self.sequence:
                self._publish_folder(workspace)
            else:
                (workspace / output_name).replace(self.path)
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {reason(error)}", hint=_ELSEWHERE) from error

    def _publish_folder(self, workspace: Path) -> None:
        """A folder cannot replace one that is not empty, so the old one steps aside, into the workspace."""
        fresh, old = workspace / "fresh", workspace / "old"
        frames = [item for item in workspace.iterdir() if item.match(SEQUENCE_FILES)]
        fresh.mkdir()
        for frame in frames:
            frame.rename(fresh / frame.name)
        with contextlib.suppress(FileNotFoundError):
            self.path.rename(old)
        try:
            fresh.rename(self.path)
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                old.rename(self.path)
            raise
