"""The board, a requirement and an AI system as papers: what their pages show, in the same words, with the entries."""

from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpResponse
from django.utils.translation import gettext as _

from clerestory.desk.day import day_here
from clerestory.desk.document import (
    Facts,
    Head,
    Heading,
    Mark,
    Paper,
    Paragraph,
    Reference,
    Table,
    organisation_name,
    paper_response,
    references,
)
from clerestory.desk.document.paper import Cell, Part
from clerestory.desk.lists.words import TONES
from clerestory.desk.request import MemberRequest
from clerestory.judgement.status import MemberResult, RuleResult
from clerestory.report.board import Board
from clerestory.report.requirement import EntryLine, Why
from clerestory.report.system import CheckLine, SystemPage
from clerestory.store import log
from clerestory.web import words
from clerestory.web.templatetags.screen import STATES, word


def board_response(request: MemberRequest, board: Board, form: str) -> HttpResponse:
    """Return the board as shown as a file."""
    paper = Paper(
        title=_("Requirements"),
        organisation=organisation_name(request),
        at=board.at,
        parts=tuple(_board_parts(board)),
        subtitle=board.framework.name,
        landscape=True,
    )
    return paper_response(request, paper, form, f"requirements-{board.framework.id}-{day_here(board.at)}")


def requirement_response(request: MemberRequest, why: Why, form: str) -> HttpResponse:
    """Return why a requirement stands where it stands as a file."""
    paper = Paper(
        title=f"{why.requirement.id} {words.spoken(why.requirement.title)}",
        organisation=organisation_name(request),
        at=why.at,
        parts=tuple(_requirement_parts(why)),
        subtitle=f"{why.framework.name}: {words.spoken(why.requirement.group)}",
        evidence=references((line.entry_id, line.leaf_hash, _about(line)) for line in why.entries.values()),
    )
    return paper_response(request, paper, form, f"requirement-{why.requirement.id}")


def system_response(request: MemberRequest, page: SystemPage, form: str) -> HttpResponse:
    """Return everything that the page of a system shows as a file."""
    paper = Paper(
        title=page.record.system.name,
        organisation=organisation_name(request),
        at=page.at,
        parts=tuple(_system_parts(page)),
        subtitle=_("AI system %(id)s") % {"id": page.record.system.system_id},
        evidence=_system_evidence(request, page),
    )
    return paper_response(request, paper, form, f"ai-system-{page.record.system.system_id}")


def conformity_mark(value: str | None) -> Cell:
    """Return a conformity or verdict as a paper shows it."""
    return None if value is None else Mark(word(value), TONES.get(str(value), "open"))


def _share(have: int, need: int) -> str:
    return _("%(have)s of %(need)s") % {"have": have, "need": need} if need else "–"


def _board_parts(board: Board) -> Iterator[Part]:
    counts = [(word(name), number) for name, number in board.counts.items()]
    if board.framework.judged:
        yield Facts(tuple((str(name), number) for name, number in counts))
    else:
        yield Paragraph(
            _("No status is derived in this framework. What is shown is how far evidence for ISO/IEC 42001 is re-used.")
        )
    heads: Sequence[Head | str] = (
        Head(_("No."), width=8),
        Head(_("Requirement"), width=28),
        Head(_("Status"), width=16),
        Head(_("Covered"), width=10),
        Head(_("Ages on"), width=12),
        Head(_("Evidence"), numeric=True, width=9),
        Head(_("What is missing"), width=60),
    )
    for group in board.groups:
        yield Table(
            group.title,
            heads,
            tuple(
                (
                    row.id,
                    row.title,
                    conformity_mark(row.conformity),
                    _share(row.have, row.need) if row.conformity else _share(row.reused_have, row.reused_need),
                    row.stale_on,
                    row.because,
                    [words.said(item) for item in row.missing],
                )
                for row in group.rows
            ),
        )


def _requirement_parts(why: Why) -> Iterator[Part]:
    status = why.status
    if status is not None:
        yield Facts(
            (
                (_("Status"), conformity_mark(status.conformity)),
                (_("Covered"), _share(status.coverage.have, status.coverage.need)),
                (_("Ages on"), status.stale_on or "–"),
            )
        )
        yield Table(
            _("What is missing"),
            (Head(_("About"), width=24), Head(_("What is missing"), width=76)),
            [
                (about, words.said(phrase, bare=bool(about)))
                for about, phrases in words.by_subject(status.missing)
                for phrase in phrases
            ],
            empty=_("Nothing."),
        )
        for result in status.rules:
            yield from _rule_parts(result)
    if why.reused:
        yield Table(
            _("Evidence re-used"),
            (_("No."), _("Requirement"), _("Status")),
            [(item.aspect.source, item.title, conformity_mark(item.aspect.conformity)) for item in why.reused],
        )
    yield _entry_table(why.entries.values())


