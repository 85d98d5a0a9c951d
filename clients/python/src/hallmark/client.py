"""The blocking client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Optional, Union

import httpx

from . import _content as content
from . import _endpoints as endpoints
from ._call import Retries
from ._connection import Connection
from ._wait import Deadline, done
from .errors import HallmarkError
from .job import Job
from .model import Model, Prediction
from .proof import Proof
from .resources import Jobs, Models, Progress, Receipts, Webhooks
from .verification import Verification

DEFAULT_URL = "http://127.0.0.1:8420"


def settings(url: str, key: Optional[str], timeout_s: float) -> dict[str, Any]:
    """Arguments for httpx's clients."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise HallmarkError(f"the server's address {url!r} is no URL: {error}") from None
    if address.scheme not in ("http", "https") or not address.host or (address.port or 0) > 65535:
        raise HallmarkError(f"the server's address {url!r} is not like https://example.com or {DEFAULT_URL}")
    headers = {"User-Agent": "hallmark-python/0.1.0", "Accept": "application/json"}
    if key is not None:
        if not key.isascii() or not key.isprintable() or " " in key:
            raise HallmarkError("the API key has characters that no key has")
        headers["Authorization"] = f"Bearer {key}"
    # Redirects are not followed: the key would go with them.
    return {"base_url": url.rstrip("/"), "headers": headers, "timeout": timeout_s, "follow_redirects": False}


def identifier(model: Union[str, Model]) -> str:
    """A model's id."""
    return model.id if isinstance(model, Model) else model


