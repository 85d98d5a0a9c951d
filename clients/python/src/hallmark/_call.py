"""A request as data, and what to do with its answer: the same for both clients."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Callable, Generic, Optional, TypeVar

import httpx

from ._json import mapping, parsed
from .errors import ConnectionFailed, HallmarkError, UnexpectedAnswer, problem_error

T = TypeVar("T")

TRANSIENT = frozenset({429, 502, 503, 504})
"""Answers after which the same request may succeed."""


@dataclass(frozen=True)
class Retries:
    """How often and how long to try again what failed for the moment.

    Only requests that do no harm twice are repeated: reads, deletions, and submissions, which carry an idempotency key.
    """

    attempts: int = 6
    """How often a request is sent at most."""
    first_wait_s: float = 0.25
    """Wait before the second try; doubled each time, with a random part."""
    longest_wait_s: float = 30.0
    """A server that wants to be left alone for longer gets its refusal raised as an error at once."""

    def wait_s(self, attempt: int, wanted: Optional[float]) -> Optional[float]:
        """Seconds to wait after ``attempt`` tries; None to give up."""
        if attempt >= self.attempts:
            return None
        if wanted is not None:
            # A little later than asked, so that many clients do not return in one moment.
            return None if wanted > self.longest_wait_s else wanted + random.uniform(0, 0.1 + wanted / 10)
        base = min(self.longest_wait_s, self.first_wait_s * 2.0 ** (attempt - 1))
        return random.uniform(base / 2, base)


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request to the server."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    content: Optional[bytes] = None
    files: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    """Whether sending it twice does no harm."""
    timeout_s: Optional[float] = None
    """Instead of the client's own."""

    def arguments(self) -> dict[str, Any]:
        """Arguments for httpx."""
        arguments: dict[str, Any] = {
            "params": {name: value for name, value in self.params.items() if value is not None},
            "headers": dict(self.headers),
        }
        for name in ("json", "content", "files"):
            value = getattr(self, name)
            if value is not None:
                arguments[name] = value
        if self.timeout_s is not None:
            arguments["timeout"] = self.timeout_s
        return arguments


def json_as(read: Callable[[Mapping[str, Any]], T]) -> Callable[[httpx.Response], T]:
    """Reads the answer's JSON object by a function."""

    def from_response(response: httpx.Response) -> T:
        return read(mapping(parsed(response.content, f"the answer of {response.request.url}")))

    return from_response


def retry_after_s(response: httpx.Response) -> Optional[float]:
    """The header Retry-After: seconds, or a date."""
    value = response.headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def error_of(response: httpx.Response) -> HallmarkError:
    """The exception for a refusal. The answer's body has been read."""
    try:
        document = parsed(response.content, "the refusal")
    except UnexpectedAnswer:
        document = {"detail": response.text[:200]}
    problem = document if isinstance(document, dict) else {}
    return problem_error(response.status_code, problem, retry_after_s(response))


class Attempts(Generic[T]):
    """The tries of one call: decides after each whether there is another, and when."""

    def __init__(self, call: Call[T], retries: Retries) -> None:
        """No try has been made yet."""
        self._call = call
        self._retries = retries
        self._attempt = 0

    def after_answer(self, response: httpx.Response) -> Optional[float]:
        """None if the answer is good, otherwise the seconds to wait. Raises if it is final."""
        self._attempt += 1
        if response.is_success:
            return None
        wait = None
        if response.status_code in TRANSIENT and self._call.repeatable:
            wait = self._retries.wait_s(self._attempt, retry_after_s(response))
        if wait is None:
            raise error_of(response)
        return wait

    def after_failure(self, error: httpx.RequestError) -> float:
        """Seconds to wait. Raises if there is no further try."""
        if not isinstance(error, httpx.TransportError):
            raise UnexpectedAnswer(f"{self._call.method} {self._call.path}: {error}") from error
        self._attempt += 1
        wait = self._retries.wait_s(self._attempt, None) if self._call.repeatable else None
        if wait is None:
            what = f"{self._call.method} {self._call.path}"
            raise ConnectionFailed(
                f"{what}: {type(error).__name__} {error} ({self._attempt} tries)"
            ) from error
        return wait
