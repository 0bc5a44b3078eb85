"""Requests of members: who asks, and the answers that every register gives alike."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve
from clerestory.desk.people import Approver
from clerestory.terms.ids import EntryId


class MemberRequest(HttpRequest):
    """A request behind sign-in; the door sets its actor."""

    actor: Actor
    approvers: Sequence[Approver]
    """Who can approve, where the page read it already (``{% asked %}``)."""


def approved(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve the version of that entry in the name of the asking member, and lead back to its page."""
    standing = approve(actor=request.actor, entry_id=EntryId(entry_id), role=request.POST.get("role", ""))
    if standing.is_approved:
        messages.success(request, _("Approved. It counts from now on."))
    else:
        asked = _(standing.approver_role.replace("_", " "))
        messages.success(request, _("Approved. It counts once all did; asked next: %(role)s.") % {"role": asked})
    return redirect(standing.url)


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form sent, also when it sent nothing; None where the page was only asked for."""
    return request.POST if request.method == "POST" else None
