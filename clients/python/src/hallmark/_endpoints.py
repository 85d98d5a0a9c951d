"""The server's operations as calls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable, Generic, Optional, TypeVar, Union
from urllib.parse import quote

import httpx

from . import _content as content
from . import _json as read
from ._call import Call, json_as
from .errors import UnexpectedAnswer
from .job import Job
from .model import Model, Prediction
from .receipt import Receipt, TreeHead, path_from_json
from .verification import Verification
from .webhook import Delivery, Webhook

T = TypeVar("T")

AUDIT_TRAIL = "/v1/audit.ndjson"


@dataclass(frozen=True)
class Page(Generic[T]):
    """A part of a list; ``next_cursor`` asks for the one that follows."""

    items: tuple[T, ...]
    next_cursor: Optional[str]


def page_of(item: Callable[[Mapping[str, Any]], T]) -> Callable[[httpx.Response], Page[T]]:
    """Reads a list."""
    return json_as(
        lambda data: Page(read.each(data, "items", item), read.maybe(data, "next_cursor", read.text))
    )


def nothing(_: httpx.Response) -> None:
    """The answer has no content of interest."""


def document(response: httpx.Response) -> Mapping[str, Any]:
    """The answer's JSON object."""
    return json_as(lambda data: data)(response)


def body(response: httpx.Response) -> bytes:
    """The answer's bytes."""
    return response.content


def part(name: str) -> str:
    """A name within a path."""
    return quote(name, safe="")


def service() -> Call[Mapping[str, Any]]:
    """What the server is and allows."""
    return Call("GET", "/v1/", document)


def me() -> Call[Mapping[str, Any]]:
    """The caller's key, scopes, limits and usage."""
    return Call("GET", "/v1/me", document)


def upload(
    model: content.ModelSource,
    calibration: Optional[content.ModelSource],
    options: Mapping[str, Any],
    timeout_s: float,
) -> Call[Union[Job, Model]]:
    """Registers a model. A known one is answered at once, a new one by its compile job."""
    name, onnx = content.file_bytes(model)
    files: dict[str, tuple[str, bytes, str]] = {
        "options": (
            "options.json",
            json.dumps({key: value for key, value in options.items() if value is not None}).encode(),
            "application/json",
        ),
        "model": (name, onnx, "application/octet-stream"),
    }
    if calibration is not None:
        label, data = content.file_bytes(calibration)
        if isinstance(calibration, bytes):
            label = calibration_name(data)
        files["calibration"] = (label, data, "application/octet-stream")

    def answer(response: httpx.Response) -> Union[Job, Model]:
        data = document(response)
        return Job.from_json(data) if response.status_code == 202 else Model.from_json(data)

    # The server knows an upload by its content, so repeating it registers nothing twice.
    return Call("POST", "/v1/models", answer, files=files, timeout_s=timeout_s)


def calibration_name(data: bytes) -> str:
    """A file name that tells the format."""
    for magic, name in ((b"\x93NUMPY", "calibration.npy"), (b"PK", "calibration.npz")):
        if data.startswith(magic):
            return name
    return "calibration.json"


def models(
    query: Optional[str], tag: Optional[str], mine: bool, limit: Optional[int], cursor: Optional[str]
) -> Call[Page[Model]]:
    """Lists models."""
    params = {"q": query, "tag": tag, "mine": "true" if mine else None, "limit": limit, "cursor": cursor}
    return Call("GET", "/v1/models", page_of(Model.from_json), params=params)


def model(model_id: str) -> Call[Model]:
    """One model."""
    return Call("GET", f"/v1/models/{part(model_id)}", json_as(Model.from_json))


def update_model(model_id: str, changes: Mapping[str, Any]) -> Call[Model]:
    """Changes what is said about a model."""
    given = {name: value for name, value in changes.items() if value is not None}
    return Call("PATCH", f"/v1/models/{part(model_id)}", json_as(Model.from_json), json=given)


def model_report(model_id: str) -> Call[Mapping[str, Any]]:
    """The accuracy report."""
    return Call("GET", f"/v1/models/{part(model_id)}/report", document)


