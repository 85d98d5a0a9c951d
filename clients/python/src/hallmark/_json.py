"""Reading documents of the server: what is missing or of another kind is named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Callable, Optional, TypeVar, Union

from .errors import UnexpectedAnswer

T = TypeVar("T")
Json = Mapping[str, Any]


def parsed(document: Union[str, bytes], what: str) -> Any:
    """JSON that came over the network, called ``what`` if it is none."""
    try:
        return json.loads(document)
    # What is nested too deeply ends in the second.
    except (ValueError, RecursionError):
        raise UnexpectedAnswer(f"{what} is not JSON") from None


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


def _integer(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnexpectedAnswer(f"`{name}` should be an integer, got {value!r:.80}")
    return value


def _number(value: Any, name: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise UnexpectedAnswer(f"`{name}` should be a number, got {value!r:.80}")
    try:
        return float(value)
    except OverflowError:
        raise UnexpectedAnswer(f"`{name}` is too large for a number: {value!r:.80}") from None


def integer(data: Json, name: str) -> int:
    """An integer that has to be there."""
    return _integer(data.get(name), name)


def integers(data: Json, name: str) -> tuple[int, ...]:
    """A list of integers; empty if absent."""
    return tuple(_integer(value, name) for value in sequence(data.get(name) or []))


def number(data: Json, name: str) -> float:
    """A number that has to be there."""
    return _number(data.get(name), name)


def numbers(data: Json, name: str) -> tuple[float, ...]:
    """A list of numbers; empty if absent."""
    return tuple(_number(value, name) for value in sequence(data.get(name) or []))


def flag(data: Json, name: str) -> bool:
    """A truth value; false if absent."""
    value = data.get(name, False)
    if not isinstance(value, bool):
        raise UnexpectedAnswer(f"`{name}` should be true or false, got {value!r:.80}")
    return value


def maybe(data: Json, name: str, read: Callable[[Json, str], T]) -> Optional[T]:
    """A value that may be absent or null."""
    return None if data.get(name) is None else read(data, name)


def time(data: Json, name: str) -> datetime:
    """A time in RFC 3339."""
    value = text(data, name)
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        moment = None
    # Without its zone it is no moment.
    if moment is None or moment.tzinfo is None:
        raise UnexpectedAnswer(f"`{name}` should be a time in RFC 3339, got {value!r:.80}")
    return moment


def each(data: Json, name: str, read: Callable[[Json], T]) -> tuple[T, ...]:
    """A list of objects; empty if absent."""
    return tuple(read(mapping(item)) for item in sequence(data.get(name) or []))


def strings(data: Json, name: str) -> tuple[str, ...]:
    """A list of strings; empty if absent."""
    items = sequence(data.get(name) or [])
    if not all(isinstance(item, str) for item in items):
        raise UnexpectedAnswer(f"`{name}` should be a list of strings, got {items!r:.80}")
    return tuple(items)


class Lines:
    """JSON objects, one a line, from bytes as they come."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[Json]:
        """The objects that the chunk completes."""
        *complete, self._rest = (self._rest + chunk).split(b"\n")
        for line in complete:
            yield mapping(parsed(line, "a line of the answer"))

    def end(self) -> None:
        """Nothing more comes. Raises if that is within a line."""
        if self._rest:
            raise UnexpectedAnswer("the answer ends within a line")
