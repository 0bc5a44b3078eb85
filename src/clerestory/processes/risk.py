"""A nonconformity asks that the risks of its system be looked at again; a new analysis of a risk answers that.

It asks for those that were there when it was opened and for those that are identified while it is open. A closed risk
is not asked for; to close one is to have looked at it.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.notice import notify
from clerestory.processes.process import Process
from clerestory.registers.nonconformity.commands import ask_for_review, note_review
from clerestory.registers.nonconformity.queries import asking_for_review, open_of_system, review_key
from clerestory.registers.risk.queries import closed_of
from clerestory.store import directory, log, trace
from clerestory.store.directory import Record
from clerestory.store.handover import Head
from clerestory.store.unit import atomic
from clerestory.terms.fact import Fact

ANALYSIS = "record.risk_analysis"
OPENED = "register.nonconformity"
IDENTIFIED = "register.risk"


def wants(head: Head) -> bool:
    """Tell whether an entry opens a nonconformity of a system, or identifies, changes or analyses a risk."""
    return (head.kind, head.subject_kind) in ((OPENED, "ai_system"), (IDENTIFIED, "risk"), (ANALYSIS, "risk"))


def follow(actor: Actor, fact: Fact, now: datetime) -> None:
    """Ask for the risks of the system to be looked at, or note that one was."""
    if fact.kind == ANALYSIS:
        for nonconformity_id, since in asking_for_review(actor, fact.subject.id):
            if fact.received_at >= since:
                note_review(actor=actor, nonconformity_id=nonconformity_id, risk_id=fact.subject.id)
    elif fact.kind == IDENTIFIED:
        _ask_for(actor, fact, now)
    elif fact.entity_version == 1:
        _ask(actor, fact, now)


def _ask(actor: Actor, fact: Fact, now: datetime) -> None:
    nonconformity_id = fact.entity.partition("/")[2]
    links = trace.links_to(actor.organisation_id, "ai_system", fact.subject.id)
    concerned = [link.from_id for link in links if link.from_kind == "risk" and link.relation == "concerns"]
    concerned = sorted(set(concerned) - closed_of(actor, concerned))
    with atomic():
        for record in directory.find(actor.organisation_id, "risk", concerned) if concerned else ():
            ask_for_review(actor=actor, nonconformity_id=nonconformity_id, risk_id=record.id)
            _tell(actor, record, fact, now)


def _ask_for(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let what is open about the system of a risk ask for it; what was analysed since then, as at once, is answered."""
    risk_id = fact.subject.id
    links = trace.links_from(actor.organisation_id, "risk", risk_id)
    systems = [link.to_id for link in links if (link.relation, link.to_kind) == ("concerns", "ai_system")]
    asking = [found for system_id in systems for found in open_of_system(actor, system_id)]
    record = directory.known(actor.organisation_id, "risk", risk_id)
    if closed_of(actor, [risk_id]):
        for nonconformity_id, _since in asking_for_review(actor, risk_id):
            note_review(actor=actor, nonconformity_id=nonconformity_id, risk_id=risk_id)
        return
    if record is None:
        return
    with atomic():
        for nonconformity_id, since in asking:
            ask_for_review(actor=actor, nonconformity_id=nonconformity_id, risk_id=risk_id)
            made = log.Search(kind=ANALYSIS, subject=fact.subject, received_from=since, size=1)
            if log.search(actor.organisation_id, made).rows:
                note_review(actor=actor, nonconformity_id=nonconformity_id, risk_id=risk_id)
        if asking:
            _tell(actor, record, fact, now)


def _tell(actor: Actor, record: Record, fact: Fact, now: datetime) -> None:
    """Tell the owner of a risk once that it is to be looked at, however many ask for it."""
    asking = asking_for_review(actor, record.id)
    if asking and record.owner:
        notify(
            organisation_id=actor.organisation_id,
            to=[record.owner],
            topic="risk",
            title=record.label,
            url=record.url,
            key=review_key(asking[0][0], record.id),
            text=_("A nonconformity of its system asks for this risk to be looked at again."),
            entries=(fact.entry_id,),
            now=now,
        )


PROCESS = Process(name="risk review", wants=wants, follow=follow)
