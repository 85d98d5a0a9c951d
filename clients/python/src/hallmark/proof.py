"""A finished proof."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Optional, Union

from .errors import UnexpectedAnswer
from .job import Job
from .model import Tensor


@dataclass(frozen=True)
class Proof:
    """The job that made it, and the bundle that convinces others."""

    job: Job
    bundle: bytes = field(repr=False)
    """Binary form; ``hallmark verify`` and `Client.verify` take it."""

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """The proven outputs."""
        return self.job.outputs

    @property
    def nonce(self) -> Optional[str]:
        """The nonce that the proof is bound to."""
        return self.job.nonce

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Writes the bundle to a file."""
        Path(path).write_bytes(self.bundle)

    @classmethod
    def checked(cls, job: Job, bundle: bytes) -> Proof:
        """The proof, if the bundle is the one that the job names."""
        digest = sha256(bundle).hexdigest()
        if job.bundle_digest not in (None, digest):
            raise UnexpectedAnswer(f"job {job.id} names bundle {job.bundle_digest}, but {digest} came")
        return cls(job, bundle)
