"""Pages of the parts of a system: agents with their tools, deployments, prompts, uses, AI in bought software."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk import request as asking
from clerestory.desk.approval import stood
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, show_list
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.forms import part as forms
from clerestory.registers.inventory.forms.record import AUTONOMY
from clerestory.registers.inventory.queries.part import (
    KIND_WORDS,
    PART_COLUMNS,
    PartRecord,
    observed,
    overreaching,
    part,
    part_versions,
    parts,
    parts_of,
)
from clerestory.registers.inventory.rules.agent import BINDING, Agent, exceeds
from clerestory.registers.inventory.rules.part import KINDS, Prompt, difference
from clerestory.registers.inventory.views.system import system_record
from clerestory.terms import sentence
from clerestory.terms.evidence import Subject

AREA = "inventory"
LEADS = {
    "agent": gettext_lazy("Its tools, what each may do, and how far it acts on its own."),
    "deployment": gettext_lazy("A model version at work in one place."),
    "prompt": gettext_lazy("A text that steers the system; each change is a version with a digest."),
    "use": gettext_lazy("Who uses the system for what."),
    "embedded_ai": gettext_lazy("AI inside software that was bought."),
}


@list_page
def all_parts(request: MemberRequest) -> HttpResponse:
    """List the parts of all systems."""
    return show_list(
        request,
        "inventory/parts.html",
        columns=PART_COLUMNS,
        name="inventory-parts",
        title=_("Agents and other parts"),
        placeholder=_("Name or system"),
        fetch=lambda query: parts(request.actor, query),
        empty=Empty(
            _("No agent, deployment, prompt or use yet"),
            _("Open an AI system and add what belongs to it under Parts."),
            picture="systems",
        ),
    )


@require_safe
def parts_of_system(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show the parts of one system by kind, and name agents that act further than declared."""
    actor = request.actor
    record = queries.ai_system(actor, system_id)
    records = parts_of(actor, system_id)
    by_kind = [(kind, KIND_WORDS[kind], [one for one in records if one.part.kind == kind]) for kind in KINDS]
    words = {
        "system": record.system,
        "by_kind": by_kind,
        "leads": LEADS,
        "overreaching": overreaching(actor, records),
        "levels": dict(AUTONOMY),
        "models": queries.models_of(actor, system_id, 10),
        "datasets": queries.datasets_of(actor, system_id, 10),
        "may_write": may(actor, "write", AREA),
    }
    shown = system_record(record)
    return render(request, "inventory/system_parts.html", {**words, **record_parts(request, shown, tab="parts")})


@require_http_methods(["GET", "HEAD", "POST"])
def add_part(request: MemberRequest, system_id: str, part_kind: str) -> HttpResponse:
    """Register a part of a system, with what is known of the system filled in."""
    actor = request.actor
    permit(actor, "write", AREA)
    _known_kind(part_kind)
    system = queries.ai_system(actor, system_id).system
    initial = forms.first_values(part_kind, system.affects_people, system.autonomy_level, today_of(actor))
    models = _models(request, system_id) if part_kind == "deployment" else []
    form = forms.FORMS[part_kind](asking.posted(request), initial=initial, models=models)
    editing = Editing(request, form, key=f"inventory-part-add/{system_id}/{part_kind}")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.register_part(actor=actor, said=form.part(system_id)))
    if made is not None:
        messages.success(request, _("Registered."))
        return redirect("inventory-part", part_kind, made.record_id)
    return _form(request, editing, str(KIND_WORDS[part_kind]), _("Register"), system_id, system.name, part_kind)


