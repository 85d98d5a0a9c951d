from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy
import pytest

from hallmark import AsyncClient, Client
from hallmark import _content as content
from hallmark import _endpoints as endpoints


def test_inputs() -> None:
    array = numpy.array([[0.5, 1.0]], dtype=numpy.float32)
    assert content.model_input(array) == {"input_data": [[[0.5, 1.0]]]}
    assert content.model_input([1, 2]) == {"input_data": [[1, 2]]}
    assert content.model_input((array, [3])) == {"input_data": [[[0.5, 1.0]], [3]]}
    assert content.model_input({"image": array}) == {"image": [[0.5, 1.0]]}


@pytest.mark.parametrize("value", [[math.nan], numpy.array([numpy.inf]), object(), [object()]])
def test_what_is_no_input(value: object) -> None:
    with pytest.raises(ValueError, match="finite numbers"):
        content.model_input(value)


def test_nonces() -> None:
    assert content.nonce_hex(b"\x05\xee") == "5ee".rjust(64, "0")
    assert content.nonce_hex("0x5EE") == "5ee".rjust(64, "0")
    assert len(content.fresh_nonce()) == 64
    assert content.fresh_nonce() != content.fresh_nonce()
    for bad in ("xyz", "1" * 65, b"1" * 33, " 1"):
        with pytest.raises(ValueError, match="nonce"):
            content.nonce_hex(bad)


def test_bundles(tmp_path: Path) -> None:
    file = tmp_path / "answer.proof"
    file.write_bytes(b"HMKPROOF")
    expected = {"bundle_base64": "SE1LUFJPT0Y="}
    assert content.bundle_fields(b"HMKPROOF") == expected
    assert content.bundle_fields(file) == expected
    assert content.bundle_fields(str(file)) == expected
    assert content.bundle_fields({"format": "hallmark-proof"}) == {"bundle": {"format": "hallmark-proof"}}


def nonces_of(nonces: content.Nonces, **changes: Any) -> str:
    given: dict[str, Any] = {"key": "order-17", "model_id": "m", "index": 0, "request": {"input": [1.0]}}
    given.update(changes)
    return nonces.nonce(given["key"], given["model_id"], given["index"], given["request"])


def test_derived_nonces_are_those_of_the_request() -> None:
    nonces = content.Nonces(b"secret")
    first = nonces_of(nonces)
    assert first == nonces_of(content.Nonces(b"secret"))
    assert len(first) == 64 and int(first, 16) >= 0
    others = {
        nonces_of(content.Nonces(b"another")),
        nonces_of(nonces, key="order-18"),
        nonces_of(nonces, model_id="n"),
        nonces_of(nonces, index=1),
        nonces_of(nonces, request={"input": [2.0]}),
        nonces_of(nonces, request={"input": [1.0], "private_input": True}),
        nonces_of(nonces, key=None),
        nonces_of(nonces, key=None),
    }
    assert len(others) == 8 and first not in others
    assert "secret" not in repr(nonces)


def test_derived_nonces_are_never_under_a_secret_that_all_know() -> None:
    of_client = content.Nonces.of_client
    keyless = of_client(None, None)
    assert nonces_of(keyless) == nonces_of(keyless)
    empty = content.Nonces(b"")
    different = {nonces_of(nonces) for nonces in (keyless, of_client(None, None), of_client("", None), empty)}
    assert len(different) == 4
    assert nonces_of(of_client("key", None)) == nonces_of(content.Nonces(b"key"))
    assert nonces_of(of_client("key", b"secret")) == nonces_of(of_client(None, b"secret"))
    for client in (Client, AsyncClient):
        with pytest.raises(ValueError, match="nonce_secret is empty"):
            client(nonce_secret=b"")


def test_every_request_of_a_batch_has_its_nonce() -> None:
    nonces = content.Nonces(b"secret")
    bodies = [endpoints.proof_request([1.0], False, 0, None)] * 2
    derived = [request["nonce"] for request in endpoints.with_nonces(nonces, "m", "k", bodies, None)]
    assert len(set(derived)) == 2
    given = endpoints.with_nonces(nonces, "m", "k", bodies, ["01", b"\x02"])
    assert [int(request["nonce"], 16) for request in given] == [1, 2]
    with pytest.raises(ValueError, match="2 inputs and 1 nonces"):
        endpoints.with_nonces(nonces, "m", "k", bodies, ["01"])
