"""Interested parties, what was decided about their needs, and where each is answered."""

from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.context import models
from clerestory.registers.context.commands.writing import Recorded, Shown, add_version, begin, end, go_on
from clerestory.registers.context.queries.party import parties, party
from clerestory.registers.context.queries.reading import AREA
from clerestory.registers.context.rules import ContextRefused, number_of
from clerestory.registers.context.rules.party import Decision, Need, Party, check_party
from clerestory.terms.sentence import gettext as _

KIND, PREFIX = "interested_party", "party"
URL = "/context/parties/"


def note_party(*, actor: Actor, said: Party, now: datetime | None = None) -> Recorded:
    """Note an interested party with its needs, each still open unless it says more; its id comes from here.

    Raises:
        ContextRefused: it has no need, or there is a party of that name.
    """
    permit(actor, "write", AREA)
    check_party(said)
    _refuse_double(actor, said)
    return begin(
        actor,
        models.Party.objects.filter(organisation_id=actor.organisation_id),
        PREFIX,
        lambda record_id: _shown(said, record_id),
        lambda record_id: lambda writer, version: writer.party(replace(said, party_id=record_id), version),
        _values(said),
        now=now,
    )


def change_party(*, actor: Actor, said: Party, expected_version: int, now: datetime | None = None) -> Recorded:
    """Change name or needs; what was decided about a need stays as long as its text does."""
    permit(actor, "write", AREA)
    before = {need.text: need for need in party(actor, said.party_id).party.needs}
    merged = replace(said, needs=tuple(before.get(need.text, need) for need in said.needs))
    return _write(actor, merged, expected_version, now)


def decide_need(
    *, actor: Actor, party_id: str, place: int, need: Need, expected_version: int, now: datetime | None = None
) -> Recorded:
    """Decide about one need, and say where it is answered; ``place`` counts from 0.

    Raises:
        ContextRefused: there is no such need, or the decision lacks its reason.
    """
    permit(actor, "write", AREA)
    said = party(actor, party_id).party
    if not 0 <= place < len(said.needs):
        raise ContextRefused(
            _("{name} has no need {place}.", name=said.name, place=place + 1), _("Open the party again.")
        )
    needs = (*said.needs[:place], need, *said.needs[place + 1 :])
    return _write(actor, replace(said, needs=needs), expected_version, now)


def end_party(
    *, actor: Actor, party_id: str, reason: str, expected_version: int, now: datetime | None = None
) -> Recorded:
    """End a party that is interested no more; its needs are asked for no more."""
    permit(actor, "write", AREA)
    said = party(actor, party_id)
    if said.ended_at is not None:
        raise ContextRefused(_("The party ended before."), _("Nothing more is needed."))
    return end(
        actor, _rows(actor, party_id), party_id, KIND,
        lambda writer, version: writer.party(said.party, version, ended=True),
        reason=reason, expected=expected_version, now=now,
    )  # fmt: skip


def review_parties(*, actor: Actor, expected_version: int | None = None, now: datetime | None = None) -> Recorded:
    """Propose what was decided about the needs as they stand now; it counts once a second person approved it.

    Raises:
        ContextRefused: there is no party, or nothing was decided about any need.
    """
    permit(actor, "write", AREA)
    current = _current(actor)
    if not any(said.items(Decision.ADOPTED, Decision.DECLINED) for said in current):
        raise ContextRefused(
            _("Nothing was decided about any need."), _("Decide about the needs of the parties first.")
        )
    return add_version(
        actor,
        "party_review",
        {"parties": [[said.name, len(said.needs), len(said.items(Decision.OPEN))] for said in current]},
        lambda writer, version: writer.party_review(current, version),
        expected=expected_version,
        title=f"Needs of {len(current)} interested parties",
        url=URL,
        now=now,
    )


def trace_needs(*, actor: Actor, now: datetime | None = None) -> Recorded:
    """Record where each need that was taken on is answered, as it stands now.

    Raises:
        ContextRefused: no need was taken on and answered.
    """
    permit(actor, "write", AREA)
    current = _current(actor)
    traced = [item for said in current for item in said.traced]
    if not traced:
        raise ContextRefused(
            _("No need says where it is answered."), _("Take needs on and name their clauses or controls.")
        )
    return add_version(
        actor, "need_trace", {"traced": traced}, lambda writer, version: writer.trace(current, version), now=now
    )


def _write(actor: Actor, said: Party, expected: int, now: datetime | None) -> Recorded:
    check_party(said)
    _refuse_double(actor, said)
    return go_on(
        actor, _rows(actor, said.party_id), said.party_id, _shown(said, said.party_id),
        lambda writer, version: writer.party(said, version), expected=expected, values=_values(said), now=now,
    )  # fmt: skip


def _refuse_double(actor: Actor, said: Party) -> None:
    for record in parties(actor):
        same = record.party.name.casefold() == said.name.strip().casefold()
        if same and record.ended_at is None and record.party.party_id != said.party_id:
            raise ContextRefused(
                _("There is a party {name!r} already.", name=record.party.name), _("Add the needs to that one.")
            )


def _current(actor: Actor) -> tuple[Party, ...]:
    return tuple(record.party for record in parties(actor) if record.ended_at is None)


def _rows(actor: Actor, party_id: str) -> QuerySet[models.Party]:
    return models.Party.objects.filter(organisation_id=actor.organisation_id, number=number_of(party_id, PREFIX))


def _shown(said: Party, record_id: str) -> Shown:
    return Shown(KIND, said.name, f"/context/party/{record_id}/")


def _values(said: Party) -> dict[str, object]:
    needs = [[need.text, str(need.decision), need.reason.strip(), list(need.answered_by)] for need in said.needs]
    return {"name": said.name.strip(), "needs": needs}
