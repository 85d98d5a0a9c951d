"""Jobs: what the server works on, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Optional

from . import _json as read
from ._json import Json
from .errors import HallmarkError
from .model import Tensor

TERMINAL = frozenset({"done", "failed", "cancelled", "dead"})
"""States in which a job stays."""


@dataclass(frozen=True)
class Cause:
    """Why a job has no result."""

    type: str
    title: str
    detail: str

    @classmethod
    def from_json(cls, data: Json) -> Cause:
        """Read from the server's document."""
        kind = read.text(data, "type")
        return cls(kind, str(data.get("title") or kind), str(data.get("detail") or ""))


@dataclass(frozen=True)
class Stage:
    """A finished stage and how long it took."""

    stage: str
    ms: float

    @classmethod
    def from_json(cls, data: Json) -> Stage:
        """Read from the server's document."""
        return cls(read.text(data, "stage"), read.maybe(data, "ms", read.number) or 0.0)


@dataclass(frozen=True)
class Job:
    """A proof or a compilation, queued, running or ended."""

    id: str
    kind: str
    state: str
    model_id: Optional[str]
    created_at: datetime
    started_at: Optional[datetime]
    finished_at: Optional[datetime]
    priority: int
    attempt: int
    position: Optional[int]
    estimate_ms: Optional[int]
    stages: tuple[Stage, ...]
    peak_memory_bytes: Optional[int]
    nonce: Optional[str]
    private_input: bool
    metadata: Any
    cause: Optional[Cause]
    result: Optional[Mapping[str, Any]]
    raw: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether the job will not change any more."""
        return self.state in TERMINAL

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """The proven outputs of a finished proof."""
        if self.result is None:
            return ()
        return read.each(self.result, "outputs", Tensor.from_json)

    @property
    def receipt_index(self) -> Optional[int]:
        """The job's place in the receipt log."""
        return None if self.result is None else read.maybe(self.result, "receipt_index", read.integer)

    @property
    def bundle_digest(self) -> Optional[str]:
        """SHA-256 of the binary bundle, in hexadecimal."""
        bundle = None if self.result is None else self.result.get("bundle")
        return None if bundle is None else read.text(read.mapping(bundle), "digest")

    @classmethod
    def from_json(cls, data: Json) -> Job:
        """Read from the server's document."""
        cause = data.get("cause")
        result = data.get("result")
        return cls(
            id=read.text(data, "id"),
            kind=read.text(data, "kind"),
            state=read.text(data, "state"),
            model_id=read.maybe(data, "model_id", read.text),
            created_at=read.time(data, "created_at"),
            started_at=read.maybe(data, "started_at", read.time),
            finished_at=read.maybe(data, "finished_at", read.time),
            priority=read.maybe(data, "priority", read.integer) or 0,
            attempt=read.maybe(data, "attempt", read.integer) or 0,
            position=read.maybe(data, "position", read.integer),
            estimate_ms=read.maybe(data, "estimate_ms", read.integer),
            stages=read.each(data, "stages", Stage.from_json),
            peak_memory_bytes=read.maybe(data, "peak_memory_bytes", read.integer),
            nonce=read.maybe(data, "nonce", read.text),
            private_input=read.flag(data, "private_input"),
            metadata=data.get("metadata"),
            cause=None if cause is None else Cause.from_json(read.mapping(cause)),
            result=None if result is None else read.mapping(result),
            raw=data,
        )


@dataclass(frozen=True)
class Event:
    """A step of a job's progress."""

    id: str
    kind: str
    """``state``, ``retry``, or ``progress`` for an estimate in between."""
    state: str
    """The job's state: ``queued``, the stage that it is in, or its end."""
    fraction: Optional[float]
    """How far the job is, from 0 to 1, if that can be said."""
    estimate_ms: Optional[int]
    data: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, identifier: str, kind: str, data: Json) -> Event:
        """Read from a server-sent event."""
        return cls(
            id=identifier,
            kind=kind,
            state=read.text(data, "state"),
            fraction=read.maybe(data, "fraction", read.number),
            estimate_ms=read.maybe(data, "estimate_ms", read.integer),
            data=data,
        )


class JobFailed(HallmarkError):
    """A job ended without a result. ``job.cause`` says why."""

    def __init__(self, job: Job) -> None:
        """Built from the ended job."""
        self.job = job
        cause = job.cause
        reason = f"{cause.title}: {cause.detail}" if cause is not None else "no cause given"
        super().__init__(f"{job.kind} job {job.id} is {job.state}: {reason}")
