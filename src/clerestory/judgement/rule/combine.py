"""Adds the runs of a requirement's rules up to its status, in words, and compact for large populations."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, compress, islice
from operator import attrgetter

from clerestory.catalogue.framework import Requirement
from clerestory.catalogue.rule import Need, Rule
from clerestory.judgement.need.context import Context
from clerestory.judgement.need.measured import percent, share_unassessable
from clerestory.judgement.need.outcome import END, FAIL, HOLDS, MISSING, Outcome
from clerestory.judgement.need.wording import bringer_of, phrase_of
from clerestory.judgement.nonconformity import Against
from clerestory.judgement.phrase import Missing, Note, phrase
from clerestory.judgement.population import label_of
from clerestory.judgement.row import Node, Row
from clerestory.judgement.rule.run import Figures, RuleRun, judge_some
from clerestory.judgement.rule.unknown import unknown_of
from clerestory.judgement.status import (
    CONFORMITY,
    Counted,
    MemberResult,
    NeedResult,
    RequirementStatus,
    RuleResult,
    State,
)
from clerestory.terms.ids import EntryId
from clerestory.terms.status import Conformity


@dataclass(frozen=True, slots=True)
class Limits:
    """How many members of each need and how many entries of the whole are named; None names all."""

    members: int | None = 20
    entries: int | None = 200


COMPACT = Limits()
FULL = Limits(None, None)


def requirement_status(
    context: Context, requirement: Requirement, runs: Sequence[RuleRun], against: Against | None, limits: Limits
) -> RequirementStatus:
    """Return the status of a requirement that applies, from the runs of all its rules."""
    results = tuple(rule_result(context, run, limits) for run in runs)
    state = _state(runs)
    missing = [_against_phrase(code, row) for code, row in against.majors] if against else []
    if state is MISSING and not any(_judged(run) for run in runs):
        missing.append(phrase("nothing_applies" if runs else "no_rule"))
    missing += [m for result in results for m in result.missing]
    failing = [row for _, row in against.majors] if against else []
    conformity = Conformity.NONCONFORMING if failing else CONFORMITY[state]
    figures = _figures(runs, failing, conformity, limits)
    notes = [n for result in results for n in result.notes] + _erasures(context, runs)
    if against and against.minors:
        notes.append(phrase("minor_nonconformity", count=str(against.minors)))
    return RequirementStatus(
        requirement=requirement.id,
        title=requirement.title,
        conformity=conformity,
        because=figures.because,
        because_more=figures.more,
        missing=tuple(dict.fromkeys(missing)),
        coverage=figures.coverage,
        stale_on=figures.stale_on,
        rules=results,
        notes=tuple(dict.fromkeys(notes)),
    )


def _figures(runs: Sequence[RuleRun], failing: list[Row], conformity: Conformity, limits: Limits) -> Figures:
    """Return what is counted over all outcomes, kept with the first run while all outcomes stay the same."""
    tokens = (conformity, limits, *(run.token for run in runs))
    if runs and not failing and runs[0].figures is not None and runs[0].figures[0] == tokens:
        return runs[0].figures[1]
    because, more = _entries(chain(failing, _rows(runs, conformity)), limits.entries)
    stale_on = _stale_on(runs) if conformity is Conformity.CONFORMS else None
    figures = Figures(because, more, _coverage(runs), stale_on)
    if runs and not failing:
        runs[0].figures = (tokens, figures)
    return figures


def not_applicable(requirement: Requirement, entry: EntryId, note: Note) -> RequirementStatus:
    """Return the status of a control that an approved decision excludes."""
    return RequirementStatus(
        requirement=requirement.id,
        title=requirement.title,
        conformity=Conformity.NOT_APPLICABLE,
        because=(entry,),
        because_more=False,
        missing=(),
        coverage=Counted(0, 0),
        stale_on=None,
        rules=(),
        notes=(note,),
    )


def rule_result(context: Context, run: RuleRun, limits: Limits) -> RuleResult:
    """Return how one rule stands, with the first members of each need."""
    rule = run.rule
    needs = tuple(_need_result(context, run, number, limits) for number in range(len(run.needs)) if run.members)
    excepted = run.excepted
    judged = run.states
    if excepted:
        judged = [state for node, state in zip(run.members, run.states, strict=True) if node not in excepted]
    return RuleResult(
        rule=rule.name,
        because=rule.because,
        population=rule.for_each,
        applicable=run.applicable,
        excepted=bool(run.members) and excepted.issuperset(run.members),
        state=run.state() if run.applicable else HOLDS,
        coverage=Counted(judged.count(HOLDS), len(judged)),
        needs=needs,
        missing=tuple(_missing(context, run, needs)),
        notes=tuple(dict.fromkeys(_notes(context, run, needs))),
    )


def _state(runs: Sequence[RuleRun]) -> State:
    """Return the worst state of all rules; a requirement cannot conform on nothing."""
    applicable = [run for run in runs if run.applicable]
    state = max((run.state() for run in applicable), default=MISSING)
    if state is not FAIL and not any(_judged(run) for run in applicable):
        return MISSING
    return state


def _judged(run: RuleRun) -> bool:
    """Tell whether the rule asked something of somebody."""
    return run.applicable and not (run.members and run.excepted.issuperset(run.members))


def _coverage(runs: Iterable[RuleRun]) -> Counted:
    everybody: set[Node] = set()
    lacking: set[Node] = set()
    nobody = 0
    for run in runs:
        if not run.applicable:
            continue
        nobody += not run.members
        excepted = run.excepted
        members = set(run.members) - excepted if excepted else run.members
        everybody.update(members)
        lacking.update(compress(run.members, run.states))  # a state that holds is zero
    return Counted(len(everybody - lacking), len(everybody) + nobody)


def _stale_on(runs: Iterable[RuleRun]) -> date | None:
    """Return the day after which the first thing ages, or the last day of an exception, whichever comes first."""
    moments = [o.holds_until for run in runs for outcomes in run.outcomes for o in outcomes]
    first = min(moments, default=END)
    days = [loosening.until for run in runs for loosening in run.loosened]
    return min([*days, *([first.date()] if first != END else [])], default=None)


def _rows(runs: Iterable[RuleRun], conformity: Conformity) -> Iterable[Row]:
    """Yield the rows that the status rests on: failures first, then everything in the order of the rules."""
    every = [outcomes for run in runs for outcomes in run.outcomes]
    if conformity is Conformity.NONCONFORMING:
        for outcomes in every:
            yield from (row for outcome in outcomes if outcome.state is FAIL for row in outcome.rows)
    for outcomes in every:
        yield from chain.from_iterable(map(_ROWS, outcomes))


def _entries(rows: Iterable[Row], limit: int | None) -> tuple[tuple[EntryId, ...], bool]:
    """Return the first entries of rows, each once, and whether there are more."""
    found: dict[EntryId, None] = {}
    for row in rows:
        if row.fact.entry_id not in found:
            if len(found) == limit:
                return tuple(found), True
            found[row.fact.entry_id] = None
    return tuple(found), False


def _need_result(context: Context, run: RuleRun, number: int, limits: Limits) -> NeedResult:
    """Return how one need stands, kept with the run while its outcomes stay the same."""
    if limits is not COMPACT:
        return _new_need_result(context, run, number, limits)
    shown = run.shown[number]
    if shown is None:
        shown = run.shown[number] = _new_need_result(context, run, number, limits)
    return shown


def _new_need_result(context: Context, run: RuleRun, number: int, limits: Limits) -> NeedResult:
    outcomes = run.outcomes[number]
    states = [outcome.state for outcome in outcomes]
    counts = [(state, count) for state in State if (count := states.count(state))]
    offending = _first((i for i, o in enumerate(outcomes) if o.state is not HOLDS), limits.members)
    room = None if limits.members is None else limits.members - len(offending)
    holding = _first((i for i, o in enumerate(outcomes) if o.state is HOLDS), room)
    members = [_told(context, run, number, i) for i in offending + holding]
    return NeedResult(
        need=run.needs[number],
        group=run.groups[number],
        state=counts[-1][0],
        counts=tuple(counts),
        members=tuple(members),
    )


def _told(context: Context, run: RuleRun, number: int, i: int) -> MemberResult:
    """Return how one need stands for one member, kept with the run while the outcome stays the same."""
    key, outcome = (number, run.members[i]), run.outcomes[number][i]
    known = run.told.get(key)
    if known is None or known[0] is not outcome:
        told = _member_result(context, run.needs[number], run.members[i], outcome)
        known = run.told[key] = (outcome, told)
    return known[1]


def _first(indices: Iterable[int], limit: int | None) -> list[int]:
    return list(indices if limit is None else islice(indices, limit))


def _member_result(context: Context, need: Need, node: Node, outcome: Outcome) -> MemberResult:
    ages = outcome.state is HOLDS and outcome.holds_until != END
    return MemberResult(
        subject=node.subject,
        label=label_of(node),
        state=outcome.state,
        because=tuple(row.fact.entry_id for row in outcome.rows),
        missing=tuple(dict.fromkeys(phrase_of(context.catalogue, need, node, reason) for reason in outcome.reasons)),
        coverage=Counted(outcome.have, outcome.need) if outcome.need >= 0 else None,
        notes=tuple(_share_notes(outcome.rows)),
        stale_on=outcome.holds_until.date() if ages else None,
    )


def results_of(context: Context, rule: Rule, members: Sequence[Node]) -> Iterator[MemberResult]:
    """Yield what each need finds about some members of a rule that fall short of it."""
    for need, node, outcome in judge_some(context, rule, members):
        if outcome.state is not HOLDS:
            yield _member_result(context, need, node, outcome)


def _share_notes(rows: Iterable[Row]) -> Iterable[Note]:
    for row in rows:
        share = share_unassessable(row) if row.check else None
        if share:
            subject = label_of(row.node)
            yield phrase("share", subject=subject, share=percent(share), entry=row.fact.entry_id)


def _missing(context: Context, run: RuleRun, needs: Sequence[NeedResult]) -> Iterable[Missing]:
    """Yield that nobody is there to judge, or what the first offending members of each need lack."""
    if not run.members:
        if run.applicable:
            yield _nobody(context, run)
        return
    at = {node.subject: i for i, node in enumerate(run.members)} if run.rule.any_of else {}
    excepted = {node.subject for node in run.excepted}
    for result in needs:
        named = 0
        for member in result.members:
            if member.state is HOLDS or (member.state is not FAIL and member.subject in excepted):
                continue
            if result.group is not None and _spoken_of(run, at[member.subject]) != result.group:
                continue
            named += 1
            yield from member.missing
        offending = sum(count for state, count in result.counts if state is not HOLDS)
        if result.group is None and not excepted and offending > named:
            population = run.rule.for_each.replace("_", " ")
            yield phrase("more", count=str(offending - named), total=str(len(run.members)), population=population)


def _spoken_of(run: RuleRun, i: int) -> int | None:
    """Return the alternative whose lack is named for a member; None where the member lacks nothing."""
    return None if run.states[i] is HOLDS else _open_group(run, i)


def _open_group(run: RuleRun, i: int) -> int | None:
    """Return the alternative to speak of for one member: the one that failed, else the one that is nearest to hold."""
    worst: dict[int, State] = {}
    for group, outcomes in zip(run.groups, run.outcomes, strict=True):
        if group is not None:
            worst[group] = max(worst.get(group, HOLDS), outcomes[i].state)
    if FAIL in worst.values():
        return next(group for group, state in worst.items() if state is FAIL)
    return min(worst, key=lambda group: worst[group], default=None)


def _nobody(context: Context, run: RuleRun) -> Missing:
    rule, catalogue = run.rule, context.catalogue
    population = rule.for_each.replace("_", " ")
    member = catalogue.subjects[rule.for_each].member
    if run.all_empty:
        if member in catalogue.not_yet_produced.kinds:
            return phrase("not_provable", subject=rule.because.rstrip("."), kind=f"a registered {population}")
        return phrase("none_registered", population=population, bringer=bringer_of(catalogue, member))
    asked = "; ".join(f"{name} = {_asked(value)}" for name, value in rule.where.items())
    return phrase("none_in_population", population=population, filter=asked.replace("_", " "))


def _asked(value: bool | tuple[str, ...]) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else " or ".join(value)


def _notes(context: Context, run: RuleRun, needs: Sequence[NeedResult]) -> Iterable[Note]:
    for loosening in run.loosened:
        yield phrase(
            "excepted",
            rule=loosening.rule,
            subject=label_of(loosening.node),
            until=loosening.until.isoformat(),
            entry=loosening.entry,
            justification=loosening.justification,
        )
    for result in needs:
        for member in result.members:
            yield from member.notes
    for subject in dict.fromkeys(member.subject for result in needs for member in result.members):
        noted = run.noted[subject] = unknown_of(context.index, run.rule, context.index.nodes[subject])
        yield from noted
    for row in sorted(context.index.revoked_failures, key=lambda row: row.order):
        if row.revoked is not None and any(_asks_for(run.rule, need, row) for need in run.needs):
            by = row.revoked.fact.entry_id
            yield phrase("failure_revoked", subject=label_of(row.node), check=row.check, entry=row.fact.entry_id, by=by)


def _asks_for(rule: Rule, need: Need, row: Row) -> bool:
    named = row.check == need.check or row.family in need.families
    return row.fact.kind == need.kind and row.node.kind == (need.subject or rule.for_each) and named


def _against_phrase(code: str, row: Row) -> Missing:
    return phrase(code, day=row.end.date().isoformat(), entry=row.fact.entry_id)


def _erasures(context: Context, runs: Iterable[RuleRun]) -> list[Note]:
    """Return whose content was erased, of the rows that the status rests on."""
    index = context.index
    if not index.erased:
        return []
    rested = {row.fact.entry_id for run in runs for outcomes in run.outcomes for o in outcomes for row in o.rows}
    rows = [index.rows[entry_id] for entry_id in index.erased.keys() & rested]
    return [
        phrase("erased", entry=row.fact.entry_id, by=index.erased[row.fact.entry_id].fact.entry_id)
        for row in sorted(rows, key=lambda row: row.order)
    ]


_ROWS = attrgetter("rows")
