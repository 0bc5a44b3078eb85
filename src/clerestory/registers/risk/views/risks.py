"""The list of risks, one risk, and the forms that identify and change it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve, standings, waiting_for
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing, say_known
from clerestory.desk.lists import Bulk, Empty, list_page, row_at, rows_seen, show_list
from clerestory.desk.lists.bulk import Pick
from clerestory.desk.people import NotAMember, members
from clerestory.desk.permit import may, permit
from clerestory.desk.record import record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands
from clerestory.registers.risk.forms.rating import SCALES, rating_values, said_steps
from clerestory.registers.risk.forms.risk import EditForm, IdentifyForm, edit_values
from clerestory.registers.risk.queries import criteria_in_force, risk_counts, risk_page, risk_record, words
from clerestory.registers.risk.queries.lists import risk_columns, system_choices
from clerestory.registers.risk.queries.record import RiskRecord, people, risk_with_steps, tasks_of, unchanged
from clerestory.registers.risk.rules.scale import RatingRefused
from clerestory.registers.risk.views.asked import (
    AREA,
    WORDS,
    criteria_seen,
    form_page,
    is_owner,
    shown,
    way_back,
)
from clerestory.registers.risk.views.picture import BowTie, bow_tie
from clerestory.terms.ids import PersonId


@list_page
def risks(request: MemberRequest) -> HttpResponse:
    """List the risks, gravest first, with their counts above."""
    actor, on = request.actor, today_of(request.actor)
    counts = risk_counts(actor, on)
    everybody = members(actor, past=True)
    names: dict[str, str] = {member.person_id: member.name for member in everybody}
    columns = risk_columns(actor, on, everybody)
    owners = next(column.options for column in columns if column.name == "owner")
    return show_list(
        request,
        "risk/risks.html",
        columns=columns,
        name="risk",
        title=_("Risks"),
        placeholder=_("Risk or system"),
        fetch=lambda query: risk_page(actor, query, columns, names),
        row_id=lambda row: row_at(row.risk_id, row.version),
        bulk=(
            Bulk(
                "assign",
                gettext_lazy("Give to another owner"),
                _assign,
                icon="people",
                pick=Pick(gettext_lazy("New owner"), owners),
            ),
            Bulk(
                "approve-analyses",
                gettext_lazy("Approve analyses and treatments"),
                _approve,
                confirm=gettext_lazy("You sign every analysis and treatment of these risks that waits for you."),
                icon="seal",
                verb="approve",
            ),
        ),
        empty=Empty(
            gettext_lazy("No risk yet"),
            gettext_lazy("Begin with the system that decides most about people: what could go wrong there?"),
            url=reverse("risk-add"),
            label=gettext_lazy("Identify a risk"),
            picture="warning",
        ),
        extra={
            "counts": counts,
            "criteria_first": not counts.total and not criteria_in_force(actor).version,
            "words": WORDS,
            "may_write": may(actor, "write", AREA),
            "here": "list",
        },
    )


@require_safe
def risk(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Show one risk: where it stands, what comes next, each step taken, its tasks, and what does not fit."""
    actor, on = request.actor, today_of(request.actor)
    record, steps, in_force = risk_with_steps(actor, risk_id)
    parts = record_parts(request, shown(record))
    values: dict[str, object] = {
        "record": record,
        "words": WORDS,
        "on": on,
        "may_write": may(actor, "write", AREA),
        "is_owner": is_owner(actor, record),
        "signed": record.accepted_until is None or record.accepted_by_two,
        "state": record.state(on),
        **parts,
    }
    if parts["parts"].tab == "details":
        names, present = people(actor)
        tasks = tasks_of(actor, risk_id)
        entries = [step.entry_id for step in steps] + [task.done_entry for task in tasks if task.done_entry]
        stand = standings(actor, entries) if entries else {}
        told = [(step, stand.get(step.entry_id)) for step in steps]
        done = [(task, stand.get(task.done_entry) if task.done_entry else None) for task in tasks]
        values |= {
            "names": names,
            "steps": [(step, where, where is not None and where.can_approve(actor)) for step, where in told],
            "tasks": [
                (task, task.is_late(on), where, where is not None and where.can_approve(actor)) for task, where in done
            ],
            "oddities": [
                (oddity, words.REMEDIES[oddity][0], reverse(words.REMEDIES[oddity][1], args=[risk_id]))
                for oddity in record.oddities(actor, on=on, in_force=in_force.version, present=present)
            ],
            "barriers": record.barriers,
            "bow": _bow(record),
            "other_scales": record.other_scales,
            "next": record.next_step(on),
            "rated_lower": record.rated_lower(steps),
            "rewritten": record.is_rewritten(steps),
            "in_force": in_force,
            "scales": {name: in_force.criteria.scale(name) for name in words.SCALES},
        }
    return render(request, "risk/risk.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    """Identify a risk, and rate it at once where that is known."""
    actor = request.actor
    permit(actor, "write", AREA)
    in_force, everybody = criteria_seen(request), members(actor)
    form = IdentifyForm(
        asking.posted(request),
        members=everybody,
        systems=system_choices(actor),
        criteria=in_force.criteria,
        made_with=in_force.version,
        initial={
            "owner": actor.person_id,
            **_asked_for(request),
            **said_steps(in_force.criteria, request.GET),
            "objectives": request.GET.getlist("objective"),
        },
    )
    if way_back(request):
        told = _("From the finding that you carry on. Look whether it holds here too.")
        say_known(form, dict.fromkeys((*_PREFILLED, *SCALES), told))
    editing = Editing(request, form, key="risk/new")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.identify_risk(
            actor=actor,
            risk=form.risk(),
            rating=form.rating(),
            reason=form.cleaned_data["reason"],
            made_with=in_force.version,
        ),
        {NotAMember: "owner", RatingRefused: "likelihood"},
    )
    if made is not None:
        messages.success(request, _("Registered as %(id)s.") % {"id": made.record_id})
        return redirect(_after_registering(request, made.record_id))
    return form_page(request, "risk/rate.html", form, editing, in_force=in_force, heading=_("Identify a risk"))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Change what a risk is and who owns it."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = risk_record(actor, risk_id)
    form = EditForm(
        asking.posted(request),
        members=members(actor),
        systems=system_choices(actor),
        criteria=criteria_in_force(actor).criteria,
        initial=edit_values(record) | rating_values(None),
    )
    editing = Editing(request, form, key=f"risk/{risk_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.update_risk(actor=actor, risk_id=risk_id, risk=form.risk(), expected_version=editing.seen),
        {NotAMember: "owner"},
    )
    if made is not None:
        messages.success(request, _("Changed."))
        return redirect("risk-record", risk_id)
    return form_page(request, "risk/form.html", form, editing, record=record, heading=_("Change the risk"))


def _after_registering(request: MemberRequest, risk_id: str) -> str:
    """Return where the way goes on: a finding's risk over the criteria is decided on at once."""
    here, back = reverse("risk-record", args=[risk_id]), way_back(request)
    if not back:
        return here
    over = risk_record(request.actor, risk_id).over
    return f"{reverse('risk-decide', args=[risk_id])}?{urlencode({'back': back})}" if over else back


def _asked_for(request: MemberRequest) -> dict[str, str]:
    """Return what the address says already, as where another register leads here from a finding of its own."""
    return {name: request.GET.get(name, "")[:_MOST_ASKED] for name in _PREFILLED}


_PREFILLED = ("system", "event", "source", "stage", "cause", "consequence_text", "affected", "reason")
_MOST_ASKED = 4000


def _bow(record: RiskRecord) -> BowTie:
    """Draw the risk: its source and each line of its cause, its measures, and what would follow for whom."""
    causes = [str(words.SOURCES.get(record.risk.source, record.risk.source)), *record.risk.cause.splitlines()]
    follows = [*record.risk.consequence.splitlines(), *record.risk.affected]
    return bow_tie(
        record.risk.event, [c for c in causes if c.strip()][:5], [f for f in follows if f.strip()][:5], record.barriers
    )


def _assign(actor: Actor, rows: tuple[str, ...], owner: str) -> int:
    ids, seen = rows_seen(rows)
    return commands.assign_owner(actor=actor, risk_ids=ids, owner=PersonId(owner), expected=seen)


def _approve(actor: Actor, rows: tuple[str, ...]) -> int:
    """Approve what waits of these risks and is the member's to approve; acceptances are signed one by one."""
    permit(actor, "approve", AREA)
    ids, seen = rows_seen(rows)
    unchanged(actor, seen)
    urls = {f"/risk/{risk_id}/" for risk_id in ids}
    found = waiting_for(actor, len(_BULK_KINDS) * len(ids), urls)
    waiting = [standing for standing in found.oldest if standing.kind in _BULK_KINDS]
    for standing in waiting:
        approve(actor=actor, entry_id=standing.entry_id)
    return len(waiting)


_BULK_KINDS = {"record.risk_analysis", "decision.treatment"}
