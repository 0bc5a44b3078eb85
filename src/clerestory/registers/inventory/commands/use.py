"""Questions of members whether they may use AI for something: answered at once by the rules, or put to a person."""

from datetime import datetime
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve, propose, revoke, standings, when_standing_changes
from clerestory.desk.day import day_of, today_of
from clerestory.desk.notice.notify import notify
from clerestory.desk.people import actors_of
from clerestory.desk.permit import NotPermitted, permit
from clerestory.desk.version import first_wins, next_number
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.record import Registered
from clerestory.registers.inventory.facts.use import approval_evidence, question_evidence
from clerestory.registers.inventory.queries.records import InventoryUnknown, ai_system
from clerestory.registers.inventory.queries.triage import UseRecord, earlier_answer, policy_in_force, use
from clerestory.registers.inventory.rules.record import InventoryRefused, Stage
from clerestory.registers.inventory.rules.use import (
    Answer,
    Answered,
    Question,
    State,
    answer,
    check_question,
    use_rules,
)
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms import sentence
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId
from clerestory.terms.text import plain

URL = "/inventory/uses/"


def ask_for_use(*, actor: Actor, question: Question, now: datetime | None = None) -> Registered:
    """Ask whether AI may be used for something: every member may, and the rules answer at once where they can.

    Where an earlier answer of a person holds for the question, it is given again; else a person has some days.

    Raises:
        NotPermitted: an auditor from outside asks, or nobody who is a member.
        InventoryRefused: nothing is said about the use.
        InventoryUnknown: it names a system that is not in the inventory.
    """
    permit(actor, "read", "inventory")  # asking changes nothing but the list of questions, and is for every member
    if actor.access == "auditor" or actor.machine is not None:
        raise NotPermitted(
            sentence.gettext("Only members ask to use AI."), sentence.gettext("Let the person ask who wants to use it.")
        )
    if actor.scopes is not None:
        permit(actor, "write", "inventory")  # what asks in somebody's name writes in it
    moment, rules = now or clock.now(), use_rules()
    check_question(question, rules)
    record = ai_system(actor, question.system_id) if question.system_id else None
    used = record is not None and record.system.stage is not Stage.RETIREMENT
    said = answer(question, record.tier if record else None, rules, may_be_used=used)
    with first_wins(), atomic():
        rows = models.UseRequest.objects.filter(organisation_id=actor.organisation_id)
        number = next_number(actor.organisation_id, rows)
        policy = policy_in_force(actor)
        asks = said.answer is Answer.ASKS
        earlier = earlier_answer(actor, question, policy, today_of(actor, moment)) if asks else None
        made = question_evidence(
            question, said, of=actor.organisation_id, by=actor.person(), at=moment, number=number, policy=policy,
            rules_version=rules.version, same_as=f"use-{earlier.number}" if earlier else "",
        )  # fmt: skip
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        stands: dict[str, Any] = {"state": State.ANSWERED, "entry_id": entry.entry_id}
        if earlier is not None:
            stands |= {
                "state": earlier.state, "same_as": earlier, "valid_until": earlier.valid_until,
                "decided_by": earlier.decided_by, "decided_at": earlier.decided_at,
                "decision_reason": earlier.decision_reason,
            }  # fmt: skip
        elif asks:
            until = today_of(actor, moment) + rules.valid_for
            if question.system_id:
                wanted = approval_evidence(
                    question, said, by=actor.person(), at=moment, number=number, until=until, asked=entry.entry_id
                )
                entry = evidence.append(wanted, organisation_id=actor.organisation_id, now=moment)
            title = f"Use of AI: {' '.join(question.purpose.split())}"
            url = f"{URL}use-{number}/"
            propose(entry, actor=actor, title=title, url=url)
            _tell_deciders(actor, entry.entry_id, title, url, moment)
            stands = {
                "state": State.WAITING, "entry_id": entry.entry_id, "valid_until": until,
                "due_on": today_of(actor, moment) + rules.time_to_answer,
            }  # fmt: skip
        rows.create(organisation_id=actor.organisation_id, **_columns(actor, question, said, number, policy, moment),
                    **stands)  # fmt: skip
    return Registered(f"use-{number}", 1, entry.entry_id)


