"""The page of a system's resources: data, tools, computing, people, with what was measured beside what is described."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk import request as asking
from clerestory.desk.approval import Standing, stood
from clerestory.desk.forms import Editing
from clerestory.desk.people import member_choices, member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.forms import resource as forms
from clerestory.registers.inventory.queries.part import parts_of
from clerestory.registers.inventory.queries.resource import Version, described, seen, staffing_of, things_of
from clerestory.registers.inventory.rules.part import Deployment
from clerestory.registers.inventory.rules.resource import STAFFING, STAFFING_CHECK, Sort
from clerestory.registers.inventory.views.system import system_record
from clerestory.terms import sentence

AREA = "inventory"
MOST = 12


@require_safe
def resources(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show what is described of a system's resources, what is open, and what was really measured."""
    actor = request.actor
    record = queries.ai_system(actor, system_id)
    things = things_of(actor, system_id, MOST)
    found = described(actor, [system_id, *(about for _sort, about, _name in things)])
    stand = {version.entry_id: (standing, sign) for version, standing, sign in stood(actor, found.values())}

    def block(sort: str, about: str, label: str) -> dict[str, Any]:
        version = found.get((sort, about))
        standing, sign = stand[version.entry_id] if version else (None, False)
        return _block(sort, about, label, version, standing, sign)

    staffing = found.get((STAFFING, system_id))
    words = {
        "system": record.system,
        "resources": block(Sort.RESOURCES, system_id, record.system.name),
        "tooling": [block(sort, about, name) for sort, about, name in things if sort is Sort.TOOLING],
        "computing": [block(sort, about, name) for sort, about, name in things if sort is Sort.COMPUTING],
        "staffing": block(STAFFING, system_id, ""),
        "posts": staffing.staffing.posts if staffing else (),
        "filled": block(STAFFING_CHECK, system_id, ""),
        "seats": _seats(found.get((STAFFING_CHECK, system_id)), staffing),
        "seen": seen(actor, system_id),
        "names": member_names(actor),
        "topic_words": forms.TOPIC_WORDS,
        "may_write": may(actor, "write", AREA),
    }
    shown = system_record(record)
    return render(request, "inventory/resources.html", {**words, **record_parts(request, shown, tab="resources")})


