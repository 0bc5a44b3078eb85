"""Pages of access reviews: the reviews with the day of the next, and the rights of one to be kept or withdrawn."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import stood
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Bulk, Column, Empty, Pick, list_page, row_at, rows_seen, show_list
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import commands
from clerestory.registers.inventory.forms import access as forms
from clerestory.registers.inventory.queries.access import (
    KINDS,
    RIGHT_COLUMNS,
    access_review,
    access_reviews,
    first_open,
    next_due,
    right_at,
    right_said,
    rights_of,
)
from clerestory.registers.inventory.rules.access import Right

AREA = "inventory"


@require_http_methods(["GET", "HEAD", "POST"])
def access(request: MemberRequest) -> HttpResponse:
    """Show the reviews and when the next is due; open one."""
    actor = request.actor
    form = forms.OpenForm(asking.posted(request), initial=forms.open_values(today_of(actor)))
    editing = Editing(request, form)
    if request.method == "POST":
        permit(actor, "administer", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.open_access_review(actor=actor, due_on=form.cleaned_data["due_on"]))
    if made is not None:
        messages.success(request, _("Opened, with every right that the records name."))
        return redirect("inventory-access-review", made)
    reviews = access_reviews(actor)
    words = {
        "reviews": stood(actor, reviews),
        "running": next((one for one in reviews if one.closed_at is None), None),
        "due": next_due(actor),
        "names": member_names(actor),
        "form": form,
        "editing": editing,
        "may_write": may(actor, "administer", AREA),
    }
    return render(request, "inventory/access.html", words, status=editing.status)


@list_page
def review(request: MemberRequest, number: int) -> HttpResponse:
    """Show the rights of one review, those of people who left first."""
    actor = request.actor
    record = access_review(actor, number)
    may_write = may(actor, "write", AREA) and record.closed_at is None
    ((_made, standing, may_sign),) = stood(actor, [record])
    return show_list(
        request,
        "inventory/access_review.html",
        columns=_columns(number) if may_write else RIGHT_COLUMNS,
        name="access-review",
        title=_("Review of access"),
        placeholder=_("Person, right or system"),
        fetch=lambda query: rights_of(actor, number, query),
        row_id=lambda right: row_at(str(right.place), 1),
        bulk=(_keep(number),) if may_write else (),
        empty=Empty(_("No right"), _("Add a right that no record names."), picture="key"),
        extra={
            "record": record,
            "standing": standing,
            "may_sign": may_sign,
            "may_write": may_write,
            "may_lead": may_write and may(actor, "administer", AREA),
            "names": member_names(actor),
            "past_due": record.closed_at is None and record.due_on < today_of(actor),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: MemberRequest, number: int, place: int) -> HttpResponse:
    """Keep or withdraw one right."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = access_review(actor, number)
    right = right_at(actor, number, place)
    form = forms.DecisionForm(asking.posted(request), initial=forms.decision_values(right))
    editing = Editing(request, form)
    if editing.answer is not None:
        return editing.answer

    def decided() -> bool:
        said = form.cleaned_data
        commands.decide_right(
            actor=actor, number=number, place=place, decision=said["decision"], reason=said["reason"],
            seen=said["seen"],
        )  # fmt: skip
        return True

    if editing.attempt(decided):
        after = first_open(actor, number)
        messages.success(request, _("Decided."))
        if after is not None and "next" in request.GET:
            return redirect(f"{_place(number, after)}?next=1")
        return redirect("inventory-access-review", number)
    words = {
        "form": form, "editing": editing, "record": record, "right": right, "said": right_said(right.right),
        "kind": KINDS[right.to_kind],
    }  # fmt: skip
    return render(request, "inventory/access_right.html", words, status=editing.status)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest, number: int) -> HttpResponse:
    """Add a right that no record names."""
    actor = request.actor
    permit(actor, "administer", AREA)
    record = access_review(actor, number)
    form = forms.RightForm(asking.posted(request))
    editing = Editing(request, form, key=f"access-right/{number}")
    if editing.answer is not None:
        return editing.answer

    def added() -> bool:
        commands.add_right(actor=actor, number=number, right=form.granted())
        return True

    if editing.attempt(added):
        messages.success(request, _("Added."))
        return redirect("inventory-access-review", number)
    words = {"form": form, "editing": editing, "record": record}
    return render(request, "inventory/access_right.html", words, status=editing.status)


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a review."""
    return asking.approved(request, entry_id)


@require_POST
def hand_in(request: MemberRequest, number: int) -> HttpResponse:
    """Hand the review in."""
    commands.hand_in_access_review(actor=request.actor, number=number)
    messages.success(request, _("Handed in. It counts once a second person approved it."))
    return redirect("inventory-access-review", number)


def _place(number: int, right: Right) -> str:
    return reverse("inventory-access-decide", args=[number, right.place])


def _columns(number: int) -> tuple[Column, ...]:
    first = replace(RIGHT_COLUMNS[0], kind="link", url=lambda right: f"{_place(number, right)}?next=1")
    return (first, *RIGHT_COLUMNS[1:])


def _keep(number: int) -> Bulk:
    """Return the step that keeps the chosen rights for one of the usual reasons."""
    reasons = [(str(one), str(one)) for one in (_("Needed for the role."), _("Needed as a deputy."))]

    def keep(actor: Actor, rows: tuple[str, ...], reason: str) -> int:
        ids, _seen = rows_seen(rows)
        places = tuple(int(place) for place in ids if place.isdecimal() and len(place) < 10)
        return commands.decide_rights(actor=actor, number=number, places=places, decision="keep", reason=reason)

    return Bulk("keep", _("Keep"), keep, icon="check", pick=Pick(_("Why"), reasons))
