"""An ONNX model as fields of protocol buffers: operators of its own, and numbers that lie in other files."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath

from clerestory.assurance.supply_chain.model_form.found import Found

KNOWN_DOMAINS = frozenset(
    {
        "",
        "ai.onnx",
        "ai.onnx.ml",
        "ai.onnx.training",
        "ai.onnx.preview.training",
        "com.microsoft",
        "com.microsoft.nchwc",
    }
)
"""Domains whose operators a runtime brings along; an operator of another one is code from somewhere else."""
_GRAPH, _FUNCTION = 7, 25
_NODE, _INITIALIZER, _SPARSE = 1, 5, 15
_OPERATOR, _ATTRIBUTE, _DOMAIN = 4, 5, 7
_DEEPEST = 40
Fields = dict[int, list[int | bytes]]


class NotAModel(Exception):
    """Bytes that are no fields of protocol buffers."""


def fields(body: bytes) -> Fields:
    """Return the fields of a message by number; raise `NotAModel` where it is none."""
    found: Fields = {}
    at = 0
    while at < len(body):
        key, at = _varint(body, at)
        number, kind = key >> 3, key & 7
        value: int | bytes
        if kind == 0:
            value, at = _varint(body, at)
        elif kind in (1, 2, 5):
            size, at = _varint(body, at) if kind == 2 else (8 if kind == 1 else 4, at)
            value, at = body[at : at + size], at + size
        else:
            raise NotAModel
        if at > len(body) or not number:
            raise NotAModel
        found.setdefault(number, []).append(value)
    return found


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(body) and shift < 70:
        value |= (body[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not body[at - 1] & 0x80:
            return value, at
    raise NotAModel


def read(body: bytes) -> Found:
    """Find operators outside the known domains and places of external numbers that lead out of the folder."""
    found = Found("ONNX")
    try:
        model = fields(body)
        graphs = _messages(model, _GRAPH)
        if not graphs:
            raise NotAModel
        functions = [fields(item) for item in _messages(model, _FUNCTION)]
        # FunctionProto: name = 1, node = 7, domain = 10
        own = {(_text(item, 10), _text(item, 1)) for item in functions}
        for graph in graphs:
            _graph(fields(graph), own, found, 0)
        for function in functions:
            _nodes(_messages(function, 7), own, found, 0)
    except NotAModel:
        found.unread.append("is no ONNX model")
    return found


def _graph(graph: Fields, own: set[tuple[str, str]], found: Found, depth: int) -> None:
    if depth > _DEEPEST:
        raise NotAModel
    for tensor in _messages(graph, _INITIALIZER):
        _tensor(fields(tensor), found)
    for sparse in _messages(graph, _SPARSE):
        for part in (*_messages(fields(sparse), 1), *_messages(fields(sparse), 2)):
            _tensor(fields(part), found)
    _nodes(_messages(graph, _NODE), own, found, depth)


def _nodes(nodes: list[bytes], own: set[tuple[str, str]], found: Found, depth: int) -> None:
    for body in nodes:
        node = fields(body)
        domain, operator = _text(node, _DOMAIN), _text(node, _OPERATOR)
        if domain not in KNOWN_DOMAINS and (domain, operator) not in own:
            line = f"operator {operator} of {domain}, which no runtime brings along"
            if line not in found.unsafe:
                found.unsafe.append(line)
        for attribute in _messages(node, _ATTRIBUTE):
            _attribute(fields(attribute), own, found, depth)


def _attribute(attribute: Fields, own: set[tuple[str, str]], found: Found, depth: int) -> None:
    # AttributeProto: t = 5, g = 6, tensors = 10, graphs = 11
    for tensor in (*_messages(attribute, 5), *_messages(attribute, 10)):
        _tensor(fields(tensor), found)
    for graph in (*_messages(attribute, 6), *_messages(attribute, 11)):
        _graph(fields(graph), own, found, depth + 1)


def _tensor(tensor: Fields, found: Found) -> None:
    # TensorProto: external_data = 13 (key = 1, value = 2), data_location = 14 (1 means external)
    entries: Mapping[str, str] = {_text(e, 1): _text(e, 2) for e in map(fields, _messages(tensor, 13))}
    if 1 not in tensor.get(14, []) and not entries:
        return
    place = entries.get("location", "")
    if outside(place):
        found.unsafe.append(f"numbers are read from {place!r}, outside its folder")
    elif place not in found.external:
        found.external.append(place)


def outside(place: str) -> bool:
    """Tell whether a path leads out of the folder that it starts from, or names none."""
    if not place or "\x00" in place or PureWindowsPath(place).drive or place.startswith(("/", "\\", "~")):
        return True
    return ".." in PurePosixPath(place.replace("\\", "/")).parts


def _messages(message: Fields, number: int) -> list[bytes]:
    return [item for item in message.get(number, []) if isinstance(item, bytes)]


def _text(message: Fields, number: int) -> str:
    found = _messages(message, number)
    return found[-1].decode("utf-8", "replace") if found else ""


def operators(body: bytes, wanted: frozenset[str]) -> Iterator[str]:
    """Yield which of the wanted operators a TensorFlow graph names: its nodes write the operator as field 2."""
    for name in sorted(wanted):
        if b"\x12" + bytes((len(name),)) + name.encode() in body:
            yield name
