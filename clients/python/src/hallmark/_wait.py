"""Deadlines, and what a job's end means for the caller."""

from __future__ import annotations

import time
from typing import Optional

from .errors import WaitTimeout
from .job import Job, JobFailed

READ_S = 45.0
"""A progress stream that is silent for longer is dead: the server sends a comment at least every 15 s."""

LONG_POLL_S = 20
"""How long a submission waits for its end before the progress stream is used: most proofs need no second request."""


class Deadline:
    """The moment until which the caller wants to wait."""

    def __init__(self, seconds: Optional[float]) -> None:
        """None is forever."""
        self._seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def left_s(self, at_most: float) -> float:
        """Seconds left, but at most so many."""
        return at_most if self._end is None else max(0.0, min(at_most, self._end - time.monotonic()))

    def check(self, job_id: str) -> None:
        """Raises WaitTimeout when it has passed."""
        if self._end is not None and time.monotonic() >= self._end:
            raise WaitTimeout(job_id, self._seconds or 0.0)

    def long_poll_s(self) -> int:
        """Whole seconds for `Prefer: wait`."""
        return int(self.left_s(LONG_POLL_S))


def done(job: Job) -> Job:
    """The job if it has a result. Raises JobFailed if it ended without one."""
    if job.ended and job.state != "done":
        raise JobFailed(job)
    return job
