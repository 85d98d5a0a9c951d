from __future__ import annotations

from dataclasses import replace

import merkle
import pytest

from hallmark import LogInconsistent, Receipt, TreeHead
from hallmark.receipt import check_consistency, leaf_hash

LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243")] + [
    bytes(range(0x50, 0x58)),
    bytes(range(0x60, 0x70)),
]
"""The leaves of certificate transparency's own test vectors."""

ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def head(size: int) -> TreeHead:
    return TreeHead(size, merkle.root(LEAVES[:size]) if size else bytes(32))


def receipt(index: int, size: int) -> Receipt:
    leaf = LEAVES[index].decode()
    path = tuple(merkle.inclusion(index, LEAVES[:size]))
    return Receipt(index, leaf_hash(LEAVES[index]), leaf, head(size), path)


def test_published_roots() -> None:
    assert {size: head(size).root.hex() for size in ROOTS} == ROOTS


@pytest.mark.parametrize("size", range(1, 9))
def test_every_leaf_of_every_size_is_included(size: int) -> None:
    for index in range(size):
        receipt(index, size).check()


def test_wrong_inclusion_is_refused() -> None:
    for size in range(1, 9):
        for index in range(size):
            good = receipt(index, size)
            wrong = [
                replace(good, leaf="other"),
                replace(good, leaf=None, leaf_hash=bytes(32)),
                replace(good, path=(*good.path, bytes(32))),
                replace(good, index=size),
                replace(good, index=-1),
            ]
            if good.path:
                wrong.append(replace(good, path=good.path[:-1]))
                wrong.append(replace(good, path=(bytes(32), *good.path[1:])))
                wrong.append(replace(good, index=(index + 1) % size))
            for bad in wrong:
                with pytest.raises(LogInconsistent):
                    bad.check()


def test_consistency_of_all_sizes() -> None:
    for second in range(1, 9):
        for first in range(1, second + 1):
            path = merkle.consistency(first, LEAVES[:second])
            check_consistency(head(first), head(second), path)
            forged = TreeHead(first, bytes(32))
            with pytest.raises(LogInconsistent):
                check_consistency(forged, head(second), path)
            with pytest.raises(LogInconsistent):
                check_consistency(head(first), TreeHead(second, bytes(32)), path)
            with pytest.raises(LogInconsistent):
                check_consistency(head(first), head(second), [*path, bytes(32)])
            if path:
                with pytest.raises(LogInconsistent):
                    check_consistency(head(first), head(second), path[:-1])
    with pytest.raises(LogInconsistent):
        check_consistency(head(3), head(2), [])
