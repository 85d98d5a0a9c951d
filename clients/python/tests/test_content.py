from __future__ import annotations

import math
from pathlib import Path

import numpy
import pytest

from hallmark import _content as content


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
