"""Both clients against sockets that misbehave: every failure is an error of this package, and a passing one is got over."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import hallmark
from hallmark import AsyncClient, Client, Retries

QUICK = Retries(attempts=3, first_wait_s=0.001, longest_wait_s=1.0)
SILENCE = b""
"""Stands for an answer that never comes."""
JSON = "content-type: application/json"
LINES = "content-type: application/x-ndjson"


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """A response; ``length`` is said to be its body's."""
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}"]
    return "\r\n".join([*head, "connection: close", *headers, "", ""]).encode() + body


class Server:
    """Gives each connection the next answer, the last one again and again, and keeps what it was asked."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                request = b""
                while b"\r\n\r\n" not in request and (more := connection.recv(65536)):
                    request += more
                if self._done.is_set():
                    return
                self.requests.append(request)
                reply = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if reply == SILENCE:
                    self._done.wait(5)
                connection.sendall(reply)

    def close(self) -> None:
        self._done.set()
        socket.create_connection(self._listener.getsockname()).close()
        self._listener.close()
        self._thread.join(5)


@contextmanager
def serving(*answers: bytes) -> Iterator[Server]:
    server = Server(*answers)
    try:
        yield server
    finally:
        server.close()


def ask(asynchronous: bool, server: Server, what: str, timeout_s: float = 5.0) -> Any:
    """``me`` is a document, ``trail`` all lines of the audit trail, ``audit`` a file, ``webhook`` what must not happen twice."""
    if not asynchronous:
        with Client(server.url, "hmk_a", retries=QUICK, timeout_s=timeout_s) as client:
            if what == "trail":
                return list(client.receipts.trail())
            if what == "webhook":
                return client.webhooks.create("https://example.com")
            return client.me() if what == "me" else client.jobs.audit("job_1")

    async def run() -> Any:
        async with AsyncClient(server.url, "hmk_a", retries=QUICK, timeout_s=timeout_s) as client:
            if what == "trail":
                return [line async for line in client.receipts.trail()]
            if what == "webhook":
                return await client.webhooks.create("https://example.com")
            return await (client.me() if what == "me" else client.jobs.audit("job_1"))

    return asyncio.run(run())


both = pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "asynchronous"])
GOOD = answer(b'{"tenant": "alice"}', JSON)


@both
@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\ncontent-le",
        answer(b'{"tenant": "al', JSON, length=19),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"ten",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        answer(b"", status="503 Service Unavailable"),
        answer(b"<html>", status="502 Bad Gateway"),
    ],
    ids=["head", "body", "protocol", "chunk", "size", "busy", "gateway"],
)
def test_what_breaks_is_asked_again_but_nothing_that_must_not_happen_twice(
    asynchronous: bool, broken: bytes
) -> None:
    with serving(broken, broken, GOOD) as server:
        assert ask(asynchronous, server, "me") == {"tenant": "alice"}
        assert len(server.requests) == 3
    with serving(broken) as server:
        with pytest.raises((hallmark.ConnectionFailed, hallmark.Unavailable)):
            ask(asynchronous, server, "audit")
        assert len(server.requests) == 3
    with serving(broken) as server:
        with pytest.raises((hallmark.ConnectionFailed, hallmark.Unavailable)):
            ask(asynchronous, server, "webhook")
        assert len(server.requests) == 1


@both
def test_a_silent_server_is_not_waited_for(asynchronous: bool) -> None:
    with serving(SILENCE) as server, pytest.raises(hallmark.ConnectionFailed, match="Timeout"):
        ask(asynchronous, server, "webhook", timeout_s=0.2)


@both
def test_nobody_listens(asynchronous: bool) -> None:
    with serving(GOOD) as server:
        pass
    with pytest.raises(hallmark.ConnectionFailed, match=r"GET /v1/me: .*\(3 tries\)"):
        ask(asynchronous, server, "me")


@both
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(b"[" * 100_000, JSON), "not JSON"),
        (answer(b'{"a": "\xff"}', JSON), "not JSON"),
        (answer(b"", JSON), "not JSON"),
        (answer(b"[1]", JSON), "expected a JSON object, got list"),
        (answer(b"no gzip", JSON, "content-encoding: gzip"), "GET /v1/me"),
    ],
    ids=["nested", "encoding", "empty", "list", "gzip"],
)
def test_what_is_no_answer_is_said_at_once(asynchronous: bool, reply: bytes, words: str) -> None:
    with serving(reply) as server:
        with pytest.raises(hallmark.UnexpectedAnswer, match=words):
            ask(asynchronous, server, "me")
        assert len(server.requests) == 1


@both
def test_answers_may_be_compressed_and_refusals_anything(asynchronous: bool) -> None:
    body = gzip.compress(b'{"tenant": "alice"}')
    with serving(answer(body, JSON, "content-encoding: gzip")) as server:
        assert ask(asynchronous, server, "me") == {"tenant": "alice"}
    for body in (b"", b"[" * 100_000, b"\xff\xfe", b'"text"', b'{"title": 7}'):
        with serving(answer(body, status="404 Not Found")) as server:
            with pytest.raises(hallmark.NotFound):
                ask(asynchronous, server, "me")


@both
def test_a_redirect_is_not_followed_so_that_the_key_stays(asynchronous: bool) -> None:
    with serving(GOOD) as other:
        with serving(answer(b"", f"location: {other.url}/v1/me", status="307 Temporary Redirect")) as server:
            with pytest.raises(hallmark.ProblemError, match="307"):
                ask(asynchronous, server, "me")
            assert b"hmk_a" in server.requests[0]
        assert other.requests == []


@both
def test_lines_come_whole_or_as_an_error(asynchronous: bool) -> None:
    whole = b'{"index": 0}\n{"index": 1}\n'
    with serving(answer(whole, LINES)) as server:
        assert ask(asynchronous, server, "trail") == [{"index": 0}, {"index": 1}]
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    parts = b"".join(b"1\r\n%c\r\n" % byte for byte in whole)
    with serving(chunked + parts + b"0\r\n\r\n") as server:
        assert ask(asynchronous, server, "trail") == [{"index": 0}, {"index": 1}]
    refused: list[tuple[bytes, type[hallmark.HallmarkError]]] = [
        (answer(whole + b'{"ind', LINES), hallmark.UnexpectedAnswer),
        (answer(whole + b'{"ind', LINES, length=100), hallmark.ConnectionFailed),
        (chunked + parts, hallmark.ConnectionFailed),
        (answer(whole + b"<html>\n", LINES), hallmark.UnexpectedAnswer),
        (answer(whole + b"3\n", LINES), hallmark.UnexpectedAnswer),
        (answer(b"no gzip", LINES, "content-encoding: gzip"), hallmark.UnexpectedAnswer),
        (answer(b"{}", status="403 Forbidden"), hallmark.Forbidden),
        (answer(b"{}", status="503 Service Unavailable"), hallmark.Unavailable),
    ]
    for reply, error in refused:
        with serving(reply) as server:
            with pytest.raises(error):
                ask(asynchronous, server, "trail")
            assert len(server.requests) == 1


@pytest.mark.parametrize("url", ["localhost:8420", "", "ftp://server", "http://", "http://server:99999", "/v1"])
def test_an_address_that_is_none_is_refused_before_anything_is_sent(url: str) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(hallmark.HallmarkError, match="the server's address"):
            kind(url)
