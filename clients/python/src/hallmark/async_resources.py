"""What an `AsyncClient` has: models, jobs, receipts, webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Callable, Optional, Union

from . import _content as content
from . import _endpoints as endpoints
from ._async_connection import AsyncConnection
from ._wait import Deadline, done
from .errors import LogInconsistent
from .job import Event, Job
from .model import Model
from .receipt import Receipt, TreeHead, check_consistency
from .webhook import Delivery, Webhook

Progress = Callable[[Event], Any]


class AsyncModels:
    """Registered models: ``client.models``."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Made by `AsyncClient`."""
        self._connection = connection

    async def upload(
        self,
        model: content.ModelSource,
        *,
        calibration: Optional[content.ModelSource] = None,
        name: Optional[str] = None,
        version: Optional[str] = None,
        bits: Optional[int] = None,
        target: Optional[str] = None,
        private_input: Optional[bool] = None,
        tags: Optional[Sequence[str]] = None,
        description: Optional[str] = None,
        licence: Optional[str] = None,
        public: Optional[bool] = None,
        shapes: Optional[Mapping[str, Sequence[int]]] = None,
        dimensions: Optional[Mapping[str, int]] = None,
        accept_inaccurate: Optional[bool] = None,
        progress: Optional[Progress] = None,
        timeout_s: Optional[float] = None,
        upload_timeout_s: float = 300.0,
    ) -> Model:
        """Registers an ONNX model (a path or bytes) and waits until it is compiled.

        ``calibration`` is typical inputs (JSON, ``.npy`` or ``.npz``; a path or bytes); they decide how real numbers become
        integers. ``name`` is a part of the model's id; without one the model has the name of the graph in the file.
        ``shapes`` (by input) and ``dimensions`` (by the axis's name) fix axes that the file leaves open;
        ``accept_inaccurate`` has a model made although it answers wrongly. The same upload twice is the same
        model. Raises JobFailed if the model cannot be compiled, WaitTimeout after ``timeout_s``.
        """
        answer = await self.submit(
            model,
            calibration=calibration,
            name=name,
            version=version,
            bits=bits,
            target=target,
            private_input=private_input,
            tags=tags,
            description=description,
            licence=licence,
            public=public,
            shapes=shapes,
            dimensions=dimensions,
            accept_inaccurate=accept_inaccurate,
            upload_timeout_s=upload_timeout_s,
        )
        if isinstance(answer, Model):
            return answer
        job = done(await self._connection.follow(answer, progress, timeout_s))
        return await self.get(job.model_id or "")

    async def submit(
        self,
        model: content.ModelSource,
        *,
        calibration: Optional[content.ModelSource] = None,
        name: Optional[str] = None,
        version: Optional[str] = None,
        bits: Optional[int] = None,
        target: Optional[str] = None,
        private_input: Optional[bool] = None,
        tags: Optional[Sequence[str]] = None,
        description: Optional[str] = None,
        licence: Optional[str] = None,
        public: Optional[bool] = None,
        shapes: Optional[Mapping[str, Sequence[int]]] = None,
        dimensions: Optional[Mapping[str, int]] = None,
        accept_inaccurate: Optional[bool] = None,
        upload_timeout_s: float = 300.0,
    ) -> Union[Job, Model]:
        """Like `upload`, but does not wait: gives the compile job, or the model if it is known already."""
        options = {
            "name": name,
            "version": version,
            "bits": bits,
            "target": target,
            "private_input": private_input,
            "tags": None if tags is None else list(tags),
            "description": description,
            "licence": licence,
            "public": public,
            "shapes": None if shapes is None else {key: list(shape) for key, shape in shapes.items()},
            "dimensions": None if dimensions is None else dict(dimensions),
            "accept_inaccurate": accept_inaccurate,
        }
        return await self._connection.run(endpoints.upload(model, calibration, options, upload_timeout_s))

    def list(
        self, query: Optional[str] = None, *, tag: Optional[str] = None, mine: bool = False
    ) -> AsyncIterator[Model]:
        """Models that the key may see, newest first."""
        return self._connection.pages(lambda cursor: endpoints.models(query, tag, mine, None, cursor))

    async def get(self, model_id: str) -> Model:
        """One model, by its id or as ``publisher/name@version``; without a publisher, one of yours or of the operator."""
        return await self._connection.run(endpoints.model(model_id))

    async def update(
        self,
        model_id: str,
        *,
        description: Optional[str] = None,
        tags: Optional[Sequence[str]] = None,
        licence: Optional[str] = None,
        public: Optional[bool] = None,
        deprecated: Optional[bool] = None,
    ) -> Model:
        """Changes what is said about a model; what is not given stays. The model itself never changes."""
        changes = {
            "description": description,
            "tags": None if tags is None else list(tags),
            "licence": licence,
            "public": public,
            "deprecated": deprecated,
        }
        return await self._connection.run(endpoints.update_model(model_id, changes))

    async def report(self, model_id: str) -> Mapping[str, Any]:
        """How accurate the integer model is, and what its circuits cost."""
        return await self._connection.run(endpoints.model_report(model_id))

    async def verifying_key(self, model_id: str) -> bytes:
        """What `hallmark verify --vk` needs to check proofs without the server."""
        return await self._connection.run(endpoints.verifying_key(model_id))

    async def evm_key(self, model_id: str, *, private_input: bool = False) -> Mapping[str, Any]:
        """What the verifier contract on an EVM chain needs to know of a model: deploy its ``init_code`` once."""
        return await self._connection.run(endpoints.evm_key(model_id, private_input))

    async def delete(self, model_id: str) -> None:
        """Removes a model from those that you have, and its files from the server when nobody else has it. Proofs that were made
        stay; they can be checked only by who has the verifying key. Raises Conflict while jobs of yours need it."""
        await self._connection.run(endpoints.delete_model(model_id))

    async def estimate(self, model_id: str) -> Mapping[str, Any]:
        """What a proof costs: rows, memory, seconds, bytes, and gas on an EVM chain."""
        return await self._connection.run(endpoints.estimate(model_id))


