"""One nonconformity as a paper: what it is, each step with its entry, and the results of its check."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_in
from clerestory.desk.document import Facts, Heading, Mark, Paper, Paragraph, Table, references
from clerestory.desk.document.paper import Part
from clerestory.desk.lists.words import word
from clerestory.desk.people import members
from clerestory.registers.nonconformity import forms, queries
from clerestory.registers.nonconformity.queries import Detail, Measured, Taken
from clerestory.registers.nonconformity.rules import STEPS, Step
from clerestory.store import log

_TONES = {"PASS": "good", "FAIL": "bad"}


def record_paper(actor: Actor, detail: Detail, at: datetime, *, organisation: str) -> Paper:
    """Return the paper of a nonconformity."""
    names = {str(member.person_id): member.name for member in members(actor, past=True)}
    row = detail.row
    return Paper(
        title=f"{row.nonconformity_id} {row.title}",
        organisation=organisation,
        at=at,
        parts=tuple(_parts(detail, names)),
        subtitle=str(queries.GRADE_WORDS[row.grade]),
        evidence=references(_with_leaves(actor, detail)),
    )


def _parts(detail: Detail, names: dict[str, str]) -> Iterator[Part]:
    row, days = detail.row, detail.days
    closed = row.step is Step.CLOSED
    yield Facts(
        (
            (_("Requirement not fulfilled"), ", ".join((row.requirement, *row.bears_on))),
            (_("AI system"), row.system_name or "–"),
            (_("Owner"), row.owner_name or "–"),
            (_("Found by"), str(queries.FOUND_WORDS[row.found_by])),
            (_("Found on"), row.found_on),
            (_("Next step"), Mark(str(queries.STEP_WORDS[row.step]), "good" if closed else "accent")),
            *((str(forms.DAY_WORDS[name]), getattr(days, name)) for name in forms.DAYS),
        )
    )
    yield Paragraph(detail.statement)
    for step in STEPS:
        yield Heading(str(queries.STEP_WORDS[step]), 2)
        taken = detail.taken(step)
        if not taken:
            yield Paragraph(_("Not taken yet."), quiet=True)
        for made in taken:
            yield Facts(tuple(_said(made, names)))
    if detail.results:
        yield Table(
            _("Results of the check"),
            (_("Day"), _("Verdict"), _("Value"), "n", _("Entry")),
            [(day_in(detail.time_zone, r.at), _mark(r.verdict), label_of(r), r.n, r.entry_id) for r in detail.results],
        )


def _mark(verdict: str) -> Mark:
    return Mark(verdict_word(verdict), _TONES.get(verdict, "open"))


def _said(made: Taken, names: dict[str, str]) -> Iterator[tuple[str, str | date | tuple[str, ...]]]:
    said = made.said
    for key, label in _FIELDS.items():
        value = said.get(key)
        if value in (None, "", [], ()):
            continue
        if isinstance(value, bool):
            yield str(label), _("yes") if value else _("no")
        elif key in ("responsible", "confirmer"):
            yield str(label), names.get(str(value), str(value))
        elif key == "similar" and isinstance(value, list):
            yield str(label), "\n".join(f"{forms.PLACE_WORDS[place]}: {found}" for place, found in value if found)
        elif isinstance(value, list):
            yield str(label), ", ".join(map(str, value))
        elif key == "method":
            yield str(label), str(forms.METHOD_WORDS.get(str(value), value))
        else:
            yield str(label), str(value)
    yield _("By"), f"{names.get(made.taken_by, made.taken_by)}, {day_word(made.taken_at)}"
    if made.standing is not None:
        approvers = [names.get(a.approver, a.approver) for a in made.standing.approvals if a.revoked_at is None]
        yield _("Approved by"), ", ".join(approvers) or _("nobody yet")


_FIELDS = forms.FIELD_WORDS


def _with_leaves(actor: Actor, detail: Detail) -> Iterator[tuple[str, str, str]]:
    entries = list(_entries(detail))
    found = log.leaf_hashes(actor.organisation_id, (entry_id for entry_id, _about in entries))
    leaves: Mapping[str, str] = {str(entry_id): str(leaf) for entry_id, leaf in found.items()}
    yield from ((entry_id, leaves.get(entry_id, ""), about) for entry_id, about in entries)


def _entries(detail: Detail) -> Iterator[tuple[str, str]]:
    yield detail.row.entry_id, _("Nonconformity")
    for made in detail.steps:
        yield made.entry_id, str(queries.STEP_WORDS[made.step])
        if made.standing is not None:
            for approval in made.standing.approvals:
                yield approval.entry_id, _("Approval")


def label_of(result: Measured) -> str:
    """Return value and interval as text; why nothing could be said where there is no value."""
    if result.value is None:
        return _(result.reason) if result.reason else ""
    value = formats.number_format(f"{result.value:.4g}")
    if result.low is None or result.high is None:
        return value
    return f"{value} [{formats.number_format(f'{result.low:.4g}')}, {formats.number_format(f'{result.high:.4g}')}]"


def verdict_word(verdict: str) -> str:
    """Return a verdict in the reader's language."""
    return word(verdict)


def day_word(at: date | datetime) -> str:
    """Write a day as the reader's language does."""
    # Translators: date format of Django
    return formats.date_format(at, pgettext("date format", "j M Y"))
