"""What a verification says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from . import _json as read
from ._json import Json
from .model import Srs, Tensor


@dataclass(frozen=True)
class Statement:
    """What a valid proof says, in words and in numbers."""

    bound: tuple[str, ...]
    hidden: tuple[str, ...]
    revealed: tuple[str, ...]
    trusted: tuple[str, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    nonce: Optional[str]
    srs: Srs

    @classmethod
    def from_json(cls, data: Json) -> Statement:
        """Read from the server's document."""
        return cls(
            bound=read.strings(data, "bound"),
            hidden=read.strings(data, "hidden"),
            revealed=read.strings(data, "revealed"),
            trusted=read.strings(data, "trusted"),
            inputs=read.each(data, "inputs", Tensor.from_json),
            outputs=read.each(data, "outputs", Tensor.from_json),
            nonce=read.maybe(data, "nonce", read.text),
            srs=Srs.from_json(read.mapping(data.get("srs"))),
        )


@dataclass(frozen=True)
class Verification:
    """The verdict about a proof. It is true in an ``if`` only when the proof is valid."""

    valid: bool
    reason: Optional[str]
    statement: Optional[Statement]
    raw: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)

    def __bool__(self) -> bool:
        """Whether the proof is valid."""
        return self.valid

    @classmethod
    def from_json(cls, data: Json) -> Verification:
        """Read from the server's document."""
        statement = data.get("statement")
        return cls(
            # Only a literal `true` counts.
            valid=data.get("valid") is True,
            reason=read.maybe(data, "reason", read.text),
            statement=None if statement is None else Statement.from_json(read.mapping(statement)),
            raw=data,
        )