def _tell_deciders(actor: Actor, entry_id: EntryId, title: str, url: str, now: datetime) -> None:
    """Tell at once whoever may decide: somebody waits to begin. The key is that of reminders, so none hears twice."""
    standing = standings(actor, (entry_id,))[entry_id]
    notify(
        organisation_id=actor.organisation_id,
        to=[one.person_id for one, _language in actors_of(actor.organisation_id) if standing.can_approve(one)],
        topic="approval",
        title=format_lazy(_("Waits for your approval: {title}"), title=title),
        url=url,
        key=f"approval/{entry_id}",
        now=now,
    )


def approve_use(*, actor: Actor, use_id: str, now: datetime | None = None) -> None:
    """Approve a use that waits for a person, under the conditions that the rules name; never one's own question.

    Raises:
        NotAuthenticatedAnew: the actor did not prove anew who they are.
        ApprovalRefused: it is their own, or no longer open.
    """
    permit(actor, "approve", "inventory")
    approve(actor=actor, entry_id=_first_asked(actor, use_id).entry_id, now=now)


def refuse_use(*, actor: Actor, use_id: str, reason: str, now: datetime | None = None) -> EntryId:
    """Refuse a use that waits for a person, with the reason that the asker reads.

    Raises:
        NotAuthenticatedAnew: the actor did not prove anew who they are.
        InventoryRefused: it does not wait any more, or is the actor's own question.
    """
    permit(actor, "approve", "inventory")
    record = _first_asked(actor, use_id)
    why = plain(reason, sentence.gettext("reason"), longest=500)
    if record.state is not State.WAITING:
        raise InventoryRefused(
            sentence.gettext("The question does not wait for anybody."),
            sentence.gettext("Ask again if it has changed."),
        )
    if record.asker == actor.person_id:
        raise InventoryRefused(
            sentence.gettext("This is your own question."), sentence.gettext("Let somebody else decide.")
        )
    return revoke(actor=actor, entry_id=record.entry_id, reason=why, now=now)


# house: allow permit-first: follows an approval or a revocation, which asked
def note_decision(actor: Actor, fact: Fact, now: datetime) -> None:
    """Keep with a question what a person decided about it, and with every question that got the same answer.

    Where neither an approval nor a refusal stands any more, it waits again.
    """
    rows = models.UseRequest.objects.filter(organisation_id=actor.organisation_id)
    row = rows.filter(entry_id=fact.entry_id).first()
    standing = standings(actor, (fact.entry_id,)).get(fact.entry_id)
    if row is None or standing is None:
        return
    until = day_of(actor, row.asked_at) + use_rules().valid_for
    values: dict[str, Any] = {"decided_by": actor.person_id, "decided_at": now, "decision_reason": ""}
    if standing.revoked_at is not None:
        values |= {"state": State.REFUSED, "valid_until": None, "decision_reason": standing.revoked_reason[:500]}
    elif standing.is_approved:
        values |= {"state": State.APPROVED, "valid_until": row.valid_until or until}
    else:
        values = {"state": State.WAITING, "valid_until": row.valid_until or until, "decision_reason": ""}
        values |= {"decided_by": "", "decided_at": None}
    alike, found = set[int](), {row.pk}
    while found:
        alike |= found
        found = set(rows.filter(same_as__in=found).exclude(pk__in=alike).values_list("pk", flat=True))
    rows.filter(pk__in=alike).update(**values)


def _first_asked(actor: Actor, use_id: str) -> UseRecord:
    """Return the question that is decided: this one, or the one whose answer it got."""
    record = use(actor, use_id)
    return record if not record.same_as else _first_asked(actor, record.same_as)


def _columns(
    actor: Actor, question: Question, said: Answered, number: int, policy: str, moment: datetime
) -> dict[str, object]:
    system = models.AISystem.objects.filter(organisation_id=actor.organisation_id, system_id=question.system_id).first()
    if system is None and question.system_id:
        raise InventoryUnknown(
            sentence.gettext("There is no AI system {system_id!r}.", system_id=question.system_id),
            sentence.gettext("Choose one of the list."),
        )
    return {
        "number": number, "asker": actor.person_id, "purpose": question.purpose.strip(), "system": system,
        "marks": list(question.marks), "answer": str(said.answer), "reasons": [list(one) for one in said.reasons],
        "conditions": list(said.conditions), "policy": policy, "rules_version": use_rules().version,
        "asked_at": moment,
    }  # fmt: skip


when_standing_changes("decision.use_approval", note_decision)
when_standing_changes("record.use_request", note_decision)
