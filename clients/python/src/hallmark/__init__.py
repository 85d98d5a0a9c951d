"""Client of the Hallmark proving service.

>>> from hallmark import Client
>>> with Client("http://127.0.0.1:8420") as client:
...     model = next(client.models.list("digits"))
...     proof = client.prove(model, image)
...     assert client.verify(proof, model=model, nonce=proof.nonce)
"""

from ._call import Retries
from .async_client import AsyncClient
from .client import Client
from .errors import (
    Conflict,
    ConnectionFailed,
    Forbidden,
    HallmarkError,
    InvalidRequest,
    LogInconsistent,
    NotFound,
    ProblemError,
    RateLimited,
    ServerError,
    SignatureInvalid,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    WaitTimeout,
)
from .job import Cause, Event, Job, JobFailed, Stage
from .model import Circuit, Model, Prediction, Srs, Tensor, TensorSpec
from .proof import Proof
from .receipt import Receipt, TreeHead
from .verification import Statement, Verification
from .webhook import Delivery, Webhook, check_signature

__all__ = [
    "AsyncClient",
    "Cause",
    "Circuit",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "Delivery",
    "Event",
    "Forbidden",
    "HallmarkError",
    "InvalidRequest",
    "Job",
    "JobFailed",
    "LogInconsistent",
    "Model",
    "NotFound",
    "Prediction",
    "ProblemError",
    "Proof",
    "RateLimited",
    "Receipt",
    "Retries",
    "ServerError",
    "SignatureInvalid",
    "Srs",
    "Stage",
    "Statement",
    "Tensor",
    "TensorSpec",
    "TreeHead",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "Verification",
    "WaitTimeout",
    "Webhook",
    "check_signature",
]
