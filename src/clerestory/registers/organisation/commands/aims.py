"""The processes to begin with, and the parts that are shared with other management systems."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils.translation import gettext

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.organisation import models
from clerestory.registers.organisation.commands.record import AREA, Recorded, register_process, write_record
from clerestory.registers.organisation.facts import INTEGRATED_PART, organisation_subject
from clerestory.registers.organisation.queries import process_ids
from clerestory.registers.organisation.queries.aims import clauses
from clerestory.registers.organisation.rules import (
    OrganisationRefused,
    Process,
    Shared,
    check_shared,
    usual_processes,
)
from clerestory.registers.organisation.rules.aims import OTHERS
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms import sentence
from clerestory.terms.evidence import FactValue


def begin_with_usual_processes(
    *, actor: Actor, process_ids: Iterable[str], owner: str, first_run_on: date, now: datetime | None = None
) -> tuple[Recorded, ...]:
    """Register several of the usual processes at once, all of them or none.

    Raises:
        OrganisationRefused: none is chosen, one is no usual process or is registered already.
        NotAMember: the owner is no member.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    chosen = list(dict.fromkeys(process_ids))
    known = {usual.process_id: usual for usual in usual_processes()}
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen:
        problem = (
            sentence.gettext("{name!r} is no usual process.", name=unknown[0])
            if unknown
            else sentence.gettext("No process is chosen.")
        )
        raise OrganisationRefused(problem, sentence.gettext("Tick those that your management system has."))
    with atomic():
        return tuple(
            register_process(
                actor=actor,
                now=moment,
                process=Process(
                    process_id=name,
                    name=gettext(known[name].name),
                    clause_family=known[name].clause_family,
                    owner=owner,
                    interval=known[name].interval,
                    first_run_on=first_run_on,
                    inputs=tuple(map(gettext, known[name].inputs)),
                    outputs=tuple(map(gettext, known[name].outputs)),
                ),
            )
            for name in chosen
        )


def share_part(*, actor: Actor, shared: Shared, now: datetime | None = None) -> Recorded:
    """Record which part of another management system is used for this one as well.

    Raises:
        OrganisationRefused: the other system, the clause or the process is unknown, nothing is reused, or it is known.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_shared(shared, dict(clauses()), process_ids(actor))
    values: dict[str, FactValue] = {
        "other_system": OTHERS[shared.other],
        "requirement": shared.requirement,
        "other_clause": shared.other_clause.strip(),
        "reused": shared.reused.strip(),
        **({"process_id": shared.process_id} if shared.process_id else {}),
    }
    with atomic():
        rows = models.Record.objects.filter(organisation_id=actor.organisation_id, kind=INTEGRATED_PART)
        if rows.filter(values=values).exists():
            raise OrganisationRefused(
                sentence.gettext("This part is recorded as shared already."),
                sentence.gettext("Nothing more is needed."),
            )
        written = write_record(
            actor,
            INTEGRATED_PART,
            organisation_subject(actor.organisation_id),
            values,
            moment,
            title=f"{values['other_system']} {values['other_clause']}: {values['reused']}",
        )
        number = written.fact.entity.partition("/")[2]
    return Recorded(number, 1, written.entry_id)
