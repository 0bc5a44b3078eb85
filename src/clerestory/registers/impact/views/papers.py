"""An assessment as a paper, as a law asks for it, and what one version changed against the one before."""

from collections.abc import Iterator
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_of, today_of
from clerestory.desk.document import (
    Facts,
    Heading,
    Mark,
    Paper,
    Paragraph,
    Table,
    organisation_name,
    paper_response,
    references,
)
from clerestory.desk.document.paper import Part
from clerestory.desk.document.words import day_text
from clerestory.desk.history import lines_changed
from clerestory.desk.people import member_names
from clerestory.desk.request import MemberRequest
from clerestory.registers.impact import queries
from clerestory.registers.impact.facts import report_text
from clerestory.registers.impact.queries import Assessed, Made, words
from clerestory.registers.impact.rules.assessment import Effect, Nature
from clerestory.registers.impact.rules.law import Answer, View, answers_of, views
from clerestory.registers.impact.rules.question import PARTS, QUESTIONS
from clerestory.store import clock, log
from clerestory.terms import sentence


@require_safe
def report(request: MemberRequest, system_id: str) -> HttpResponse:
    """Give the report of a system's assessment as a file."""
    found = queries.assessed(request.actor, system_id)
    names = member_names(request.actor)
    paper = _paper(request, found, _("Impact assessment"), tuple(_report(request.actor, found, names)))
    return paper_response(request, paper, request.GET.get("export", "pdf"), f"impact-{system_id}")


@require_safe
def law(request: MemberRequest, system_id: str, view: str) -> HttpResponse:
    """Show the answers as a law asks for them, and which points stay unanswered."""
    chosen = views().get(view)
    if chosen is None:
        raise queries.ImpactUnknown(
            sentence.gettext("There is no view {view!r}.", view=view[:40]),
            sentence.gettext("Use one of: {choices}.", choices=", ".join(views())),
        )
    found = queries.assessed(request.actor, system_id)
    answers = answers_of(found.assessment, chosen, people_heard=found.people_heard)
    if form := request.GET.get("export"):
        paper = _paper(request, found, str(words.VIEWS[view]), tuple(_law(found, chosen, answers)))
        return paper_response(request, paper, form, f"{view}-{system_id}")
    told = [(one, [words.point_word(name) for name in one.lacking]) for one in answers]
    values = {
        "found": found, "view": chosen, "answers": told, "words": words,
        "open": sum(not one.is_answered for one in answers), "heard": found.acts("consultation"),
        "heading": words.VIEWS[view], "others": [v for v in views().values() if v.view_id != view],
        "applies": [(words.APPLIES.get(of, of), day, day <= today_of(request.actor)) for of, day in chosen.applies],
    }  # fmt: skip
    return render(request, "impact/law.html", values)


@require_safe
def difference(request: MemberRequest, system_id: str, version: int) -> HttpResponse:
    """Show what one version changed against the one before it, line by line."""
    found = queries.assessed(request.actor, system_id)
    by_version = {one.version: one for one in found.acts("assessment")}
    if version not in by_version:
        raise queries.ImpactUnknown(
            sentence.gettext("There is no version {version}.", version=version),
            sentence.gettext("Choose one of the assessment's page."),
        )
    before = by_version.get(version - 1)
    lines = lines_changed("" if before is None else _text(before), _text(by_version[version]))
    values = {"found": found, "version": version, "before": before, "lines": lines}
    return render(request, "impact/difference.html", values)


def _paper(request: MemberRequest, found: Assessed, title: str, parts: tuple[Part, ...]) -> Paper:
    entries = [(one.entry_id, one.kind) for one in found.made]
    leaves = log.leaf_hashes(request.actor.organisation_id, [entry_id for entry_id, _kind in entries])
    rests = [(entry_id, leaves[entry_id], kind) for entry_id, kind in entries if entry_id in leaves]
    return Paper(
        title=f"{title}: {found.label}", organisation=organisation_name(request), at=clock.now(), parts=parts,
        subtitle=found.system_id, evidence=references(rests),
    )  # fmt: skip


def _report(actor: Actor, found: Assessed, names: dict[str, str]) -> Iterator[Part]:
    said, method, depth, on = found.assessment, found.method, found.depth, today_of(actor)
    state = found.state(on)
    yield Facts(
        (
            (_("Assessment"), Mark(str(words.STATES[state]), words.STATE_TONES[state])),
            (_("Must be assessed again because"), [str(words.REASONS[r.kind]) for r in found.reasons(on)] or "–"),
            (_("Use"), Mark(str(words.WEIGHTS[str(depth.weight)]), words.WEIGHT_TONES[str(depth.weight)])),
            (_("Because"), [f"{words.CRITERIA.get(m.name, m.name)}: {words.because(m)}" for m in depth.met] or "–"),
            (_("Approved by"), _approvers(found, names) or "–"),
            (_("Not said yet"), [words.point_word(name) for name in found.open_points] or _("nothing")),
        )
    )
    for part in PARTS:
        yield Heading(str(words.PARTS[part]), 2)
        pairs = [(str(words.QUESTIONS[q.name]), said.said(q.name) or "–") for q in QUESTIONS if q.part == part]
        yield Facts(tuple(pairs))
    yield Heading(_("Effects"), 2)
    yield _effects(found, said.effects)
    if found.results:
        yield Table(
            _("Measured"),
            (_("Check"), _("About"), _("Value"), _("Verdict"), _("Day"), _("Now")),
            [
                (
                    link.result.check, link.result.subject, link.result.value, link.result.verdict,
                    day_of(actor, link.result.observed_at), _("old") if link.stale else _("newest"),
                )
                for link in found.results
            ],
        )  # fmt: skip
    yield from _followed(found, names)
    if method.texts:
        yield Paragraph(
            _("Made with version %(version)s of the method.") % {"version": found.draft.method_version}
            if found.draft
            else _("Nothing is written yet."),
            quiet=True,
        )


