"""Members and tokens: who may do what, who is invited, and the keys of machines."""

from collections.abc import Iterable
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.catalogue.load import load
from clerestory.desk.entrance.links import invitation_link
from clerestory.desk.entrance.tokens import create_token, revoke_token, tokens
from clerestory.desk.forms import attempt
from clerestory.desk.lists import Column, page_of, show_list, takes_step
from clerestory.desk.models import ACCESS_LEVELS
from clerestory.desk.people import Member
from clerestory.desk.people import members as members_of
from clerestory.desk.permit import ALLOWED, SCOPES, may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.organisation.queries import organisation
from clerestory.registers.policy.commands import confirm_policies
from clerestory.registers.policy.commands.life import Holders
from clerestory.registers.roles.commands import admit_member, call_meeting, change_member, end_membership
from clerestory.registers.roles.forms import MeetingForm
from clerestory.registers.roles.queries import roles
from clerestory.registers.roles.queries.committee import committee
from clerestory.registers.roles.rules.committee import Item
from clerestory.report.agenda import agenda
from clerestory.store import clock
from clerestory.terms.ids import PersonId
from clerestory.web.context import ACCESS
from clerestory.web.words import kind_word

SCOPE_WORDS = {
    "push": gettext_lazy("Push check results (continuous integration)"),
    "read": gettext_lazy("Read"),
    "write": gettext_lazy("Write registers"),
}
DAYS = ((30, gettext_lazy("30 days")), (90, gettext_lazy("90 days")), (365, gettext_lazy("one year")))


