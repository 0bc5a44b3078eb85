"""One search over records, requirements, evidence, people, pages and actions; the palette shows the same results."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clerestory.desk.actor import Actor
from clerestory.desk.permit import may
from clerestory.desk.request import MemberRequest
from clerestory.report import search as reports
from clerestory.report.search import Hit, HitGroup
from clerestory.store.directory import normalised
from clerestory.web.context import navigation
from clerestory.web.words import framework_word, kind_word, subject_word, which_word

MOST_ON_PAGE = 20
MOST_IN_PALETTE = 5
_ICONS = {
    "ai_system": "systems", "model_version": "flask", "dataset_version": "data", "risk": "warning",
    "nonconformity": "flag", "control": "scope", "person_role": "people", "process": "gear", "role": "people",
    "monitor": "clock", "requirement": "board", "evidence": "log", "person": "person", "page": "right",
    "action": "plus", "document": "log",
}  # fmt: skip
_ACTIONS = (
    ("write", "inventory", "inventory-system-add", gettext_lazy("Register an AI system")),
    ("write", "risk", "risk-add", gettext_lazy("Identify a risk")),
    ("write", "nonconformity", "nonconformity-add", gettext_lazy("Raise a nonconformity")),
    ("write", "applicability", "applicability-worksheet", gettext_lazy("Decide on controls of Annex A")),
    ("write", "roles", "roles-add", gettext_lazy("Define a role")),
    ("write", "organisation", "organisation-process-add", gettext_lazy("Register a process")),
    ("write", "monitoring", "monitoring-add", gettext_lazy("Set up a monitor")),
    ("administer", "members", "members", gettext_lazy("Invite somebody")),
    ("read", "board", "difference", gettext_lazy("Compare two days")),
)


@dataclass(frozen=True, slots=True)
class Found:
    """One line of results, in words."""

    id: str
    label: str
    detail: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Lines that stand together under a title."""

    key: str
    title: str
    found: tuple[Found, ...]
    more: bool = False


@require_safe
def search(request: MemberRequest) -> HttpResponse:
    """Show what a text finds; ``part=palette`` is the list alone."""
    palette = request.GET.get("part") == "palette"
    text = request.GET.get("q", "").strip()[: reports.LONGEST]
    groups = results(request.actor, text, most=MOST_IN_PALETTE if palette else MOST_ON_PAGE)
    template = "web/search/options.html" if palette else "web/search/search.html"
    return render(
        request, template, {"groups": groups, "text": text, "total": sum(len(group.found) for group in groups)}
    )


def results(actor: Actor, text: str, *, most: int) -> tuple[FoundGroup, ...]:
    """Return pages and actions, then what the search over the records finds; without a text pages and actions."""
    found = reports.search(actor, text, most=most)
    groups = [_group(number, group) for number, group in enumerate(found.groups)]
    actions = FoundGroup("actions", _("Actions"), tuple(_fitting(text, _actions(actor)))[: most if text else None])
    places = FoundGroup("pages", _("Pages"), tuple(_fitting(text, _pages()))[: most if text else None])
    ahead = [actions, places] if not text else [places, actions]
    return tuple(group for group in (*ahead, *groups) if group.found)


def _fitting(text: str, all_of_them: Iterator[Found]) -> Iterator[Found]:
    words = normalised(text).split()
    return (one for one in all_of_them if all(f" {word}" in normalised(one.label) for word in words))


def _pages() -> Iterator[Found]:
    for group in navigation():
        for link in group.links:
            yield Found(f"page-{link.route}", link.label, group.title, link.url, link.icon)


def _actions(actor: Actor) -> Iterator[Found]:
    for verb, area, route, label in _ACTIONS:
        if not may(actor, verb, area):
            continue
        try:
            yield Found(f"action-{route}", str(label), "", reverse(route), _ICONS["action"])
        except NoReverseMatch:
            continue


def _group(number: int, group: HitGroup) -> FoundGroup:
    lines = tuple(_line(hit) for hit in group.hits)
    return FoundGroup(f"group-{number}", _title(group), lines, group.more)


def _title(group: HitGroup) -> str:
    if group.what == "requirement":
        return _("Requirements")
    if group.what == "person":
        return _("People")
    if group.what == "evidence":
        return _("Evidence")
    return {"ai_system": _("AI systems"), "risk": _("Risks"), "nonconformity": _("Nonconformities")}.get(
        group.kind, kind_word(group.kind)
    )


def _line(hit: Hit) -> Found:
    key = f"{hit.what}-{hit.kind}-{hit.id}"
    if hit.what == "requirement":
        return Found(key, f"{hit.id} {hit.label}", framework_word(hit.kind), hit.url, _ICONS["requirement"])
    if hit.what == "evidence":
        detail = (which_word(hit.which) if hit.which else "") or subject_word(hit.detail)
        return Found(key, hit.label or kind_word(hit.kind), detail, hit.url, _ICONS["evidence"])
    icon = _ICONS.get("person" if hit.what == "person" else hit.kind, "link")
    return Found(key, hit.label, "" if hit.detail == hit.label else hit.detail, hit.url, icon)