@require_http_methods(["GET", "HEAD", "POST"])
def describe(request: MemberRequest, system_id: str, sort: str, about: str) -> HttpResponse:
    """Describe resources, tools or computing; a first description begins with what is known."""
    actor = request.actor
    permit(actor, "write", AREA)
    if sort not in set(Sort):
        raise Http404
    record = queries.ai_system(actor, system_id)
    newest = described(actor, [about]).get((sort, about))
    initial = (
        forms.description_values(newest.said["topics"], newest.said["tools"])
        if newest is not None
        else forms.description_values(_known(request, record, Sort(sort), about))
    )
    form = forms.DescriptionForm(asking.posted(request), sort=Sort(sort), initial=initial)
    version = newest.version if newest else 0
    editing = Editing(request, form, key=f"inventory-{sort}/{about}", version=version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.describe_resources(
            actor=actor, said=form.description(system_id, about), expected_version=editing.expected
        )
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("inventory-resources", system_id)
    headings = {
        Sort.RESOURCES: _("Resources of the system"),
        Sort.TOOLING: _("Tools behind %(name)s") % {"name": about},
        Sort.COMPUTING: _("Computing of %(name)s") % {"name": about},
    }
    return _form(request, editing, headings[Sort(sort)], _("Propose"), record)


@require_http_methods(["GET", "HEAD", "POST"])
def post(request: MemberRequest, system_id: str) -> HttpResponse:
    """Add a post that the system needs, or change the one that the address names."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = queries.ai_system(actor, system_id)
    newest = staffing_of(actor, system_id)
    name = request.GET.get("post", "")
    known = next((one for one in newest.staffing.posts if one.name == name), None) if newest else None
    form = forms.PostForm(asking.posted(request), initial=forms.post_values(known))
    editing = Editing(request, form, version=newest.version if newest else 0)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.set_post(
            actor=actor, system_id=system_id, post=form.post(), expected_version=editing.expected, instead_of=name
        )
    )
    if made is not None:
        messages.success(request, _("Noted. The posts count once a second person approved them."))
        return redirect("inventory-resources", system_id)
    return _form(request, editing, name or _("Add a post"), _("Save"), record)


@require_POST
def drop_post(request: MemberRequest, system_id: str) -> HttpResponse:
    """Take a post from those that the system needs."""
    version = request.POST.get("version", "")
    expected = int(version) if version.isdecimal() and len(version) < 10 else 0
    commands.remove_post(
        actor=request.actor, system_id=system_id, name=request.POST.get("post", ""), expected_version=expected
    )
    messages.success(request, _("Removed. The posts count once a second person approved them."))
    return redirect("inventory-resources", system_id)


@require_http_methods(["GET", "HEAD", "POST"])
def fill(request: MemberRequest, system_id: str) -> HttpResponse:
    """Record who fills each post today."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = queries.ai_system(actor, system_id)
    newest = staffing_of(actor, system_id)
    if newest is None:
        raise queries.InventoryUnknown(
            sentence.gettext("No posts are described."),
            sentence.gettext("Describe the posts that the system needs first."),
        )
    before = described(actor, [system_id]).get((STAFFING_CHECK, system_id))
    people = member_choices(actor)
    initial = _filled_before(before, newest, {person for person, _name in people})
    form = forms.FilledForm(asking.posted(request), staffing=newest.staffing, people=people, initial=initial)
    editing = Editing(request, form)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.check_posts(actor=actor, check=form.check(system_id)))
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("inventory-resources", system_id)
    return _form(request, editing, _("Who fills the posts today"), _("Propose"), record)


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a description, posts or a check of posts."""
    return asking.approved(request, entry_id)


def _block(
    sort: str, about: str, label: str, version: Version | None, standing: Standing | None, sign: bool
) -> dict[str, Any]:
    said = dict(version.said.get("topics", {})) if version else {}
    topics = forms.topics_of(Sort(sort)) if sort in set(Sort) else ()
    return {
        "sort": sort, "about": about, "label": label, "version": version, "standing": standing, "may_sign": sign,
        "topics": [(topic, said.get(topic, "")) for topic in topics],
        "open": [topic for topic in topics if not said.get(topic)],
    }  # fmt: skip


def _seats(check: Version | None, staffing: Version | None) -> list[tuple[str, str]]:
    if staffing is None:
        return []
    holders = check.said["holders"] if check else {}
    return [(seat, holders.get(seat, "")) for seat in staffing.staffing.seats]


def _filled_before(before: Version | None, staffing: Version, present: set[str]) -> dict[str, str]:
    """Return who filled each place the last time, as far as they are still here."""
    if before is None:
        return {}
    held = {seat: person for seat, person in before.said["holders"].items() if person in present}
    seats = enumerate(staffing.staffing.seats)
    return {f"seat_{number}": held[seat] for number, seat in seats if seat in held} | {"basis": before.said["basis"]}


def _known(request: MemberRequest, record: queries.SystemRecord, sort: Sort, about: str) -> dict[str, str]:
    actor, system = request.actor, record.system
    parts, facts = parts_of(actor, system.system_id), seen(actor, system.system_id)
    if sort is Sort.TOOLING:
        return forms.known_tooling(about, facts, parts)
    if sort is Sort.COMPUTING:
        found = next((one.part for one in parts if one.part_id == about), None)
        return forms.known_computing(found, system, facts) if isinstance(found, Deployment) else {}
    staffing = staffing_of(actor, system.system_id)
    models = queries.models_of(actor, system.system_id, MOST)
    datasets = queries.datasets_of(actor, system.system_id, MOST)
    return forms.known_resources(parts, models, datasets, staffing.staffing if staffing else None, facts)


def _form(
    request: MemberRequest, editing: Editing, heading: str, label: str, record: queries.SystemRecord
) -> HttpResponse:
    words = {
        "form": editing.form, "editing": editing, "heading": heading, "label": label, "system": record.system,
    }  # fmt: skip
    return render(request, "inventory/resource_form.html", words, status=editing.status)
