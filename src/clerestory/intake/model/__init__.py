"""The model artefact: its digest and its format by its bytes. Runs nothing, and never opens a pickle."""

from dataclasses import dataclass
from pathlib import Path

from clerestory.intake.data import file_digest
from clerestory.intake.manifest import Manifest, ModelTable
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import Digest

_PICKLED_NAMES = (".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth")
_HEAD = 4096


class ModelRefused(ClerestoryError):
    """The model is missing, is of a kind that is not accepted, or does not fit the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One version of a model: its file and the digest of its bytes."""

    file: Path
    digest: Digest
    table: ModelTable


def find_model(manifest: Manifest) -> Model | None:
    """Return the model that the manifest names, or None where it names none.

    Raises:
        ModelRefused: the file is missing or empty, or it is a pickle.
    """
    return None if manifest.model is None else _found(manifest, manifest.model, "model")


def find_previous(manifest: Manifest) -> Model | None:
    """Return the artefact of the version compared with, or None where none is named; raise as `find_model`."""
    table = None if manifest.previous is None else manifest.previous.model
    return None if table is None else _found(manifest, table, "model.previous")


def _found(manifest: Manifest, table: ModelTable, name: str) -> Model:
    where = manifest.where(name, "path")
    file = manifest.folder / table.path
    if not file.is_file():
        raise ModelRefused(
            f"{where} is {table.path!r}, and there is no such file.",
            "Correct the path or train the model first.",
        )
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head:
        raise ModelRefused(f"{where}: {file.name} is empty.", "Export the model again.")
    if file.name.lower().endswith(_PICKLED_NAMES) or is_pickle(head):
        if table.allow_pickle:
            raise ModelRefused(
                f"{where}: {file.name} is a pickle; this version runs none, allowed or not.",
                "Export the model to ONNX (skl2onnx, torch.onnx).",
            )
        raise ModelRefused(
            f"{where}: {file.name} is a pickle, and opening a pickle runs whatever code stands in it.",
            "Export the model to ONNX (skl2onnx, torch.onnx).",
        )
    return Model(file=file, digest=file_digest(file), table=table)


def is_pickle(head: bytes) -> bool:
    """Say whether bytes begin like a pickle, a compressed one or an archive with one in it, whatever the name."""
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return True
    if head[:4] == b"PK\x03\x04":
        return b"data.pkl" in head
    if head[:2] in (b"x\x01", b"x\x9c", b"x\xda", b"\x1f\x8b", b"BZ") or head[:5] == b"\xfd7zXZ":
        return True
    return _is_old_pickle(head)


def _is_old_pickle(head: bytes) -> bool:
    """Recognise protocol 0 and 1, which have no mark of their own: a stack of known opcodes from the first byte on."""
    import pickletools

    seen = 0
    try:
        for opcode, _, _ in pickletools.genops(head):
            seen += 1
            if opcode.name == "STOP":
                return seen > 2
    except (ValueError, IndexError, OverflowError):
        return seen >= 8
    return seen >= 8