@require_safe
def show_part(request: MemberRequest, part_kind: str, part_id: str) -> HttpResponse:
    """Show one part with its versions, and an agent with what its runs really showed."""
    actor = request.actor
    record = part(actor, part_kind, part_id)
    said = record.part
    parts = record_parts(request, _shown(record))
    words: dict[str, Any] = {
        "record": record,
        "part": said,
        "kind_word": KIND_WORDS[said.kind],
        "may_write": may(actor, "write", AREA) and said.status != "retired",
        **parts,
    }
    if parts["parts"].tab == "details":
        words |= {
            "versions": part_versions(actor, said.kind, part_id),
            "names": member_names(actor),
            "levels": dict(AUTONOMY),
            "acts": forms.ACTS,
            "binding": BINDING,
        }
        found = queries.less_asked_about(actor, said.kind, part_id)
        words |= {"less": stood(actor, found)} if found else {}
        if isinstance(said, Agent):
            seen = observed(actor, said)
            words |= {"observed": seen, "exceeds": exceeds(said, seen)}
    return render(request, "inventory/part.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_part(request: MemberRequest, part_kind: str, part_id: str) -> HttpResponse:
    """Change a part from the version that the editor saw."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = part(actor, part_kind, part_id)
    said = record.said
    models = _models(request, said.system_id) if part_kind == "deployment" else []
    form = forms.FORMS[part_kind](asking.posted(request), initial=forms.part_values(said), models=models)
    form.fields.pop("slug", None)
    editing = Editing(request, form, key=f"inventory-part/{part_kind}/{part_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_part(
            actor=actor, said=form.part(said.system_id, said.slug, said), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Changed. What rests on it as it was is marked to be looked at again."))
        return redirect("inventory-part", part_kind, part_id)
    return _form(request, editing, said.name, _("Save"), said.system_id, record.system_name, part_kind)


@require_http_methods(["GET", "HEAD", "POST"])
def tool(request: MemberRequest, part_id: str) -> HttpResponse:
    """Give an agent a tool, or change the permissions of the one that the address names."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = part(actor, "agent", part_id)
    said = record.part
    name = request.GET.get("tool", "")
    known = next((one for one in said.tools if one.name == name), None) if isinstance(said, Agent) else None
    form = forms.ToolForm(asking.posted(request), initial=forms.tool_values(known) if known else {})
    editing = Editing(request, form, key="", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.set_tool(
            actor=actor, agent_id=part_id, tool=form.tool(), expected_version=editing.seen, instead_of=name
        )
    )
    if made is not None:
        messages.success(
            request, _("The tool list changed. What rests on it as it was is marked to be looked at again.")
        )
        return redirect("inventory-part", "agent", part_id)
    heading = name or _("Add a tool")
    return _form(request, editing, heading, _("Save"), said.system_id, record.system_name, "agent", record)


@require_POST
def drop_tool(request: MemberRequest, part_id: str) -> HttpResponse:
    """Take a tool from an agent."""
    version = request.POST.get("version", "")
    seen = int(version) if version.isdecimal() and len(version) < 10 else 0
    commands.remove_tool(
        actor=request.actor, agent_id=part_id, name=request.POST.get("tool", ""), expected_version=seen
    )
    messages.success(request, _("The tool list changed. What rests on it as it was is marked to be looked at again."))
    return redirect("inventory-part", "agent", part_id)


@require_safe
def part_difference(request: MemberRequest, part_id: str, number: int) -> HttpResponse:
    """Show what one version of a prompt changed in its text, line by line."""
    record = part(request.actor, "prompt", part_id)
    texts = {one.version: one.part for one in part_versions(request.actor, "prompt", part_id)}
    after, before = texts.get(number), texts.get(number - 1)
    if not isinstance(after, Prompt):
        raise queries.InventoryUnknown(
            sentence.gettext("There is no version {number}.", number=number),
            sentence.gettext("Choose one of the prompt's page."),
        )
    lines = tuple(difference(before.text if isinstance(before, Prompt) else "", after.text))
    words = {"record": record, "part": record.part, "version": number, "lines": lines, "before": before}
    return render(request, "inventory/part_difference.html", words)


def _models(request: MemberRequest, system_id: str) -> list[tuple[str, str]]:
    found = queries.models_of(request.actor, system_id, 100)
    return [(one.model.version_id, f"{one.model.version_id} ({one.model.status})") for one in found]


def _known_kind(kind: str) -> None:
    if kind not in KINDS:
        raise Http404


def _shown(record: PartRecord) -> Record:
    kind = record.part.kind
    url = reverse("inventory-part", args=[kind, record.part_id])
    subject = Subject(kind, record.part_id) if kind in ("agent", "deployment") else None
    return Record(kind, record.part_id, record.part.name, url, subject, f"{kind}/{record.part_id}")


def _form(
    request: MemberRequest,
    editing: Editing,
    heading: str,
    label: str,
    system_id: str,
    system_name: str,
    kind: str,
    record: PartRecord | None = None,
) -> HttpResponse:
    words = {
        "form": editing.form, "editing": editing, "heading": heading, "label": label, "system_id": system_id,
        "system_name": system_name, "lead": LEADS[kind], "record": record,
    }  # fmt: skip
    return render(request, "inventory/part_form.html", words, status=editing.status)
