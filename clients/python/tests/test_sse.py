from __future__ import annotations

import pytest

from hallmark import Event, UnexpectedAnswer
from hallmark._sse import EventParser

STREAM = (
    ": keep-alive\r\n\r\n"
    'id: 1\r\nevent: stage\r\ndata: {"state":"witness",\r\ndata: "fraction":0.5}\r\n\r\n'
    'id:2\nevent:state\ndata:{"state":"done","note":"a\u2028b\x85c"}\n\n'
    "id: 3\n\n"
    'data: {"unfinished":'
).encode()


@pytest.mark.parametrize("size", [1, 2, 7, len(STREAM)])
def test_events_in_chunks_of_any_size(size: int) -> None:
    parser = EventParser()
    events: list[Event] = []
    for start in range(0, len(STREAM), size):
        events += parser.feed(STREAM[start : start + size])
    assert [(event.id, event.kind, event.state, event.fraction) for event in events] == [
        ("1", "stage", "witness", 0.5),
        ("2", "state", "done", None),
    ]
    assert events[1].data == {"state": "done", "note": "a\u2028b\x85c"}
    assert parser.last_id == "3"


def test_goes_on_after_the_last_complete_event() -> None:
    parser = EventParser()
    assert "Last-Event-ID" not in parser.reconnect()
    assert list(parser.feed(b'id: 7\ndata: {"state": "queued"}\n\nid: 8\ndata: {"half'))
    assert parser.reconnect()["Last-Event-ID"] == "7"
    (event,) = parser.feed(b'id: 8\ndata: {"state": "proving"}\n\n')
    assert (event.id, event.state) == ("8", "proving")


def test_not_json() -> None:
    with pytest.raises(UnexpectedAnswer):
        list(EventParser().feed(b"data: <html>\n\n"))
