"""What all commands share: exit codes, how errors and tables reach people, and files that are whole or not there."""

import contextlib
import errno
import gettext as translations
import io
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    from rich.console import Console

FINE, FAILED, WRONG, UNDECIDED, UNAUTHENTICATED, UNTRUSTED = 0, 1, 2, 3, 4, 5
"""Exit codes: fine; a criterion failed; bad input; inconclusive; not authenticated; trust policy unmet."""
CUT_OFF = 141
"""Whoever read the output closed it before its end, as ``head`` does: neither fine nor a criterion that failed."""

_WIDTH = 140
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)

_ = translations.translation("django", Path(__file__).parent.parent / "web" / "locale", fallback=True).gettext


class NotWritten(ClerestoryError):
    """A file could not be written; nothing of it is there."""


def fail(error: ClerestoryError, code: int = WRONG) -> NoReturn:
    """Show problem and remedy on stderr and end with an exit code."""
    sys.stderr.write(f"{_('Problem')}: {error.problem}\n{_('Remedy')}:  {error.remedy}\n")
    raise SystemExit(code)


def people() -> "Console":
    """Return the console for people's text beside a machine's document: stderr."""
    return _console(stderr=True)


def output() -> "Console":
    """Return the console for people's text on stdout."""
    return _console(stderr=False)


def print_document(document: object) -> None:
    """Write one JSON document on stdout."""
    in_letters = (sys.stdout.encoding or "utf-8").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(document, ensure_ascii=in_letters, indent=2, allow_nan=False) + "\n")


def letters_replaced() -> None:
    """Have letters that the terminal or file has not shown as a question mark, instead of ending in the middle."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def write_whole(file: Path, body: bytes) -> None:
    """Write a file beside its place and move it there, so that it is whole or not there.

    Raises:
        NotWritten: the folder cannot be written, or the disk is full.
    """
    write_together({file: body})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files so that all of them are whole or none is there; see `write_whole`."""
    parts: dict[Path, Path] = {}
    file = Path()
    try:
        for file, body in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
            parts[file] = Path(part)
            with os.fdopen(handle, "wb") as stream:
                stream.write(body)
                stream.flush()
                os.fsync(stream.fileno())
        for file, staged in parts.items():
            staged.chmod(0o644)
            staged.replace(file)
    except OSError as error:
        raise NotWritten(
            _("{file} cannot be written: {reason}.").format(file=file, reason=error.strerror),
            _("Free some space, or name a file in a folder that you may write to."),
        ) from error
    finally:
        for staged in parts.values():
            with contextlib.suppress(OSError):
                staged.unlink()


@contextlib.contextmanager
def errors_shown() -> Iterator[None]:
    """Turn every error into words and an exit code; one that nobody foresaw never looks like a failed criterion."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # what was printed is out, or it is said that it is not
    except ClerestoryError as error:
        fail(error)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write(_("Stopped.") + "\n")
        raise SystemExit(130) from None
    except BrokenPipeError:
        _cut_off()
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # typer met it first
            _cut_off()
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_SPACE and error.filename is None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            fail(NotWritten(
                _("The output cannot be written: {reason}.").format(reason=error.strerror),
                _("Free some space, then try again."),
            ))  # fmt: skip
        if known := _of_database(error):
            fail(known)
        if callable(show := getattr(error, "show", None)):  # what typer says of wrong usage
            show()
        else:
            traceback.print_exc()
            sys.stderr.write(_("Problem: a fault of this program; please report it with the lines above.") + "\n")
        raise SystemExit(WRONG) from None


def _cut_off() -> NoReturn:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(CUT_OFF) from None


def _of_database(error: Exception) -> ClerestoryError | None:
    """Return what a database's own words mean, where a command read or wrote one."""
    if "clerestory.store.unit" not in sys.modules:
        return None
    from clerestory.store.unit import NotWritten as Refused
    from clerestory.store.unit import plain_errors

    try:
        with plain_errors():
            raise error
    except Refused as known:
        return known
    except Exception:
        return None


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=_WIDTH)
