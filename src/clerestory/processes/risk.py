"""A nonconformity asks that the risks of its system be looked at again; a new analysis of a risk answers that."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.notice import notify
from clerestory.processes.process import Process
from clerestory.registers.nonconformity.commands import ask_for_review, note_review
from clerestory.registers.nonconformity.queries import asking_for_review
from clerestory.store import directory, trace
from clerestory.store.handover import Head
from clerestory.store.unit import atomic
from clerestory.terms.fact import Fact

ANALYSIS = "record.risk_analysis"
OPENED = "register.nonconformity"


def wants(head: Head) -> bool:
    """Tell whether an entry opens a nonconformity of a system, or analyses a risk."""
    return (head.kind, head.subject_kind) in ((OPENED, "ai_system"), (ANALYSIS, "risk"))


def follow(actor: Actor, fact: Fact, now: datetime) -> None:
    """Ask for the risks of the system to be looked at, or note that one was."""
    if fact.kind == ANALYSIS:
        for nonconformity_id, since in asking_for_review(actor, fact.subject.id):
            if fact.received_at >= since:
                note_review(actor=actor, nonconformity_id=nonconformity_id, risk_id=fact.subject.id)
    elif fact.entity_version == 1:
        _ask(actor, fact, now)


def _ask(actor: Actor, fact: Fact, now: datetime) -> None:
    nonconformity_id = fact.entity.partition("/")[2]
    links = trace.links_to(actor.organisation_id, "ai_system", fact.subject.id)
    concerned = [link.from_id for link in links if link.from_kind == "risk" and link.relation == "concerns"]
    with atomic():
        for record in directory.find(actor.organisation_id, "risk", concerned):
            ask_for_review(actor=actor, nonconformity_id=nonconformity_id, risk_id=record.id)
            notify(
                organisation_id=actor.organisation_id,
                to=[record.owner] if record.owner else [],
                topic="risk",
                title=record.label,
                url=record.url,
                key=f"{nonconformity_id} asks for {record.id}",
                text=_("A nonconformity of its system asks for this risk to be looked at again."),
                entries=(fact.entry_id,),
                now=now,
            )


PROCESS = Process(name="risk review", wants=wants, follow=follow)
