"""The pytest plugin: with ``--clerestory`` every [[check]] of a clerestory.toml is a test of the model's repository.

A failed criterion and a check that could not run fail their test; an inconclusive one is skipped with its reason, or
fails with ``--clerestory-strict``. Nothing is sent anywhere; the run is kept for ``clerestory push`` as by the command.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clerestory.cli.report.sentence import sentence
from clerestory.intake.manifest import FILE_NAME, read
from clerestory.intake.result import Result, Run
from clerestory.terms.error import ClerestoryError
from clerestory.terms.status import Verdict


class CriterionNotMet(Exception):
    """A check of the manifest did not pass; the text is shown without a trace."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("clerestory")
    group.addoption("--clerestory", action="store_true", help=f"Run the checks of every {FILE_NAME} as tests.")
    group.addoption("--clerestory-strict", action="store_true", help="Inconclusive checks fail, too.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ManifestFile | None":
    """Take a manifest for a file of tests."""
    if file_path.name != FILE_NAME or not parent.config.getoption("--clerestory"):
        return None
    found: ManifestFile = ManifestFile.from_parent(parent, path=file_path)
    return found


class ManifestFile(pytest.File):
    """A manifest; its checks run together when the first of them is asked for."""

    _run: Run | ClerestoryError | None = None

    def collect(self) -> Iterator["CheckItem"]:
        """Yield a test per check, in the order of the manifest."""
        try:
            tables = read(self.path).checks
        except ClerestoryError as error:
            raise self.CollectError(f"{error.problem} {error.remedy}") from error
        for place, table in enumerate(tables):
            name = f"{table.name}[{table.criterion}]"
            yield CheckItem.from_parent(self, name=name, place=place)

    def results(self) -> tuple[Result, ...]:
        """Run all checks, once.

        Raises:
            ClerestoryError: bad input; nothing ran.
        """
        if self._run is None:
            self._run = self._made()
        if isinstance(self._run, ClerestoryError):
            raise self._run
        return self._run.results

    def _made(self) -> Run | ClerestoryError:
        from clerestory.cli.measure.check import LAST_RUN
        from clerestory.cli.shell import write_together
        from clerestory.intake.run import run_check

        try:
            made = run_check(read(self.path), now=lambda: datetime.now(UTC))
            write_together({self.path.parent / LAST_RUN: made.body()})
        except ClerestoryError as error:
            return error
        return made


class CheckItem(pytest.Item):
    """One check of a manifest."""

    def __init__(self, *, place: int, **more: Any) -> None:
        super().__init__(**more)
        self._place = place

    def runtest(self) -> None:
        """Fail, skip or pass by the verdict."""
        if not isinstance(self.parent, ManifestFile):
            raise TypeError("a check stands in a manifest")
        result = self.parent.results()[self._place]
        if result.verdict is Verdict.PASS:
            return
        said = sentence(result)
        if result.verdict is Verdict.INCONCLUSIVE and not self.config.getoption("--clerestory-strict"):
            pytest.skip(f"inconclusive: {said}")
        raise CriterionNotMet(said)

    def repr_failure(self, excinfo: "pytest.ExceptionInfo[BaseException]", style: Any = None) -> Any:
        """Show what was found or what is wrong, and for whom that is too little, the trace."""
        if isinstance(excinfo.value, CriterionNotMet):
            return str(excinfo.value)
        if isinstance(excinfo.value, ClerestoryError):
            return f"Problem: {excinfo.value.problem}\nRemedy: {excinfo.value.remedy}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the check stands."""
        return self.path, None, self.name
