"""Downloading weights, against a real server on loopback that misbehaves in every way asked of it."""

from __future__ import annotations

import hashlib
import http.client
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest

from zoom3d import download, weights
from zoom3d.errors import WeightsError

CONTENT = bytes(range(256)) * 4000  # about 1 MB, more than one chunk


@dataclass
class Server:
    """What the next requests get, in order; after the last, ``ok``. Requests that came, by their Range header."""

    url: str = ""
    content: bytes = CONTENT
    version: str = '"1"'
    answers: list[str] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                wanted = self.headers.get("Range")
                server.asked.append(wanted)
                answer = server.answers.pop(0) if server.answers else "ok"
                if answer == "round in circles":
                    server.answers.append(answer)
                    self.send_response(302)
                    self.send_header("Location", self.path)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if answer == "astray":
                    self.send_response(302)
                    self.send_header("Location", "http://[::1/net.pt")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if answer == "silence":
                    server.hung_up.wait(5)
                    self.close_connection = True
                    return
                if answer == "dripping headers":
                    self.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
                    while not server.hung_up.wait(0.01):
                        self.wfile.write(b"x")
                    return
                if answer.isdigit():
                    self.send_error(int(answer))
                    return
                same = self.headers.get("If-Range") in {None, server.version}
                start = int(wanted[6:-1]) if wanted and same and answer != "no range" else 0
                if start >= len(server.content):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(server.content)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                body = server.content[start:]
                self.send_response(206 if start else 200)
                if start:
                    shown = start + 1 if answer == "wrong part" else start
                    self.send_header("Content-Range", f"bytes {shown}-{len(server.content) - 1}/{len(server.content)}")
                self.send_header("ETag", server.version)
                if answer == "no number":
                    self.send_header("Content-Length", "many")
                elif answer != "no length":
                    self.send_header("Content-Length", str(len(body) + (7 if answer == "too long" else 0)))
                self.end_headers()
                if answer == "drip":
                    while not server.hung_up.wait(0.01):
                        self.wfile.write(b"x")
                    return
                self.wfile.write(body[: len(body) // 2] if answer == "cut" else body)

        return Handler


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    http = ThreadingHTTPServer(("127.0.0.1", 0), server.handler())
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(download, "FIRST_DELAY_S", 0.001)
    monkeypatch.delenv(weights.MIRROR_VARIABLE, raising=False)
    yield server
    server.hung_up.set()
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def file(server: Server) -> weights.WeightsFile:
    return weights.WeightsFile("net.pt", f"{server.url}/release/net.pt", len(CONTENT), "zoom3d models fetch net")


def accept(path: Path) -> None:
    assert path.stat().st_size > 0


def refuse(path: Path) -> None:
    raise WeightsError("the file lacks key x", hint="none")


def files() -> set[str]:
    """What lies in the folder of weights, apart from the lock."""
    return {path.name for path in weights.folder().glob("*")} - {"net.pt.lock"}


def test_a_file_is_fetched_once_and_its_checksum_recorded(file: weights.WeightsFile, server: Server) -> None:
    seen: list[tuple[str, int, int]] = []
    assert weights.find(file) is None
    path = weights.fetch(file, validate=accept, progress=lambda *step: seen.append(step))
    assert path.read_bytes() == CONTENT
    assert weights.fetch(file, validate=refuse) == path == weights.find(file)
    assert len(server.asked) == 1
    assert seen[-1] == ("weights", len(CONTENT), len(CONTENT))
    assert [step[1] for step in seen] == sorted({step[1] for step in seen})
    assert hashlib.sha256(CONTENT).hexdigest() in (weights.folder() / "net.pt.sha256").read_text()
    assert files() == {"net.pt", "net.pt.sha256"}


def test_a_length_that_is_no_number_counts_as_none(file: weights.WeightsFile, server: Server) -> None:
    server.answers = ["no number"]
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT


def test_a_redirection_in_circles_is_one_line(file: weights.WeightsFile, server: Server) -> None:
    server.answers = ["round in circles"]
    with pytest.raises(WeightsError, match="302") as caught:
        weights.fetch(file, validate=accept)
    assert "\n" not in caught.value.message


def test_a_page_in_place_of_the_file_is_told_by_its_address(file: weights.WeightsFile) -> None:
    def refuse_by_name(path: Path) -> None:
        raise WeightsError(f"{path} is no checkpoint", hint="use another")

    with pytest.raises(WeightsError) as caught:
        weights.fetch(file, validate=refuse_by_name)
    assert caught.value.message == f"what came from {file.source} is no checkpoint"
    assert str(file.path) in caught.value.hint


def test_a_file_of_unknown_length_is_done_once(file: weights.WeightsFile, server: Server) -> None:
    server.answers = ["no length"]
    seen: list[tuple[str, int, int]] = []
    assert weights.fetch(file, validate=accept, progress=lambda *step: seen.append(step)).read_bytes() == CONTENT
    assert len(seen) > 2
    assert {total for _, _, total in seen[:-1]} == {0}
    assert seen[-1] == ("weights", len(CONTENT), len(CONTENT))


def test_a_mirror_is_asked_instead_of_the_official_address(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(weights.MIRROR_VARIABLE, f"{server.url}/mirror/")
    file = weights.WeightsFile("net.pt", "https://official.invalid/net.pt", 1, "")
    assert file.source == f"{server.url}/mirror/net.pt"
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT


@pytest.mark.parametrize("address", ["file:///etc", "http://[broken", "http://modèles.invalid", "http://a b"])
def test_a_mirror_that_is_no_web_address_is_refused(
    file: weights.WeightsFile, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(weights.MIRROR_VARIABLE, address)
    with pytest.raises(WeightsError, match="no web address"):
        weights.fetch(file, validate=accept)


def test_without_a_network_there_is_no_long_wait(file: weights.WeightsFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(weights.MIRROR_VARIABLE, "http://127.0.0.1:9")  # nothing listens there
    waits: list[float] = []
    monkeypatch.setattr(download.time, "sleep", waits.append)
    with pytest.raises(WeightsError, match="Connection refused"):
        weights.fetch(file, validate=accept)
    assert len(waits) == 1


def test_a_cut_connection_is_resumed_where_it_broke(file: weights.WeightsFile, server: Server) -> None:
    server.answers = ["cut", "cut"]
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT
    half = len(CONTENT) // 2
    assert server.asked == [None, f"bytes={half}-", f"bytes={half + half // 2}-"]


def test_a_download_that_broke_for_good_is_resumed_by_the_next_run(file: weights.WeightsFile, server: Server) -> None:
    server.answers = ["cut"] + ["503"] * (download.ATTEMPTS - 1)
    with pytest.raises(WeightsError, match="503") as caught:
        weights.fetch(file, validate=accept)
    assert str(file.path) in caught.value.hint
    assert file.url in caught.value.hint
    assert weights.find(file) is None
    server.asked.clear()
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(CONTENT) // 2}-"]


@pytest.mark.parametrize("answer", ["no range", "wrong part"])
def test_a_server_that_does_not_resume_is_asked_for_the_whole_file(
    file: weights.WeightsFile, server: Server, answer: str
) -> None:
    server.answers = ["cut", answer]
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT


def test_a_file_replaced_on_the_server_is_not_glued_to_the_old_half(file: weights.WeightsFile, server: Server) -> None:
    server.answers = ["cut"] + ["503"] * (download.ATTEMPTS - 1)
    with pytest.raises(WeightsError):
        weights.fetch(file, validate=accept)
    server.content, server.version = CONTENT[::-1], '"2"'
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT[::-1]


def test_a_part_that_is_whole_already_is_used(file: weights.WeightsFile) -> None:
    weights.folder().mkdir(parents=True)
    (weights.folder() / "net.pt.part").write_bytes(CONTENT)
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(file: weights.WeightsFile) -> None:
    weights.folder().mkdir(parents=True)
    (weights.folder() / "net.pt.part").write_bytes(CONTENT + b"more")
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT


def test_a_length_that_never_comes_true_is_an_error(file: weights.WeightsFile, server: Server) -> None:
    server.answers = ["too long"] * download.ATTEMPTS
    with pytest.raises(WeightsError, match="could not be downloaded"):
        weights.fetch(file, validate=accept)
    assert weights.find(file) is None


def test_a_missing_file_is_not_asked_for_again(file: weights.WeightsFile, server: Server) -> None:
    server.answers = ["404"]
    with pytest.raises(WeightsError, match="404") as caught:
        weights.fetch(file, validate=accept)
    assert len(server.asked) == 1
    assert str(file.path) in caught.value.hint
    assert files() == set()


def test_a_busy_server_is_tried_again_with_growing_pauses(
    file: weights.WeightsFile, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    server.answers = ["503", "503", "429"]
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT
    assert pauses == [0.001, 0.002, 0.004]


def test_nobody_listening_is_an_error_with_the_way_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "FIRST_DELAY_S", 0.001)
    file = weights.WeightsFile("net.pt", "http://127.0.0.1:9/net.pt", 1, "")
    with pytest.raises(WeightsError, match="could not be downloaded") as caught:
        weights.fetch(file, validate=accept)
    assert str(file.path) in caught.value.hint


def test_who_does_not_insist_knocks_once_and_then_leaves_a_silent_address_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    knocks: list[float] = []
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("waited"))
    opened = urllib.request.urlopen

    def urlopen(request: urllib.request.Request, timeout: float) -> http.client.HTTPResponse:
        knocks.append(timeout)
        return cast("http.client.HTTPResponse", opened(request, timeout=timeout))

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    file = weights.WeightsFile("net.pt", "http://127.0.0.1:9/net.pt", 1, "")

    def knock() -> None:
        with pytest.raises(WeightsError, match="refused"):
            weights.fetch(file, validate=accept, patient=False)

    knock()
    knock()
    assert knocks == [download.TIMEOUT_IMPATIENT_S]
    long_ago = time.time() - weights.UNREACHABLE_S
    os.utime(weights.folder() / "net.pt.unreachable", (long_ago, long_ago))
    knock()
    assert len(knocks) == 2
    monkeypatch.setenv(weights.MIRROR_VARIABLE, server.url)  # another address is another matter
    assert weights.fetch(file, validate=accept, patient=False).read_bytes() == CONTENT
    assert files() == {"net.pt", "net.pt.sha256"}


def test_who_insists_knocks_although_nobody_opened_just_now(server: Server, file: weights.WeightsFile) -> None:
    weights.folder().mkdir(parents=True)
    (weights.folder() / "net.pt.unreachable").write_text(f"{file.source}\nno route", encoding="utf-8")
    with pytest.raises(WeightsError, match="no route, less than 10 minutes ago") as caught:
        weights.fetch(file, validate=accept, patient=False)
    assert str(file.path) in caught.value.hint
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT
    assert files() == {"net.pt", "net.pt.sha256"}


@pytest.mark.parametrize("answer", ["silence", "astray"])
def test_an_address_that_gives_no_answer_is_left_alone_too(
    file: weights.WeightsFile, server: Server, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(download, "TIMEOUT_IMPATIENT_S", 0.2)
    server.answers = [answer] * 10
    for complaint in ("could not be downloaded", "minutes ago"):
        with pytest.raises(WeightsError, match=complaint):
            weights.fetch(file, validate=accept, patient=False)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "limit", "seconds", "complaint", "attempts"),
    [
        ("drip", "SLOW_S", 0.1, "bytes came in", download.ATTEMPTS),
        ("dripping headers", "TIMEOUT_S", 0.3, "timed out", download.ATTEMPTS_TO_CONNECT),
    ],
)
def test_an_answer_that_would_never_end_is_broken_off(
    file: weights.WeightsFile,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    limit: str,
    seconds: float,
    complaint: str,
    attempts: int,
) -> None:
    monkeypatch.setattr(download, limit, seconds)
    server.answers = [answer] * attempts
    with pytest.raises(WeightsError, match=complaint):
        weights.fetch(file, validate=accept)
    assert len(server.asked) == attempts


def test_what_was_announced_may_hold_any_bytes(file: weights.WeightsFile, server: Server) -> None:
    server.version = '"\xe9\xff"'
    server.answers = ["cut"] * download.ATTEMPTS
    with pytest.raises(WeightsError):
        weights.fetch(file, validate=accept)
    assert (weights.folder() / "net.pt.part.announced").read_bytes().startswith(b'"\xe9\xff"')
    (weights.folder() / "net.pt.part.announced").write_bytes(b"\xff\xfe\x80")
    assert weights.fetch(file, validate=accept).read_bytes() == CONTENT


def test_offline_names_the_file_its_address_and_its_place(file: weights.WeightsFile, server: Server) -> None:
    with pytest.raises(WeightsError, match=r"net\.pt") as caught:
        weights.fetch(file, validate=accept, offline=True)
    assert file.url in caught.value.hint
    assert str(file.path) in caught.value.hint
    assert server.asked == []
    assert not weights.folder().exists()


def test_a_file_that_does_not_hold_the_model_never_enters_the_cache(file: weights.WeightsFile) -> None:
    with pytest.raises(WeightsError, match="lacks key x"):
        weights.fetch(file, validate=refuse)
    assert files() == set()


def test_a_published_checksum_is_compared(file: weights.WeightsFile, server: Server) -> None:
    published = weights.WeightsFile(file.filename, file.url, 1, "", sha256="0" * 64)
    with pytest.raises(WeightsError, match="SHA-256"):
        weights.fetch(published, validate=accept)
    assert files() == set()


def test_a_later_download_must_have_the_checksum_of_the_first(file: weights.WeightsFile, server: Server) -> None:
    weights.fetch(file, validate=accept).unlink()
    server.content = CONTENT[::-1]
    with pytest.raises(WeightsError, match="SHA-256"):
        weights.fetch(file, validate=accept)
    assert files() == {"net.pt.sha256"}


def test_a_changed_byte_in_the_cache_is_noticed(file: weights.WeightsFile) -> None:
    path = weights.fetch(file, validate=accept)
    before = path.stat()
    with path.open("r+b") as stream:
        stream.write(b"\xff")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # even where the date was put back
    with pytest.raises(WeightsError, match="has changed") as caught:
        weights.fetch(file, validate=accept)
    assert "zoom3d models fetch net" in caught.value.hint


def test_a_file_unchanged_since_its_last_check_is_not_read_again(
    file: weights.WeightsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = weights.fetch(file, validate=accept)
    monkeypatch.setattr(weights, "_digest", refuse)
    assert weights.fetch(file, validate=accept) == path


def test_a_file_put_there_by_hand_is_validated_and_recorded(file: weights.WeightsFile, server: Server) -> None:
    weights.folder().mkdir(parents=True)
    file.path.write_bytes(CONTENT)
    with pytest.raises(WeightsError, match="lacks key x"):
        weights.fetch(file, validate=refuse, offline=True)
    assert weights.fetch(file, validate=accept, offline=True) == file.path
    assert files() == {"net.pt", "net.pt.sha256"}
    assert server.asked == []


def test_a_disk_with_too_little_room_is_noticed_before_the_first_byte(
    file: weights.WeightsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    with pytest.raises(WeightsError, match="no room"):
        weights.fetch(file, validate=accept)
    assert files() == set()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_disk_that_fills_up_on_the_way_leaves_nothing_behind(file: weights.WeightsFile) -> None:
    weights.folder().mkdir(parents=True)
    (weights.folder() / "net.pt.part").symlink_to("/dev/full")
    with pytest.raises(WeightsError, match="no room"):
        weights.fetch(file, validate=accept)
    assert files() == set()


def test_a_folder_that_cannot_be_made_is_an_error(
    file: weights.WeightsFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "occupied").write_text("")
    monkeypatch.setenv("ZOOM3D_CACHE", str(tmp_path / "occupied"))
    with pytest.raises(WeightsError, match="cannot be stored") as caught:
        weights.fetch(file, validate=accept)
    assert "ZOOM3D_CACHE" in caught.value.hint


def test_two_processes_fetch_once(file: weights.WeightsFile, server: Server) -> None:
    program = (
        "import sys; from zoom3d import weights\n"
        "file = weights.WeightsFile('net.pt', sys.argv[1], 1, '')\n"
        "print(len(weights.fetch(file, validate=lambda path: None).read_bytes()))"
    )
    command = [sys.executable, "-c", program, file.url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert {process.communicate(timeout=60)[0].strip() for process in processes} == {str(len(CONTENT))}
    assert server.asked == [None]
