"""The client against a real server with real proofs."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from conftest import DIGITS, PATIENCE_S, Server, hallmark

import hallmark as package
from hallmark import AsyncClient, Client, Event, Model, TreeHead, check_signature

NONCE = "5eed0001"


def test_the_service_says_what_it_is(client: Client) -> None:
    service = client.service()
    assert service["name"] == "hallmark"
    assert service["insecure_srs"] is True
    assert len(service["log"]["id"]) == len(service["log"]["key"]) == 64
    assert sorted(client.me()["scopes"]) == ["predict", "prove", "read"]


def test_predictions(client: Client, digits: Model, images: Any, labels: Any) -> None:
    answers = [client.predict(digits, image).outputs[0].argmax for image in images[:20]]
    agreed = sum(answer == label for answer, label in zip(answers, labels))
    assert agreed >= 18
    (output,) = client.predict(digits, images[0].tolist()).outputs
    assert output.element == "real" and output.scale_bits is not None
    assert output.values == tuple(value / 2.0**output.scale_bits for value in output.integers)


def test_a_proof_from_request_to_verdict(client: Client, digits: Model, images: Any, tmp_path: Path) -> None:
    proof = client.prove(digits, images[0], nonce=NONCE, metadata={"order": 17}, timeout_s=PATIENCE_S)
    assert proof.job.state == "done"
    assert proof.job.metadata == {"order": 17}
    assert proof.nonce == NONCE.rjust(64, "0")
    assert proof.outputs == client.predict(digits, images[0]).outputs
    assert [stage.stage for stage in proof.job.stages][-3:] == ["witness", "proving", "verifying"]

    verdict = client.verify(proof, model=digits, nonce=NONCE)
    assert verdict
    statement = verdict.statement
    assert statement is not None
    assert statement.bound and statement.revealed and statement.trusted
    assert statement.outputs[0].integers == proof.outputs[0].integers

    document = client.jobs.bundle_json(proof.job.id)
    assert client.verify(document, model=digits)
    changed = json.loads(json.dumps(document))
    changed["outputs"][0][0] += 1
    refused = client.verify(changed, model=digits)
    assert not refused
    assert refused.reason
    assert not client.verify(proof, model=digits, nonce="5eed0002")
    assert statement.srs.insecure and digits.srs == statement.srs
    assert client.verify(proof, model=digits, srs=digits.srs.digest)
    demands: tuple[dict[str, Any], ...] = ({"refuse_insecure": True}, {"only_ceremonies": True}, {"srs": "0" * 64}, {"srs": []})
    for demand in demands:
        assert not client.verify(proof, model=digits, **demand), demand
        assert not client.verify_batch([proof], model=digits, **demand)[0], demand
    verdicts = client.verify_batch([proof, changed, document], model=digits)
    assert [bool(verdict) for verdict in verdicts] == [True, False, True]
    with pytest.raises(package.NotFound):
        client.verify(proof, model="0" * 64)
    with pytest.raises(package.InvalidRequest):
        client.verify(b"no bundle", model=digits)

    file = tmp_path / "answer.proof"
    proof.save(file)
    assert client.verify(file, model=digits)
    key = tmp_path / "vk.bin"
    key.write_bytes(client.models.verifying_key(digits.id))
    assert hallmark("verify", str(file), "--model", digits.id, "--vk", str(key), "--nonce", NONCE)["valid"]


def test_every_proof_has_a_nonce_of_its_own(client: Client, digits: Model, images: Any) -> None:
    first, second = (client.prove(digits, images[0], timeout_s=PATIENCE_S) for _ in range(2))
    assert first.job.id != second.job.id
    assert first.nonce != second.nonce
    assert not client.verify(first, model=digits, nonce=second.nonce)


def test_a_repeated_submission_is_one_job(client: Client, digits: Model, images: Any) -> None:
    def submit() -> str:
        return client.submit(digits, images[1], nonce=NONCE, idempotency_key="order-17").id

    with ThreadPoolExecutor(8) as pool:
        ids = {future.result() for future in [pool.submit(submit) for _ in range(8)]}
    assert len(ids) == 1
    with pytest.raises(package.Conflict):
        client.submit(digits, images[2], nonce=NONCE, idempotency_key="order-17")
    assert client.jobs.wait(ids.pop(), timeout_s=PATIENCE_S).state == "done"


def test_an_idempotency_key_alone_makes_submissions_one(
    server: Server, client: Client, digits: Model, images: Any
) -> None:
    job = client.submit(digits, images[1], idempotency_key="order-18")
    assert client.submit(digits, images[1], idempotency_key="order-18").id == job.id
    # Another program with the same key, later.
    with Client(server.url, server.alice) as again:
        assert again.submit(digits, images[1], idempotency_key="order-18").id == job.id
        proof = again.prove(digits, images[1], idempotency_key="order-18", timeout_s=PATIENCE_S)
    assert proof.job.id == job.id
    assert client.verify(proof, model=digits, nonce=proof.nonce)
    with pytest.raises(package.Conflict):
        client.submit(digits, images[2], idempotency_key="order-18")
    other = client.submit(digits, images[1], idempotency_key="order-19")
    assert other.id != job.id and other.nonce != job.nonce
    # Who has neither key nor secret cannot tell the nonce in advance.
    with Client(server.url, server.bob, nonce_secret=b"bob's") as bob:
        public = next(model for model in bob.models.list("digits-cnn"))
        assert bob.submit(public, images[1], idempotency_key="order-18").nonce != job.nonce


def test_batches_have_nonces_and_are_made_once(client: Client, digits: Model, images: Any) -> None:
    values = [images[0], images[0], images[1]]
    jobs = client.submit_batch(digits, values, idempotency_key="batch-1")
    again = client.submit_batch(digits, values, idempotency_key="batch-1")
    assert [job.id for job in again] == [job.id for job in jobs]
    assert len({job.nonce for job in jobs}) == 3
    chosen = client.submit_batch(digits, values, nonces=["01", "02", b"\x03"])
    assert [int(job.nonce or "", 16) for job in chosen] == [1, 2, 3]
    for job in (*jobs, *chosen):
        assert client.jobs.wait(job.id, timeout_s=PATIENCE_S).state == "done"


def test_jobs_and_models_are_deleted(server: Server, client: Client, images: Any) -> None:
    options: dict[str, Any] = {"name": "to be deleted", "private_input": False, "bits": 10}
    model = client.models.upload(DIGITS / "mlp.onnx", timeout_s=PATIENCE_S, **options)
    assert model.public is False
    proof = client.prove(model, images[0], metadata={"order": 20}, timeout_s=PATIENCE_S)
    index = proof.job.receipt_index
    assert index is not None
    head = client.receipts.head()
    with Client(server.url, server.bob) as bob:
        with pytest.raises(package.NotFound):
            bob.jobs.delete(proof.job.id)
        with pytest.raises(package.NotFound):
            bob.models.delete(model.id)
    waiting = client.submit_batch(model, list(images[:20]), priority=-10)
    with pytest.raises(package.Conflict) as caught:
        client.models.delete(model.id)
    assert caught.value.code == "model-in-use"
    for job in waiting:
        try:
            client.jobs.cancel(job.id)
        except package.Conflict as ended:
            assert ended.code == "job-ended"
        client.jobs.wait(job.id, timeout_s=PATIENCE_S)
    for _ in range(2):
        client.jobs.delete(proof.job.id)
    gone: list[Any] = [client.jobs.get, client.jobs.bundle, client.jobs.audit]
    for each in gone:
        with pytest.raises(package.NotFound):
            each(proof.job.id)
    # The receipt stays, and the log with it; so does a proof that was fetched.
    receipt = client.receipts.get(index)
    assert receipt.entry is not None and receipt.entry["bundle"] == proof.job.bundle_digest
    client.receipts.consistent_with(head)
    assert client.verify(proof, model=model, nonce=proof.nonce)
    for _ in range(2):
        client.models.delete(model.id)
    with pytest.raises(package.NotFound):
        client.models.get(model.id)
    with pytest.raises(package.NotFound):
        client.verify(proof, model=model)
    deleted = [(entry["what"], entry["id"]) for entry in client.deletions()]
    assert deleted[:2] == [("model", model.id), ("job", proof.job.id)]
    assert client.models.upload(DIGITS / "mlp.onnx", timeout_s=PATIENCE_S, **options).id == model.id


def test_progress(client: Client, digits: Model, images: Any) -> None:
    events: list[Event] = []
    client.prove(digits, images[0], progress=events.append, timeout_s=PATIENCE_S)
    # A worker that has to open the model first is in one state for several stages.
    states = [state for state, _ in groupby(event.state for event in events if event.kind == "state")]
    assert states == ["queued", "witness", "proving", "verifying", "done"]
    assert events[-1].fraction == 1.0


def test_private_inputs(client: Client, digits: Model, images: Any) -> None:
    proof = client.prove(digits, images[3], private_input=True, timeout_s=PATIENCE_S)
    verdict = client.verify(proof, model=digits, nonce=proof.nonce)
    assert verdict and verdict.statement is not None
    assert verdict.statement.inputs == () and verdict.statement.hidden
    assert client.jobs.opening(proof.job.id)
    client.jobs.erase_input(proof.job.id)
    client.jobs.erase_input(proof.job.id)
    with pytest.raises(package.NotFound) as caught:
        client.jobs.opening(proof.job.id)
    assert caught.value.code == "erased"
    assert client.verify(client.jobs.bundle(proof.job.id), model=digits)


def test_contracts(client: Client) -> None:
    model = client.models.upload(
        (DIGITS / "mlp.onnx").read_bytes(),
        calibration=(DIGITS / "calibration.npz").read_bytes(),
        name="for contracts",
        target="evm",
        private_input=False,
        timeout_s=PATIENCE_S,
    )
    key = client.models.evm_key(model.id)
    assert key["init_code"].startswith("0x") and key["gas_estimate"] < 3_000_000
    proof = client.prove(model, [0.0] * 64, timeout_s=PATIENCE_S)
    call = client.jobs.evm_call(proof.job.id, key="0x" + "11" * 20)
    assert call["function"] == "verify"
    assert call["calldata_bytes"] == len(bytes.fromhex(call["calldata"][2:]))
    assert client.jobs.evm_call(proof.job.id)["function"] == "verifyWithKey"
    assert client.jobs.evm_call(proof.job.id, registry_id="22" * 32)["function"] == "verifyInference"
    assert client.models.estimate(model.id)["circuits"][0]["gas"] == key["gas_estimate"]
    with pytest.raises(package.InvalidRequest):
        client.jobs.evm_call(proof.job.id, key="0x11", registry_id="22" * 32)
    with pytest.raises(package.InvalidRequest) as caught:
        client.models.evm_key(model.id, private_input=True)
    assert caught.value.code == "no-private-input"


def test_models(client: Client, server: Server, digits: Model) -> None:
    again = client.models.upload(
        (DIGITS / "cnn.onnx").read_bytes(),
        calibration=(DIGITS / "calibration.npz").read_bytes(),
        name="digits",
        version="test",
        tags=["tests"],
    )
    assert again.id == digits.id
    assert digits.id in [model.id for model in client.models.list(tag="tests", mine=True)]
    assert list(client.models.list("no such words")) == []
    changed = client.models.update(
        digits.id, description="Reads digits.", licence="MIT", tags=["tests", "digits"]
    )
    assert (changed.id, changed.description, changed.mine) == (digits.id, "Reads digits.", True)
    assert client.models.get(digits.id).tags == changed.tags
    # By name, with its publisher: others' models of the same name are not meant.
    assert digits.reference == f"{digits.publisher}/digits@test" and not digits.operator
    assert client.models.get(digits.reference).id == client.models.get("digits@test").id == digits.id
    assert client.models.report(digits.id)
    assert client.models.estimate(digits.id)["fits"] is True
    with Client(server.url, server.bob) as bob:
        assert list(bob.models.list(tag="tests")) == []
        for name in ("digits@test", digits.reference):
            with pytest.raises(package.NotFound):
                bob.models.get(name)


def test_what_cannot_be_compiled(client: Client) -> None:
    with pytest.raises((package.JobFailed, package.InvalidRequest)) as caught:
        client.models.upload(b"this is no ONNX file", name="broken", timeout_s=PATIENCE_S)
    assert "ONNX" in str(caught.value)


def test_bad_inputs_are_refused_at_once(client: Client, digits: Model, images: Any) -> None:
    with pytest.raises(package.InvalidRequest) as caught:
        client.prove(digits, images[0] * 1e6)
    assert caught.value.code == "input-out-of-range"
    with pytest.raises(package.InvalidRequest) as caught:
        client.predict(digits, [1.0, 2.0])
    assert caught.value.code == "invalid-input"


def test_batches_lists_and_cancelling(client: Client, digits: Model, images: Any) -> None:
    jobs = client.submit_batch(digits, list(images[:12]), priority=-5)
    assert len({job.id for job in jobs}) == 12
    cancelled = client.submit(digits, images[0], priority=-10)
    client.jobs.cancel(cancelled.id)
    assert client.jobs.wait(cancelled.id, timeout_s=PATIENCE_S).state == "cancelled"
    for job in jobs:
        assert client.jobs.wait(job.id, timeout_s=PATIENCE_S).state == "done"
    listed = {job.id for job in client.jobs.list(state="done", kind="prove", model=digits.id)}
    assert {job.id for job in jobs} <= listed
    assert cancelled.id not in listed


def test_tenants_do_not_see_each_other(client: Client, server: Server, digits: Model, images: Any) -> None:
    job = client.submit(digits, images[0])
    with Client(server.url, server.bob) as bob:
        for call in (bob.jobs.get, bob.jobs.cancel, bob.jobs.bundle, bob.jobs.audit, bob.jobs.erase_input):
            with pytest.raises(package.NotFound):
                call(job.id)
        assert all(found.id != job.id for found in bob.jobs.list())
    client.jobs.wait(job.id, timeout_s=PATIENCE_S)
    with (
        Client(server.url, "hmk_" + "0" * 32 + "_" + "0" * 64) as stranger,
        pytest.raises(package.Unauthorized),
    ):
        stranger.me()


def test_receipts(client: Client, server: Server, digits: Model, images: Any, tmp_path: Path) -> None:
    before = client.receipts.head()
    proof = client.prove(digits, images[0], timeout_s=PATIENCE_S)
    index = proof.job.receipt_index
    assert index is not None
    head = client.receipts.consistent_with(before)
    assert head.size > before.size
    receipt = client.receipts.get(index)
    assert receipt.entry is not None
    assert (receipt.entry["job"], receipt.entry["bundle"]) == (proof.job.id, proof.job.bundle_digest)
    with Client(server.url, server.bob) as bob:
        assert bob.receipts.get(index).entry is None
    with Client(server.url) as anybody:
        for each in range(head.size):
            anybody.receipts.get(each, head=head)
    with pytest.raises(package.LogInconsistent):
        client.receipts.consistent_with(TreeHead(before.size + 1, bytes(32)))
    with pytest.raises(package.NotFound):
        client.receipts.get(1_000_000)

    file = tmp_path / "audit.json"
    file.write_bytes(client.jobs.audit(proof.job.id))
    verdict = hallmark("verify", str(file), "--model", digits.id)
    assert verdict["valid"] and verdict["proofs"][0]["receipt"]["index"] == index
    changed = json.loads(file.read_bytes())
    changed["bundle"]["outputs"][0][0] += 1
    file.write_text(json.dumps(changed))
    assert not hallmark("verify", str(file), "--model", digits.id)["valid"]

    own = list(client.receipts.trail())
    assert proof.job.id in [entry["job"] for entry in own]
    with Client(server.url, server.admin) as admin:
        assert len(list(admin.receipts.trail())) >= len(own)


@contextmanager
def receiver() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """An HTTP server that keeps what it gets, and refuses the first message."""
    seen: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.append((dict(self.headers.items()), body))
            self.send_response(500 if len(seen) == 1 else 204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/hook", seen
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def until(condition: Any) -> None:
    pause = threading.Event()
    for _ in range(600):
        if condition():
            return
        pause.wait(0.1)
    pytest.fail("it did not happen within a minute")


def test_webhooks(client: Client, digits: Model, images: Any) -> None:
    with receiver() as (url, seen):
        webhook = client.webhooks.create(url, events=["job.done"])
        assert webhook.secret is not None
        assert webhook.id in [found.id for found in client.webhooks.list()]
        assert all(found.secret is None for found in client.webhooks.list())
        proof = client.prove(digits, images[0], metadata={"order": 21}, timeout_s=PATIENCE_S)
        until(lambda: len(seen) >= 2)
        for headers, body in seen[:2]:
            message = check_signature(webhook.secret, headers, body)
            assert (message["type"], message["job"]["id"]) == ("job.done", proof.job.id)
            assert message["job"]["metadata"] == {"order": 21}
        assert seen[0][1] == seen[1][1]
        with pytest.raises(package.SignatureInvalid):
            check_signature(webhook.secret, seen[0][0], seen[0][1] + b" ")
        until(lambda: next(client.webhooks.deliveries(webhook.id)).state == "delivered")
        (delivery,) = client.webhooks.deliveries(webhook.id)
        assert (delivery.attempt, delivery.last_status, delivery.job_id) == (2, 204, proof.job.id)
        client.webhooks.redeliver(webhook.id, delivery.id)
        until(lambda: len(seen) == 3)
        test = client.webhooks.test(webhook.id)
        until(lambda: len(seen) == 4)
        assert check_signature(webhook.secret, *seen[3])["type"] == "webhook.test"
        assert seen[3][0]["webhook-id"] == test.id
        # While a secret is replaced, receivers with the old and with the new one are served.
        rotated = client.webhooks.rotate_secret(webhook.id, overlap_s=3600)
        assert rotated.secret is not None and rotated.secret != webhook.secret
        assert rotated.old_secret_until is not None
        client.webhooks.test(webhook.id)
        until(lambda: len(seen) == 5)
        for secret in (webhook.secret, rotated.secret):
            assert check_signature(secret, *seen[4])
        last = client.webhooks.rotate_secret(webhook.id, overlap_s=0).secret
        client.webhooks.test(webhook.id)
        until(lambda: len(seen) == 6)
        assert check_signature(last or "", *seen[5])
        with pytest.raises(package.SignatureInvalid):
            check_signature(rotated.secret, *seen[5])
        assert client.webhooks.update(webhook.id, disabled=True).disabled is True
        changed = client.webhooks.update(webhook.id, disabled=False, events=["job.dead"])
        assert (changed.disabled, changed.events) == (False, ("job.dead",))
        client.webhooks.delete(webhook.id)
        assert webhook.id not in [found.id for found in client.webhooks.list()]
    with pytest.raises(package.InvalidRequest) as caught:
        client.webhooks.create("ftp://example.com/")
    assert caught.value.code == "invalid-webhook"


def test_the_asynchronous_client(server: Server, digits: Model, images: Any) -> None:
    async def run() -> list[bool]:
        async with AsyncClient(server.url, server.alice) as client:
            events: list[str] = []

            async def progress(event: Event) -> None:
                events.append(event.state)

            proofs = await asyncio.gather(
                *(client.prove(digits, image, timeout_s=PATIENCE_S) for image in images[:4]),
                client.prove(digits, images[4], progress=progress, timeout_s=PATIENCE_S),
            )
            assert events[-1] == "done"
            receipt = await client.receipts.get(proofs[0].job.receipt_index or 0)
            assert receipt.entry is not None
            assert digits.id in [model.id async for model in client.models.list(mine=True)]
            verdicts = [await client.verify(proof, model=digits, nonce=proof.nonce) for proof in proofs]
            return [bool(verdict) for verdict in verdicts]

    assert asyncio.run(run()) == [True] * 5
