"""Shows on a terminal how far a run is; elsewhere nothing is shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clerestory.cli.shell import _, people

if TYPE_CHECKING:
    from clerestory.intake.manifest import Manifest
    from clerestory.intake.result import Run
    from clerestory.intake.run import Progress


def run_shown(manifest: "Manifest", engine: str) -> "Run":
    """Run the checks of a manifest with the engine of this name; raise what `run_check` raises."""
    from clerestory.intake.run import run_check
    from clerestory.store.engine.engine import open_engine

    with shown() as tell:
        return run_check(manifest, now=lambda: datetime.now(UTC), engine=open_engine(engine), progress=tell)


@contextmanager
def shown() -> "Iterator[Progress]":
    """Give a function that is told what is done and how much of how much, and shows it as bars."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = people()
    words = {
        "reading": _("Reading"),
        "scoring": _("Scoring"),
        "counting": _("Counting"),
        "trying": _("Trying"),
        "asking": _("Asking"),
        "judging": _("Judging"),
    }
    with Bars(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bars:
        tasks = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(words[what], total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield tell
