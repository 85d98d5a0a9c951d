"""What every method asks the server for, of both clients, and whether it is asked again when the answer is lost."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Iterator
from typing import Any, Callable

import httpx
import pytest

import hallmark
from hallmark import AsyncClient, Client, Retries
from hallmark._content import Nonces
from hallmark.receipt import TreeHead

QUICK = Retries(attempts=2, first_wait_s=0.001)
ID = "ab" * 32
HEAD = TreeHead(3, bytes(32))
BUNDLE = {"bundle_base64": "YnVuZGxl"}
SENT = {"input": {"input_data": [[1.0]]}, "private_input": False, "nonce": "07".rjust(64, "0")}

Case = tuple[Callable[[Any], Any], str, Any, bool]

CASES: dict[str, Case] = {
    "service": (lambda c: c.service(), "GET /v1/", None, True),
    "me": (lambda c: c.me(), "GET /v1/me", None, True),
    "deletions": (lambda c: c.deletions(), "GET /v1/deletions", None, True),
    "predict": (
        lambda c: c.predict(ID, [1.0]),
        f"POST /v1/models/{ID}/predictions",
        {"input": {"input_data": [[1.0]]}},
        True,
    ),
    "submit": (lambda c: c.submit(ID, [1.0], nonce=b"\7"), f"POST /v1/models/{ID}/proofs", SENT, True),
    "submit all": (
        lambda c: c.submit(ID, [1.0], nonce=b"\7", private_input=True, priority=-3, metadata={"order": 17}),
        f"POST /v1/models/{ID}/proofs",
        {**SENT, "private_input": True, "priority": -3, "metadata": {"order": 17}},
        True,
    ),
    "batch": (
        lambda c: c.submit_batch(ID, [[1.0]], nonces=["7"], priority=1),
        f"POST /v1/models/{ID}/proofs/batch",
        {"requests": [{**SENT, "priority": 1}]},
        True,
    ),
    "verify": (
        lambda c: c.verify(b"bundle", model=ID),
        "POST /v1/verifications",
        {"model_id": ID, **BUNDLE},
        True,
    ),
    "verify all": (
        lambda c: c.verify(
            {"a": 1}, model=ID, nonce="7", refuse_insecure=True, only_ceremonies=True, srs="cd" * 32
        ),
        "POST /v1/verifications",
        {
            "model_id": ID,
            "bundle": {"a": 1},
            "nonce": SENT["nonce"],
            "refuse_insecure": True,
            "only_ceremonies": True,
            "srs": ["cd" * 32],
        },
        True,
    ),
    "verify batch": (
        lambda c: c.verify_batch([b"bundle", b"bundle"], model=ID, srs=["cd", "ef"]),
        "POST /v1/verifications",
        {"model_id": ID, "bundles": [BUNDLE, BUNDLE], "srs": ["cd", "ef"]},
        True,
    ),
    "models": (lambda c: c.models.list(), "GET /v1/models", None, True),
    "models found": (
        lambda c: c.models.list("a b", tag="x&y", mine=True),
        "GET /v1/models?q=a+b&tag=x%26y&mine=true",
        None,
        True,
    ),
    "model": (lambda c: c.models.get("ada/digits@1"), "GET /v1/models/ada%2Fdigits%401", None, True),
    "model changed": (
        lambda c: c.models.update(ID, description="", tags=[], public=False),
        f"PATCH /v1/models/{ID}",
        {"description": "", "tags": [], "public": False},
        True,
    ),
    "model report": (lambda c: c.models.report(ID), f"GET /v1/models/{ID}/report", None, True),
    "model key": (lambda c: c.models.verifying_key(ID), f"GET /v1/models/{ID}/verifying-key", None, True),
    "model for contracts": (
        lambda c: c.models.evm_key(ID, private_input=True),
        f"GET /v1/models/{ID}/evm/key?private_input=true",
        None,
        True,
    ),
    "model deleted": (lambda c: c.models.delete(ID), f"DELETE /v1/models/{ID}", None, True),
    "estimate": (lambda c: c.models.estimate(ID), "POST /v1/estimates", {"model_id": ID}, True),
    "jobs": (
        lambda c: c.jobs.list(state="done", kind="prove", model=ID),
        f"GET /v1/jobs?state=done&kind=prove&model={ID}",
        None,
        True,
    ),
    "job": (lambda c: c.jobs.get("job_1"), "GET /v1/jobs/job_1", None, True),
    "job cancelled": (lambda c: c.jobs.cancel("job_1"), "POST /v1/jobs/job_1/cancel", None, True),
    "job deleted": (lambda c: c.jobs.delete("job_1"), "DELETE /v1/jobs/job_1", None, True),
    "bundle": (lambda c: c.jobs.bundle("job_1"), "GET /v1/jobs/job_1/bundle", None, True),
    "bundle as JSON": (lambda c: c.jobs.bundle_json("job_1"), "GET /v1/jobs/job_1/bundle", None, True),
    "opening": (lambda c: c.jobs.opening("job_1"), "GET /v1/jobs/job_1/opening", None, True),
    "call": (
        lambda c: c.jobs.evm_call("job_1", key="0x1", registry_id="0x2"),
        "GET /v1/jobs/job_1/evm?key=0x1&registry_id=0x2",
        None,
        True,
    ),
    "audit file": (lambda c: c.jobs.audit("job_1"), "GET /v1/jobs/job_1/audit", None, True),
    "input erased": (lambda c: c.jobs.erase_input("job_1"), "DELETE /v1/jobs/job_1/input", None, True),
    "head": (lambda c: c.receipts.head(), "GET /v1/receipts/head", None, True),
    "receipt": (lambda c: c.receipts.get(2), "GET /v1/receipts/2", None, True),
    "receipt in a log": (lambda c: c.receipts.get(2, head=HEAD), "GET /v1/receipts/2?size=3", None, True),
    "trail": (lambda c: c.receipts.trail(), "GET /v1/audit.ndjson", None, False),
    "webhook": (
        lambda c: c.webhooks.create("https://a", events=("job.done",)),
        "POST /v1/webhooks",
        {"url": "https://a", "events": ["job.done"]},
        False,
    ),
    "webhooks": (lambda c: c.webhooks.list(), "GET /v1/webhooks", None, True),
    "webhook changed": (
        lambda c: c.webhooks.update("whk_1", disabled=False),
        "PATCH /v1/webhooks/whk_1",
        {"disabled": False},
        True,
    ),
    "webhook's secret": (
        lambda c: c.webhooks.rotate_secret("whk_1", overlap_s=0),
        "POST /v1/webhooks/whk_1/secret",
        {"overlap_seconds": 0},
        False,
    ),
    "webhook tried": (lambda c: c.webhooks.test("whk_1"), "POST /v1/webhooks/whk_1/test", None, False),
    "webhook deleted": (lambda c: c.webhooks.delete("whk_1"), "DELETE /v1/webhooks/whk_1", None, True),
    "deliveries": (lambda c: c.webhooks.deliveries("w"), "GET /v1/webhooks/w/deliveries", None, True),
    "sent again": (
        lambda c: c.webhooks.redeliver("w", "d"),
        "POST /v1/webhooks/w/deliveries/d/redeliver",
        None,
        False,
    ),
}


class Silent:
    """A transport whose answers are lost; keeps what was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        raise httpx.ReadTimeout("lost")


