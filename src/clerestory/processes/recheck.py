"""A later result of a check is noted with the nonconformity that the check opened. It closes nothing: a person does.

A pass after the action is what the effect can rest on. INCONCLUSIVE opens nothing and closes nothing, but is noted.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.notice import notify
from clerestory.processes.process import Process
from clerestory.processes.requirement import key_of
from clerestory.registers.nonconformity.commands import note_result
from clerestory.registers.nonconformity.queries import open_for_check
from clerestory.registers.nonconformity.rules import Step
from clerestory.store.handover import Head
from clerestory.store.unit import atomic
from clerestory.terms.fact import Fact
from clerestory.terms.status import Verdict


def wants(head: Head) -> bool:
    """Tell whether an entry is a result that did not fail."""
    return head.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE) and head.kind in load().result_kinds


def follow(actor: Actor, fact: Fact, now: datetime) -> None:
    """Note a result with the open nonconformity of its check, and tell whom it concerns when it passed."""
    row = open_for_check(actor, "|".join(key_of(fact)))
    if row is None or fact.received_at < row.opened_at:
        return
    with atomic():
        note_result(actor=actor, nonconformity_id=row.nonconformity_id, entry_id=fact.entry_id)
        if fact.values.get("verdict") != Verdict.PASS:
            return
        confirming = row.step is Step.EFFECT
        notify(
            organisation_id=actor.organisation_id,
            to=[person for person in (row.confirmer if confirming else row.owner,) if person],
            topic="nonconformity",
            title=f"{row.nonconformity_id} {row.title}",
            url=f"/nonconformity/{row.nonconformity_id}/",
            key=f"{row.nonconformity_id} passed {fact.entry_id}",
            text=_("The check passes again: look whether the action worked, and confirm it.")
            if confirming
            else _("The check passes again. The steps that are open stay open."),
            entries=(fact.entry_id,),
            now=now,
        )


PROCESS = Process(name="re-check", wants=wants, follow=follow)