class Client:
    """A proving service.

    ``url`` is where the server is, ``key`` an API key if it wants one. ``transport`` replaces httpx's own (proxies, tests).
    ``nonce_secret`` is what nonces of requests with an idempotency key are derived from. If it is not given, that is the API key,
    which the server knows too: others cannot tell the nonces in advance, a server that is not trusted can. Without a key it is a
    random secret of this object: only its own requests are repeated as one job; for several programs, give a secret or nonces.
    A client may be used by several threads; close it, or use it in a ``with`` statement.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        key: Optional[str] = None,
        *,
        timeout_s: float = 30.0,
        retries: Optional[Retries] = None,
        nonce_secret: Optional[bytes] = None,
        transport: Optional[httpx.BaseTransport] = None,
    ) -> None:
        """Connects with the first request."""
        options = settings(url, key, timeout_s)
        self._nonces = content.Nonces.of_client(key, nonce_secret)
        http = httpx.Client(transport=transport, **options)
        self._timeout_s = timeout_s
        self._connection = Connection(http, retries or Retries())
        self.models = Models(self._connection)
        self.jobs = Jobs(self._connection)
        self.receipts = Receipts(self._connection)
        self.webhooks = Webhooks(self._connection)

    def close(self) -> None:
        """Closes the connections."""
        self._connection.http.close()

    def __enter__(self) -> Client:
        """For ``with``."""
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        """Closes the connections."""
        self.close()

    def service(self) -> Mapping[str, Any]:
        """What the server is and allows; ``log`` has the receipt log's name (``id``) and the ``key`` that signs its heads now."""
        return self._connection.run(endpoints.service())

    def me(self) -> Mapping[str, Any]:
        """The key's scopes, limits and usage."""
        return self._connection.run(endpoints.me())

    def deletions(self) -> Iterator[Mapping[str, Any]]:
        """What was deleted with keys of this tenant, the latest first."""
        return self._connection.pages(lambda cursor: endpoints.deletions(None, cursor))

    def predict(self, model: Union[str, Model], value: Any) -> Prediction:
        """The model's answer, without a proof.

        ``value`` is an array or nested lists for a model with one input, a tuple of them for several inputs in order, or a
        mapping from input names.
        """
        return self._connection.run(endpoints.predict(identifier(model), value))

    def prove(
        self,
        model: Union[str, Model],
        value: Any,
        *,
        nonce: Optional[content.Nonce] = None,
        private_input: bool = False,
        priority: int = 0,
        metadata: Optional[Mapping[str, Any]] = None,
        idempotency_key: Optional[str] = None,
        progress: Optional[Progress] = None,
        timeout_s: Optional[float] = None,
    ) -> Proof:
        """The model's answer with a proof of it.

        The proof is bound to ``nonce``; without one a fresh one is drawn, so that nobody can pass an old proof for the answer.
        With an ``idempotency_key`` it is derived from that, the request and a secret (see `Client`), so that the same request
        twice is one job.
        ``progress`` gets an `Event` whenever something happens. Raises JobFailed if there is no proof, WaitTimeout after
        ``timeout_s`` (the job goes on).
        """
        deadline = Deadline(timeout_s)
        request = endpoints.request_with_nonce(
            self._nonces, identifier(model), value, nonce, private_input, priority, metadata, idempotency_key
        )
        wait_s = deadline.long_poll_s() if progress is None else 0
        call = endpoints.prove(identifier(model), request, idempotency_key, wait_s, self._timeout_s)
        job = self._connection.run(call)
        left_s = None if timeout_s is None else deadline.left_s(timeout_s)
        job = done(self._connection.follow(job, progress, left_s))
        job = endpoints.asked_with(request["nonce"], job)
        return Proof.checked(job, self.jobs.bundle(job.id))

    def submit(
        self,
        model: Union[str, Model],
        value: Any,
        *,
        nonce: Optional[content.Nonce] = None,
        private_input: bool = False,
        priority: int = 0,
        metadata: Optional[Mapping[str, Any]] = None,
        idempotency_key: Optional[str] = None,
    ) -> Job:
        """Like `prove`, but does not wait: ``jobs.wait`` does. The same ``idempotency_key`` and request twice are one job."""
        request = endpoints.request_with_nonce(
            self._nonces, identifier(model), value, nonce, private_input, priority, metadata, idempotency_key
        )
        call = endpoints.prove(identifier(model), request, idempotency_key, 0, self._timeout_s)
        return self._connection.run(call)

    def submit_batch(
        self,
        model: Union[str, Model],
        values: Sequence[Any],
        *,
        nonces: Optional[Sequence[content.Nonce]] = None,
        private_input: bool = False,
        priority: int = 0,
        idempotency_key: Optional[str] = None,
    ) -> tuple[Job, ...]:
        """Submits a proof for each value: all are accepted or none.

        ``nonces`` are as many as ``values``; without them each proof gets one of its own. The same ``idempotency_key`` and values
        twice are the same jobs.
        """
        model_id = identifier(model)
        bodies = [endpoints.proof_request(value, private_input, priority, None) for value in values]
        requests = endpoints.with_nonces(self._nonces, model_id, idempotency_key, bodies, nonces)
        return self._connection.run(endpoints.prove_batch(model_id, requests, idempotency_key))

    def verify(
        self,
        bundle: Union[Proof, content.Bundle],
        *,
        model: Union[str, Model],
        nonce: Optional[content.Nonce] = None,
        refuse_insecure: bool = False,
        only_ceremonies: bool = False,
        srs: Union[str, Sequence[str], None] = None,
    ) -> Verification:
        """Whether a proof is valid, and what it says.

        ``bundle`` is a `Proof`, a bundle's bytes, its JSON document, or a file's path; ``model`` is the model that you expect,
        by an id from its author. Give the nonce that you sent too: without it, a valid proof of an old request passes. A
        false proof is an answer, not an error.

        What the model's SRS has to be is checked by its points: ``refuse_insecure`` refuses secrets that are public,
        ``only_ceremonies`` accepts only known ceremonies, ``srs`` only these digests.
        """
        demands = endpoints.SrsDemands(refuse_insecure, only_ceremonies, srs)
        given = bundle.bundle if isinstance(bundle, Proof) else bundle
        return self._connection.run(endpoints.verify(given, identifier(model), nonce, demands))

    def verify_batch(
        self,
        bundles: Sequence[Union[Proof, content.Bundle]],
        *,
        model: Union[str, Model],
        refuse_insecure: bool = False,
        only_ceremonies: bool = False,
        srs: Union[str, Sequence[str], None] = None,
    ) -> tuple[Verification, ...]:
        """Checks many proofs of one model together, which is faster; the verdicts are in the same order."""
        demands = endpoints.SrsDemands(refuse_insecure, only_ceremonies, srs)
        given = [bundle.bundle if isinstance(bundle, Proof) else bundle for bundle in bundles]
        return self._connection.run(endpoints.verify_batch(given, identifier(model), demands))