def ask(call: Callable[[Any], Any], transport: Silent, asynchronous: bool) -> None:
    mock = httpx.MockTransport(transport)
    if not asynchronous:
        with Client("http://server", retries=QUICK, transport=mock) as client:
            result = call(client)
            if isinstance(result, Iterator):
                list(result)
        return

    async def run() -> None:
        async with AsyncClient("http://server", retries=QUICK, transport=mock) as client:
            result = call(client)
            if inspect.isawaitable(result):
                await result
            else:
                _ = [item async for item in result]

    asyncio.run(run())


@pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "asynchronous"])
@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_is_asked_for(case: Case, asynchronous: bool) -> None:
    call, target, body, repeated = case
    transport = Silent()
    with pytest.raises(hallmark.ConnectionFailed):
        ask(call, transport, asynchronous)
    assert len(transport.requests) == (2 if repeated else 1)
    first = transport.requests[0]
    assert f"{first.method} {first.url.raw_path.decode()}" == target
    assert (json.loads(first.content) if first.content else None) == body
    # The same once more, to the letter.
    assert all(request.content == first.content for request in transport.requests)
    assert first.headers["user-agent"].startswith("hallmark-python/")
    keys = {request.headers.get("idempotency-key") for request in transport.requests}
    assert len(keys) == 1 and (keys != {None}) == ("/proofs" in target)


def test_forms_of_a_bundle_are_asked_for_by_name() -> None:
    for call, kind in (("bundle", "application/octet-stream"), ("bundle_json", "application/json")):
        transport = Silent()
        with pytest.raises(hallmark.ConnectionFailed):
            ask(lambda c, call=call: getattr(c.jobs, call)("job_1"), transport, False)  # type: ignore[misc]
        assert transport.requests[0].headers["accept"] == kind


def test_an_upload_has_its_parts() -> None:
    transport = Silent()
    with pytest.raises(hallmark.ConnectionFailed):
        ask(
            lambda c: c.models.submit(b"onnx", calibration=b"\x93NUMPY", name="digits", bits=12, tags=["a"]),
            transport,
            False,
        )
    request = transport.requests[0]
    assert f"{request.method} {request.url.raw_path.decode()}" == "POST /v1/models"
    for part in (
        b'name="options"; filename="options.json"',
        b'name="model"; filename="model.onnx"',
        b'name="calibration"; filename="calibration.npy"',
        b'{"name": "digits", "bits": 12, "tags": ["a"]}',
    ):
        assert part in request.content, part
    assert len(transport.requests) == 2


def test_secrets_are_in_no_text_of_an_object() -> None:
    webhook = hallmark.Webhook.from_json(
        {"id": "whk_1", "url": "https://a", "created_at": "2026-01-01T00:00:00Z", "secret": "whsec_hidden"}
    )
    assert webhook.secret == "whsec_hidden" and "hidden" not in repr(webhook)
    assert "hidden" not in repr(Nonces(b"hidden"))


def test_derived_nonces_do_not_depend_on_the_order_in_which_a_request_was_written() -> None:
    nonces = Nonces(b"secret")
    one = nonces.nonce("key", ID, 0, {"a": 1, "b": {"c": 2, "d": 3}})
    assert one == nonces.nonce("key", ID, 0, {"b": {"d": 3, "c": 2}, "a": 1})
    assert one != nonces.nonce("key", ID, 1, {"a": 1, "b": {"c": 2, "d": 3}})


def test_a_message_is_as_old_as_it_may_be() -> None:
    secret, sent = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1614265330
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": str(sent),
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    body = b'{"test": 2432232314}'
    for now in (sent - 10, sent + 10):
        assert hallmark.check_signature(secret, headers, body, tolerance_s=10, now=now)
    for now in (sent - 11, sent + 11):
        with pytest.raises(hallmark.SignatureInvalid, match="older or newer"):
            hallmark.check_signature(secret, headers, body, tolerance_s=10, now=now)
    for secret in ("whsec_???", "no base64!"):
        with pytest.raises(ValueError, match="whsec_"):
            hallmark.check_signature(secret, headers, body, now=sent)
