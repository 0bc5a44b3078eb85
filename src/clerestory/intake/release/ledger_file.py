"""The ledger of a data set as a file: one release at a time, nothing taken back, and spent before anything leaves.

A seal beside the ledger holds the digest of what was in it after the last release. Lines may be added by hand behind
that; what is before cannot be changed or removed without the next release being refused.
"""

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from errno import EISDIR
from pathlib import Path

from clerestory.assurance.privacy.budget_ledger import Entry, LedgerUnusable, read_ledger
from clerestory.terms.error import ClerestoryError

MADE_HERE = "clerestory release"
_HEAD = b"# Every release and training run on the data, read by the check privacy.budget-accounting.\n"


class LedgerChanged(ClerestoryError):
    """The ledger is not what the last release left, or somebody wrote into it meanwhile; nothing is released."""


class LedgerNotWritten(ClerestoryError):
    """The ledger cannot be locked or written; nothing is released."""


@contextmanager
def opened(path: Path, name: str) -> Iterator["Ledger"]:
    """Hold a ledger alone: whoever else releases waits until this is over.

    Raises:
        LedgerChanged: it is not what the last release left.
        LedgerUnusable: an entry is wrong.
        LedgerNotWritten: its folder cannot be written.
    """
    try:
        lock = path.with_name(f".{path.name}.lock").open("ab")
    except OSError as error:
        raise _unwritten(path, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Ledger(path, name)


class Ledger:
    """A ledger that is held. ``entries`` are what it says."""

    def __init__(self, path: Path, name: str) -> None:
        """Read it and compare it with its seal."""
        self._path, self._name = path, name
        self._body = _read(path)
        self._require_sealed()
        self.entries: tuple[Entry, ...] = () if self._body is None else read_ledger(name, self._body)

    def spend(self, releases: Sequence[Mapping[str, object]], output: Path, body: bytes) -> None:
        """Write releases into the ledger, and only then let the output appear.

        Raises:
            LedgerChanged: somebody else wrote into it since it was read.
            LedgerNotWritten: the disk is full or the folder not writable; then nothing was released.
        """
        text = "".join(_entry_text(release) for release in releases)
        before = self._body if self._body is not None else _HEAD
        after = before + (b"" if before.endswith(b"\n") else b"\n") + text.encode()
        if len(read_ledger(self._name, after)) != len(self.entries) + len(releases):
            raise LedgerUnusable(f"{self._name} cannot be added to.", "Write releases as [[release]] at its end.")
        staged: list[Path] = []
        spent = False
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            if output.is_dir():
                raise IsADirectoryError(EISDIR, "it is a folder", str(output))
            # Until it is paid only its room is on the disk: a full disk or a kill must not leave answers for nothing.
            _stage(output, bytes(len(body)), staged)
            _stage(self._path, after, staged)
            seal = {"size": len(after), "digest": hashlib.sha256(after).hexdigest()}
            _stage(self._seal, (json.dumps(seal) + "\n").encode(), staged)
            if _read(self._path) != self._body:
                raise LedgerChanged(
                    f"{self._name} was changed while the release was made; nothing was released.",
                    "Run it again when nobody writes into the ledger.",
                )
            staged[1].replace(self._path)
            spent = True
            staged[2].replace(self._seal)
            _sync(self._path.parent)
            with staged[0].open("r+b") as stream:
                stream.write(body)
                stream.flush()
                os.fsync(stream.fileno())
            staged[0].replace(output)
        except OSError as error:
            raise _unwritten(output if spent else self._path, error, spent=spent) from error
        finally:
            for part in staged:
                with suppress(OSError):
                    part.unlink()

    @property
    def _seal(self) -> Path:
        return self._path.with_name(f"{self._path.name}.seal")

    def _require_sealed(self) -> None:
        seal = _read(self._seal)
        if seal is None:
            if self._body is not None and f'source = "{MADE_HERE}'.encode() in self._body:
                raise self._changed("its seal is missing")
            return
        try:
            said = json.loads(seal)
            size, digest = int(said["size"]), str(said["digest"])
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise self._changed("its seal cannot be read") from error
        kept = (self._body or b"")[:size]
        if len(kept) < size or hashlib.sha256(kept).hexdigest() != digest:
            raise self._changed("what stood in it after the last release was changed or removed")

    def _changed(self, why: str) -> LedgerChanged:
        return LedgerChanged(
            f"{self._name} is not what the last release left: {why}. Nothing is released.",
            f"Restore {self._path.name} and {self._seal.name} as they were; corrections are added at the end.",
        )


def _entry_text(release: Mapping[str, object]) -> str:
    lines = ["", "[[release]]"]
    for key, value in release.items():
        said = str(value) if isinstance(value, float) or key == "day" else json.dumps(value, ensure_ascii=False)
        lines.append(f"{key} = {said}")
    return "\n".join([*lines, ""])


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unwritten(path, error) from error


def _stage(target: Path, body: bytes, staged: list[Path]) -> None:
    """Write beside the target; the part is in ``staged`` before its first byte, so it is cleared whatever comes."""
    handle, part = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    staged.append(Path(part))
    with os.fdopen(handle, "wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())
    Path(part).chmod(0o644)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritten(path: Path, error: OSError, *, spent: bool = False) -> LedgerNotWritten:
    what = "nothing was released, but its budget is spent" if spent else "nothing was released"
    return LedgerNotWritten(
        f"{error.filename or path} cannot be written: {error.strerror}; {what}.",
        "Free some space, or give yourself the right to write there.",
    )
