"""The model artefact: its digest and its format by its bytes. Runs nothing, and opens no pickle."""

import hashlib
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
    """One version of a model and its digest: of its file, of its entry's module and file, or of an endpoint's version.

    ``file`` is the artefact, or the module of an entry without one; None for an endpoint. ``folder`` is that of the
    manifest.
    """

    file: Path | None
    digest: Digest
    table: ModelTable
    folder: Path

    @property
    def name(self) -> str:
        """What people know it by: the name of its file, or the address and version of its endpoint."""
        return self.file.name if self.file is not None else f"{self.table.url} {self.table.version}"


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
    if table.url is not None:
        said = f"{table.url}\n{table.version}\n".encode()
        return Model(file=None, digest=_digest(said), table=table, folder=manifest.folder)
    module = None if table.entry is None else _module(manifest, table.entry, name)
    if table.path is None:
        if module is None:
            raise TypeError("a model has a path, an entry or a url")
        return Model(file=module, digest=file_digest(module), table=table, folder=manifest.folder)
    file = _file(manifest, table, table.path, manifest.where(name, "path"))
    if module is None:
        return Model(file=file, digest=file_digest(file), table=table, folder=manifest.folder)
    lines = sorted(f"{part.name} {file_digest(part)}\n" for part in (file, module))
    return Model(file=file, digest=_digest("".join(lines).encode()), table=table, folder=manifest.folder)


def _digest(said: bytes) -> Digest:
    return Digest("sha256:" + hashlib.sha256(said).hexdigest())


def _module(manifest: Manifest, entry: str, name: str) -> Path:
    """Return the file of the module of an entry, which lies beside the manifest: its bytes are part of the version."""
    module = manifest.folder / (entry.partition(":")[0].replace(".", "/") + ".py")
    if not module.is_file():
        raise ModelRefused(
            f"{manifest.where(name, 'entry')} is {entry!r}, and there is no {module.name} beside the manifest.",
            'Write it as "module:function", with module.py beside the manifest.',
        )
    return module


def _file(manifest: Manifest, table: ModelTable, path: str, where: str) -> Path:
    file = manifest.folder / path
    if not file.is_file():
        raise ModelRefused(
            f"{where} is {path!r}, and there is no such file.", "Correct the path or train the model first."
        )
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head:
        raise ModelRefused(f"{where}: {file.name} is empty.", "Export the model again.")
    if not table.allow_pickle and is_pickled(file, head):
        raise ModelRefused(
            f"{where}: {file.name} is a pickle, and opening a pickle runs whatever code stands in it.",
            "Export the model to ONNX (skl2onnx, torch.onnx) or skops; or allow it: [model] allow_pickle = true.",
        )
    return file


def is_pickled(file: Path, head: bytes) -> bool:
    """Say whether a file is a pickle, by its name or its first bytes."""
    return file.name.lower().endswith(_PICKLED_NAMES) or (not file.name.lower().endswith(".skops") and is_pickle(head))


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
