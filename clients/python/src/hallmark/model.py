"""Models and what they predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Optional

from . import _json as read
from ._json import Json


@dataclass(frozen=True)
class TensorSpec:
    """What a model takes or gives, and what its integers stand for."""

    name: str
    shape: tuple[int, ...]
    scale_bits: Optional[int]
    """An integer v stands for ``v / 2**scale_bits``: 0 where the integers are the numbers, None of quantised ones."""
    element: str = "real"
    """``real``, ``integer``, ``boolean`` or ``quantized``."""
    scale: Optional[float] = None
    """Of quantised numbers: v stands for ``scale * (v - zero_point)``."""
    zero_point: Optional[int] = None

    @classmethod
    def from_json(cls, data: Json) -> TensorSpec:
        """Read from the server's document."""
        return cls(
            name=read.text(data, "name"),
            shape=read.integers(data, "shape"),
            scale_bits=read.maybe(data, "scale_bits", read.integer),
            element=read.maybe(data, "element", read.text) or "real",
            scale=read.maybe(data, "scale", read.number),
            zero_point=read.maybe(data, "zero_point", read.integer),
        )


@dataclass(frozen=True)
class Tensor:
    """Exact integers, row-major, and the values that they stand for."""

    name: str
    shape: tuple[int, ...]
    scale_bits: Optional[int]
    """An integer v stands for ``v / 2**scale_bits``: 0 where the integers are the numbers, None of quantised ones."""
    integers: tuple[int, ...]
    values: tuple[float, ...]
    argmax: Optional[int] = None
    element: str = "real"
    """``real``, ``integer``, ``boolean`` or ``quantized``."""
    scale: Optional[float] = None
    """Of quantised numbers: v stands for ``scale * (v - zero_point)``."""
    zero_point: Optional[int] = None

    @classmethod
    def from_json(cls, data: Json) -> Tensor:
        """Read from the server's document."""
        spec = TensorSpec.from_json(data)
        return cls(
            name=spec.name,
            shape=spec.shape,
            scale_bits=spec.scale_bits,
            integers=read.integers(data, "integers"),
            values=read.numbers(data, "values"),
            argmax=read.maybe(data, "argmax", read.integer),
            element=spec.element,
            scale=spec.scale,
            zero_point=spec.zero_point,
        )


@dataclass(frozen=True)
class Prediction:
    """What a model answers. Nothing is proven."""

    model_id: str
    outputs: tuple[Tensor, ...]
    raw: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)

    @classmethod
    def from_json(cls, data: Json) -> Prediction:
        """Read from the server's document."""
        return cls(read.text(data, "model_id"), read.each(data, "outputs", Tensor.from_json), data)


@dataclass(frozen=True)
class Circuit:
    """What proving a model costs, for inputs in the clear or private ones."""

    visibility: str
    k: int
    proof_bytes: Optional[int]
    prove_ms_estimate: Optional[int]
    memory_bytes_estimate: Optional[int]

    @classmethod
    def from_json(cls, data: Json) -> Circuit:
        """Read from the server's document."""
        return cls(
            read.text(data, "visibility"),
            read.integer(data, "k"),
            read.maybe(data, "proof_bytes", read.integer),
            read.maybe(data, "prove_ms_estimate", read.integer),
            read.maybe(data, "memory_bytes_estimate", read.integer),
        )


@dataclass(frozen=True)
class Srs:
    """The reference string that proofs are made with, recognised by its points: nothing that it says about itself."""

    digest: str
    provenance: str
    """``insecure`` (its secret is public: anybody can forge proofs), ``ceremony``, or ``unknown`` (ask its maker)."""
    name: str
    """What its points are recognised as, in words."""

    @property
    def insecure(self) -> bool:
        """Whether anybody can forge proofs with it."""
        return self.provenance == "insecure"

    @classmethod
    def from_json(cls, data: Json) -> Srs:
        """Read from the server's document."""
        return cls(
            digest=read.text(data, "digest"),
            provenance=read.text(data, "provenance"),
            name=read.text(data, "name"),
        )


@dataclass(frozen=True)
class Model:
    """A registered model. Its id commits to its weights and its arithmetic."""

    id: str
    name: str
    version: Optional[str]
    publisher: str
    """Whose word the name is: everybody may call a model of theirs the same."""
    operator: bool
    """Whether the server's operator published it."""
    reference: str
    """``publisher/name@version``, which names it for everybody who sees it."""
    tags: tuple[str, ...]
    description: str
    licence: str
    public: bool
    mine: bool
    deprecated: bool
    created_at: datetime
    parameters: int
    insecure_srs: bool
    srs: Srs
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    circuits: tuple[Circuit, ...]
    raw: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)
    """The server's whole document: accuracy, layers, links."""

    @classmethod
    def from_json(cls, data: Json) -> Model:
        """Read from the server's document."""
        return cls(
            id=read.text(data, "model_id"),
            name=read.text(data, "name"),
            version=read.maybe(data, "version", read.text),
            publisher=read.text(data, "publisher"),
            operator=read.flag(data, "operator"),
            reference=read.text(data, "reference"),
            tags=read.strings(data, "tags"),
            description=read.maybe(data, "description", read.text) or "",
            licence=read.maybe(data, "licence", read.text) or "",
            public=read.flag(data, "public"),
            mine=read.flag(data, "mine"),
            deprecated=read.flag(data, "deprecated"),
            created_at=read.time(data, "created_at"),
            parameters=read.integer(data, "parameters"),
            insecure_srs=read.flag(data, "insecure_srs"),
            srs=Srs(
                digest=read.text(data, "srs_digest"),
                provenance=read.text(data, "srs_provenance"),
                name=read.text(data, "srs"),
            ),
            inputs=read.each(data, "inputs", TensorSpec.from_json),
            outputs=read.each(data, "outputs", TensorSpec.from_json),
            circuits=read.each(data, "circuits", Circuit.from_json),
            raw=data,
        )
