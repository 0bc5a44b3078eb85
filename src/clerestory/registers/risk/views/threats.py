"""Pages of threats: all systems, the threat model of one with its picture, one threat, and its mitigations."""

from collections.abc import Iterable

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.permit import may
from clerestory.desk.record import Record, record_parts, shows_details
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk.facts.threat import threat_model_entity
from clerestory.registers.risk.queries import threat_words as words
from clerestory.registers.risk.queries.threat_lists import SYSTEM_COLUMNS, by_state, threat_columns
from clerestory.registers.risk.queries.threats import (
    ReviewRecord,
    ThreatModelRecord,
    reviews_of,
    threat_model,
    threat_page,
    threat_systems,
)
from clerestory.registers.risk.views.asked import AREA
from clerestory.registers.risk.views.threat_picture import picture_of
from clerestory.store import clock
from clerestory.terms.evidence import Subject

WORDS = {
    "facts": {name: label for name, (label, _hint) in words.FACTS.items()},
    "states": words.STATES,
    "state_tones": words.STATE_TONES,
    "sentences": words.SENTENCES,
    "flows": words.FLOWS,
    "nist": words.NIST,
    "maturity": words.MATURITY,
    "measures": words.MEASURES,
    "standings": words.STANDINGS,
    "standing_tones": words.STANDING_TONES,
    "checks": words.CHECKS,
    "check_tones": words.CHECK_TONES,
    "where": words.WHERE,
    "answers": words.ANSWERS,
}
"""Words by value, for templates."""


@list_page
def threats(request: MemberRequest) -> HttpResponse:
    """List all systems with the figures of their threat models."""
    now = clock.now()
    return show_list(
        request,
        "risk/threats.html",
        columns=SYSTEM_COLUMNS,
        name="threats",
        title=_("Threats by system"),
        placeholder=_("AI system"),
        fetch=lambda query: threat_systems(request.actor, query, SYSTEM_COLUMNS, now),
        empty=Empty.without_systems(
            request.actor, _("Threats follow from the architecture of a system; register one first.")
        ),
        extra={"here": "threats"},
    )


@list_page
def system(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show the threat model of one system: figures, picture, what changed, every threat, and its reviews."""
    actor = request.actor
    values: dict[str, object] = {"words": WORDS, "may_write": may(actor, "write", AREA)}
    if not shows_details(request):
        record = threat_model(actor, system_id)
        if record.begun:
            shown = _shown(record, reviews_of(actor, system_id))
            values |= {"page": {"record": record}, **record_parts(request, shown)}
            return render(request, "risk/threat_model.html", values)
    page = threat_page(actor, system_id, clock.now())
    values["page"] = page
    if not page.record.begun:
        return render(request, "risk/threat_begin.html", values)
    values |= record_parts(request, _shown(page.record, page.reviews))
    columns = threat_columns(system_id)
    values |= {
        "picture": picture_of(page.crossings),
        "contradictions": [
            (words.FACTS[one.fact][0], words.spoken(one.said), words.WHERE[one.where], words.spoken(one.known))
            for one in page.contradictions
        ],
        "by_id": {one.threat.threat_id: one.threat.name for one in page.covered},
    }
    return show_list(
        request,
        "risk/threat_model.html",
        columns=columns,
        name="system-threats",
        file_name=f"threats-{system_id}",
        title=_("Threats of %(system)s") % {"system": page.record.system_name},
        placeholder=_("Threat, reason or id"),
        fetch=lambda query: page_of(by_state(page.covered), query, columns),
        extra=values,
    )


@require_safe
def threat(request: MemberRequest, system_id: str, threat_id: str) -> HttpResponse:
    """Show one threat of a system: why it is there, what meets it, what checks say, and what was decided."""
    actor = request.actor
    page = threat_page(actor, system_id, clock.now())
    covered = page.of(threat_id)
    if covered is None:
        raise Http404
    data = page.data
    return render(
        request,
        "risk/threat.html",
        {
            "page": page,
            "row": covered,
            "threat": covered.threat,
            "told": [(words.FACTS[one.fact][0], words.spoken(one.values)) for one in covered.threat.facts],
            "mitigations": [
                (data.mitigations[name], standing, page.record.decided.get(name))
                for name, standing in covered.mitigations
            ],
            "checks": [(name, state, page.shown.entries.get(name)) for name, state in covered.checks],
            "owasp": [(name, data.owasp[name]) for name in covered.threat.owasp],
            "tactics": [data.tactics[name] for name in data.techniques[threat_id].tactics],
            "words": WORDS,
            "may_write": may(actor, "write", AREA) and page.record.begun,
        },
    )


@require_safe
def mitigations(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show every mitigation that a threat of the system asks for, with what was decided and how it stands."""
    actor = request.actor
    page = threat_page(actor, system_id, clock.now())
    found: dict[str, list[tuple[object, object]]] = {}
    for one in page.covered:
        if one.threat.in_play:
            for name, standing in one.mitigations:
                found.setdefault(name, []).append((one.threat, standing))
    decided = page.record.decided
    order = sorted(found, key=lambda name: (name in decided, -len(found[name]), name))
    rows = [(page.data.mitigations[name], decided.get(name), found[name]) for name in order]
    return render(
        request,
        "risk/threat_mitigations.html",
        {"page": page, "rows": rows, "words": WORDS, "may_write": may(actor, "write", AREA) and page.record.begun},
    )


def _shown(record: ThreatModelRecord, reviews: Iterable[ReviewRecord]) -> Record:
    system_id = record.system_id
    title = _("Threats of %(system)s") % {"system": record.system_name}
    return Record(
        "threat_model",
        system_id,
        title,
        reverse("risk-threats-system", args=[system_id]),
        Subject("ai_system", system_id),
        threat_model_entity(system_id),
        entries=tuple(review.entry_id for review in reviews),
    )
