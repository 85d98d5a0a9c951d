"""Sending calls with retries, and following progress: the blocking half."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Callable, Optional, TypeVar

import httpx

from . import _endpoints as endpoints
from ._call import Attempts, Call, Retries
from ._json import Lines
from ._sse import EventParser
from ._wait import READ_S, Deadline
from .job import Event, Job

T = TypeVar("T")


class Connection:
    """A server, reached over httpx."""

    def __init__(self, http: httpx.Client, retries: Retries) -> None:
        """``http`` knows the address and the key."""
        self.http = http
        self._retries = retries

    def run(self, call: Call[T]) -> T:
        """Sends a call, again where that may help."""
        attempts = Attempts(call, self._retries)
        while True:
            try:
                response = self.http.request(call.method, call.path, **call.arguments())
            except httpx.RequestError as error:
                wait = attempts.after_failure(error)
            else:
                answered = attempts.after_answer(response)
                if answered is None:
                    return call.read(response)
                wait = answered
            time.sleep(wait)

    def events(self, job_id: str, deadline: Deadline) -> Iterator[Event]:
        """A job's progress until it ends, over as many connections as it takes."""
        parser = EventParser()
        call: Call[Any] = Call("GET", endpoints.events_path(job_id), endpoints.nothing)
        attempts = Attempts(call, self._retries)
        while True:
            try:
                timeout = httpx.Timeout(10.0, read=max(0.05, deadline.left_s(READ_S)))
                with self.http.stream(
                    "GET", call.path, headers=parser.reconnect(), timeout=timeout
                ) as response:
                    if not response.is_success:
                        response.read()
                    wait = attempts.after_answer(response)
                    if wait is None:
                        for chunk in response.iter_bytes():
                            attempts = Attempts(call, self._retries)
                            yield from parser.feed(chunk)
                            deadline.check(job_id)
                        wait = 0.0
            except httpx.RequestError as error:
                deadline.check(job_id)
                wait = attempts.after_failure(error)
            # A stream that ends belongs to a job that ended, or to a server that stops.
            if self.run(endpoints.job(job_id)).ended:
                return
            deadline.check(job_id)
            time.sleep(deadline.left_s(max(wait, 0.1)))

    def follow(self, job: Job, progress: Optional[Callable[[Event], Any]], timeout_s: Optional[float]) -> Job:
        """Waits until a job has ended."""
        if job.ended:
            return job
        for event in self.events(job.id, Deadline(timeout_s)):
            if progress is not None:
                progress(event)
        return self.run(endpoints.job(job.id))

    def pages(self, page: Callable[[Optional[str]], Call[endpoints.Page[T]]]) -> Iterator[T]:
        """All items of a list, page by page as they are asked for."""
        cursor: Optional[str] = None
        while True:
            answer = self.run(page(cursor))
            yield from answer.items
            cursor = answer.next_cursor
            if cursor is None:
                return

    def lines(self, path: str) -> Iterator[Mapping[str, Any]]:
        """JSON objects, one a line, as they come."""
        # What came cannot be told from what would come again, so nothing is repeated.
        call: Call[Any] = Call("GET", path, endpoints.nothing, repeatable=False)
        attempts = Attempts(call, self._retries)
        lines = Lines()
        try:
            with self.http.stream("GET", path) as response:
                if not response.is_success:
                    response.read()
                attempts.after_answer(response)
                for chunk in response.iter_bytes():
                    yield from lines.feed(chunk)
        except httpx.RequestError as error:
            attempts.after_failure(error)
        lines.end()
