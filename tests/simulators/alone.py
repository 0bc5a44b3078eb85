"""The one-file verifier of this version: its text, and its program to call beside the product's own."""

import contextlib
import importlib.util
import io
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from clerestory.report.verifier.write import verifier

Answer = tuple[int, str, str]
"""Exit code, what stands on stdout, what stands on stderr."""


@cache
def text() -> bytes:
    return verifier()


@cache
def program() -> Callable[[list[str]], None]:
    """Load the file as a module of its own; it brings everything along but the standard library."""
    folder = Path(tempfile.mkdtemp())
    file = folder / "verify.py"
    file.write_bytes(text())
    spec = importlib.util.spec_from_file_location("verify_alone", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_alone"] = module
    spec.loader.exec_module(module)
    return module.run


def answer(run: Callable[[list[str]], None], *arguments: object) -> Answer:
    """Call a program as from a command line."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            run([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, out.getvalue(), err.getvalue()
