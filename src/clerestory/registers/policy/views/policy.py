"""Pages of policies. They translate between forms and commands and hold no rule."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, stood
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing
from clerestory.desk.forms.key import key_from
from clerestory.desk.history import lines_changed
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import Member, member_choices, member_names, members
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, record_parts, shows_details
from clerestory.desk.request import MemberRequest
from clerestory.registers.policy import commands, forms, queries
from clerestory.registers.policy.queries import AREA
from clerestory.registers.policy.rules import MAIN, Outcome, Template, asked_by_default, templates
from clerestory.terms import sentence


@list_page
def policies(request: MemberRequest) -> HttpResponse:
    """List the policies with what is in force and who confirmed it."""
    actor = request.actor
    may_write = may(actor, "write", AREA)
    everybody = members(actor, past=True)
    asked = queries.asked(actor, everybody)
    columns = queries.policy_columns(actor, _names(everybody), today_of(actor))
    return show_list(
        request,
        "policy/policies.html",
        columns=columns,
        name="policies",
        title=_("Policies"),
        placeholder=_("Policy"),
        fetch=lambda query: page_of(queries.rows(actor, asked), query, columns),
        empty=Empty(
            _("No policy yet"),
            _("Begin with the AI policy. Four texts in plain words wait to be made yours."),
            reverse("policy-add") if may_write else "",
            _("Begin the AI policy"),
            "board",
        ),
        extra={"may_write": may_write, "waiting": queries.to_confirm(actor, asked)},
    )


@require_safe
def policy(request: MemberRequest, policy_id: str) -> HttpResponse:
    """Show a policy: what is in force, its versions, where it was published, who confirmed it."""
    actor = request.actor
    record = queries.policy(actor, policy_id)
    url = reverse("policy-policy", args=[policy_id])
    shown = Record("policy", policy_id, record.policy.title, url, None, f"ai_policy/{policy_id}")
    words: dict[str, object] = {
        "record": record,
        "policy": record.policy,
        "may_write": may(actor, "write", AREA) and record.withdrawn_at is None,
        **record_parts(request, shown),
    }
    if shows_details(request):
        words |= _details(actor, record)
    return render(request, "policy/policy.html", words)


def _details(actor: Actor, record: queries.PolicyRecord) -> dict[str, object]:
    policy_id = record.policy.policy_id
    everybody = members(actor, past=True)
    confirmed = queries.confirmations(actor, [record], everybody).get(policy_id)
    return {
        "shown": record.in_force or record.newest,
        "versions": [(one, _may_sign(actor, one.standing)) for one in record.versions],
        "kind_words": forms.KIND_WORDS,
        "publications": queries.acts(actor, "publication", policy_id),
        "confirmed": confirmed,
        "is_asked": confirmed is not None and actor.person_id in confirmed.missing,
        "names": _names(everybody),
        "unheld": queries.unheld(actor, record, everybody),
    }


def _names(everybody: Iterable[Member]) -> dict[str, str]:
    return {member.person_id: member.name for member in everybody}


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    """Begin a policy, from a text in plain words or from an empty page."""
    actor = request.actor
    permit(actor, "write", AREA)
    known = {record.policy.policy_id for record in queries.policies(actor)}
    left = [template for template in templates() if template.policy_id not in known]
    chosen = _chosen(left, request.GET.get("template", "" if known else MAIN))
    today = today_of(actor)
    initial: dict[str, object] = {"review_by": today + forms.YEAR}
    if chosen is not None:
        initial |= forms.template_values(chosen, actor.person_id, today)
    held = queries.role_holders(actor)
    asked = asked_by_default(chosen.policy_id if chosen else "", held)
    filled = request.POST if request.method == "POST" else initial
    policy_id = key_from(str(filled.get("policy_id", "")), str(filled.get("title", "")), 60)
    form = forms.BeginForm(
        asking.posted(request), policy_id=policy_id, people=member_choices(actor), held=held,
        initial={
            "owner": actor.person_id, "audiences": forms.audiences_said([queries.STAFF]), "approvers": asked, **initial,
        },
    )  # fmt: skip
    editing = Editing(request, form, key="" if chosen else "policy-add")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.begin_policy(actor=actor, said=form.policy(), draft=form.draft(form.key)))
    if made is not None:
        messages.success(request, _("Proposed. It counts once all who are asked approved it."))
        return redirect("policy-policy", made.record_id)
    return _form(request, editing, _("Begin a policy"), _("Propose"), templates=left, chosen=chosen)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: MemberRequest, policy_id: str) -> HttpResponse:
    """Propose the next version of a policy from the one that the editor saw."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = queries.policy(actor, policy_id)
    initial = forms.draft_values(record.newest.draft, today_of(actor))
    held = queries.role_holders(actor)
    form = forms.VersionForm(asking.posted(request), policy_id=policy_id, held=held, initial=initial)
    editing = Editing(request, form, key=f"policy/{policy_id}", version=record.newest.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.propose_version(actor=actor, draft=form.draft(policy_id), expected_version=editing.seen)
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once all who are asked approved it."))
        return redirect("policy-policy", policy_id)
    return _form(request, editing, record.policy.title, _("Propose"), policy=record.policy)


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: MemberRequest, policy_id: str) -> HttpResponse:
    """Record that the version in force was made available."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = queries.policy(actor, policy_id)
    current = record.in_force
    if current is None:
        raise queries.PolicyUnknown(
            sentence.gettext("No version of this policy is in force."), sentence.gettext("Have one approved first.")
        )
    audiences = current.draft.audiences
    form = forms.PublicationForm(asking.posted(request), audiences=audiences, initial={"reached": audiences})
    editing = Editing(request, form)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.publish_version(actor=actor, said=form.publication(policy_id, current.version))
    )
    if made is not None:
        messages.success(request, _("Recorded."))
        return redirect("policy-policy", policy_id)
    return _form(request, editing, _("Made available"), pgettext("verb", "Record"), policy=record.policy)


@require_safe
def difference(request: MemberRequest, policy_id: str, version: int) -> HttpResponse:
    """Show what one version changed in the text, line by line, against the one before it."""
    record = queries.policy(request.actor, policy_id)
    by_version = {one.version: one for one in record.versions}
    if version not in by_version:
        raise queries.PolicyUnknown(
            sentence.gettext("There is no version {version}.", version=version),
            sentence.gettext("Choose one of the policy's page."),
        )
    before = by_version.get(version - 1)
    changed = lines_changed(before.draft.text if before else "", by_version[version].draft.text)
    words = {"record": record, "policy": record.policy, "version": version, "lines": changed, "before": before}
    return render(request, "policy/difference.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def alignment(request: MemberRequest) -> HttpResponse:
    """Show and record how other policies compare with the AI policy, and which conflicts wait for an amendment."""
    actor = request.actor
    related = queries.related(actor)
    form = forms.AlignmentForm(asking.posted(request), related=related)
    editing = Editing(request, form)
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.compare_policies(actor=actor, said=form.alignment()))
    if made is not None:
        messages.success(request, _("Recorded. It counts once a second person approved it."))
        return redirect("policy-alignment")
    acts = queries.acts_of(actor, ("amendment", "conflict", "alignment"))
    amended = {item.about: item for item in acts["amendment"]}
    standing = stood(actor, [*amended.values(), *acts["alignment"]])
    stand = {one.entry_id: (one, standing, sign) for one, standing, sign in standing}
    conflicts = [
        (one, *stand[amended[str(one.number)].entry_id]) if str(one.number) in amended else (one, None, None, False)
        for one in acts["conflict"]
    ]
    words = {
        "form": form,
        "editing": editing,
        "related": related,
        "comparisons": [stand[one.entry_id] for one in acts["alignment"]],
        "conflicts": conflicts,
        "names": member_names(actor),
        "may_write": may(actor, "write", AREA),
    }
    return render(request, "policy/alignment.html", words, status=editing.status)


@require_POST
def amend(request: MemberRequest, number: int) -> HttpResponse:
    """Record that a policy was amended so that a conflict is gone."""
    commands.amend(actor=request.actor, number=number, amended=request.POST.get("amended", ""))
    messages.success(request, _("Recorded. It counts once a second person approved it."))
    return redirect("policy-alignment")


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: MemberRequest) -> HttpResponse:
    """Show and record reviews of the policies, and what top management decided."""
    actor = request.actor
    form = forms.ReviewForm(asking.posted(request))
    editing = Editing(request, form, key="policy-review")
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.review_policies(actor=actor, said=form.review()))
    if made is not None:
        messages.success(request, _("Recorded. It counts once a second person approved it."))
        return redirect("policy-review")
    return _review(request, form, editing, forms.OutcomeForm(), editing.status)


@require_POST
def outcome(request: MemberRequest) -> HttpResponse:
    """Decide, as top management, what follows from the newest review."""
    permit(request.actor, "write", AREA)
    form = forms.OutcomeForm(request.POST)
    editing = Editing(request, form)
    made = editing.attempt(
        lambda: commands.decide_outcome(
            actor=request.actor,
            outcome=Outcome(form.cleaned_data["outcome"]),
            next_review_on=form.cleaned_data["next_review_on"],
        )
    )
    if made is not None:
        messages.success(request, _("Decided."))
        return redirect("policy-review")
    return _review(request, forms.ReviewForm(), None, form, 422)


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a version, a comparison, an amendment or a review."""
    return asking.approved(request, entry_id)


