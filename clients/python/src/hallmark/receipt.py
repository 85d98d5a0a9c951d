"""The receipt log, and the checks that make its server accountable (RFC 6962, section 2.1, with SHA-256)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Optional

from . import _json as read
from ._json import Json
from .errors import LogInconsistent, UnexpectedAnswer


def _hash(data: Json, name: str) -> bytes:
    return _digest(read.text(data, name), name)


def _digest(value: str, name: str) -> bytes:
    try:
        digest = bytes.fromhex(value)
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise UnexpectedAnswer(f"`{name}` should have 64 hexadecimal digits, got {value!r:.80}")
    return digest


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root of a tree of ``size`` leaves that has a leaf with hash ``leaf`` at ``index`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise LogInconsistent(f"receipt {index} cannot be in a log of {size}")
    position, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise LogInconsistent("the inclusion proof is too long")
        if position & 1 or position == last:
            root = node_hash(sibling, root)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise LogInconsistent("the inclusion proof is too short")
    return root


def check_consistency(first: TreeHead, second: TreeHead, path: Sequence[bytes]) -> None:
    """Checks that the log ``second`` continues the log ``first`` (RFC 9162, 2.1.4.2).

    Raises LogInconsistent if something that was in the log has been changed or removed.
    """
    if first.size > second.size:
        raise LogInconsistent(f"the log has shrunk from {first.size} to {second.size}")
    if first.size == second.size or first.size == 0:
        if path or (first.size == second.size and first.root != second.root):
            raise LogInconsistent(
                "two heads of the same size differ" if not path else "the proof is too long"
            )
        return
    nodes = list(path)
    if first.size & (first.size - 1) == 0:
        nodes.insert(0, first.root)
    if not nodes:
        raise LogInconsistent("the consistency proof is too short")
    position, last = first.size - 1, second.size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise LogInconsistent("the consistency proof is too long")
        if position & 1 or position == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, node)
        position, last = position >> 1, last >> 1
    if last != 0 or old != first.root or new != second.root:
        raise LogInconsistent(f"the log of {second.size} receipts does not continue the one of {first.size}")


@dataclass(frozen=True)
class TreeHead:
    """The state of the log: how many receipts it has, and the hash that stands for all of them."""

    size: int
    root: bytes

    @classmethod
    def from_json(cls, data: Json) -> TreeHead:
        """Read from the server's document."""
        return cls(read.integer(data, "tree_size"), _hash(data, "root_hash"))


@dataclass(frozen=True)
class Receipt:
    """An entry of the log with the proof that it is there."""

    index: int
    leaf_hash: bytes
    leaf: Optional[str]
    """The entry as it was hashed; None if the job is somebody else's."""
    head: TreeHead
    """The log that the inclusion proof speaks about."""
    path: tuple[bytes, ...] = field(repr=False)

    @property
    def entry(self) -> Optional[Mapping[str, Any]]:
        """The entry, read from the bytes that were hashed."""
        if self.leaf is None:
            return None
        return read.mapping(read.parsed(self.leaf, "the receipt's leaf"))

    def check(self) -> None:
        """Checks that the entry is in the log with the root ``head.root``. Raises LogInconsistent if not."""
        if self.leaf is not None and leaf_hash(self.leaf.encode()) != self.leaf_hash:
            raise LogInconsistent(f"receipt {self.index} has another hash than its entry")
        root = root_from_inclusion(self.leaf_hash, self.index, self.head.size, self.path)
        if root != self.head.root:
            raise LogInconsistent(f"receipt {self.index} is not in the log of {self.head.size} receipts")

    @classmethod
    def from_json(cls, data: Json) -> Receipt:
        """Read from the server's document."""
        receipt = read.mapping(data.get("receipt"))
        inclusion = read.mapping(data.get("inclusion"))
        head = TreeHead.from_json(read.mapping(data.get("head")))
        if read.integer(inclusion, "tree_size") != head.size:
            raise LogInconsistent("the inclusion proof is about another log than the head")
        return cls(
            index=read.integer(receipt, "index"),
            leaf_hash=_hash(receipt, "leaf_hash"),
            leaf=read.maybe(receipt, "entry", read.text),
            head=head,
            path=path_from_json(inclusion),
        )


def path_from_json(data: Json) -> tuple[bytes, ...]:
    """The nodes of a proof."""
    return tuple(_digest(node, "path") for node in read.strings(data, "path"))