class AsyncJobs:
    """Proofs and compilations: ``client.jobs``."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Made by `AsyncClient`."""
        self._connection = connection

    def list(
        self, *, state: Optional[str] = None, kind: Optional[str] = None, model: Optional[str] = None
    ) -> AsyncIterator[Job]:
        """The key's jobs, newest first."""
        return self._connection.pages(lambda cursor: endpoints.jobs(state, kind, model, None, cursor))

    async def get(self, job_id: str) -> Job:
        """One job as it is now."""
        return await self._connection.run(endpoints.job(job_id))

    def events(self, job_id: str, *, timeout_s: Optional[float] = None) -> AsyncIterator[Event]:
        """Progress from the start to the end; goes on after broken connections."""
        return self._connection.events(job_id, Deadline(timeout_s))

    async def wait(
        self, job_id: str, *, progress: Optional[Progress] = None, timeout_s: Optional[float] = None
    ) -> Job:
        """Waits until a job has ended, in whatever state."""
        return await self._connection.follow(await self.get(job_id), progress, timeout_s)

    async def cancel(self, job_id: str) -> Job:
        """Asks for a job's end. A queued job is cancelled at once, a running one within seconds."""
        return await self._connection.run(endpoints.cancel(job_id))

    async def bundle(self, job_id: str) -> bytes:
        """The bundle of a finished proof, binary."""
        return await self._connection.run(endpoints.bundle(job_id))

    async def bundle_json(self, job_id: str) -> Mapping[str, Any]:
        """The bundle of a finished proof as JSON."""
        return await self._connection.run(endpoints.bundle_json(job_id))

    async def opening(self, job_id: str) -> Mapping[str, Any]:
        """The opening of a private input's commitment: keep it, and keep it secret."""
        return await self._connection.run(endpoints.opening(job_id))

    async def evm_call(
        self, job_id: str, *, key: Optional[str] = None, registry_id: Optional[str] = None
    ) -> Mapping[str, Any]:
        """The call with which a contract checks a finished proof: of the verifier with the key contract at ``key``, of a
        registry that knows the model as ``registry_id``, or, with neither, of the verifier with the key in the call."""
        return await self._connection.run(endpoints.evm_call(job_id, key, registry_id))

    async def delete(self, job_id: str) -> None:
        """Erases what the server keeps of an ended job: input, outputs, bundle, opening, metadata. Its receipt stays, which has
        digests only. Raises Conflict while the job has not ended: `cancel` it first."""
        await self._connection.run(endpoints.delete_job(job_id))

    async def audit(self, job_id: str) -> bytes:
        """A file with proof, verifying key and receipt that `hallmark verify` checks without the server."""
        return await self._connection.run(endpoints.audit(job_id))

    async def erase_input(self, job_id: str) -> None:
        """Erases the input (and the opening) of an ended job at the server now, not when its time has come."""
        await self._connection.run(endpoints.erase_input(job_id))


