"""Retries and errors, with a transport that fails as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any, Union

import httpx
import pytest

import hallmark
from hallmark import AsyncClient, Client, Retries
from hallmark._call import retry_after_s

QUICK = Retries(attempts=4, first_wait_s=0.001, longest_wait_s=1.0)
JOB = {
    "id": "job_1",
    "kind": "prove",
    "state": "queued",
    "model_id": "ab" * 32,
    "created_at": "2026-01-01T00:00:00Z",
}
Step = Union[httpx.Response, httpx.TransportError]


class Script:
    """Answers one request after the other, and keeps them."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        step = self.steps.pop(0)
        if isinstance(step, httpx.TransportError):
            raise step
        return step

    def client(self) -> Client:
        return Client("http://server", retries=QUICK, transport=httpx.MockTransport(self))


def problem(status: int, **fields: Any) -> httpx.Response:
    headers = {"content-type": "application/problem+json"}
    retry_after = fields.pop("retry_after", None)
    if retry_after is not None:
        headers["retry-after"] = retry_after
    return httpx.Response(status, headers=headers, content=json.dumps(fields))


def test_a_submission_is_repeated_with_the_same_key() -> None:
    script = Script(
        httpx.ConnectError("refused"),
        problem(503, retry_after="0"),
        httpx.ReadTimeout("slow"),
        httpx.Response(202, json=JOB),
    )
    job = script.client().submit("ab" * 32, [1.0])
    assert job.id == "job_1"
    keys = {request.headers["idempotency-key"] for request in script.requests}
    bodies = {request.content for request in script.requests}
    assert (len(script.requests), len(keys), len(bodies)) == (4, 1, 1)


def test_without_a_key_a_client_repeats_its_own_requests_and_no_others() -> None:
    script = Script(*[httpx.Response(202, json=JOB) for _ in range(3)])
    client = script.client()
    for asking in (client, client, script.client()):
        asking.submit("ab" * 32, [1.0], idempotency_key="order-17")
    first, again, others = (json.loads(request.content)["nonce"] for request in script.requests)
    assert first == again != others


def test_what_must_not_happen_twice_is_not_repeated() -> None:
    script = Script(httpx.ReadTimeout("slow"))
    with pytest.raises(hallmark.ConnectionFailed, match="POST /v1/webhooks"):
        script.client().webhooks.create("https://example.com")
    assert len(script.requests) == 1


def test_gives_up() -> None:
    script = Script(*[httpx.ConnectError("refused")] * 4)
    with pytest.raises(hallmark.ConnectionFailed, match="4 tries"):
        script.client().me()


def test_a_long_retry_after_is_the_callers_decision() -> None:
    script = Script(problem(429, type="urn:hallmark:problem:quota-exhausted", retry_after="3600"))
    with pytest.raises(hallmark.RateLimited) as caught:
        script.client().me()
    assert (caught.value.code, caught.value.retry_after) == ("quota-exhausted", 3600.0)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, hallmark.InvalidRequest),
        (401, hallmark.Unauthorized),
        (403, hallmark.Forbidden),
        (404, hallmark.NotFound),
        (409, hallmark.Conflict),
        (413, hallmark.InvalidRequest),
        (422, hallmark.InvalidRequest),
        (500, hallmark.ServerError),
    ],
)
def test_problems_have_types(status: int, kind: type[hallmark.ProblemError]) -> None:
    answer = problem(
        status,
        type="urn:hallmark:problem:some-code",
        title="Title",
        detail="what",
        remedy="do this",
        request_id="r1",
        limit=5,
    )
    with pytest.raises(kind) as caught:
        Script(answer).client().jobs.get("job_1")
    error = caught.value
    assert str(error) == "Title. what. do this. (request r1)"
    assert (error.code, error.status, error.problem["limit"]) == ("some-code", status, 5)


def test_not_a_hallmark_server() -> None:
    with pytest.raises(hallmark.UnexpectedAnswer, match="JSON"):
        Script(httpx.Response(200, text="<html>")).client().me()
    with pytest.raises(hallmark.ProblemError, match="HTTP status 418"):
        Script(httpx.Response(418, text="teapot")).client().me()
    with pytest.raises(hallmark.UnexpectedAnswer, match="`id` should be a string"):
        Script(httpx.Response(200, json={**JOB, "id": 3})).client().jobs.get("job_1")


def test_how_long_a_server_wants_to_be_left_alone() -> None:
    soon = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=20))
    cases: list[tuple[str, tuple[float, float] | None]] = [
        ("0", (0, 0)),
        ("1.5", (1.5, 1.5)),
        ("-3", (0, 0)),
        ("Wed, 21 Oct 2015 07:28:00 GMT", (0, 0)),
        (soon, (15, 21)),
        ("soon", None),
        ("", None),
    ]
    for value, expected in cases:
        found = retry_after_s(httpx.Response(503, headers={"retry-after": value}))
        assert (found is None) == (expected is None), value
        if found is not None and expected is not None:
            assert expected[0] <= found <= expected[1], value
    assert retry_after_s(httpx.Response(503)) is None


def test_waits_grow_to_a_bound_and_end() -> None:
    retries = Retries(attempts=5, first_wait_s=1.0, longest_wait_s=3.0)
    for _ in range(50):
        waits = [retries.wait_s(attempt, None) for attempt in range(1, 5)]
        for wait, least, most in zip(waits, (0.5, 1.0, 1.5, 1.5), (1.0, 2.0, 3.0, 3.0)):
            assert wait is not None and least <= wait <= most
        asked = retries.wait_s(1, 3.0)
        assert asked is not None and 3.0 <= asked <= 3.4, "never sooner than asked, and a little apart"
    assert retries.wait_s(5, None) is None and retries.wait_s(5, 0.0) is None
    assert retries.wait_s(1, 3.01) is None
    assert Retries(attempts=1).wait_s(1, 0.0) is None


