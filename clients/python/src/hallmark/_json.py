"""Reading documents of the server: what is missing or of another kind is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Callable, Optional, TypeVar

from .errors import UnexpectedAnswer

T = TypeVar("T")
Json = Mapping[str, Any]


def mapping(value: Any) -> Json:
    """An object."""
    if not isinstance(value, Mapping):
        raise UnexpectedAnswer(f"expected a JSON object, got {type(value).__name__}")
    return value


def sequence(value: Any) -> Sequence[Any]:
    """A list."""
    if not isinstance(value, list):
        raise UnexpectedAnswer(f"expected a JSON list, got {type(value).__name__}")
    return value


def text(data: Json, name: str) -> str:
    """A string that has to be there."""
    value = data.get(name)
    if not isinstance(value, str):
        raise UnexpectedAnswer(f"`{name}` should be a string, got {value!r:.80}")
    return value


def integer(data: Json, name: str) -> int:
    """An integer that has to be there."""
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnexpectedAnswer(f"`{name}` should be an integer, got {value!r:.80}")
    return value


def number(data: Json, name: str) -> float:
    """A number that has to be there."""
    value = data.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise UnexpectedAnswer(f"`{name}` should be a number, got {value!r:.80}")
    return float(value)


def flag(data: Json, name: str) -> bool:
    """A truth value; false if absent."""
    return bool(data.get(name, False))


def maybe(data: Json, name: str, read: Callable[[Json, str], T]) -> Optional[T]:
    """A value that may be absent or null."""
    return None if data.get(name) is None else read(data, name)


def time(data: Json, name: str) -> datetime:
    """A time in RFC 3339."""
    value = text(data, name)
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise UnexpectedAnswer(f"`{name}` should be a time in RFC 3339, got {value!r:.80}") from None


def each(data: Json, name: str, read: Callable[[Json], T]) -> tuple[T, ...]:
    """A list of objects; empty if absent."""
    return tuple(read(mapping(item)) for item in sequence(data.get(name) or []))


def strings(data: Json, name: str) -> tuple[str, ...]:
    """A list of strings; empty if absent."""
    return tuple(str(item) for item in sequence(data.get(name) or []))