def _review(
    request: MemberRequest,
    form: forms.ReviewForm,
    editing: Editing | None,
    deciding: forms.OutcomeForm,
    status: int,
) -> HttpResponse:
    actor = request.actor
    acts = queries.acts_of(actor, ("review", "outcome"))
    reviews, outcomes = acts["review"], acts["outcome"]
    decided = {item.said["review"] for item in outcomes}
    words = {
        "form": form,
        "editing": editing,
        "deciding": deciding,
        "reviews": stood(actor, reviews),
        "outcomes": {item.said["review"]: item for item in outcomes},
        "outcome_words": {str(name): label for name, label in forms.OUTCOMES.items()},
        "waits": bool(reviews) and reviews[0].number not in decided,
        "is_top": "top_management" in actor.roles,
        "names": member_names(actor),
        "may_write": may(actor, "write", AREA),
    }
    return render(request, "policy/review.html", words, status=status)


def _form(request: MemberRequest, editing: Editing, heading: str, label: str, **more: object) -> HttpResponse:
    words = {"form": editing.form, "editing": editing, "heading": heading, "label": label, **more}
    return render(request, "policy/form.html", words, status=editing.status)


def _chosen(left: Iterable[Template], wanted: str) -> Template | None:
    return next((template for template in left if template.policy_id == wanted), None)


def _may_sign(actor: Actor, standing: Standing | None) -> bool:
    return standing is not None and standing.can_approve(actor)
