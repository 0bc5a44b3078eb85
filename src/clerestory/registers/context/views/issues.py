"""Pages of issues and of their review."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk import request as asking
from clerestory.desk.approval import stood
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.context import commands, queries
from clerestory.registers.context.forms import issue as forms
from clerestory.registers.context.queries.issue import EFFECTS, TOPICS
from clerestory.registers.context.views.asked import AREA, form_page, seen, shown


@list_page
def issues(request: MemberRequest) -> HttpResponse:
    """List what bears on the management system."""
    may_write = may(request.actor, "write", AREA)
    noted = queries.issues(request.actor)
    standing = queries.review_standing(request.actor, noted)
    reviews = stood(request.actor, standing.reviews[:1])
    return show_list(
        request,
        "context/issues.html",
        columns=queries.ISSUE_COLUMNS,
        name="context-issues",
        title=_("Issues"),
        placeholder=_("Issue"),
        fetch=lambda query: page_of(noted, query, queries.ISSUE_COLUMNS),
        empty=Empty(
            _("No issue yet"),
            _("Note what outside and inside bears on the management system. Suggestions wait on the next page."),
            reverse("context-issue-add") if may_write else "",
            _("Note the first"),
            "place",
        ),
        extra={
            "may_write": may_write,
            "standing": standing,
            "reviews": reviews,
            "topics": TOPICS,
            "names": member_names(request.actor),
        },
    )


@require_safe
def issue(request: MemberRequest, issue_id: str) -> HttpResponse:
    """Show an issue and what every record has."""
    actor = request.actor
    record = queries.issue(actor, issue_id)
    url = reverse("context-issue", args=[issue_id])
    words = {
        "record": record,
        "issue": record.issue,
        "topics": TOPICS,
        "effects": EFFECTS,
        "may_write": may(actor, "write", AREA) and record.ended_at is None,
        **record_parts(request, shown("context_issue", issue_id, record.issue.text, url)),
    }
    return render(request, "context/issue.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    """Note an issue, from scratch or from a suggestion."""
    permit(request.actor, "write", AREA)
    form = forms.IssueForm(asking.posted(request), initial=forms.prompt_values(request.GET.get("prompt", "")))
    editing = Editing(request, form, key="" if "prompt" in request.GET else "context-issue-add")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.note_issue(actor=request.actor, said=form.issue()))
    if made is not None:
        messages.success(request, _("Noted."))
        return redirect("context-issue-add" if "again" in request.POST else "context")
    known = {record.issue.text for record in queries.issues(request.actor)}
    prompts = [
        (number, prompt.text, TOPICS[prompt.topic])
        for number, prompt in enumerate(forms.PROMPTS)
        if str(prompt.text) not in known
    ]
    return form_page(
        request, editing, _("Note an issue"), _("Note it"), tab="issues", prompts=prompts,
        prompt_url=reverse("context-issue-add"),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, issue_id: str) -> HttpResponse:
    """Change an issue from the version that the editor saw."""
    permit(request.actor, "write", AREA)
    record = queries.issue(request.actor, issue_id)
    form = forms.IssueForm(asking.posted(request), initial=forms.issue_values(record.issue))
    editing = Editing(request, form, key=f"context-issue/{issue_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_issue(actor=request.actor, said=form.issue(issue_id), expected_version=editing.seen)
    )
    if made is not None:
        messages.success(request, _("Changed. The issues are to be weighed anew."))
        return redirect("context-issue", issue_id)
    return form_page(request, editing, record.issue.text, _("Save"), tab="issues")


@require_POST
def end(request: MemberRequest, issue_id: str) -> HttpResponse:
    """End an issue."""
    reason = request.POST.get("reason", "")
    commands.end_issue(actor=request.actor, issue_id=issue_id, reason=reason, expected_version=seen(request))
    messages.success(request, _("Ended. It stays in the log."))
    return redirect("context")


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: MemberRequest) -> HttpResponse:
    """Show the reviews of the issues, and propose one of them as they stand now."""
    actor = request.actor
    standing = queries.review_standing(actor)
    newest = next(iter(standing.reviews), None)
    initial = (
        {}
        if newest is None
        else {
            "climate_relevant": "yes" if newest.said["climate_relevant"] else "no",
            "climate_reason": newest.said["climate_reason"],
        }
    )
    form = forms.ReviewForm(asking.posted(request), initial=initial)
    editing = Editing(request, form, key="context-review", version=newest.version if newest else 0)
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.review_context(actor=actor, review=form.review(), expected_version=editing.expected)
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once top management approved it."))
        return redirect("context-review")
    versions = list(stood(actor, standing.reviews))
    return render(
        request,
        "context/review.html",
        {
            "form": form,
            "editing": editing,
            "standing": standing,
            "topics": TOPICS,
            "versions": versions,
            "waits": any(stands is not None and stands.is_open for _made, stands, _may_sign in versions),
            "names": member_names(actor),
            "may_write": may(actor, "write", AREA),
        },
        status=editing.status,
    )


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a review, a scope statement or a decision about a system."""
    return asking.approved(request, entry_id)
