"""What can go wrong, by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional


class HallmarkError(Exception):
    """Base of all errors of this package."""


class ConnectionFailed(HallmarkError):
    """The server could not be reached, or the connection broke, and retrying did not help."""


class UnexpectedAnswer(HallmarkError):
    """The server answered with something that is not its documented format (is it a Hallmark server?)."""


class ProblemError(HallmarkError):
    """The server refused a request and said why (RFC 9457 problem details)."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: Optional[float] = None) -> None:
        """Built from the answer's status and its problem document."""
        self.status = status
        self.type = str(problem.get("type", "about:blank"))
        self.code = self.type.rsplit(":", 1)[-1].rsplit("/", 1)[-1]
        self.title = str(problem.get("title") or f"HTTP status {status}")
        self.detail = str(problem.get("detail") or "")
        self.remedy = str(problem.get("remedy") or "")
        self.request_id = str(problem.get("request_id") or "")
        self.retry_after = retry_after
        """Seconds after which the server wants to be asked again, if it said so."""
        self.problem = dict(problem)
        """The whole document, with the extensions of its type."""
        parts = [self.title, self.detail, self.remedy]
        if self.request_id:
            parts.append(f"(request {self.request_id})")
        super().__init__(
            " ".join(part if part.endswith((".", ")")) else part + "." for part in parts if part)
        )


class InvalidRequest(ProblemError):
    """The request is malformed, too large, or asks for something impossible (400, 406, 413, 415, 422)."""


class Unauthorized(ProblemError):
    """No key, or one that is unknown, expired or revoked (401)."""


class Forbidden(ProblemError):
    """The key does not have the scope that this needs (403)."""


class NotFound(ProblemError):
    """It does not exist, or belongs to somebody else (404, 410)."""


class Conflict(ProblemError):
    """It contradicts the present state, such as an idempotency key that was used for another body (409)."""


class RateLimited(ProblemError):
    """Too many requests, or the quota is used up (429)."""


class ServerError(ProblemError):
    """The server failed (5xx)."""


class Unavailable(ServerError):
    """The server cannot do it at present (502, 503, 504)."""


class WaitTimeout(HallmarkError):
    """A job did not end in the time that the caller gave it. It goes on; ``job_id`` finds it again."""

    def __init__(self, job_id: str, seconds: float) -> None:
        """Built from the job and the time waited."""
        self.job_id = job_id
        super().__init__(f"job {job_id} has not ended within {seconds:g} s; it goes on at the server")


class SignatureInvalid(HallmarkError):
    """A webhook's body was not signed with this secret, or is too old."""


class LogInconsistent(HallmarkError):
    """A receipt or tree head does not fit the log: the server contradicts itself."""


_BY_STATUS: dict[int, type[ProblemError]] = {
    400: InvalidRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    406: InvalidRequest,
    409: Conflict,
    410: NotFound,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def problem_error(status: int, problem: Mapping[str, Any], retry_after: Optional[float]) -> ProblemError:
    """The exception for a problem document."""
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ProblemError)
    return kind(status, problem, retry_after)
