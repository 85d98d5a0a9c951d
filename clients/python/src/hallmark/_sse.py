"""Server-sent events, as https://html.spec.whatwg.org/multipage/server-sent-events.html reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from ._json import mapping, parsed
from .job import Event


class EventParser:
    """Bytes in, events out. Lines end only where the format says: JSON may hold other line separators."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.last_id = ""
        """Id of the last event, for going on after a broken connection."""
        self._rest = b""
        self._clear()

    def reconnect(self) -> dict[str, str]:
        """Headers for going on where the last connection broke; what had come of an unfinished event is dropped."""
        self._rest = b""
        self._clear()
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        return headers

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Takes a part of the stream and gives the events that it completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            event = self._line(line.rstrip(b"\r").decode("utf-8", "replace"))
            if event is not None:
                yield event

    def _clear(self) -> None:
        self._kind = ""
        self._id: Optional[str] = None
        self._data: list[str] = []

    def _line(self, line: str) -> Optional[Event]:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._kind = value
        elif name == "id":
            self._id = value
        return None

    def _dispatch(self) -> Optional[Event]:
        kind, data, identifier = self._kind or "message", self._data, self._id
        self._clear()
        if identifier is not None:
            self.last_id = identifier
        if not data:
            return None
        document = mapping(parsed("\n".join(data), "a progress event"))
        return Event.from_json(self.last_id, kind, document)
