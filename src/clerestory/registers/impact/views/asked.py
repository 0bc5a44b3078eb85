"""What the pages of impact share: words for templates, the record of a system's assessment, steps, the form page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from clerestory.desk.forms import Editing
from clerestory.desk.record import Record
from clerestory.desk.request import MemberRequest
from clerestory.registers.impact.commands.assessment import known_answers
from clerestory.registers.impact.queries import Assessed, words
from clerestory.registers.impact.queries.reading import AREA
from clerestory.registers.impact.rules.assessment import Nature
from clerestory.registers.impact.rules.question import OPTIONAL, PARTS, QUESTIONS, TOPICS
from clerestory.registers.impact.rules.threshold import OF_AREA, Weight
from clerestory.terms.ids import EntryId

__all__ = [
    "AREA",
    "Step",
    "begins_short",
    "first_page",
    "form_page",
    "known_from",
    "next_page",
    "record_of",
    "seen",
    "steps",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to an assessment: its name, page, and whether it is done; None where it is optional."""

    label: str
    url: str
    done: bool | None


def record_of(found: Assessed) -> Record:
    """Return the assessment of a system as the tabs of its page know it."""
    entries = tuple(one.entry_id for one in found.made) + ((found.draft.entry_id,) if found.draft else ())
    return record_with(found.system_id, found.label, entries)


def record_with(system_id: str, label: str, entries: tuple[EntryId, ...]) -> Record:
    """Return the assessment of a system with its entries as the tabs of its page know it."""
    url, paper = (reverse(name, args=[system_id]) for name in ("impact-system", "impact-report"))
    entity = f"impact_assessment/{system_id}"
    return Record("impact_assessment", system_id, label, url, None, entity, entries=entries, paper=paper)


def steps(found: Assessed) -> Iterator[Step]:
    """Yield the steps in their order; what is open comes with its page."""
    said, system_id = found.assessment, found.system_id
    lacking = set(found.open_points)
    yield Step(_("What the use touches"), reverse("impact-use", args=[system_id]), "use" not in lacking)
    for part in PARTS:
        names = [q.name for q in QUESTIONS if q.part == part and q.name not in OPTIONAL]
        done = not lacking & set(names) and any(said.said(name) for name in names)
        yield Step(str(words.PARTS[part]), reverse("impact-part", args=[system_id, part]), done)
    judged = all(topic in said.judged for topic in TOPICS) and any(e.nature is Nature.BENEFIT for e in said.effects)
    yield Step(_("Effects"), reverse("impact-effects", args=[system_id]), judged)
    heard = found.people_heard or bool(said.said("not_heard"))
    yield Step(
        _("People heard"), reverse("impact-hear", args=[system_id]), heard or (False if found.depth.deep else None)
    )
    here = reverse("impact-system", args=[system_id])
    yield Step(_("Proposed"), here, found.newest is not None and not found.is_changed)
    newest = found.newest.version if found.newest is not None else 0
    for kind, label, route in (
        ("proceeding", _("Decided whether to proceed"), "impact-decide"),
        ("trace", _("Findings carried into risks"), "impact-trace"),
        ("disclosure", _("Decided who is told"), "impact-disclose"),
    ):
        made = next(iter(found.acts(kind)), None)
        url = reverse(route, args=[system_id])
        yield Step(label, url, made is not None and made.said["assessment"] == newest)


def begins_short(found: Assessed) -> bool:
    """Whether one page asks all: nothing that is known makes the use more than ordinary."""
    weight = found.in_force.thresholds.weight_of
    marks = (OF_AREA[area] for area in found.known.use_areas if area in OF_AREA)
    return not found.depth.deep and all(weight(mark) is Weight.ORDINARY for mark in marks)


def first_page(found: Assessed) -> str:
    """Return the address where an assessment is begun."""
    return reverse("impact-short" if begins_short(found) else "impact-use", args=[found.system_id])


def next_page(found: Assessed) -> str:
    """Return the address of the first step that is open, where the way goes on; the system's page at its end."""
    here = reverse("impact-system", args=[found.system_id])
    return next((step.url for step in steps(found) if step.done is False), here)


def known_from(found: Assessed) -> Mapping[str, object]:
    """Return where each answer comes from that stands in a form before anybody wrote it."""
    measured = {"model_evaluation": _("From the newest measurements.")}
    record = {name: _("From the record of the system.") for name in known_answers(found)} | measured
    written = {} if found.draft is None else found.assessment.answers
    return {
        name: text for name, text in record.items() if written.get(name, "") in ("", known_answers(found).get(name))
    }


def form_page(
    request: MemberRequest, editing: Editing, heading: str, label: str, found: Assessed | None = None, **more: object
) -> HttpResponse:
    """Show a form with what it needs."""
    words_ = {"form": editing.form, "editing": editing, "heading": heading, "label": label, "found": found, **more}
    return render(request, "impact/form.html", words_, status=editing.status)


def seen(request: MemberRequest, name: str = "version") -> int | None:
    """Return the version of the draft, or of what ``name`` says, that a button on its page carries; None without."""
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
