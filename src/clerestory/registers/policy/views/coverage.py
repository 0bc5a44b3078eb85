"""The page of who confirmed the policies in force, unit by unit, and the button that reminds who did not."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.permit import may
from clerestory.desk.request import MemberRequest
from clerestory.registers.policy import commands, queries
from clerestory.registers.policy.queries import AREA
from clerestory.registers.policy.queries.coverage import unit_columns


@list_page
def coverage(request: MemberRequest) -> HttpResponse:
    """Show units with how many of their people confirmed, as a picture and as a list, and who is missing."""
    actor = request.actor
    asked = queries.asked(actor)
    labels = {r.policy.policy_id: r.policy.title for r in asked.policies if r.policy.policy_id in asked.confirmed}
    chosen = request.GET.get("policy", "")
    chosen = chosen if chosen in labels else ""
    rows = queries.by_unit(actor, chosen, asked)
    columns = unit_columns(actor, labels)
    missing = {person.person_id for row in rows for person in row.missing}
    return show_list(
        request,
        "policy/coverage.html",
        columns=columns,
        name="policy-coverage",
        title=_("Confirmed by unit"),
        placeholder=_("Unit or person"),
        fetch=lambda query: page_of(rows, query, columns),
        empty=Empty(
            _("Nobody is asked yet"),
            _("Members are asked once a policy for staff is in force."),
            picture="board",
        ),
        extra={
            "rows": rows,
            "have": sum(row.have for row in rows),
            "asked": sum(row.asked for row in rows),
            "missing": len(missing),
            "chosen": chosen,
            "may_remind": may(actor, "write", AREA) and bool(missing),
        },
    )


@require_POST
def remind(request: MemberRequest) -> HttpResponse:
    """Remind who did not confirm, of all units or of one."""
    unit = request.POST.get("unit")
    told = commands.remind_to_confirm(actor=request.actor, policy_id=request.POST.get("policy", ""), unit=unit)
    if told:
        message = ngettext("%(n)s person was reminded.", "%(n)s people were reminded.", told) % {"n": told}
        messages.success(request, message)
    else:
        messages.info(request, _("Everybody was reminded today already."))
    return redirect("policy-coverage")
