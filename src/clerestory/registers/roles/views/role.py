"""Pages of roles and duties. They translate between forms and commands and hold no rule."""

from collections.abc import Mapping
from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.catalogue.load import load
from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.forms import Editing, attempt, offer
from clerestory.desk.lists import Column, Empty, list_page, page_of, show_list, standing_column
from clerestory.desk.people import member_choices, member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.roles import commands, forms, queries
from clerestory.registers.roles.rules import Role
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId, PersonId

AREA = "roles"


@list_page
def roles(request: MemberRequest) -> HttpResponse:
    """List roles."""
    may_write = may(request.actor, "write", AREA)
    return show_list(
        request,
        "roles/roles.html",
        columns=queries.ROLE_COLUMNS,
        name="roles",
        title=_("Roles"),
        placeholder=_("Role or duty"),
        fetch=lambda query: page_of(queries.roles(request.actor), query, queries.ROLE_COLUMNS),
        empty=Empty(
            _("No role yet"),
            _("Define the roles that bear on how AI performs."),
            reverse("roles-add") if may_write else "",
            _("Define the first"),
            "people",
        ),
        extra={"may_write": may_write},
    )


@require_safe
def role(request: MemberRequest, role_id: str) -> HttpResponse:
    """Show a role: duties, holders, who gave them, who accepted, and what every record has."""
    actor = request.actor
    record = queries.role(actor, role_id)
    shown = record_parts(request, _shown(record.role))
    words: dict[str, object] = {
        "record": record,
        "role": record.role,
        "may_write": may(actor, "write", AREA),
        "is_holder": actor.person_id in record.role.holders,
        **shown,
    }
    if shown["parts"].tab == "details":
        given = queries.assignments(actor, role_id)
        stand = standings(actor, [item.entry_id for item in given])
        words |= {
            "names": member_names(actor),
            "given": [(item, stand.get(item.entry_id), _may_sign(actor, stand, item.entry_id)) for item in given],
            "accepted": {item.holder: item for item in reversed(queries.acceptances(actor, role_id))},
            "changed_at": record.changed_at,
        }
    return render(request, "roles/role.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    """Define a role."""
    permit(request.actor, "write", AREA)
    form = forms.RoleForm(asking.posted(request), systems=offer(request.actor))
    editing = Editing(request, form, key="roles-add")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.define_role(actor=request.actor, role=form.role()))
    if made is not None:
        messages.success(request, _("Defined."))
        return redirect("roles-role", made.record_id)
    return _form(request, editing, _("Define a role"), _("Define"))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, role_id: str) -> HttpResponse:
    """Change name, duties or systems of a role from the version that the editor saw."""
    permit(request.actor, "write", AREA)
    record = queries.role(request.actor, role_id)
    shown = record.role
    form = forms.RoleForm(
        asking.posted(request),
        systems=offer(request.actor),
        initial={
            "role_id": shown.role_id,
            "name": shown.name,
            "has_ai_duties": shown.has_ai_duties and not record.waits,
            "duties": "\n".join(shown.duties),
            "systems": shown.systems,
        },
    )
    form.fields["role_id"].widget.attrs["readonly"] = True
    editing = Editing(request, form, key=f"roles-edit/{role_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_duties(
            actor=request.actor, role=replace(form.role(), role_id=role_id), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Changed. Its holders have to accept it anew."))
        return redirect("roles-role", role_id)
    return _form(request, editing, shown.name, _("Save"))


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: MemberRequest, role_id: str) -> HttpResponse:
    """Give a duty of a role to a member."""
    permit(request.actor, "write", AREA)
    record = queries.role(request.actor, role_id)
    form = forms.AssignmentForm(asking.posted(request), duties=record.role.duties, people=member_choices(request.actor))
    editing = Editing(request, form)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.assign_role(actor=request.actor, assignment=form.assignment(role_id)))
    if made is not None:
        messages.success(request, _("Given. It counts once a second person approved it and the holder accepted."))
        return redirect("roles-role", role_id)
    return _form(request, editing, record.role.name, _("Give the duty"))


@require_POST
def accept(request: MemberRequest, role_id: str) -> HttpResponse:
    """Accept a role that one holds."""
    commands.accept_role(actor=request.actor, role_id=role_id)
    messages.success(request, _("Accepted."))
    return redirect("roles-role", role_id)


@require_POST
def release(request: MemberRequest, role_id: str, holder: str) -> HttpResponse:
    """End that a person holds a role."""
    commands.release_holder(
        actor=request.actor, role_id=role_id, holder=PersonId(holder), expected_version=_seen(request)
    )
    messages.success(request, _("Ended. Duties and acceptances of the others are asked for anew."))
    return redirect("roles-role", role_id)


@require_http_methods(["GET", "HEAD", "POST"])
def conformity(request: MemberRequest) -> HttpResponse:
    """Show who answers for conformity of the management system, and what was reported; give the duty."""
    actor = request.actor
    form = forms.conformity_form(asking.posted(request), member_choices(actor))
    if request.method == "POST":
        permit(actor, "write", AREA)
        made = attempt(form, lambda: commands.assign_role(actor=actor, assignment=form.assignment(None)))
        if made is not None:
            messages.success(request, _("Given. It counts once top management approved it."))
            return redirect("roles-conformity")
    given, reports = queries.assignments(actor), queries.performance_reports(actor)
    stand = standings(actor, [*(item.entry_id for item in given), *(item.entry_id for item in reports)])
    return render(
        request,
        "roles/conformity.html",
        {
            "given": [(item, stand.get(item.entry_id), _may_sign(actor, stand, item.entry_id)) for item in given],
            "reports": [(item, stand.get(item.entry_id), _may_sign(actor, stand, item.entry_id)) for item in reports],
            "form": form,
            "names": member_names(actor),
            "may_write": may(actor, "write", AREA),
        },
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: MemberRequest) -> HttpResponse:
    """Record a report to management."""
    permit(request.actor, "write", AREA)
    choices = [(name, capfirst(_(name.replace("_", " ")))) for name in load().roles]
    form = forms.ReportForm(asking.posted(request), roles=choices)
    editing = Editing(request, form, key="roles-report")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.report_performance(
            actor=request.actor,
            received_by=form.cleaned_data["received_by"],
            topics=form.cleaned_data["topics"].splitlines(),
            summary=form.cleaned_data["summary"],
        )
    )
    if made is not None:
        messages.success(request, _("Recorded. It counts once somebody who received it approved it."))
        return redirect("roles-conformity")
    return _form(request, editing, _("Report to management"), pgettext("verb", "Record"))


@list_page
def systems(request: MemberRequest) -> HttpResponse:
    """List the AI systems with who is accountable and which duties nobody holds."""
    rows = queries.systems_stood(request.actor)
    columns = _system_columns(member_names(request.actor), len(load().coverages["ai_duties"].items))
    return show_list(
        request,
        "roles/systems.html",
        columns=columns,
        name="system-duties",
        title=_("Duties around systems"),
        placeholder=_("AI system or person"),
        fetch=lambda query: page_of(rows, query, columns),
        empty=Empty.without_systems(request.actor, _("Its duties are decided here once a system is registered.")),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def system(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show and decide who holds the AI duties around one system."""
    actor = request.actor
    label = queries.known_system(actor, system_id)
    newest = next(iter(queries.system_duties(actor, system_id)), None)
    duties = load().coverages["ai_duties"].items
    initial = {} if newest is None else {**newest.duties.held, "accountable": newest.duties.accountable}
    form = forms.DutiesForm(asking.posted(request), duties=duties, people=member_choices(actor), initial=initial)
    editing = Editing(request, form, key=f"roles-system/{system_id}")
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.decide_system_duties(actor=actor, duties=form.system_duties(system_id)))
    if made is not None:
        messages.success(request, _("Decided. It counts once a second person approved it."))
        return redirect("roles-system", system_id)
    stand = standings(actor, [] if newest is None else [newest.entry_id])
    standing = None if newest is None else stand.get(newest.entry_id)
    return render(
        request,
        "roles/system.html",
        {
            "label": label,
            "system_id": system_id,
            "newest": newest,
            "standing": standing,
            "form": form,
            "may_sign": standing is not None and standing.can_approve(actor),
            "names": member_names(actor),
            "duties": duties,
            "may_write": may(actor, "write", AREA),
            "editing": editing,
        },
        status=422 if form.errors else 200,
    )


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve an assignment or a decision on duties."""
    return asking.approved(request, entry_id)


def _system_columns(names: Mapping[str, str], duties: int) -> tuple[Column, ...]:
    """Return the columns of the systems with who is accountable and how many duties somebody holds."""

    def accountable(row: queries.DutiesRow) -> str:
        return "" if row.newest is None else names.get(row.newest.duties.accountable, row.newest.duties.accountable)

    return (
        Column(
            name="label",
            label=_("AI system"),
            searched=True,
            kind="link",
            value=lambda row: row.label,
            url=lambda row: reverse("roles-system", args=[row.system_id]),
        ),
        Column(name="accountable", label=_("Accountable"), kind="person", searched=True, value=accountable),
        Column(
            name="duties",
            label=_("Duties held"),
            kind="share",
            value=lambda row: (0 if row.newest is None else len(row.newest.duties.held), duties),
        ),
        standing_column(
            "state",
            _("Where it stands"),
            lambda row: row.standing,
            missing=_("not decided"),
            missing_tone="open",
            names=names,
        ),
    )


def _form(request: MemberRequest, editing: Editing, heading: str, label: str) -> HttpResponse:
    words = {"form": editing.form, "editing": editing, "heading": heading, "label": label}
    return render(request, "roles/form.html", words, status=editing.status)


def _shown(role: Role) -> Record:
    address = reverse("roles-role", args=[role.role_id])
    subject = Subject("person_role", role.role_id)
    return Record("person_role", role.role_id, role.name, address, subject, f"person_role/{role.role_id}")


def _seen(request: MemberRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _may_sign(actor: Actor, stand: Mapping[EntryId, Standing], entry_id: EntryId) -> bool:
    standing = stand.get(entry_id)
    return standing is not None and standing.can_approve(actor)
