"""What the pages of the register share: the record behind a page, words for templates, choices for forms."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from clerestory.desk.actor import Actor
from clerestory.desk.forms import Editing
from clerestory.desk.record import Record
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk.queries import RiskRecord, words
from clerestory.registers.risk.queries.criteria import InForce, criteria_made_with
from clerestory.store import clock
from clerestory.terms.evidence import Subject

AREA = "risk"
WORDS = {
    "levels": words.LEVEL_WORDS,
    "tones": words.LEVEL_TONES,
    "states": words.STATES,
    "state_tones": words.STATE_TONES,
    "treatments": words.TREATMENTS,
    "natures": words.NATURES,
    "sources": words.SOURCES,
    "oddities": words.ODDITIES,
    "steps": words.NEXT_STEPS,
    "scales": words.SCALES,
    "tasks": words.TASK_STATES,
    "task_tones": words.TASK_TONES,
    "triggers": words.TRIGGERS,
    "stages": words.STAGES,
    "objectives": words.OBJECTIVES,
    "bearings": words.BEARINGS,
    "moved_by": words.MOVED_BY,
    "remedies": words.REMEDIES,
}
"""Words by value, for templates."""


def shown(record: RiskRecord) -> Record:
    """Return a risk as the tabs of its page know it."""
    risk_id = record.risk_id
    return Record("risk", risk_id, record.risk.event, f"/risk/{risk_id}/", Subject("risk", risk_id), f"risk/{risk_id}")


def form_page(
    request: MemberRequest,
    template: str,
    form: object,
    editing: Editing,
    **more: object,
) -> HttpResponse:
    """Show a form with what it needs."""
    values = {"form": form, "editing": editing, "words": WORDS, **more}
    return render(request, template, values, status=editing.status)


def criteria_seen(request: MemberRequest) -> InForce:
    """Return the criteria that a form was filled in by: those it was shown with, else those in force."""
    text = request.POST.get("made_with", "")
    seen = int(text) if text.isdecimal() and len(text) < 10 else None
    return criteria_made_with(request.actor, seen, clock.now())


def way_back(request: MemberRequest) -> str:
    """Return the page of ours that a form was opened from, where it goes back to; empty where it says none."""
    back = request.GET.get("back", "")
    return back if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None) else ""


def is_owner(actor: Actor, record: RiskRecord) -> bool:
    """Whether the risk is the member's own."""
    return actor.person_id == record.risk.owner
