"""A Merkle log by the definitions of RFC 6962 (recursive, slow), to compare the package's checks with."""

from __future__ import annotations

from collections.abc import Sequence

from hallmark.receipt import leaf_hash, node_hash


def split(size: int) -> int:
    half = 1
    while half * 2 < size:
        half *= 2
    return half


def root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    middle = split(len(leaves))
    return node_hash(root(leaves[:middle]), root(leaves[middle:]))


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    middle = split(len(leaves))
    if index < middle:
        return [*inclusion(index, leaves[:middle]), root(leaves[middle:])]
    return [*inclusion(index - middle, leaves[middle:]), root(leaves[:middle])]


def consistency(first: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    if first == len(leaves):
        return [] if whole else [root(leaves)]
    middle = split(len(leaves))
    if first <= middle:
        return [*consistency(first, leaves[:middle], whole), root(leaves[middle:])]
    return [*consistency(first - middle, leaves[middle:], False), root(leaves[:middle])]
