"""What the pages of the context share: words for templates, where a version stands, and the form page."""

from collections.abc import Iterable

from django.http import HttpResponse
from django.shortcuts import render

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.forms import Editing
from clerestory.desk.people import members
from clerestory.desk.record import Record
from clerestory.desk.request import MemberRequest
from clerestory.registers.context.queries import Made
from clerestory.store import directory

AREA = "context"
Stood = tuple[Made, Standing | None, bool]


def stood(actor: Actor, made: Iterable[Made]) -> list[Stood]:
    """Return versions with where each stands, and whether the member could approve it."""
    versions = list(made)
    stand = standings(actor, [version.entry_id for version in versions])
    found = ((version, stand.get(version.entry_id)) for version in versions)
    return [(version, standing, standing is not None and standing.can_approve(actor)) for version, standing in found]


def names(actor: Actor) -> dict[str, str]:
    """Return the names of members, past ones too, by id."""
    return {member.person_id: member.name for member in members(actor, past=True)}


def people(actor: Actor) -> list[tuple[str, str]]:
    """Return the members that a form offers."""
    return [(member.person_id, member.name) for member in members(actor)]


def systems(actor: Actor) -> list[tuple[str, str]]:
    """Return the AI systems that a form offers."""
    return [(record.id, record.label) for record in directory.find(actor.organisation_id, "ai_system")]


def shown(kind: str, record_id: str, title: str, url: str) -> Record:
    """Return a record of the context as the tabs of its page know it."""
    return Record(kind, record_id, title, url, None, f"{kind}/{record_id}")


def form_page(request: MemberRequest, editing: Editing, heading: str, label: str, **more: object) -> HttpResponse:
    """Show a form with what it needs."""
    words = {"form": editing.form, "editing": editing, "heading": heading, "label": label, **more}
    return render(request, "context/form.html", words, status=editing.status)


def seen(request: MemberRequest) -> int:
    """Return the version of the record that a button on its page carries."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
