"""Pages of the class under the EU AI Act: the list, one system with its reasoning, the questionnaire and the law."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from clerestory.catalogue.law.read import Law, load_law
from clerestory.desk import request as asking
from clerestory.desk.approval import standings
from clerestory.desk.day import today_of
from clerestory.desk.document import Facts, Head, Heading, Paper, Paragraph, Table, paper_response
from clerestory.desk.document.answer import organisation_name
from clerestory.desk.document.paper import Cell, Part, references
from clerestory.desk.document.words import day_text
from clerestory.desk.forms import Editing, say_known
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.forms.classification import ClassificationForm, class_values
from clerestory.registers.inventory.queries.classification import ClassifiedSystem, ClassRecord
from clerestory.registers.inventory.queries.law_words import (
    CLASSES,
    FINDINGS,
    ROLES,
    TONES,
    article_said,
    said,
    titles,
    told,
    was_before,
)
from clerestory.registers.inventory.rules.classification import Answers, DutyFrom, Finding
from clerestory.registers.inventory.rules.law_walk import asked
from clerestory.registers.inventory.views.system import system_record
from clerestory.store import clock, log

AREA = "inventory"
_FROM_RECORD = {
    "system": gettext_lazy("From the inventory: it is registered as an AI system."),
    "roles": gettext_lazy("From the inventory: our AI role."),
    "product": gettext_lazy("From the inventory: it is no safety part of a product."),
    "areas": gettext_lazy("From the inventory: where it is used."),
    "transparency": gettext_lazy("From the inventory: people talk with it, or see or hear what it makes."),
}


@list_page
def classifications(request: MemberRequest) -> HttpResponse:
    """List the systems with their classes."""
    return show_list(
        request,
        "inventory/classifications.html",
        columns=queries.CLASS_COLUMNS,
        name="classes",
        title=_("Classes under the EU AI Act"),
        placeholder=_("AI system"),
        fetch=lambda query: queries.classifications(request.actor, query),
        empty=Empty.without_systems(request.actor, _("Its class is found here once it is registered.")),
        extra={"law": load_law()},
    )


@require_safe
def classification(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show the class of one system: what follows, why, from when, and what is still open."""
    actor = request.actor
    registered = queries.ai_system(actor, system_id)
    shown = queries.legal_class(actor, system_id, registered)
    if shown.record is None and "begin" in request.GET and may(actor, "write", AREA):
        return redirect("classification-answer", system_id)
    law, now = queries.law_now(today_of(actor))
    if shown.record is not None and request.GET.get("export"):
        paper = _paper(request, law, shown, shown.record)
        return paper_response(request, paper, request.GET["export"], f"eu-ai-act-{system_id}")
    words: dict[str, object] = {
        "shown": shown,
        "system": shown.system,
        "record": shown.record,
        "law": law,
        "version_now": law.version(now),
        "may_write": may(actor, "write", AREA),
    }
    if (record := shown.record) is not None:
        standing = standings(actor, (record.entry_id,)).get(record.entry_id)
        found = record.found
        words |= {
            "found": found,
            "was_before": was_before(found),
            "version": law.version(found.version),
            "word": CLASSES[found.klass],
            "tone": TONES[found.klass],
            "at_least": CLASSES[found.at_least],
            "open": titles(law, found.open),
            "roles": [ROLES[role] for role in found.roles],
            "steps": [(step, said(step), told(step), article_said(step.article)) for step in found.steps],
            "duties": [(duty, article_said(duty.article)) for duty in found.duties],
            "counts": (CLASSES[record.counts], TONES[record.counts]),
            "said": (CLASSES[record.said], TONES[record.said]),
            "held": _held(record),
            "standing": standing,
            "may_sign": standing is not None and standing.can_approve(actor),
            "names": member_names(actor),
            "is_old": found.version != now,
        }
    address = reverse("classification-system", args=[system_id]) if shown.record is not None else ""
    known = system_record(registered, address)
    parts = record_parts(request, known, tab="classification")
    return render(request, "inventory/classification.html", words | parts)


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: MemberRequest, system_id: str) -> HttpResponse:
    """Ask what decides about the class; what the first answers lead to is asked next."""
    actor = request.actor
    permit(actor, "write", AREA)
    shown = queries.legal_class(actor, system_id)
    law, now = queries.law_now(today_of(actor))
    record = shown.record
    answers = record.answers if record else queries.first_answers(shown.system, shown.near)
    questions = _in_order(law, now, answers, record)
    form = ClassificationForm(
        asking.posted(request),
        law=law,
        version=law.version(now),
        questions=questions,
        answers=answers,
        folded=_folded(questions, record),
        initial=class_values(answers),
    )
    if record is None:
        say_known(form, _FROM_RECORD)
    editing = Editing(request, form, key=f"classification/{system_id}", version=record.version if record else 0)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.classify_system(
            actor=actor, system_id=system_id, given=form.given(), expected_version=editing.seen
        )
    )
    if made is not None:
        return _answered(request, system_id)
    words = {
        "form": form,
        "editing": editing,
        "system": shown.system,
        "law": law,
        "near": [(_(o.text), article_said(o.article)) for o in shown.near],
    }
    words |= {"version": law.version(now), "first": record is None}
    return render(request, "inventory/classify.html", words, status=editing.status)


