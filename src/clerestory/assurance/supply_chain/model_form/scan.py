"""What form a model file has, by its bytes and not by its name, and what in it is unsafe."""

import io
import zipfile

from clerestory.assurance.supply_chain.model_form import keras, onnx, safetensors
from clerestory.assurance.supply_chain.model_form.found import Found
from clerestory.assurance.supply_chain.model_form.packed import Packed, besides, members, streams
from clerestory.assurance.supply_chain.pickled import names

_REACHING = frozenset({"ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc"})
"""Operators of TensorFlow that reach files or Python."""
_GGUF = b"GGUF"


def scan(path: str, body: bytes, allow: tuple[str, ...] = ()) -> Found:
    """Return what is unsafe in a model file; ``allow`` as in `pickled.names.allowed`."""
    if zipfile.is_zipfile(io.BytesIO(body)) and body.startswith(b"PK"):
        return _archive(path, body, allow)
    found = _by_form(path, body)
    if found is None:
        return _pickled(Found("pickle"), streams(path, body), allow)
    for where, stream in besides(path, body).walked:
        found.unsafe.extend(f"{where} read as a pickle {line}" for line in names.dangers(stream.uses, allow))
    return found


def _by_form(path: str, body: bytes) -> Found | None:
    if body.startswith(keras.HDF5):
        return keras.read_hdf5(body)
    if safetensors.is_safetensors(body):
        return safetensors.read(body)
    if path.endswith(".onnx"):
        return onnx.read(body)
    if path.endswith(".pb"):
        return _graph(body)
    return Found("GGUF", unread=["is in a form that is not read"]) if body.startswith(_GGUF) else None


def _graph(body: bytes) -> Found:
    found = Found("TensorFlow graph")
    try:
        onnx.fields(body)
    except onnx.NotAModel:
        found.unread.append("is no graph")
    found.unsafe.extend(f"operator {name} reaches files or code" for name in onnx.operators(body, _REACHING))
    return found


def _archive(path: str, body: bytes, allow: tuple[str, ...]) -> Found:
    found = Found("archive")
    parts = dict(members("", body, found.unread))
    if "config.json" in parts:
        found.form = "Keras archive"
        keras.read_archive(parts, found)
    for name, part in parts.items():
        if part.startswith(keras.HDF5):
            inner = keras.read_hdf5(part)
        elif name.endswith((".onnx", ".pb")) or (safetensors.is_safetensors(part) and name.endswith(".safetensors")):
            inner = scan(name, part, allow)
        else:
            continue
        found.unsafe.extend(f"{name}: {line}" for line in inner.unsafe)
        found.unread.extend(f"{name} {line}" for line in inner.unread)
    unread = len(found.unread)
    found = _pickled(found, streams(path, body), allow)
    # What the archive could not give was written down twice.
    found.unread = found.unread[:unread] or found.unread
    return found


def _pickled(found: Found, packed: Packed, allow: tuple[str, ...]) -> Found:
    for where, stream in packed.walked:
        bad = names.dangers(stream.uses, allow)
        found.unsafe.extend(bad)
        if not bad and not stream.whole:
            found.unread.append(f"{where}: {stream.fault or 'has no end'}")
    found.unread.extend(packed.unread)
    return found
