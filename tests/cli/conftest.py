"""The command line as a person meets it: arguments in, exit code, stdout and stderr out."""

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from clerestory.cli.main import run


class Said(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Clerestory = Callable[..., Said]


@pytest.fixture
def clerestory(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clerestory:
    """Run the command line in this process."""

    def call(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["clerestory", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            run()
        captured = capsys.readouterr()
        return Said(int(end.value.code or 0), captured.out, captured.err)

    return call
