"""From what Python programs have in their hands to what the server takes."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Optional, Union

ModelSource = Union[str, "os.PathLike[str]", bytes]
"""An ONNX model: a file's path, or its bytes."""

Bundle = Union[bytes, str, "os.PathLike[str]", Mapping[str, Any]]
"""A proof bundle: its bytes (binary or JSON), its JSON document, or a file's path."""

Nonce = Union[bytes, str]
"""Up to 32 bytes, or up to 64 hexadecimal digits."""


def file_bytes(source: ModelSource) -> tuple[str, bytes]:
    """Name and content."""
    if isinstance(source, bytes):
        return "model.onnx", source
    path = Path(source)
    return path.name, path.read_bytes()


def plain(value: Any) -> Any:
    """Arrays (of numpy, torch or anything with ``tolist``) become lists."""
    return value.tolist() if hasattr(value, "tolist") else value


def model_input(value: Any) -> Any:
    """The server's form of an input.

    A mapping gives tensors by name; a tuple gives them by position; anything else is the only tensor: an array or nested
    lists of numbers in the model's shape.
    """
    if isinstance(value, Mapping):
        document = {str(name): plain(tensor) for name, tensor in value.items()}
    else:
        tensors = value if isinstance(value, tuple) else (value,)
        document = {"input_data": [plain(tensor) for tensor in tensors]}
    try:
        json.dumps(document, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"an input is finite numbers, in arrays or lists: {error}") from None
    return document


def nonce_hex(nonce: Nonce) -> str:
    """64 hexadecimal digits; shorter nonces are filled with zeros on the left."""
    digits = nonce.hex() if isinstance(nonce, bytes) else nonce.lower()
    digits = digits[2:] if digits.startswith("0x") else digits
    if len(digits) > 64 or any(digit not in "0123456789abcdef" for digit in digits):
        raise ValueError("a nonce has up to 32 bytes, or up to 64 hexadecimal digits")
    return digits.rjust(64, "0")


def fresh_nonce() -> str:
    """A nonce that nobody has seen before."""
    return secrets.token_hex(32)


@dataclass(frozen=True)
class Nonces:
    """Nonces for requests to which the caller gives none."""

    secret: bytes = field(repr=False)
    """What makes derived ones unpredictable to those who do not have it."""

    @classmethod
    def of_client(cls, key: Optional[str], secret: Optional[bytes]) -> Nonces:
        """Those of a client with this API key and ``nonce_secret``; without either, under a secret that only this value has."""
        if secret is None:
            return cls(key.encode() if key else secrets.token_bytes(32))
        if not secret:
            raise ValueError(
                "nonce_secret is empty, so that anybody could compute nonces: give at least 16 random bytes, or none"
            )
        return cls(secret)

    def nonce(self, key: Optional[str], model_id: str, index: int, request: Mapping[str, Any]) -> str:
        """A fresh one, or for a request with an idempotency key the same whenever the same is asked again.

        The server takes two requests for one if their bodies are equal, so the nonce must be as well. It is an HMAC over
        everything that distinguishes the request: the key, the model, the request's place in its batch, and what it says.
        """
        if key is None:
            return fresh_nonce()
        named = ["hallmark nonce v1", key, model_id, index, request]
        message = json.dumps(named, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hmac.new(self.secret, message.encode(), sha256).hexdigest()


def idempotency_key() -> str:
    """A key under which a submission may be repeated."""
    return secrets.token_hex(16)


def bundle_fields(bundle: Bundle) -> dict[str, Any]:
    """The fields of a verification request that carry a bundle."""
    if isinstance(bundle, Mapping):
        return {"bundle": dict(bundle)}
    content = bundle if isinstance(bundle, bytes) else Path(bundle).read_bytes()
    return {"bundle_base64": base64.b64encode(content).decode()}