class AsyncReceipts:
    """The log of ended jobs: ``client.receipts``. Everything that comes from it is checked here, not believed."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Made by `AsyncClient`."""
        self._connection = connection

    async def head(self) -> TreeHead:
        """The log's present state. Keep it: `consistent_with` shows later that nothing before it has changed."""
        return await self._connection.run(endpoints.tree_head())

    async def get(self, index: int, *, head: Optional[TreeHead] = None) -> Receipt:
        """A receipt, proven to be in the log: in the one of ``head`` if given. Raises LogInconsistent if it is not."""
        receipt = await self._connection.run(endpoints.receipt(index, None if head is None else head.size))
        if receipt.index != index or (head is not None and receipt.head != head):
            raise LogInconsistent("the server answered with another receipt, or about another log")
        receipt.check()
        return receipt

    def trail(self) -> AsyncIterator[Mapping[str, Any]]:
        """All entries that the key may read, the oldest first; with the scope ``admin``, everybody's."""
        return self._connection.lines(endpoints.AUDIT_TRAIL)

    async def consistent_with(self, old: TreeHead) -> TreeHead:
        """The present head, proven to continue ``old``. Raises LogInconsistent if the log was changed."""
        head = await self.head()
        proof_needed = 0 < old.size < head.size
        path = await self._connection.run(endpoints.consistency(old.size, head.size)) if proof_needed else ()
        check_consistency(old, head, path)
        return head


class AsyncWebhooks:
    """Addresses that the server calls when jobs end: ``client.webhooks``."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Made by `AsyncClient`."""
        self._connection = connection

    async def create(self, url: str, *, events: Optional[Sequence[str]] = None) -> Webhook:
        """Registers an address. ``secret`` of the answer is shown this once; `check_signature` needs it."""
        return await self._connection.run(endpoints.create_webhook(url, events))

    def list(self) -> AsyncIterator[Webhook]:
        """The key's webhooks."""
        return self._connection.pages(lambda cursor: endpoints.webhooks(None, cursor))

    async def update(
        self,
        webhook_id: str,
        *,
        url: Optional[str] = None,
        events: Optional[Sequence[str]] = None,
        disabled: Optional[bool] = None,
    ) -> Webhook:
        """Changes an address; what is not given stays. ``disabled=False`` switches on again what a 410 switched off."""
        changes = {"url": url, "events": None if events is None else list(events), "disabled": disabled}
        return await self._connection.run(endpoints.update_webhook(webhook_id, changes))

    async def rotate_secret(self, webhook_id: str, *, overlap_s: Optional[int] = None) -> Webhook:
        """Gives a webhook a new ``secret``, shown this once. For ``overlap_s`` (a day if not given) messages are signed with the
        old one too, so that `check_signature` succeeds with either."""
        return await self._connection.run(endpoints.rotate_secret(webhook_id, overlap_s))

    async def test(self, webhook_id: str) -> Delivery:
        """Has a test message sent, of type ``webhook.test``."""
        return await self._connection.run(endpoints.test_webhook(webhook_id))

    async def delete(self, webhook_id: str) -> None:
        """Removes an address; what is not delivered yet is dropped."""
        await self._connection.run(endpoints.delete_webhook(webhook_id))

    def deliveries(self, webhook_id: str) -> AsyncIterator[Delivery]:
        """What was sent, newest first."""
        return self._connection.pages(lambda cursor: endpoints.deliveries(webhook_id, None, cursor))

    async def redeliver(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Sends a message again."""
        return await self._connection.run(endpoints.redeliver(webhook_id, delivery_id))