@require_http_methods(["POST"])
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a class."""
    return asking.approved(request, entry_id)


@list_page
def law_page(request: MemberRequest) -> HttpResponse:
    """Show the versions of the law, the days that come, and whom a version affects."""
    actor, today, law = request.actor, today_of(request.actor), load_law()
    before, after = queries.compared(law, today, request.GET.get("before", ""), request.GET.get("after", ""))
    columns = queries.affected_columns(law, member_names(actor))
    rows = queries.affected(actor, law, before.id, after.id)
    return show_list(
        request,
        "inventory/law.html",
        columns=columns,
        name="affected-by-law",
        title=_("Affected by a change of the law"),
        placeholder=_("AI system"),
        fetch=lambda query: page_of(rows, query, columns),
        empty=Empty(_("Nobody is affected"), _("Only systems that were classified are compared."), picture="systems"),
        extra={
            "law": law,
            "before": before,
            "after": after,
            "days": queries.coming_days(actor, law, today),
            "now": law.in_force(today),
            "today": today,
            "count": len(rows),
        },
    )


def _held(record: ClassRecord) -> list[tuple[DutyFrom, str]]:
    """Return the duties that go on counting from answers approved before, while those that ask for less wait."""
    if record.before is None or not record.waits:
        return []
    return [(duty, article_said(duty.article)) for duty in record.before.found.duties]


def _in_order(law: Law, version: str, answers: Answers, record: ClassRecord | None) -> list[str]:
    """Return the questions to show: what is open first, once there is a first answer."""
    wanted = asked(law, version, answers)
    if record is None:
        return list(wanted)
    return sorted(wanted, key=lambda question: bool(answers.given.get(question)))


def _folded(questions: list[str], record: ClassRecord | None) -> tuple[str, ...]:
    """Return what was answered before, to be put away while something that decides is open."""
    if record is None or not record.found.open:
        return ()
    return tuple(question for question in questions if record.answers.given.get(question))


def _answered(request: MemberRequest, system_id: str) -> HttpResponse:
    """Lead on to the questions that the answers led to, or to what follows from them."""
    record = queries.legal_class(request.actor, system_id).record
    found = record.found if record else None
    if record is not None and found is not None:
        fresh = [question for question in found.open if question not in request.POST and not _was_shown(question)]
        if fresh:
            text = ngettext("Kept. %(n)d more answer decides.", "Kept. %(n)d more answers decide.", len(fresh))
            messages.info(request, text % {"n": len(fresh)})
            return redirect("classification-answer", system_id)
    messages.success(request, _("Kept. The class follows from your answers."))
    return redirect("classification-system", system_id)


def _was_shown(question_id: str) -> bool:
    """Whether a question is one of the first, which stood in the form already."""
    return question_id in asked(load_law(), load_law().versions[-1].id, Answers())


def _paper(request: MemberRequest, law: Law, shown: ClassifiedSystem, record: ClassRecord) -> Paper:
    """Return the reasoning as a paper."""
    hashes = log.leaf_hashes(request.actor.organisation_id, (record.entry_id,))
    return Paper(
        title=_("%(name)s under the %(law)s") % {"name": shown.system.name, "law": law.name},
        organisation=organisation_name(request),
        at=clock.now(),
        parts=tuple(_parts(law, shown, record, member_names(request.actor))),
        subtitle=str(CLASSES[record.found.klass]),
        evidence=references((entry, leaf, _("Class")) for entry, leaf in hashes.items()),
    )


def _parts(law: Law, shown: ClassifiedSystem, record: ClassRecord, names: dict[str, str]) -> Iterator[Part]:
    found, version = record.found, law.version(record.found.version)
    pairs: list[tuple[str, Cell]] = [
        (_("Class"), str(CLASSES[found.klass])),
        (_("Version of the law"), f"{_(version.name)}, {day_text(version.valid_from)}"),
        (_("Our part"), [str(ROLES[role]) for role in found.roles]),
        (_("Purpose"), shown.system.purpose),
        (_("Answered by"), names.get(record.made_by, record.made_by)),
        (_("Answered"), record.made_at),
        (_("Approved"), record.approved),
    ]
    if record.before is not None:
        pairs.insert(1, (_("Counts until a second person approves"), str(CLASSES[record.counts])))
    if found.applies_from is not None:
        pairs.insert(1, (_("Applies from"), found.applies_from))
    if was_before(found):
        pairs.insert(2, (_("But"), str(FINDINGS[Finding.BEFORE])))
    if found.open:
        pairs.insert(1, (_("Cannot be told until you say"), list(titles(law, found.open))))
    yield Facts(tuple(pairs))
    yield Paragraph(_(law.note))
    heads = (Head(_("Question"), width=20), Head(_("Article"), width=16), Head(_("Answer"), width=30))
    rows = [
        (_(step.title), article_said(step.article), list(said(step)), told(step), step.applies_from, step.version)
        for step in found.steps
    ]
    more = (Head(_("What follows"), width=26), Head(_("From"), width=12), Head(_("Version"), width=12))
    yield Table(_("Reasoning"), (*heads, *more), rows)
    duties = [(article_said(duty.article), _(duty.text), duty.applies_from, list(duty.here)) for duty in found.duties]
    columns = (Head(_("Article"), width=16), Head(_("Duty"), width=52), Head(_("From"), width=14))
    yield Table(_("Duties"), (*columns, Head(_("Answered by"), width=18)), duties, empty=_("None that is known."))
    yield Heading(_("Sources"), 2)
    for source in (*law.sources, version.source):
        yield Paragraph(source, quiet=True)
