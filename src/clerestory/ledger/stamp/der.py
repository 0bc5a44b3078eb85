"""The part of DER that time tokens are written in: one spelling for everything, nothing left over, nothing deep.

Lengths are definite and as short as they can be, tags have one byte. Whatever else BER allows is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from clerestory.terms.error import ClerestoryError

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
LARGEST = 64 * 1024
"""A token with all its certificates is a few kilobytes long."""


class DerMalformed(ClerestoryError):
    """Bytes are not the DER that they should be."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The time token is malformed: {reason}.", "Ask the log's owner for the original token.")


@dataclass(frozen=True, slots=True)
class Node:
    """One value: its tag, its contents, and the bytes of it as a whole."""

    tag: int
    body: bytes
    whole: bytes

    def parts(self, tag: int = SEQUENCE) -> tuple["Node", ...]:
        """Return the values inside; the node has this tag."""
        expect(self, tag)
        found, place = [], 0
        while place < len(self.body):
            node = _node(self.body, place)
            found.append(node)
            place += len(node.whole)
        return tuple(found)


def read(data: bytes) -> Node:
    """Read one value that fills the bytes.

    Raises:
        DerMalformed: it is cut, too long, spelled in another way, or followed by something.
    """
    if len(data) > LARGEST:
        raise DerMalformed("it is far longer than a token is")
    node = _node(data, 0)
    if node.whole != data:
        raise DerMalformed("something follows it")
    return node


def expect(node: Node, tag: int) -> Node:
    """Return the node if it has a tag.

    Raises:
        DerMalformed: it has another one.
    """
    if node.tag != tag:
        raise DerMalformed(f"a value has the tag {node.tag:#04x} where {tag:#04x} belongs")
    return node


def at(nodes: Sequence[Node], place: int, tag: int) -> Node:
    """Return the node at a place, which has to be there and to have a tag."""
    if place >= len(nodes):
        raise DerMalformed("a part is missing")
    return expect(nodes[place], tag)


def number(node: Node) -> int:
    """Return a whole number in its shortest spelling."""
    body = expect(node, INTEGER).body
    if not body or (len(body) > 1 and (body[0], body[1] >> 7) in ((0, 0), (255, 1))):
        raise DerMalformed("a number is not spelled in the shortest way")
    return int.from_bytes(body, "big", signed=True)


def truth(node: Node) -> bool:
    """Return yes or no."""
    body = expect(node, BOOLEAN).body
    if body not in (b"\0", b"\xff"):
        raise DerMalformed("a truth value is neither yes nor no")
    return body == b"\xff"


def octets(node: Node) -> bytes:
    """Return the bytes of an octet string."""
    return expect(node, OCTETS).body


def bits(node: Node) -> bytes:
    """Return the bytes of a bit string that ends with a whole byte."""
    body = expect(node, BITS).body
    if not body or body[0] != 0:
        raise DerMalformed("a bit string does not end with a whole byte")
    return body[1:]


def oid(node: Node) -> str:
    """Return an object identifier in dotted decimal."""
    body = expect(node, OID).body
    if not body or body[-1] & 0x80:
        raise DerMalformed("an object identifier is cut")
    arcs, arc = [], 0
    for place, byte in enumerate(body):
        if arc == 0 and byte == 0x80 and (place == 0 or not body[place - 1] & 0x80):
            raise DerMalformed("an object identifier is not spelled in the shortest way")
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def write(tag: int, *parts: bytes) -> bytes:
    """Write one value."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def write_number(value: int) -> bytes:
    """Write a whole number that is not negative."""
    return write(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def write_oid(text: str) -> bytes:
    """Write an object identifier."""
    arcs = [int(arc) for arc in text.split(".")]
    body = b""
    for arc in [arcs[0] * 40 + arcs[1], *arcs[2:]]:
        piece = bytes([arc & 0x7F])
        while arc := arc >> 7:
            piece = bytes([0x80 | arc & 0x7F]) + piece
        body += piece
    return write(OID, body)


def _node(data: bytes, start: int) -> Node:
    if start + 2 > len(data):
        raise DerMalformed("it is cut")
    tag, length, head = data[start], data[start + 1], 2
    if tag & 0x1F == 0x1F:
        raise DerMalformed("a tag is longer than any of a token")
    if length & 0x80:
        count = length & 0x7F
        spelled = data[start + 2 : start + 2 + count]
        length, head = int.from_bytes(spelled, "big"), 2 + count
        if not 1 <= count <= 4 or len(spelled) != count or length < 0x80 or spelled[0] == 0:
            raise DerMalformed("a length is not spelled in the shortest way")
    end = start + head + length
    if end > len(data):
        raise DerMalformed("it is cut")
    return Node(tag, data[start + head : end], data[start:end])
