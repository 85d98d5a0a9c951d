"""Sending calls with retries, and following progress: the asynchronous half."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Mapping
from typing import Any, Callable, Optional, TypeVar

import httpx

from . import _endpoints as endpoints
from ._call import Attempts, Call, Retries
from ._json import Lines
from ._sse import EventParser
from ._wait import READ_S, Deadline
from .job import Event, Job

T = TypeVar("T")


class AsyncConnection:
    """A server, reached over httpx."""

    def __init__(self, http: httpx.AsyncClient, retries: Retries) -> None:
        """``http`` knows the address and the key."""
        self.http = http
        self._retries = retries

    async def run(self, call: Call[T]) -> T:
        """Sends a call, again where that may help."""
        attempts = Attempts(call, self._retries)
        while True:
            try:
                response = await self.http.request(call.method, call.path, **call.arguments())
            except httpx.RequestError as error:
                wait = attempts.after_failure(error)
            else:
                answered = attempts.after_answer(response)
                if answered is None:
                    return call.read(response)
                wait = answered
            await asyncio.sleep(wait)

    async def events(self, job_id: str, deadline: Deadline) -> AsyncIterator[Event]:
        """A job's progress until it ends, over as many connections as it takes."""
        parser = EventParser()
        call: Call[Any] = Call("GET", endpoints.events_path(job_id), endpoints.nothing)
        attempts = Attempts(call, self._retries)
        while True:
            try:
                timeout = httpx.Timeout(10.0, read=max(0.05, deadline.left_s(READ_S)))
                async with self.http.stream(
                    "GET", call.path, headers=parser.reconnect(), timeout=timeout
                ) as response:
                    if not response.is_success:
                        await response.aread()
                    wait = attempts.after_answer(response)
                    if wait is None:
                        async for chunk in response.aiter_bytes():
                            attempts = Attempts(call, self._retries)
                            for event in parser.feed(chunk):
                                yield event
                            deadline.check(job_id)
                        wait = 0.0
            except httpx.RequestError as error:
                deadline.check(job_id)
                wait = attempts.after_failure(error)
            # A stream that ends belongs to a job that ended, or to a server that stops.
            if (await self.run(endpoints.job(job_id))).ended:
                return
            deadline.check(job_id)
            await asyncio.sleep(deadline.left_s(max(wait, 0.1)))

    async def follow(
        self, job: Job, progress: Optional[Callable[[Event], Any]], timeout_s: Optional[float]
    ) -> Job:
        """Waits until a job has ended."""
        if job.ended:
            return job
        async for event in self.events(job.id, Deadline(timeout_s)):
            if progress is not None:
                answer = progress(event)
                if inspect.isawaitable(answer):
                    await answer
        return await self.run(endpoints.job(job.id))

    async def pages(self, page: Callable[[Optional[str]], Call[endpoints.Page[T]]]) -> AsyncIterator[T]:
        """All items of a list, page by page as they are asked for."""
        cursor: Optional[str] = None
        while True:
            answer = await self.run(page(cursor))
            for item in answer.items:
                yield item
            cursor = answer.next_cursor
            if cursor is None:
                return

    async def lines(self, path: str) -> AsyncIterator[Mapping[str, Any]]:
        """JSON objects, one a line, as they come."""
        # What came cannot be told from what would come again, so nothing is repeated.
        call: Call[Any] = Call("GET", path, endpoints.nothing, repeatable=False)
        attempts = Attempts(call, self._retries)
        lines = Lines()
        try:
            async with self.http.stream("GET", path) as response:
                if not response.is_success:
                    await response.aread()
                attempts.after_answer(response)
                async for chunk in response.aiter_bytes():
                    for line in lines.feed(chunk):
                        yield line
        except httpx.RequestError as error:
            attempts.after_failure(error)
        lines.end()