def _rule_parts(result: RuleResult) -> Iterator[Part]:
    yield Heading(_("Rule %(name)s") % {"name": result.rule}, 2)
    yield Paragraph(words.spoken(result.because), quiet=True)
    rows = [
        (words.need_words(need.need), words.subject_word(member.label), _state(member), len(member.because))
        for need in result.needs
        for member in need.members
    ]
    heads = (
        Head(_("What is asked"), width=44),
        Head(_("About"), width=26),
        Head(_("Status"), width=18),
        Head(_("Evidence"), numeric=True, width=12),
    )
    yield Table("", heads, rows, empty=_("It applies to nothing here."))


def _state(member: MemberResult) -> Mark:
    drawn, said = STATES[member.state]
    return Mark(str(said), TONES[drawn])


def _entry_table(entries: Iterable[EntryLine]) -> Table:
    rows = [
        (day_here(line.observed_at), _about(line), line.about, conformity_mark(line.verdict or None))
        for line in entries
    ]
    return Table(_("Records"), (_("Observed"), _("Kind"), _("About"), _("Verdict")), rows)


def _about(line: EntryLine) -> str:
    return line.check or words.kind_word(line.kind)


def _system_parts(page: SystemPage) -> Iterator[Part]:
    system = page.record.system
    yield Paragraph(system.purpose)
    unknown = _("unknown")
    yield Facts(
        (
            (_("Owner"), page.record.owner_name),
            (_("Stage"), words.kind_word(system.stage)),
            (_("Tier"), words.kind_word(page.record.tier) if page.record.tier else _("unknown, judged as high")),
            (_("Our role"), ", ".join(words.kind_word(role) for role in system.ai_role) or unknown),
            (_("In scope"), unknown if system.in_scope is None else system.in_scope),
            (_("Affects people"), unknown if system.affects_people is None else system.affects_people),
            (_("Affected groups"), list(system.affected_groups) or "–"),
        )
    )
    yield Table(
        _("Checks"),
        (
            Head(_("Check"), width=30),
            Head(_("Newest value, interval (95 %)"), width=24),
            Head(_("Criterion"), width=14),
            Head(_("Cases"), numeric=True, width=9),
            Head(_("Day"), width=13),
            Head(_("Verdict"), width=14),
        ),
        [_check_row(line) for line in page.checks],
        empty=_("Never checked"),
    )
    yield Table(
        _("What is missing for this system, and who would bring it"),
        (Head(_("No."), width=8), Head(_("Requirement"), width=30), Head(_("What is missing"), width=62)),
        [(lack.requirement, lack.title, [words.said(item, bare=True) for item in lack.items]) for lack in page.lacks],
        empty=_("Nothing."),
    )
    digest, registered = Head(_("Version"), width=60), Head(_("Registered"), width=18)
    yield Table(
        _("Model versions"),
        (digest, Head(_("Status"), width=22), registered),
        [(m.model.artefact_digest, words.kind_word(m.model.status), day_here(m.registered_at)) for m in page.models],
        empty=_("None registered."),
    )
    yield Table(
        _("Data sets"),
        (digest, Head(_("Used for"), width=22), registered),
        [(d.dataset.content_digest, words.kind_word(d.dataset.role), day_here(d.registered_at)) for d in page.datasets],
        empty=_("None registered."),
    )


def _check_row(line: CheckLine) -> Sequence[Cell]:
    newest = line.newest
    value = (
        words.spoken(newest.reason)
        if newest.value is None
        else words.with_interval(newest.value, newest.low, newest.high)
    )
    name = f"{line.check}\n{words.listed(line.slice)}" if line.slice else line.check
    criterion = words.criterion_text(line.criterion)
    return (name, value, criterion, newest.n, day_here(newest.at), conformity_mark(newest.verdict))


def _system_evidence(request: MemberRequest, page: SystemPage) -> tuple[Reference, ...]:
    named = {page.record.entry_id: _("Record of the system")}
    named |= {line.newest.entry_id: line.check for line in page.checks}
    named |= {item.entry_id: _("Model version") for item in page.models}
    named |= {item.entry_id: _("Data set") for item in page.datasets}
    hashes = log.leaf_hashes(request.actor.organisation_id, named)
    return references((entry_id, hashes.get(entry_id, ""), about) for entry_id, about in named.items())
