"""Webhooks: endpoints, deliveries, and the check of a signature at the receiver."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Optional, Union

from . import _json as read
from ._json import Json
from .errors import SignatureInvalid

_PREFIX = "whsec_"


@dataclass(frozen=True)
class Webhook:
    """An address that the server calls when a job ends."""

    id: str
    url: str
    events: tuple[str, ...]
    disabled: bool
    created_at: datetime
    secret: Optional[str] = field(default=None, repr=False)
    """Shown once, when the webhook is made or its secret is rotated."""
    old_secret_until: Optional[datetime] = None
    """Until when messages are signed with the secret before, too."""

    @classmethod
    def from_json(cls, data: Json) -> Webhook:
        """Read from the server's document."""
        return cls(
            id=read.text(data, "id"),
            url=read.text(data, "url"),
            events=read.strings(data, "events"),
            disabled=read.flag(data, "disabled"),
            created_at=read.time(data, "created_at"),
            secret=read.maybe(data, "secret", read.text),
            old_secret_until=read.maybe(data, "old_secret_until", read.time),
        )


@dataclass(frozen=True)
class Delivery:
    """A message to a webhook, and what became of it."""

    id: str
    event: str
    job_id: Optional[str]
    state: str
    attempt: int
    last_status: Optional[int]
    last_error: Optional[str]
    created_at: datetime
    next_attempt_at: Optional[datetime]

    @classmethod
    def from_json(cls, data: Json) -> Delivery:
        """Read from the server's document."""
        return cls(
            id=read.text(data, "id"),
            event=read.text(data, "event"),
            job_id=read.maybe(data, "job_id", read.text),
            state=read.text(data, "state"),
            attempt=read.integer(data, "attempt"),
            last_status=read.maybe(data, "last_status", read.integer),
            last_error=read.maybe(data, "last_error", read.text),
            created_at=read.time(data, "created_at"),
            next_attempt_at=read.maybe(data, "next_attempt_at", read.time),
        )


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(
            secret[len(_PREFIX) :] if secret.startswith(_PREFIX) else secret, validate=True
        )
    except (binascii.Error, ValueError):
        raise ValueError("a webhook's secret is `whsec_` and base64") from None


def check_signature(
    secret: str,
    headers: Mapping[str, str],
    body: Union[bytes, str],
    tolerance_s: float = 300,
    now: Optional[float] = None,
) -> dict[str, Any]:
    """Checks that a request to your webhook comes from the server, and gives its document.

    ``headers`` are the request's, in any case; ``body`` its bytes exactly as received. Messages older or newer than
    ``tolerance_s`` are refused, so that old ones cannot be replayed; keep ``webhook-id`` for that long if a message that
    comes twice matters. Raises SignatureInvalid.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        identifier, timestamp, signatures = (
            given[f"webhook-{name}"] for name in ("id", "timestamp", "signature")
        )
        sent = int(timestamp)
    except (KeyError, ValueError):
        raise SignatureInvalid(
            "webhook-id, webhook-timestamp or webhook-signature is missing or malformed"
        ) from None
    if abs((time.time() if now is None else now) - sent) > tolerance_s:
        raise SignatureInvalid(f"the message is older or newer than {tolerance_s:g} s")
    content = body.encode() if isinstance(body, str) else body
    expected = hmac.new(_key(secret), f"{identifier}.{timestamp}.".encode() + content, sha256).digest()
    for signature in signatures.split():
        version, _, value = signature.partition(",")
        try:
            found = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            continue
        if version == "v1" and hmac.compare_digest(found, expected):
            document: dict[str, Any] = json.loads(content)
            return document
    raise SignatureInvalid("no signature fits the body and the secret")