def verifying_key(model_id: str) -> Call[bytes]:
    """The verifying key."""
    return Call("GET", f"/v1/models/{part(model_id)}/verifying-key", body)


def evm_key(model_id: str, private_input: bool) -> Call[Mapping[str, Any]]:
    """The key for contracts."""
    params = {"private_input": json.dumps(private_input)}
    return Call("GET", f"/v1/models/{part(model_id)}/evm/key", document, params=params)


def estimate(model_id: str) -> Call[Mapping[str, Any]]:
    """What proving costs."""
    return Call("POST", "/v1/estimates", document, json={"model_id": model_id})


def predict(model_id: str, value: Any) -> Call[Prediction]:
    """An answer without a proof."""

    def answer(data: Mapping[str, Any]) -> Prediction:
        return Prediction.from_json({"model_id": model_id, **data})

    path = f"/v1/models/{part(model_id)}/predictions"
    return Call("POST", path, json_as(answer), json={"input": content.model_input(value)})


def proof_request(
    value: Any,
    private_input: bool,
    priority: int,
    metadata: Optional[Mapping[str, Any]],
) -> dict[str, Any]:
    """The body of a proof request, without its nonce."""
    request: dict[str, Any] = {"input": content.model_input(value), "private_input": private_input}
    if priority:
        request["priority"] = priority
    if metadata is not None:
        request["metadata"] = dict(metadata)
    return request


def with_nonces(
    nonces: content.Nonces,
    model_id: str,
    key: Optional[str],
    requests: Sequence[dict[str, Any]],
    given: Optional[Sequence[Optional[content.Nonce]]],
) -> list[dict[str, Any]]:
    """Proof requests with their nonces: those that are given, and others for the rest."""
    if given is not None and len(given) != len(requests):
        raise ValueError(f"there are {len(requests)} inputs and {len(given)} nonces: give one for each")
    chosen = given if given is not None else [None] * len(requests)
    return [
        {
            **request,
            "nonce": nonces.nonce(key, model_id, index, request) if nonce is None else content.nonce_hex(nonce),
        }
        for index, (request, nonce) in enumerate(zip(requests, chosen))
    ]


def request_with_nonce(
    nonces: content.Nonces,
    model_id: str,
    value: Any,
    nonce: Optional[content.Nonce],
    private_input: bool,
    priority: int,
    metadata: Optional[Mapping[str, Any]],
    key: Optional[str],
) -> Mapping[str, Any]:
    """The body of a proof request with its nonce."""
    body = proof_request(value, private_input, priority, metadata)
    (request,) = with_nonces(nonces, model_id, key, [body], [nonce])
    return request


def asked_with(nonce: str, job: Job) -> Job:
    """The job, if it is about the nonce that was sent: one about another may be an old answer, sent once more."""
    if job.nonce is not None and job.nonce != nonce:
        raise UnexpectedAnswer(f"a proof under the nonce {nonce} was asked for, but job {job.id} has {job.nonce}")
    return replace(job, nonce=nonce)


def counted(items: tuple[T, ...], wanted: int, what: str) -> tuple[T, ...]:
    """The items, if there is one for each that was asked about."""
    if len(items) != wanted:
        raise UnexpectedAnswer(f"asked for {wanted} {what}, got {len(items)}")
    return items


def prove(
    model_id: str, request: Mapping[str, Any], key: Optional[str], wait_s: int, timeout_s: float
) -> Call[Job]:
    """Submits a proof; the server answers when it is done or ``wait_s`` are over."""
    headers = {"Idempotency-Key": key or content.idempotency_key()}
    if wait_s > 0:
        headers["Prefer"] = f"wait={wait_s}"
    path = f"/v1/models/{part(model_id)}/proofs"
    return Call(
        "POST",
        path,
        json_as(lambda data: asked_with(request["nonce"], Job.from_json(data))),
        json=request,
        headers=headers,
        timeout_s=timeout_s + wait_s,
    )


