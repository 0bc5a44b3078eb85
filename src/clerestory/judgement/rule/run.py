"""One rule judged for its whole population: the outcome of every need for every member, and what they add up to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from clerestory.catalogue.rule import Need, Rule
from clerestory.judgement.applicability import Loosening
from clerestory.judgement.need.context import Context
from clerestory.judgement.need.judge import judge_of
from clerestory.judgement.need.outcome import END, FAIL, HOLDS, MISSING, Outcome, same
from clerestory.judgement.phrase import Note
from clerestory.judgement.population import population, tier_of
from clerestory.judgement.row import Node
from clerestory.judgement.rule.unknown import unknown_of
from clerestory.judgement.status import Counted, MemberResult, NeedResult, State
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId

_STATE = attrgetter("state")
_UNTIL = attrgetter("until")
_UNJUDGED = Outcome(MISSING)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted over all outcomes of a requirement."""

    because: tuple[EntryId, ...]
    more: bool
    coverage: Counted
    stale_on: date | None


class RuleRun:
    """Outcomes of one rule, need by need, in the order of its members.

    ``groups`` numbers the alternative of ``any_of`` that each need stands in; None for needs that all must hold.
    """

    __slots__ = (
        "all_empty",
        "figures",
        "groups",
        "loosened",
        "members",
        "needs",
        "noted",
        "outcomes",
        "rule",
        "shown",
        "states",
        "token",
        "told",
        "until",
    )

    def __init__(self, rule: Rule, members: list[Node], *, all_empty: bool, loosened: tuple[Loosening, ...]) -> None:
        self.rule = rule
        self.members = members
        self.all_empty = all_empty
        self.loosened = loosened
        self.needs: tuple[Need, ...] = (*rule.needs, *(need for group in rule.any_of for need in group))
        self.groups: tuple[int | None, ...] = (
            *(None for _ in rule.needs),
            *(number for number, group in enumerate(rule.any_of) for _ in group),
        )
        self.outcomes: list[list[Outcome]] = []
        self.states: list[State] = []
        self.shown: list[NeedResult | None] = [None] * len(self.needs)
        """What `combine` made of each need, kept while its outcomes stay the same."""
        self.told: dict[tuple[int, Node], tuple[Outcome, MemberResult]] = {}
        """The words for each outcome that was shown."""
        self.noted: dict[Subject, tuple[Note, ...]] = {}
        """What was noted as unknown of the members that are shown."""
        self.until = END
        self.token = object()
        """The same for two runs with the same outcomes."""
        self.figures: tuple[tuple[object, ...], Figures] | None = None

    @property
    def applicable(self) -> bool:
        """Whether the rule looks at anybody, or must because nobody is registered."""
        return bool(self.members) or self.all_empty or not self.rule.empty_not_applicable

    @property
    def excepted(self) -> frozenset[Node]:
        """The members for whom the rule is loosened."""
        if any(loosening.subject.kind == "organisation" for loosening in self.loosened):
            return frozenset(self.members)
        return frozenset(loosening.node for loosening in self.loosened)

    def finish(self) -> None:
        """Add the outcomes up: the worst need of each member, loosened where a signed exception says so."""
        self.states = self._states()
        if self.loosened:
            excepted = self.excepted
            self.states = [
                HOLDS if node in excepted and state is not FAIL else state
                for node, state in zip(self.members, self.states, strict=True)
            ]
        self.until = min((min(map(_UNTIL, outcomes), default=END) for outcomes in self.outcomes), default=END)

    def state(self) -> State:
        """Return the worst state of the whole population."""
        return max(self.states, default=MISSING)

    def _states(self) -> list[State]:
        states = [list(map(_STATE, outcomes)) for outcomes in self.outcomes]
        if len(states) == 1:
            return states[0]
        if not self.rule.any_of:
            return list(map(max, *states)) if states else []
        return [self._alternatives(row) for row in zip(*states, strict=True)]

    def _alternatives(self, states: Sequence[State]) -> State:
        """Return the worst of all needs and of the best alternative; a failure counts wherever it stands."""
        if FAIL in states:
            return FAIL
        worst: dict[int | None, State] = {}
        for group, state in zip(self.groups, states, strict=True):
            worst[group] = max(worst.get(group, HOLDS), state)
        always = worst.pop(None, HOLDS)
        return max(always, min(worst.values(), default=HOLDS))


def run_rule(context: Context, rule: Rule, loosened: tuple[Loosening, ...]) -> RuleRun:
    """Judge every need of a rule for every member."""
    run = _new_run(context, rule, loosened)
    tiers = _tiers(context, rule, run.members)
    for need in run.needs:
        judge = judge_of(context, rule, need).judge
        run.outcomes.append([judge(node, tier) for node, tier in zip(run.members, tiers, strict=True)])
    run.finish()
    return run


