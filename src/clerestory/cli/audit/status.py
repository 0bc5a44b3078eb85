"""``clerestory status``: the derived status of every requirement, or the reasons of one."""

from collections import Counter
from typing import TYPE_CHECKING

import typer

from clerestory.cli.audit.since import show_since
from clerestory.cli.server.start import asked_at, one_organisation, ready
from clerestory.cli.shell import _, output, print_document
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import FrameworkId, RequirementId

if TYPE_CHECKING:
    from datetime import datetime

    from clerestory.judgement.evaluate import Judgement
    from clerestory.judgement.status import MemberResult, RequirementStatus

_SHAPES = {"CONFORMS": "●", "STALE": "◐", "NONCONFORMING": "✗", "NOT_EVIDENCED": "○", "NOT_APPLICABLE": "–"}
_MISSING_SHOWN = 1


class FrameworkUnknown(ClerestoryError):
    """No framework with rules has this id."""


class ChoiceUnclear(ClerestoryError):
    """Two choices do not go together."""


class RequirementUnknown(ClerestoryError):
    """The framework has no such requirement."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "status",
        help=_("Show where requirements stand.\n\nExample: clerestory status --at 2026-09-30 --why A.7.4"),
    )(status)


def status(
    framework: str = typer.Option("iso42001-2023", help=_("Id of the framework.")),
    at: str | None = typer.Option(
        None,
        metavar="DATE",
        help=_("Day or moment to judge at; now where none is given, a forecast where it is to come."),
    ),
    since: str | None = typer.Option(
        None, metavar="DATE", help=_("Show what changed since the end of that day, and what caused it.")
    ),
    why: str | None = typer.Option(None, metavar="REQUIREMENT", help=_("Show the reasons of one requirement.")),
    organisation: str | None = typer.Option(None, help=_("Id of the organisation, where there are several.")),
    as_json: bool = typer.Option(False, "--json", help=_("Write one JSON document on stdout.")),
) -> None:
    """Derive every status from the log as of any moment; one to come is a forecast: nothing new arrives until then."""
    ready()
    from clerestory.catalogue.load import load
    from clerestory.judgement.document import judgement_document, why_document
    from clerestory.judgement.evaluate import evaluate
    from clerestory.store.facts import judging

    catalogue = load()
    if FrameworkId(framework) not in catalogue.rules:
        raise FrameworkUnknown(
            _("There are no rules for a framework {id!r}.").format(id=framework),
            _("Use one of: {ids}.").format(ids=", ".join(catalogue.rules)),
        )
    if since is not None and why is not None:
        raise ChoiceUnclear(_("--since and --why show different things."), _("Give one of them."))
    with judging(one_organisation(organisation)) as index:
        judged = evaluate(catalogue, FrameworkId(framework), index, at=asked_at(at))
        if since is not None:
            before = _before(since, judged.at)
            show_since(index, evaluate(catalogue, FrameworkId(framework), index, at=before), judged, as_json=as_json)
            return
    if why is None:
        print_document(judgement_document(judged)) if as_json else _show_all(judged)
        return
    found = _one(judged, why)
    print_document(why_document(found)) if as_json else _show_why(found, judged.at)


def _before(since: str, until: "datetime") -> "datetime":
    moment = asked_at(since)
    if moment > until:
        raise ChoiceUnclear(
            _("{since} lies after the moment that is judged.").format(since=since), _("Name an earlier day.")
        )
    return moment


def _one(judged: "Judgement", why: str) -> "RequirementStatus":
    found = judged.get(RequirementId(why))
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(why, list(judged), n=3, cutoff=0.3)
        raise RequirementUnknown(
            _("The framework has no requirement {id!r}.").format(id=why),
            _("Did you mean {ids}?").format(ids=", ".join(near)) if near else _("`clerestory status` lists them all."),
        )
    return found


def _show_all(judged: "Judgement") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", _("Id"), _("Requirement"), _("Status"), _("Have"), _("Ages on"), _("Missing first")):
        table.add_column(title, no_wrap=title in (_("Id"), _("Status")), overflow="fold")
    for found in judged.values():
        table.add_row(
            _SHAPES[found.conformity.value],
            found.requirement,
            found.title,
            found.conformity.value,
            _("{have} of {need}").format(have=found.coverage.have, need=found.coverage.need),
            found.stale_on.isoformat() if found.stale_on else "",
            found.missing[0].text if found.missing else "",
        )
    output().print(table, markup=False)
    counts = Counter(found.conformity.value for found in judged.values())
    output().print(
        ", ".join(f"{count} {name}" for name, count in counts.most_common())
        + " · " + _basis(judged.at),
        markup=False,
    )  # fmt: skip


def _basis(at: "datetime") -> str:
    from clerestory.store import clock

    moment = at.isoformat(timespec="seconds")
    if at > clock.now():
        return _("forecast for {at}, if nothing new arrives until then").format(at=moment)
    return _("on the evidence held at {at}").format(at=moment)


def _show_why(found: "RequirementStatus", at: "datetime") -> None:
    say = output()
    say.print(
        f"{found.requirement} {found.title}: {found.conformity.value} " + _basis(at),
        markup=False,
        style="bold",
    )
    for rule in found.rules:
        state = rule.state.name if rule.applicable else _("not applicable")
        say.print(f"\n  {rule.rule}  {state}  {rule.coverage.have}/{rule.coverage.need}", markup=False)
        say.print(f"    {rule.because}", markup=False, style="dim")
        for missing in () if rule.needs else rule.missing:
            say.print(f"    {missing.text}", markup=False, soft_wrap=True)
        for need in rule.needs:
            asked = need.need.check or ", ".join(need.need.families) or need.need.kind
            say.print(f"    {need.state.name:<12} {asked}", markup=False)
            for member in need.members:
                _show_member(member)
    for note in found.notes:
        say.print(f"  {note.text}", markup=False)


def _show_member(member: "MemberResult") -> None:
    say = output()
    ages = "  " + _("ages on {day}").format(day=member.stale_on.isoformat()) if member.stale_on else ""
    say.print(f"      {member.state.name:<10} {member.label}{ages}", markup=False, soft_wrap=True)
    for entry in member.because:
        say.print("        " + _("entry {id}").format(id=entry), markup=False, style="dim")
    for missing in member.missing:
        said = missing.text.removeprefix(f"{member.label}: ")
        say.print(f"        {said}", markup=False, soft_wrap=True)