def prove_batch(
    model_id: str, requests: Sequence[Mapping[str, Any]], key: Optional[str]
) -> Call[tuple[Job, ...]]:
    """Submits many proofs: all are accepted or none."""

    def answer(data: Mapping[str, Any]) -> tuple[Job, ...]:
        jobs = counted(read.each(data, "jobs", Job.from_json), len(requests), "jobs")
        return tuple(asked_with(request["nonce"], job) for request, job in zip(requests, jobs))

    return Call(
        "POST",
        f"/v1/models/{part(model_id)}/proofs/batch",
        json_as(answer),
        json={"requests": list(requests)},
        headers={"Idempotency-Key": key or content.idempotency_key()},
    )


def jobs(
    state: Optional[str],
    kind: Optional[str],
    model: Optional[str],
    limit: Optional[int],
    cursor: Optional[str],
) -> Call[Page[Job]]:
    """Lists jobs."""
    params = {"state": state, "kind": kind, "model": model, "limit": limit, "cursor": cursor}
    return Call("GET", "/v1/jobs", page_of(Job.from_json), params=params)


def job(job_id: str) -> Call[Job]:
    """One job."""
    return Call("GET", f"/v1/jobs/{part(job_id)}", json_as(Job.from_json))


def cancel(job_id: str) -> Call[Job]:
    """Cancels a job. Asking twice does no harm."""
    return Call("POST", f"/v1/jobs/{part(job_id)}/cancel", json_as(Job.from_json))


def delete_job(job_id: str) -> Call[None]:
    """Erases what the server keeps of an ended job."""
    return Call("DELETE", f"/v1/jobs/{part(job_id)}", nothing)


def delete_model(model_id: str) -> Call[None]:
    """Removes a model of the caller's."""
    return Call("DELETE", f"/v1/models/{part(model_id)}", nothing)


def deletions(limit: Optional[int], cursor: Optional[str]) -> Call[Page[Mapping[str, Any]]]:
    """Lists what was deleted."""
    params = {"limit": limit, "cursor": cursor}
    return Call("GET", "/v1/deletions", page_of(lambda data: data), params=params)


def events_path(job_id: str) -> str:
    """Where a job's progress is told."""
    return f"/v1/jobs/{part(job_id)}/events"


def bundle(job_id: str) -> Call[bytes]:
    """The binary bundle of a finished proof."""
    headers = {"Accept": "application/octet-stream"}
    return Call("GET", f"/v1/jobs/{part(job_id)}/bundle", body, headers=headers)


def bundle_json(job_id: str) -> Call[Mapping[str, Any]]:
    """The bundle of a finished proof as JSON."""
    headers = {"Accept": "application/json"}
    return Call("GET", f"/v1/jobs/{part(job_id)}/bundle", document, headers=headers)


def opening(job_id: str) -> Call[Mapping[str, Any]]:
    """The opening of a private input's commitment."""
    return Call("GET", f"/v1/jobs/{part(job_id)}/opening", document)


def evm_call(job_id: str, key: Optional[str], registry_id: Optional[str]) -> Call[Mapping[str, Any]]:
    """The call that checks a proof on a chain."""
    params = {"key": key, "registry_id": registry_id}
    return Call("GET", f"/v1/jobs/{part(job_id)}/evm", document, params=params)


def audit(job_id: str) -> Call[bytes]:
    """The offline audit file."""
    return Call("GET", f"/v1/jobs/{part(job_id)}/audit", body)


def erase_input(job_id: str) -> Call[None]:
    """Erases a job's input at the server."""
    return Call("DELETE", f"/v1/jobs/{part(job_id)}/input", nothing)


@dataclass(frozen=True)
class SrsDemands:
    """What the SRS of a model has to be."""

    refuse_insecure: bool
    only_ceremonies: bool
    digests: Union[str, Sequence[str], None]

    def fields(self) -> dict[str, Any]:
        """Members of a request."""
        fields: dict[str, Any] = {}
        if self.refuse_insecure:
            fields["refuse_insecure"] = True
        if self.only_ceremonies:
            fields["only_ceremonies"] = True
        if self.digests is not None:
            fields["srs"] = [self.digests] if isinstance(self.digests, str) else list(self.digests)
        return fields


