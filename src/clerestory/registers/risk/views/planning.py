"""Pages of movement and top risks, money, prompts, planned actions with their plan, and trials of the method."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clerestory.desk import request as asking
from clerestory.desk.approval import standings
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, page_of, show_list, takes_step
from clerestory.desk.people import NotAMember, member_names, members
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, record_parts, shows_details
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands
from clerestory.registers.risk.commands.money import CURRENCY
from clerestory.registers.risk.forms.planning import (
    CASES,
    ActionForm,
    ActionPlanForm,
    JudgeForm,
    MoneyForm,
    RateCasesForm,
    TrialForm,
    action_values,
    money_values,
)
from clerestory.registers.risk.queries import criteria_in_force, risk_record, words
from clerestory.registers.risk.queries.counts import movement, objectives_asked, prompts_asked, top_risks
from clerestory.registers.risk.queries.lists import action_columns, system_choices, trial_columns
from clerestory.registers.risk.queries.plan import (
    ActionRecord,
    TrialRecord,
    action_plans,
    action_record,
    planned_actions,
    planning_inputs,
    trial_record,
    trials,
)
from clerestory.registers.risk.queries.residual import curves, estimate_that_counts, estimates
from clerestory.registers.risk.rules.agreement import FEWEST_CASES, TrialRefused
from clerestory.registers.risk.rules.money import MoneyRefused
from clerestory.registers.risk.rules.planning import PlanningRefused
from clerestory.registers.risk.views.asked import AREA, WORDS, form_page
from clerestory.registers.risk.views.picture import curve_drawing, map_drawing

FORM = require_http_methods(["GET", "HEAD", "POST"])
MOST_SHOWN = 50


@require_safe
def moved(request: MemberRequest) -> HttpResponse:
    """Show which risks moved since a day, the beginning of the quarter unless another is asked, and the top risks."""
    actor, on = request.actor, today_of(request.actor)
    asked = _day(request.GET.get("since", ""))
    since = asked if asked is not None and asked <= on else _quarter(on)
    found, more = movement(actor, since)
    in_force = criteria_in_force(actor)
    return render(
        request,
        "risk/movement.html",
        {
            "since": since,
            "moved": found[:MOST_SHOWN],
            "total": len(found),
            "more": more,
            "worse": sum(one.worse is True for one in found),
            "better": sum(one.worse is False for one in found),
            "drawing": map_drawing(in_force.criteria, found) if found else None,
            "top": top_risks(actor),
            "names": member_names(actor),
            "words": WORDS,
            "here": "movement",
        },
    )


@require_safe
def prompts(request: MemberRequest) -> HttpResponse:
    """Ask for each source and each stage what could go wrong, and show where nobody named a risk yet."""
    actor = request.actor
    systems = system_choices(actor)
    system_id = request.GET.get("system", "")
    if systems is not None and system_id not in {known for known, _name in systems}:
        system_id = ""
    counted, objectives = prompts_asked(actor, system_id), objectives_asked(actor, system_id)
    rows = [
        (source, label, words.ASKS[source], [(stage, counted.get((source, stage), 0)) for stage in words.STAGES],
         counted.get((source, ""), 0))
        for source, label in words.SOURCES.items()
    ]  # fmt: skip
    return render(
        request,
        "risk/prompts.html",
        {
            "rows": rows,
            "stages": words.STAGES.items(),
            "objectives": [
                (name, label, words.OBJECTIVE_ASKS[name], objectives.get(name, 0))
                for name, label in words.OBJECTIVES.items()
            ],
            "systems": systems or (),
            "system_id": system_id,
            "may_write": may(actor, "write", AREA),
            "here": "prompts",
        },
    )


@list_page
def opportunities(request: MemberRequest) -> HttpResponse:
    """List planned actions on risks and opportunities, show what they answer, and propose their plan."""
    actor = request.actor
    if takes_step(request) or request.GET.get("export"):
        return _actions(request, planned_actions(actor), member_names(actor))
    actions, inputs, plans = planned_actions(actor), planning_inputs(actor), action_plans(actor)[:20]
    answered = {item for record in actions for item in record.action.inputs}
    open_inputs = [item for item in inputs if item not in answered]
    said = plans[0].statements if plans else {}
    initial = {f"why_{number}": said.get(item, "") for number, item in enumerate(open_inputs)}
    form = ActionPlanForm(asking.posted(request), open_inputs=open_inputs, initial=initial)
    editing = Editing(request, form, key="risk/action-plan")
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.propose_action_plan(actor=actor, statements=form.statements()))
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("risk-opportunities")
    stand = standings(actor, [plan.entry_id for plan in plans])
    told = [(plan, stand.get(plan.entry_id)) for plan in plans]
    names = member_names(actor)
    return _actions(
        request,
        actions,
        names,
        editing.status,
        actions=actions,
        form=form,
        editing=editing,
        inputs=[
            (item, [r.action_id for r in actions if item in r.action.inputs], said.get(item, "")) for item in inputs
        ],
        plans=[(plan, where, where is not None and where.can_approve(actor)) for plan, where in told],
        names=names,
        may_write=may(actor, "write", AREA),
        here="opportunities",
    )


def _actions(
    request: MemberRequest, rows: Sequence[ActionRecord], people: Mapping[str, str], status: int = 200, **more: object
) -> HttpResponse:
    columns = action_columns(request.actor, people, today_of(request.actor))
    return show_list(
        request,
        "risk/opportunities.html",
        columns=columns,
        name="planned-actions",
        path=request.path,
        title=_("Actions on risks and opportunities"),
        placeholder=_("Action, what it is about, or owner"),
        fetch=lambda query: page_of(rows, query, columns),
        empty=Empty(
            _("No action yet"),
            _("Begin with an issue of the context: what could it bring, good or bad, and what is done about it?"),
            picture="flag",
        ),
        extra=more,
        status=status,
    )


@FORM
def add_action(request: MemberRequest) -> HttpResponse:
    """Plan an action on a risk or an opportunity."""
    actor = request.actor
    permit(actor, "write", AREA)
    initial = {"owner": actor.person_id, "evaluate_by": today_of(actor) + timedelta(days=90), "sort": "opportunity"}
    initial["inputs"] = request.GET.getlist("input")
    form = ActionForm(asking.posted(request), members=members(actor), inputs=planning_inputs(actor), initial=initial)
    editing = Editing(request, form, key="risk/action/new")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.plan_action(actor=actor, said=form.planned()),
        {NotAMember: "owner", PlanningRefused: "evaluate_by"},
    )
    if made is not None:
        messages.success(request, _("Planned as %(id)s.") % {"id": made.record_id})
        return redirect("risk-opportunities")
    return form_page(request, "risk/form.html", form, editing, heading=_("Plan an action on a risk or an opportunity"))


@FORM
def action(request: MemberRequest, action_id: str) -> HttpResponse:
    """Show a planned action; change it while it is open, or judge what it did."""
    actor = request.actor
    record = action_record(actor, action_id)
    if request.method != "POST" and not shows_details(request):
        return render(request, "risk/action.html", {"record": record, **record_parts(request, _action_shown(record))})
    judging = "judged_by" in request.POST
    inputs = tuple(dict.fromkeys((*planning_inputs(actor), *record.action.inputs)))
    change = ActionForm(
        None if judging else asking.posted(request), members=members(actor), inputs=inputs,
        initial=action_values(record),
    )  # fmt: skip
    judge = JudgeForm(asking.posted(request) if judging else None)
    editing = Editing(request, judge if judging else change, version=record.version)
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    if judging:
        made = editing.attempt(
            lambda: commands.judge_action(
                actor=actor,
                action_id=action_id,
                effective=judge.cleaned_data["effective"] == "yes",
                judged_by=judge.cleaned_data["judged_by"],
                expected_version=editing.seen,
            ),
            {PlanningRefused: "effective"},
        )
    else:
        made = editing.attempt(
            lambda: commands.change_action(
                actor=actor, action_id=action_id, said=change.planned(), expected_version=editing.seen
            ),
            {NotAMember: "owner", PlanningRefused: "evaluate_by"},
        )
    if made is not None:
        messages.success(
            request, _("Recorded. It counts once a second person approved it.") if judging else _("Changed.")
        )
        return redirect("risk-action", action_id)
    stand = standings(actor, (record.judge_entry,)).get(record.judge_entry) if record.judge_entry else None
    return form_page(
        request,
        "risk/action.html",
        change,
        editing,
        record=record,
        judge_form=judge,
        late=record.is_late(today_of(actor)),
        standing=stand,
        may_sign=stand is not None and stand.can_approve(actor),
        names=member_names(actor),
        may_write=may(actor, "write", AREA),
        **record_parts(request, _action_shown(record)),
    )


def _action_shown(record: ActionRecord) -> Record:
    """Return a planned action as the tabs of its page know it; the judgement of its effect belongs to its history."""
    action_id = record.action_id
    title, url = f"{action_id} {record.action.action}", reverse("risk-action", args=[action_id])
    entries = (record.judge_entry,) if record.judge_entry else ()
    return Record("planned_action", action_id, title, url, None, f"planned_action/{action_id}", entries=entries)


@list_page
def all_trials(request: MemberRequest) -> HttpResponse:
    """List the trials of the method, and begin one."""
    actor = request.actor
    if takes_step(request) or request.GET.get("export"):
        return _trials(request, trials(actor))
    known = trials(actor)
    cases = "\n".join([record.risk.event for record in top_risks(actor, 20)][:20])
    if cases.count("\n") + 1 < FEWEST_CASES:
        cases = "\n".join([line for line in (*cases.splitlines(), *map(str, CASES)) if line])
    form = TrialForm(asking.posted(request), members=members(actor), initial={"cases": cases, "first": actor.person_id})
    editing = Editing(request, form, key="risk/trial")
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.begin_trial(
            actor=actor,
            cases=form.lines(),
            first=form.cleaned_data["first"],
            second=form.cleaned_data["second"],
            tolerance=form.cleaned_data["tolerance"],
        ),
        {TrialRefused: "cases", NotAMember: "second"},
    )
    if made is not None:
        messages.success(request, _("Begun. Both assessors are asked to rate the cases apart."))
        return redirect("risk-trial", made.record_id)
    return _trials(
        request,
        known,
        editing.status,
        form=form,
        editing=editing,
        trials=known,
        may_write=may(actor, "write", AREA),
        here="criteria",
    )


def _trials(request: MemberRequest, rows: Sequence[TrialRecord], status: int = 200, **more: object) -> HttpResponse:
    columns = trial_columns(request.actor, member_names(request.actor))
    return show_list(
        request,
        "risk/trials.html",
        columns=columns,
        name="method-trials",
        path=request.path,
        title=_("Trials of the method"),
        placeholder=_("Trial or assessor"),
        fetch=lambda query: page_of(rows, query, columns),
        empty=Empty(
            _("The method was not tried yet"),
            _("Choose two people who know the method. Cases are offered from your own risks."),
            picture="people",
        ),
        extra=more,
        status=status,
    )


@FORM
def trial(request: MemberRequest, trial_id: str) -> HttpResponse:
    """Show a trial: the cases to rate for whoever was asked, and both ratings side by side once it is done."""
    actor = request.actor
    record = trial_record(actor, trial_id)
    page = reverse("risk-trial", args=[trial_id])
    shown = Record("comparability_trial", trial_id, trial_id, page, None, f"comparability_trial/{trial_id}")
    if request.method != "POST" and not shows_details(request):
        values = {"trial": record, "names": member_names(actor), **record_parts(request, shown)}
        return render(request, "risk/trial.html", values)
    form = RateCasesForm(asking.posted(request), cases=record.cases, criteria=record.scales.criteria)
    editing = Editing(request, form, key=f"risk/trial/{trial_id}")
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.rate_cases(actor=actor, trial_id=trial_id, ratings=form.ratings()))
    if made is not None:
        messages.success(request, _("Rated. Nobody sees it until both assessors are done."))
        return redirect("risk-trial", trial_id)
    stand = standings(actor, (record.entry_id,)).get(record.entry_id) if record.entry_id else None
    return form_page(
        request,
        "risk/trial.html",
        form,
        editing,
        trial=record,
        levels=record.levels(),
        asked=actor.person_id in record.assessors and actor.person_id not in record.done,
        standing=stand,
        may_sign=stand is not None and stand.can_approve(actor),
        names=member_names(actor),
        **record_parts(request, shown),
    )


@FORM
def money(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Show what a risk may cost in a year, and estimate it anew."""
    actor = request.actor
    record, made = risk_record(actor, risk_id), estimates(actor, risk_id)
    newest = estimate_that_counts(actor, made)
    form = MoneyForm(asking.posted(request), initial=money_values(made[0] if made else None))
    editing = Editing(request, form, key=f"risk/{risk_id}/money", version=record.version)
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    done = editing.attempt(
        lambda: commands.estimate_loss(
            actor=actor,
            risk_id=risk_id,
            said=form.estimate(),
            reason=form.cleaned_data["reason"],
            expected_version=editing.seen,
        ),
        {MoneyRefused: "often_low"},
    )
    if done is not None:
        messages.success(request, _("Estimated. The seed stays with the record."))
        return redirect("risk-money", risk_id)
    values: dict[str, object] = {"made": made, "names": member_names(actor), "currency": CURRENCY}
    appetite = criteria_in_force(actor).criteria.money
    if appetite:
        values["currency"] = appetite.currency
    if newest is not None:
        standing = record.barriers
        holding = {barrier.reduction.measure for barrier in standing if barrier.holds}
        before, now = curves(newest.said, newest.seed, record.reductions, holding, appetite)
        table = [(100 * p, amount, left) for (p, amount), (_p, left) in zip(before.table, now.table, strict=True)]
        values |= {
            "newest": newest,
            "waits": made[0] if made[0].number > newest.number else None,
            "currency": newest.currency,
            "before": before,
            "now": now,
            "table": table,
            "against": [(amount, 100 * allowed, 100 * share, said) for amount, allowed, share, said in now.against],
            "drawing": curve_drawing(before, now, appetite),
            "barriers": standing,
        }
    return form_page(
        request, "risk/money.html", form, editing, record=record, may_write=may(actor, "write", AREA), **values
    )


def _quarter(on: date) -> date:
    """Return the first day of the quarter of a day."""
    return date(on.year, 3 * ((on.month - 1) // 3) + 1, 1)


def _day(text: str) -> date | None:
    """Return the day that an address names; None where it names none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
