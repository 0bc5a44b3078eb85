"""What one risk may cost in a year: the estimate, its curves before and after measures, and the appetite."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clerestory.desk import request as asking
from clerestory.desk.forms import Editing
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands
from clerestory.registers.risk.commands.money import CURRENCY
from clerestory.registers.risk.forms.planning import MoneyForm, money_values
from clerestory.registers.risk.queries import criteria_in_force, risk_record
from clerestory.registers.risk.queries.residual import curves, estimates
from clerestory.registers.risk.rules.money import MoneyRefused
from clerestory.registers.risk.views.asked import AREA, form_page
from clerestory.registers.risk.views.picture import curve_drawing


@require_http_methods(["GET", "HEAD", "POST"])
def money(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Show what a risk may cost in a year, and estimate it anew."""
    actor = request.actor
    record, made = risk_record(actor, risk_id), estimates(actor, risk_id)
    newest = made[0] if made else None
    form = MoneyForm(asking.posted(request), initial=money_values(newest))
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