def verify(
    bundle: content.Bundle,
    model_id: str,
    nonce: Optional[content.Nonce],
    srs: SrsDemands,
) -> Call[Verification]:
    """Checks a proof."""
    request: dict[str, Any] = {"model_id": model_id, **content.bundle_fields(bundle)}
    if nonce is not None:
        request["nonce"] = content.nonce_hex(nonce)
    request.update(srs.fields())
    return Call("POST", "/v1/verifications", json_as(Verification.from_json), json=request)


def verify_batch(
    bundles: Sequence[content.Bundle], model_id: str, srs: SrsDemands
) -> Call[tuple[Verification, ...]]:
    """Checks many proofs of a model together."""
    request: dict[str, Any] = {
        "model_id": model_id,
        "bundles": [content.bundle_fields(bundle) for bundle in bundles],
    }
    request.update(srs.fields())

    def answer(data: Mapping[str, Any]) -> tuple[Verification, ...]:
        return counted(read.each(data, "results", Verification.from_json), len(bundles), "verdicts")

    return Call("POST", "/v1/verifications", json_as(answer), json=request)


def receipt(index: int, size: Optional[int]) -> Call[Receipt]:
    """A receipt with its inclusion proof."""
    return Call("GET", f"/v1/receipts/{index}", json_as(Receipt.from_json), params={"size": size})


def tree_head() -> Call[TreeHead]:
    """The log's present state."""
    return Call("GET", "/v1/receipts/head", json_as(TreeHead.from_json))


def consistency(first: int, second: int) -> Call[tuple[bytes, ...]]:
    """The proof that the log of ``second`` receipts continues the one of ``first``."""
    params = {"first": first, "second": second}
    return Call("GET", "/v1/receipts/consistency", json_as(path_from_json), params=params)


def create_webhook(url: str, events: Optional[Sequence[str]]) -> Call[Webhook]:
    """Registers an address."""
    request: dict[str, Any] = {"url": url}
    if events is not None:
        request["events"] = list(events)
    return Call("POST", "/v1/webhooks", json_as(Webhook.from_json), json=request, repeatable=False)


def webhooks(limit: Optional[int], cursor: Optional[str]) -> Call[Page[Webhook]]:
    """Lists addresses."""
    params = {"limit": limit, "cursor": cursor}
    return Call("GET", "/v1/webhooks", page_of(Webhook.from_json), params=params)


def delete_webhook(webhook_id: str) -> Call[None]:
    """Removes an address."""
    return Call("DELETE", f"/v1/webhooks/{part(webhook_id)}", nothing)


def update_webhook(webhook_id: str, changes: Mapping[str, Any]) -> Call[Webhook]:
    """Changes an address, or switches it on or off."""
    given = {name: value for name, value in changes.items() if value is not None}
    return Call("PATCH", f"/v1/webhooks/{part(webhook_id)}", json_as(Webhook.from_json), json=given)


def rotate_secret(webhook_id: str, overlap_s: Optional[int]) -> Call[Webhook]:
    """Gives a webhook a new secret."""
    request = {} if overlap_s is None else {"overlap_seconds": overlap_s}
    path = f"/v1/webhooks/{part(webhook_id)}/secret"
    return Call("POST", path, json_as(Webhook.from_json), json=request, repeatable=False)


def test_webhook(webhook_id: str) -> Call[Delivery]:
    """Has a test message sent."""
    path = f"/v1/webhooks/{part(webhook_id)}/test"
    return Call("POST", path, json_as(Delivery.from_json), repeatable=False)


def deliveries(webhook_id: str, limit: Optional[int], cursor: Optional[str]) -> Call[Page[Delivery]]:
    """Lists what was sent to an address."""
    path = f"/v1/webhooks/{part(webhook_id)}/deliveries"
    return Call("GET", path, page_of(Delivery.from_json), params={"limit": limit, "cursor": cursor})


def redeliver(webhook_id: str, delivery_id: str) -> Call[Delivery]:
    """Sends a message again."""
    path = f"/v1/webhooks/{part(webhook_id)}/deliveries/{part(delivery_id)}/redeliver"
    return Call("POST", path, json_as(Delivery.from_json), repeatable=False)
