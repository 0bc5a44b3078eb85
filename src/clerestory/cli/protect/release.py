"""``clerestory release``: gives figures about people away with differential privacy, within a declared budget."""

from datetime import UTC, datetime
from pathlib import Path

import typer

from clerestory.cli.shell import _, output, people, print_document
from clerestory.terms.error import ClerestoryError


class ReleaseThere(ClerestoryError):
    """The file that would be written is there already."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "release",
        help=_(
            "Release counts, sums, means, histograms and quantiles with noise, within the budget of the data.\n\n"
            "The ceiling is the criterion of the check privacy.budget-accounting in the manifest beside the file. What "
            "is spent is written into its ledger before anything appears, and is refused beyond the ceiling.\n\n"
            "Exit code 0: released. 2: refused or bad input; nothing was released and nothing spent.\n\n"
            "Example: clerestory release release.toml"
        ),
    )(release)


def release(
    request: Path = typer.Argument(Path("release.toml"), help=_("What shall be released; beside the manifest.")),
    force: bool = typer.Option(False, "--force", help=_("Replace the output if it is there.")),
    as_json: bool = typer.Option(False, "--json", help=_("Print what was released and spent as JSON on stdout.")),
) -> None:
    """Release figures with noise and write what they cost into the ledger."""
    from clerestory.intake.release.request import read_wanted
    from clerestory.intake.release.run import release as carry_out

    wanted = read_wanted(request)
    target = wanted.folder / wanted.output
    if target.exists() and not force:
        raise ReleaseThere(
            _("{file} is there already; nothing was released.").format(file=target),
            _("Name another output for each release, or replace it with --force."),
        )
    found = carry_out(wanted, now=datetime.now(UTC))
    console = people() if as_json else output()
    console.print(
        _("Released {count} questions to {file}.").format(count=len(wanted.questions), file=target),
        soft_wrap=True,
        markup=False,
    )
    console.print(
        _("Epsilon spent on {name}: {before:.4g} before, {after:.4g} now, of {ceiling:.4g} at delta {delta:g}.").format(
            name=wanted.dataset, before=found.before, after=found.after, ceiling=found.ceiling, delta=found.delta
        ),
        soft_wrap=True,
        markup=False,
    )
    console.print(
        _("It stands in {ledger}. Next: `clerestory check` and `clerestory push` bring it into the register.").format(
            ledger=found.ledger
        ),
        soft_wrap=True,
        markup=False,
    )
    if as_json:
        spent = {"before": found.before, "after": found.after, "ceiling": found.ceiling, "delta": found.delta}
        print_document({"output": wanted.output, "ledger": found.ledger, "epsilon": spent, "released": found.document})
