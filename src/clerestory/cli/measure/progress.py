"""Runs the checks of a manifest while a terminal shows how far they are; elsewhere nothing is shown."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clerestory.cli.shell import _, people

if TYPE_CHECKING:
    from clerestory.intake.manifest import Manifest
    from clerestory.intake.result import Run


def run_shown(manifest: "Manifest", engine: str) -> "Run":
    """Run the checks of a manifest with the engine of this name; raise what `run_check` raises."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from clerestory.intake.run import run_check
    from clerestory.store.engine.engine import open_engine

    console = people()
    words = {
        "reading": _("Reading"),
        "scoring": _("Scoring"),
        "counting": _("Counting"),
        "trying": _("Trying"),
        "judging": _("Judging"),
    }
    with Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        tasks = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(words[what], total=total)
            bar.update(tasks[what], completed=done, total=total)

        return run_check(manifest, now=lambda: datetime.now(UTC), engine=open_engine(engine), progress=tell)
