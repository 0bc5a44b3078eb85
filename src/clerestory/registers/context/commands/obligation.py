"""Obligations, and their comparison with the law."""

from dataclasses import replace
from datetime import date, datetime

from django.db.models import QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.registers.context import models
from clerestory.registers.context.commands.writing import Recorded, Shown, add_version, begin, end, go_on
from clerestory.registers.context.queries.obligation import obligation, obligations
from clerestory.registers.context.queries.reading import AREA, profile
from clerestory.registers.context.rules import ContextRefused, number_of
from clerestory.registers.context.rules.obligation import Obligation, check_law_review, check_obligation
from clerestory.store import directory
from clerestory.terms.sentence import gettext as _

KIND, PREFIX = "obligation", "obligation"
URL = "/context/obligations/"


def note_obligation(*, actor: Actor, said: Obligation, now: datetime | None = None) -> Recorded:
    """Note what binds the organisation; its id comes from here.

    Raises:
        ContextRefused: it is law of no jurisdiction of the organisation, or names an unknown AI system.
        NotAMember: its owner is no member.
    """
    permit(actor, "write", AREA)
    _check(actor, said)
    return begin(
        actor,
        models.Obligation.objects.filter(organisation_id=actor.organisation_id),
        PREFIX,
        lambda record_id: _shown(said, record_id),
        lambda record_id: lambda writer, version: writer.obligation(replace(said, obligation_id=record_id), version),
        _values(said),
        now=now,
    )


def change_obligation(
    *, actor: Actor, said: Obligation, expected_version: int, now: datetime | None = None
) -> Recorded:
    """Change an obligation, as when the law changed; what rests on the law as it was is then to be looked at anew."""
    permit(actor, "write", AREA)
    _check(actor, said)
    return go_on(
        actor, _rows(actor, said.obligation_id), said.obligation_id, _shown(said, said.obligation_id),
        lambda writer, version: writer.obligation(said, version), expected=expected_version,
        values=_values(said), now=now,
    )  # fmt: skip


def end_obligation(
    *, actor: Actor, obligation_id: str, reason: str, expected_version: int, now: datetime | None = None
) -> Recorded:
    """End what binds no more."""
    permit(actor, "write", AREA)
    said = obligation(actor, obligation_id)
    if said.ended_at is not None:
        raise ContextRefused(_("The obligation ended before."), _("Nothing more is needed."))
    return end(
        actor, _rows(actor, obligation_id), obligation_id, KIND,
        lambda writer, version: writer.obligation(said.obligation, version, ended=True),
        reason=reason, expected=expected_version, now=now,
    )  # fmt: skip


def review_law(
    *,
    actor: Actor,
    jurisdictions: tuple[str, ...],
    law_as_of: date,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Propose that the obligations were compared with the law of jurisdictions; a second person approves it.

    Raises:
        ContextRefused: no jurisdiction is named, one is unknown, or the day is still to come.
    """
    permit(actor, "write", AREA)
    check_law_review(jurisdictions, profile(actor).jurisdictions, law_as_of, today_of(actor, now))
    checked = sum(record.ended_at is None for record in obligations(actor))
    return add_version(
        actor,
        "law_review",
        {"jurisdictions": list(jurisdictions), "law_as_of": law_as_of.isoformat(), "checked": checked},
        lambda writer, version: writer.law_review(checked, law_as_of, jurisdictions, version),
        expected=expected_version,
        title=f"Obligations compared with the law as of {law_as_of.isoformat()}",
        url=URL,
        now=now,
    )


def _check(actor: Actor, said: Obligation) -> None:
    check_obligation(said, profile(actor).jurisdictions)
    require_member(actor.organisation_id, said.owner)
    known = {record.id for record in directory.find(actor.organisation_id, "ai_system", said.systems)}
    missing = [system for system in said.systems if system not in known]
    if missing:
        raise ContextRefused(
            _("There is no AI system {missing!r}.", missing=missing[0]), _("Register the system first.")
        )


def _rows(actor: Actor, obligation_id: str) -> QuerySet[models.Obligation]:
    return models.Obligation.objects.filter(
        organisation_id=actor.organisation_id, number=number_of(obligation_id, PREFIX)
    )


def _shown(said: Obligation, record_id: str) -> Shown:
    return Shown(KIND, said.title, f"/context/obligation/{record_id}/", said.owner)


def _values(said: Obligation) -> dict[str, object]:
    return {
        "title": said.title.strip(),
        "citation": said.citation.strip(),
        "source": str(said.source),
        "jurisdiction": said.jurisdiction,
        "valid_from": said.valid_from,
        "valid_until": said.valid_until,
        "owner": said.owner,
        "what": said.what.strip(),
        "systems": list(said.systems),
    }