def _effects(found: Assessed, effects: tuple[Effect, ...]) -> Table:
    method = found.method
    rows = []
    for effect in effects:
        harm = effect.nature is Nature.HARM
        rated = [method.step(scale, getattr(effect, scale)) for scale in ("severity", "likelihood", "reversibility")]
        left = [
            method.step("severity", effect.remaining_severity),
            method.step("likelihood", effect.remaining_likelihood),
        ]
        rows.append(
            (
                f"{effect.effect_id} {words.TOPICS[effect.topic]}",
                Mark(str(words.NATURES[str(effect.nature)]), words.NATURE_TONES[str(effect.nature)]),
                "\n".join(filter(None, (effect.who, effect.what))) or "–",
                [step for step in rated if step] or "–",
                effect.reason,
                "\n".join((effect.measure, *left)) if harm and effect.measure else "–",
            )
        )
    heads = (_("Topic"), _("Kind"), _("Who and what"), _("Judged"), _("Why"), _("Measure and what remains"))
    return Table("", heads, rows, empty=_("No effect was judged yet."))


def _followed(found: Assessed, names: dict[str, str]) -> Iterator[Part]:
    yield Heading(_("People who were heard"), 2)
    heard = found.acts("consultation")
    if not heard:
        yield Paragraph(found.assessment.said("not_heard") or _("Nobody was heard yet."), quiet=True)
    for one in heard:
        said = one.said
        yield Facts(
            (
                (said["group"], f"{words.WAYS[said['way']]}, {said['people']}"),
                (_("When"), date.fromisoformat(said["held_on"])),
                (_("What they said"), said["said"]),
                (_("What was done about it"), said["done"]),
            )
        )
    yield Heading(_("Decisions"), 2)
    for one in found.acts("proceeding")[:1]:
        conditions = [
            f"{text} ({names.get(who, who)}, {day_text(date.fromisoformat(due))})"
            for text, who, due in one.said["conditions"]
        ]
        yield Facts(
            (
                (_("Decision"), Mark(str(words.OUTCOMES[one.said["outcome"]]), _tone(one))),
                (_("Why"), one.said["reason"]),
                (_("Conditions"), conditions or "–"),
                (_("Standing"), _("approved") if one.is_approved else _("waits for approval")),
            )
        )
    for one in found.acts("disclosure")[:1]:
        yield Facts(((_("Who is told"), one.said["audiences"] or _("nobody")), (_("Why"), one.said["justification"])))
    for one in found.acts("trace")[:1]:
        rows = [(finding, ", ".join(risks) or reason) for finding, risks, reason in one.said["rows"]]
        yield Table(_("Findings carried into risks"), (_("Finding"), _("Risk, or why none")), rows)


def _law(found: Assessed, view: View, answers: tuple[Answer, ...]) -> Iterator[Part]:
    yield Facts(
        (
            (_("Law"), view.citation),
            (_("Version"), view.version),
            (_("Applies from"), [f"{words.APPLIES.get(of, of)}: {day_text(day)}" for of, day in view.applies]),
            (_("Unanswered points"), sum(not one.is_answered for one in answers)),
        )
    )
    yield Paragraph(
        _("The same answers as the impact assessment, in the order of the law. Not legal advice."), quiet=True
    )
    for one in answers:
        yield Heading(f"{one.point.place} {words.POINTS[one.point.point_id]}", 2)
        if one.said:
            yield Facts(tuple((str(words.QUESTIONS[name]), text) for name, text in one.said))
        if one.effects:
            yield _effects(found, one.effects)
        if one.point.heard:
            for made in found.acts("consultation"):
                yield Facts(((made.said["group"], made.said["said"]), (_("What was done about it"), made.said["done"])))
        if one.lacking:
            told = ", ".join(words.point_word(name) for name in one.lacking)
            yield Facts(((_("Unanswered"), Mark(told, "bad")),))


def _approvers(found: Assessed, names: dict[str, str]) -> list[str]:
    newest = found.newest
    given = () if newest is None or newest.standing is None else newest.standing.approvals
    return [f"{names.get(a.approver, a.approver)}, {day_text(a.approved_at)}" for a in given if a.revoked_at is None]


def _tone(made: Made) -> str:
    return words.OUTCOME_TONES[made.said["outcome"]]


def _text(made: Made) -> str:
    return report_text(queries.assessment_of(made.said, made.about))
