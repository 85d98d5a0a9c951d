"""The server's documents, as its own examples have them, and what they must not be."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, Callable

import httpx
import pytest
from conftest import ROOT

import hallmark
from hallmark import AsyncClient, Client, Retries
from hallmark.job import Job
from hallmark.model import Model, Prediction
from hallmark.receipt import Receipt, TreeHead
from hallmark.verification import Verification
from hallmark.webhook import Delivery, Webhook

EXAMPLES = ROOT / "server" / "src" / "api" / "examples"


def example(name: str) -> Any:
    """What the server's description shows as the answer of an operation."""
    responses = json.loads((EXAMPLES / f"{name}.json").read_text())["responses"]
    (answer,) = (content for status, content in responses.items() if status.startswith("2"))
    return answer["application/json"]


def first(name: str) -> Any:
    return example(name)["items"][0]


DOCUMENTS: list[tuple[str, Callable[[Any], Any], Any]] = [
    ("job", Job.from_json, example("get_job")),
    ("model", Model.from_json, example("get_model")),
    ("prediction", lambda data: Prediction.from_json({"model_id": "ab", **data}), example("predict")),
    ("receipt", Receipt.from_json, example("get_receipt")),
    ("head", TreeHead.from_json, example("get_log_head")),
    ("verification", Verification.from_json, example("verify")),
    ("webhook", Webhook.from_json, example("get_webhook")),
    ("delivery", Delivery.from_json, first("list_deliveries")),
]
documents = pytest.mark.parametrize(
    ("read", "document"), [case[1:] for case in DOCUMENTS], ids=[case[0] for case in DOCUMENTS]
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Containers and keys of everything in a document."""
    for key in value if isinstance(value, dict) else range(min(len(value), 2)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places(value[key])


@documents
def test_whatever_is_in_a_document_it_is_read_or_refused_by_name(
    read: Callable[[Any], Any], document: Any
) -> None:
    read(document)
    changed = copy.deepcopy(document)
    refused = 0
    for container, key in list(places(changed)):
        original = container[key]
        for value in ("\ud800", -1, 1.5, 10**400, True, None, [], [None], [[1.5]], {}, {"a": 1}):
            container[key] = value
            try:
                outputs = read(changed)
                # What is read late is refused alike.
                _ = getattr(outputs, "outputs", None), getattr(outputs, "bundle_digest", None)
                _ = getattr(outputs, "receipt_index", None), getattr(outputs, "entry", None)
            except hallmark.HallmarkError:
                refused += 1
        container[key] = original
    assert changed == document
    assert refused > len(document)


JOB = example("get_job")
TENSOR = JOB["result"]["outputs"][0]


@pytest.mark.parametrize(
    ("read", "document", "name"),
    [
        (Model.from_json, {**example("get_model"), "insecure_srs": "false"}, "insecure_srs"),
        (Webhook.from_json, {**example("get_webhook"), "disabled": 0}, "disabled"),
        (Webhook.from_json, {**example("get_webhook"), "events": [1]}, "events"),
        (Job.from_json, {**JOB, "created_at": "2026-01-01T00:00:00"}, "created_at"),
        (Job.from_json, {**JOB, "created_at": "yesterday"}, "created_at"),
        (Job.from_json, {**JOB, "attempt": True}, "attempt"),
        (Job.from_json, {**JOB, "stages": [{"stage": "proving", "ms": "soon"}]}, "ms"),
        (hallmark.model.Tensor.from_json, {**TENSOR, "integers": [1.5]}, "integers"),
        (hallmark.model.Tensor.from_json, {**TENSOR, "integers": ["3"]}, "integers"),
        (hallmark.model.Tensor.from_json, {**TENSOR, "values": [10**400]}, "values"),
        (hallmark.model.Tensor.from_json, {**TENSOR, "shape": [None]}, "shape"),
    ],
)
def test_no_value_is_taken_for_another(read: Callable[[Any], Any], document: Any, name: str) -> None:
    with pytest.raises(hallmark.UnexpectedAnswer, match=f"`{name}`"):
        read(document)


def test_a_verdict_is_true_only_if_it_says_so() -> None:
    for valid in ("true", 1, [True], None, False):
        assert not Verification.from_json({"valid": valid})
    assert Verification.from_json({"valid": True})


def client(*answers: Any) -> Client:
    left = list(answers)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=left.pop(0)))
    return Client("http://server", retries=Retries(attempts=1), transport=transport)


NONCE = "07".rjust(64, "0")
OTHER = "08".rjust(64, "0")


def job(nonce: str, **fields: Any) -> Any:
    return {**JOB, "nonce": nonce, **fields}


def test_an_old_answer_is_not_taken_for_a_new_one() -> None:
    submitted = client(job(NONCE)).submit("ab" * 32, [1.0], nonce=b"\7")
    assert submitted.nonce == NONCE
    for wrong in (
        lambda: client(job(OTHER)).submit("ab" * 32, [1.0], nonce=b"\7"),
        lambda: client(job(OTHER)).prove("ab" * 32, [1.0], nonce=b"\7"),
        lambda: client(job(OTHER)).prove("ab" * 32, [1.0]),
        lambda: client({"jobs": [job(OTHER), job(NONCE)]}).submit_batch("ab" * 32, [1.0, 2.0], nonces=["7", "8"]),
        lambda: client({"jobs": [job(NONCE)]}).submit_batch("ab" * 32, [1.0, 2.0], nonces=["7", "8"]),
        lambda: client({"results": [{"valid": True}]}).verify_batch([b"", b""], model="ab" * 32),
        lambda: client({"results": []}).verify_batch([b""], model="ab" * 32),
    ):
        with pytest.raises(hallmark.UnexpectedAnswer, match="asked for"):
            wrong()
    # The job that ended is looked at as well as the one that was begun.
    begun = job(NONCE, state="queued", result=None)
    stream = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=b"")
    answers: list[httpx.Response] = [
        httpx.Response(202, json=begun),
        stream,
        httpx.Response(200, json=job(OTHER)),
        httpx.Response(200, json=job(OTHER)),
    ]
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    with pytest.raises(hallmark.UnexpectedAnswer, match="asked for"):
        Client("http://server", transport=transport).prove("ab" * 32, [1.0], nonce=b"\7")


def test_a_bundle_is_the_one_that_its_job_names() -> None:
    answers = [
        httpx.Response(200, json=job(NONCE, state="done", result={"bundle": {"digest": "00" * 32}})),
        httpx.Response(200, content=b"another bundle"),
    ]
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    with pytest.raises(hallmark.UnexpectedAnswer, match="names bundle"):
        Client("http://server", transport=transport).prove("ab" * 32, [1.0], nonce="7")


def test_lists_are_read_page_by_page_as_they_are_asked_for() -> None:
    import asyncio

    pages = {
        None: {"items": [job(NONCE, id="a"), job(NONCE, id="b")], "next_cursor": "p/2"},
        "p/2": {"items": [], "next_cursor": "p3"},
        "p3": {"items": [job(NONCE, id="c")]},
    }
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("cursor"))
        assert request.url.params["state"] == "done"
        return httpx.Response(200, json=pages[asked[-1]])

    transport = httpx.MockTransport(answer)
    listed = Client("http://server", transport=transport).jobs.list(state="done")
    assert next(iter(listed)).id == "a"
    assert asked == [None]
    assert [item.id for item in listed] == ["b", "c"]
    assert asked == [None, "p/2", "p3"]

    async def all_of_them() -> list[str]:
        async with AsyncClient("http://server", transport=transport) as client:
            return [item.id async for item in client.jobs.list(state="done")]

    assert asyncio.run(all_of_them()) == ["a", "b", "c"]