def judge_some(context: Context, rule: Rule, members: Sequence[Node]) -> Iterator[tuple[Need, Node, Outcome]]:
    """Judge every need of a rule for some of its members only."""
    tiers = _tiers(context, rule, list(members))
    for need in (*rule.needs, *(need for group in rule.any_of for need in group)):
        judge = judge_of(context, rule, need).judge
        for node, tier in zip(members, tiers, strict=True):
            yield need, node, judge(node, tier)


def rerun_rule(
    context: Context,
    previous: RuleRun,
    loosened: tuple[Loosening, ...],
    affected: frozenset[Node] | None,
    *,
    members_changed: bool,
    renamed: bool,
) -> RuleRun:
    """Judge again only the affected members and those about whom something changes by ``at``; None affects all.

    Returns the previous run itself where nothing about it changed. ``renamed`` says that an affected subject may be
    called otherwise than in the words kept.
    """
    if affected is None:
        return run_rule(context, previous.rule, loosened)
    run = _new_run(context, previous.rule, loosened)
    if run.members is not previous.members or run.all_empty != previous.all_empty:
        return _moved(context, previous, run, affected)
    again = _positions(previous, affected, context.at)
    if not again and loosened == previous.loosened:
        return previous
    changed = loosened != previous.loosened or (members_changed and _noted_otherwise(context, run, previous, again))
    run.told = previous.told
    if renamed:
        near = {run.members[i] for i in again}
        run.told = {key: told for key, told in previous.told.items() if key[1] not in near}
    run.token, run.figures = previous.token, previous.figures
    if loosened != previous.loosened:
        run.token = object()
    tiers = _tiers(context, run.rule, [run.members[i] for i in again])
    for number, need in enumerate(run.needs):
        outcomes = list(previous.outcomes[number])
        if _judge_again(context, run, need, outcomes, again, tiers):
            changed = True
            run.token = object()
        else:
            forget = renamed and _shows(previous, number, again)
            run.shown[number] = None if forget else previous.shown[number]
            changed = changed or forget
        run.outcomes.append(outcomes)
    if not changed:
        return previous
    if run.token is previous.token:
        run.states, run.until = previous.states, previous.until
    else:
        run.finish()
    return run


def _noted_otherwise(context: Context, run: RuleRun, previous: RuleRun, positions: list[int]) -> bool:
    """Tell whether something became known, or unknown, of a member that is shown."""
    nodes = [run.members[i] for i in positions]
    noted = previous.noted
    return any(n.subject in noted and unknown_of(context.index, run.rule, n) != noted[n.subject] for n in nodes)


def _shows(run: RuleRun, number: int, positions: list[int]) -> bool:
    """Tell whether the words kept for a need speak of one of these members."""
    shown = run.shown[number]
    subjects = {run.members[i].subject for i in positions}
    return shown is not None and any(member.subject in subjects for member in shown.members)


def _judge_again(
    context: Context, run: RuleRun, need: Need, outcomes: list[Outcome], again: list[int], tiers: list[str]
) -> bool:
    """Judge some members again, in place; tell whether anything came out differently."""
    judge = judge_of(context, run.rule, need).judge
    changed = False
    for i, tier in zip(again, tiers, strict=True):
        outcome = judge(run.members[i], tier)
        if not same(outcome, outcomes[i]):
            outcomes[i] = outcome
            changed = True
    return changed


def _moved(context: Context, previous: RuleRun, run: RuleRun, affected: frozenset[Node]) -> RuleRun:
    """Judge a population that somebody came into or went out of."""
    known = dict(zip(previous.members, zip(*previous.outcomes, strict=True), strict=True))
    for number in range(len(run.needs)):
        run.outcomes.append([known[node][number] if node in known else _UNJUDGED for node in run.members])
    fresh = [i for i, node in enumerate(run.members) if node not in known]
    again = sorted({*fresh, *_positions(run, affected, context.at)})
    tiers = _tiers(context, run.rule, [run.members[i] for i in again])
    for outcomes, need in zip(run.outcomes, run.needs, strict=True):
        _judge_again(context, run, need, outcomes, again, tiers)
    run.finish()
    return run


def _positions(run: RuleRun, affected: frozenset[Node], at: datetime) -> list[int]:
    """Return where the affected members stand, and those about whom something changes by ``at``."""
    late: set[int] = set()
    if run.until < at:
        late = {i for outcomes in run.outcomes for i, outcome in enumerate(outcomes) if outcome.until < at}
    if affected:
        late.update(i for i, node in enumerate(run.members) if node in affected)
    return sorted(late)


def _new_run(context: Context, rule: Rule, loosened: tuple[Loosening, ...]) -> RuleRun:
    members = population(context.index, rule.for_each, rule.where)
    all_empty = not members and not context.index.members(rule.for_each)
    return RuleRun(rule, members, all_empty=all_empty, loosened=loosened)


def _tiers(context: Context, rule: Rule, members: list[Node]) -> list[str]:
    if not rule.by_tier:
        return [context.catalogue.tiers[0]] * len(members)
    return [tier_of(context.index, node) for node in members]