def test_progress_is_given_up_when_nothing_but_failures_come() -> None:
    stream = {"content-type": "text/event-stream"}
    good = httpx.Response(200, headers=stream, content=b'id: 1\ndata: {"state": "witness"}\n\n')
    failing: list[Step] = [httpx.ConnectError("refused"), httpx.Response(200, json=JOB)]
    script = Script(httpx.Response(200, json=JOB), good, httpx.Response(200, json=JOB), *failing * 4)
    events: list[hallmark.Event] = []
    with pytest.raises(hallmark.ConnectionFailed, match="4 tries"):
        script.client().jobs.wait("job_1", progress=events.append)
    assert [event.state for event in events] == ["witness"]
    refused = Script(httpx.Response(200, json=JOB), problem(404, title="There is no such job"))
    with pytest.raises(hallmark.NotFound):
        refused.client().jobs.wait("job_1")


def test_names_in_paths_are_quoted() -> None:
    script = Script(httpx.Response(200, json=JOB))
    script.client().jobs.get("../me?x")
    assert script.requests[0].url.raw_path == b"/v1/jobs/..%2Fme%3Fx"


def test_progress_goes_on_after_a_broken_stream() -> None:
    def broken() -> Any:
        yield b'id: 1\ndata: {"state": "witness", "fraction": 0.5}\n\nid: 2\ndata: {"sta'
        raise httpx.ReadError("reset")

    stream = {"content-type": "text/event-stream"}
    script = Script(
        httpx.Response(200, json=JOB),
        httpx.Response(200, headers=stream, content=broken()),
        httpx.Response(200, json=JOB),
        httpx.Response(200, headers=stream, content=b'id: 2\ndata: {"state": "proving"}\n\n'),
        httpx.Response(200, json={**JOB, "state": "done"}),
        httpx.Response(200, json={**JOB, "state": "done"}),
    )
    events: list[hallmark.Event] = []
    job = script.client().jobs.wait("job_1", progress=events.append)
    assert job.state == "done"
    assert [event.state for event in events] == ["witness", "proving"]
    assert script.requests[3].headers["last-event-id"] == "1"


def test_failed_jobs_are_errors() -> None:
    cause = {"type": "input_out_of_range", "title": "Input out of range", "detail": "image[3] is 7.0"}
    script = Script(httpx.Response(200, json={**JOB, "state": "failed", "cause": cause}))
    with pytest.raises(hallmark.JobFailed, match=r"job_1 is failed: Input out of range: image\[3\]"):
        script.client().prove("ab" * 32, [1.0])
    assert script.requests[0].headers["prefer"] == "wait=20"


def test_a_wait_ends() -> None:
    def silent() -> Any:
        yield b": nothing\n\n"
        raise httpx.ReadTimeout("silent")

    script = Script(
        httpx.Response(200, json=JOB),
        *[
            step
            for _ in range(50)
            for step in (httpx.Response(200, content=silent()), httpx.Response(200, json=JOB))
        ],
    )
    with pytest.raises(hallmark.WaitTimeout, match="job_1"):
        script.client().jobs.wait("job_1", timeout_s=0.2)


def test_the_asynchronous_client_does_the_same() -> None:
    script = Script(
        httpx.ConnectError("refused"),
        httpx.Response(202, json=JOB),
        httpx.Response(200, content=b'id: 1\ndata: {"state": "proving"}\n\n'),
        httpx.Response(200, json={**JOB, "state": "done"}),
        httpx.Response(200, json={**JOB, "state": "done"}),
        httpx.Response(200, content=b"bundle"),
    )
    states: list[Any] = []

    async def progress(event: hallmark.Event) -> None:
        states.append(event.state)

    async def run() -> hallmark.Proof:
        transport = httpx.MockTransport(script)
        async with AsyncClient("http://server", retries=QUICK, transport=transport) as client:
            return await client.prove("ab" * 32, [1.0], progress=progress)

    assert asyncio.run(run()).bundle == b"bundle"
    assert states == ["proving"]


def test_the_key_is_sent_and_never_shown() -> None:
    key = "hmk_test_0123456789"
    script = Script(problem(401, title="Unknown key"))
    client = Client("http://server", key, transport=httpx.MockTransport(script))
    with pytest.raises(hallmark.Unauthorized) as caught:
        client.me()
    assert script.requests[0].headers["authorization"] == f"Bearer {key}"
    assert key not in str(caught.value) + repr(caught.value) + repr(client)
    with pytest.raises(hallmark.HallmarkError, match="characters"):
        Client("http://server", "hmk\n")


def methods(kind: type) -> dict[str, Callable[..., Any]]:
    return {name: value for name, value in vars(kind).items() if callable(value) and not name.startswith("_")}


def test_both_clients_have_the_same_methods() -> None:
    import inspect

    from hallmark import async_resources, resources

    pairs: list[tuple[type, type]] = [(Client, AsyncClient)]
    for name in ("Models", "Jobs", "Receipts", "Webhooks"):
        pairs.append((getattr(resources, name), getattr(async_resources, f"Async{name}")))
    for blocking, asynchronous in pairs:
        ours, theirs = methods(blocking), methods(asynchronous)
        assert list(ours) == list(theirs)
        for name, method in ours.items():
            expected = list(inspect.signature(method).parameters.items())
            assert expected == list(inspect.signature(theirs[name]).parameters.items()), name