class InviteForm(forms.Form):
    """Somebody who is to become a member."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    access = forms.ChoiceField(
        label=gettext_lazy("Access"), choices=[(level, ACCESS[level]) for level in ACCESS_LEVELS], initial="editor"
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles in which the person approves and signs"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    unit = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)

    def __init__(self, *args: object, units: Iterable[str] = (), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["roles"].choices = role_choices()  # type: ignore[attr-defined]
        self.fields["unit"].choices = [("", gettext_lazy("none")), *((unit, unit) for unit in units)]  # type: ignore[attr-defined]


class TokenForm(forms.Form):
    """A key for a machine in one's own name."""

    name = forms.CharField(
        label=gettext_lazy("What is it for?"),
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "CI of credit-scoring"}),
    )
    scopes = forms.MultipleChoiceField(label=gettext_lazy("It may"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(label=gettext_lazy("It lasts"), choices=DAYS, coerce=int, initial=90)

    def __init__(self, *args: object, access: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        allowed = [scope for scope in SCOPE_WORDS if scope in SCOPES & ALLOWED.get(access, frozenset())]
        self.fields["scopes"].choices = [(scope, SCOPE_WORDS[scope]) for scope in allowed]  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: MemberRequest) -> HttpResponse:
    """Show members and tokens; administrators invite."""
    step = takes_step(request)
    form = _invitation(request, None if step else request.POST or None)
    if request.method == "POST" and not step:
        permit(request.actor, "administer", "members")
        link = attempt(form, lambda: _invite(request, form))
        if link is not None:
            return _page(
                request,
                _invitation(request),
                link=request.build_absolute_uri(reverse("invitation", args=[link])),
                invited=form.cleaned_data["name"],
            )
    return _page(request, form, status=422 if form.errors else 200)


@require_POST
def change(request: MemberRequest, person_id: str) -> HttpResponse:
    """Change what a member may do, invite anew who never signed in, or end the membership."""
    permit(request.actor, "administer", "members")
    if request.POST.get("do") == "end":
        end_membership(actor=request.actor, person_id=PersonId(person_id))
        messages.success(request, _("The membership ended. What the person made stays in the log."))
    elif request.POST.get("do") == "invite":
        link = invitation_link(organisation_id=request.actor.organisation_id, person_id=person_id, now=clock.now())
        return _page(
            request,
            _invitation(request),
            link=request.build_absolute_uri(reverse("invitation", args=[link])),
            invited="",
        )
    else:
        change_member(
            actor=request.actor,
            person_id=PersonId(person_id),
            access=request.POST.get("access", ""),
            standing=_roles_chosen(request, person_id),
            unit=request.POST.get("unit"),
        )
        messages.success(request, _("Changed. The change is an entry of the log."))
    return redirect("members")


@never_cache
@sensitive_variables("secret")
@require_POST
def make_token(request: MemberRequest) -> HttpResponse:
    """Make a token and show its secret this once."""
    form = TokenForm(request.POST, access=request.actor.access)
    made = attempt(
        form,
        lambda: create_token(
            actor=request.actor,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            now=clock.now(),
            expires_at=clock.now() + timedelta(days=form.cleaned_data["days"]),
        ),
    )
    if made is None:
        return _page(request, _invitation(request), token_form=form, status=422)
    return _page(request, _invitation(request), secret=made[0])


@require_POST
def end_token(request: MemberRequest, token_id: int) -> HttpResponse:
    """End a token at once."""
    revoke_token(actor=request.actor, token_id=token_id, now=clock.now())
    messages.success(request, _("The token works no longer."))
    return redirect("members")


def role_choices() -> list[tuple[str, str]]:
    """Return the catalogue's roles for a choice."""
    return [(role, capfirst(_(role.replace("_", " ")))) for role in load().roles]


def signed_by_role() -> list[tuple[str, list[str]]]:
    """Return, for each role, what the rules ask for in its name, in their order; nobody writes this list by hand."""
    catalogue = load()
    asked: dict[str, dict[str, None]] = {role: {} for role in catalogue.roles}
    for rules in catalogue.rules.values():
        for rule in rules:
            for need in (*rule.needs, *(need for group in rule.any_of for need in group)):
                for role in asked.keys() & {need.approver, need.by}:
                    asked[role][need.kind] = None
    words = dict(role_choices())
    return [(words[role], [kind_word(kind) for kind in kinds]) for role, kinds in asked.items()]


@require_POST
def confirm_policy(request: MemberRequest) -> HttpResponse:
    """Confirm that one read the version of a policy that the page showed, and keeps it."""
    actor, version = request.actor, request.POST.get("version", "")
    seen = {request.POST.get("policy", ""): int(version) if version.isdecimal() and len(version) < 9 else 0}
    held = [
        Holders(record.role.role_id, record.role.holders)
        for record in roles(actor)
        if record.role.has_ai_duties and actor.person_id in record.role.holders
    ]
    confirm_policies(actor=actor, seen=seen, roles=held)
    messages.success(request, _("Confirmed. Thank you."))
    return redirect("policy")


@require_POST
def call_committee(request: MemberRequest, committee_id: str) -> HttpResponse:
    """Call a meeting of a committee with an agenda of what waits."""
    actor = request.actor
    permit(actor, "write", "roles")
    committee(actor, committee_id)
    form = MeetingForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a day for the meeting."))
        return redirect("roles-committee", committee_id)
    waits = agenda(actor, now=clock.now())
    number = call_meeting(
        actor=actor,
        committee_id=committee_id,
        planned_for=form.cleaned_data["planned_for"],
        agenda=[Item(one.title, one.why, one.url, one.kind, one.id) for one in waits],
    )
    messages.success(request, _("Called. Its members were told."))
    return redirect("roles-meeting", committee_id, number)


def _roles_chosen(request: MemberRequest, person_id: str) -> list[str] | None:
    """Return the roles that were ticked, with those that the member holds and the catalogue does not offer."""
    if "with_roles" not in request.POST:
        return None
    offered = [role for role, _word in role_choices()]
    held = next((member.roles for member in members_of(request.actor) if member.person_id == person_id), ())
    ticked = set(request.POST.getlist("roles"))
    return [role for role in offered if role in ticked] + [role for role in held if role not in offered]


def _invitation(request: MemberRequest, posted: QueryDict | None = None) -> InviteForm:
    return InviteForm(posted, units=organisation(request.actor).profile.units)


def _invite(request: MemberRequest, form: InviteForm) -> str:
    said = form.cleaned_data
    member = admit_member(
        actor=request.actor, email=said["email"], name=said["name"], access=said["access"], standing=said["roles"],
        unit=said["unit"],
    )  # fmt: skip
    return invitation_link(organisation_id=request.actor.organisation_id, person_id=member.person_id, now=clock.now())


def _page(
    request: MemberRequest, form: InviteForm, *, status: int = 200, token_form: TokenForm | None = None, **shown: str
) -> HttpResponse:
    people = members_of(request.actor)
    may_administer = may(request.actor, "administer", "members")
    columns = _columns(may_administer, people)
    return show_list(
        request,
        "web/members/members.html",
        columns=columns,
        fetch=lambda query: page_of(people, query, columns),
        name="members",
        title=_("Members"),
        placeholder=_("Name or address"),
        path=reverse("members"),
        extra={
            "names": {member.person_id: member.name for member in people},
            "form": form,
            "tokens": tokens(request.actor),
            "now": clock.now(),
            "token_form": token_form or TokenForm(access=request.actor.access),
            "roles": dict(role_choices()),
            "access_levels": [(level, ACCESS[level]) for level in ACCESS_LEVELS],
            "may_administer": may_administer,
            "signed_by_role": signed_by_role(),
            "units": [unit for unit, _word in form.fields["unit"].choices],  # type: ignore[attr-defined]
            **shown,
        },
        status=status,
    )


def _columns(may_administer: bool, people: Iterable[Member]) -> tuple[Column, ...]:
    """Return the columns of the members; the last lets an administrator change them."""
    columns = (
        Column(name="name", label=_("Name"), searched=True, note=lambda member: member.email),
        Column(name="email", label=_("E-mail address"), searched=True, optional=True),
        Column(
            name="access",
            label=_("Access"),
            filtered=True,
            options=tuple((level, ACCESS[level]) for level in ACCESS_LEVELS),
        ),
        Column(
            name="roles",
            label=_("Signs as"),
            kind="list",
            sortable=False,
            filtered=True,
            options=tuple(role_choices()),
            keeps=lambda member, role: role in member.roles,
        ),
        Column(
            name="unit",
            label=_("Unit"),
            searched=True,
            filtered=True,
            options=tuple((unit, unit) for unit in sorted({member.unit for member in people} - {""})),
        ),
        Column(name="started_at", label=_("Since"), kind="day"),
        Column(name="person_id", label=_("Named in evidence as"), sortable=False, optional=True),
    )
    change = Column(
        name="change",
        label=_("Change"),
        kind="part",
        part="web/members/change.html",
        sortable=False,
        exported=False,
    )
    return (*columns, change) if may_administer else columns
