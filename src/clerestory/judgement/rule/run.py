"""One rule judged for its whole population: the outcome of every need for every member, and what they add up to."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from clerestory.catalogue.rule import Need, Rule
from clerestory.judgement.applicability import Loosening
from clerestory.judgement.need.context import Context
from clerestory.judgement.need.judge import judge_of
from clerestory.judgement.need.outcome import END, FAIL, HOLDS, MISSING, Outcome
from clerestory.judgement.population import population, tier_of
from clerestory.judgement.row import Node
from clerestory.judgement.status import State

_STATE = attrgetter("state")
_UNTIL = attrgetter("until")
_UNJUDGED = Outcome(MISSING)


class RuleRun:
    """Outcomes of one rule, need by need, in the order of its members.

    ``groups`` numbers the alternative of ``any_of`` that each need stands in; None for needs that all must hold.
    """

    __slots__ = ("all_empty", "groups", "loosened", "members", "needs", "outcomes", "rule", "states", "until")

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
        self.until = END

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


def rerun_rule(
    context: Context, previous: RuleRun, loosened: tuple[Loosening, ...], affected: frozenset[Node] | None
) -> RuleRun:
    """Judge again only the affected members and those about whom something changes by ``at``; None affects all."""
    if affected is None:
        return run_rule(context, previous.rule, loosened)
    run = _new_run(context, previous.rule, loosened)
    if run.members is previous.members:
        again = _positions(previous, affected, context.at)
        if not again and loosened == previous.loosened:
            return previous
        run.outcomes = [list(outcomes) for outcomes in previous.outcomes]
    else:
        known = dict(zip(previous.members, zip(*previous.outcomes, strict=True), strict=True))
        fresh = [i for i, node in enumerate(run.members) if node not in known]
        run.outcomes = [
            [known[node][number] if node in known else _UNJUDGED for node in run.members]
            for number in range(len(run.needs))
        ]
        again = sorted({*fresh, *_positions(run, affected, context.at)})
    tiers = _tiers(context, run.rule, [run.members[i] for i in again])
    for outcomes, need in zip(run.outcomes, run.needs, strict=True):
        judge = judge_of(context, run.rule, need).judge
        for i, tier in zip(again, tiers, strict=True):
            outcomes[i] = judge(run.members[i], tier)
    run.finish()
    return run


def _positions(run: RuleRun, affected: frozenset[Node], at: datetime) -> list[int]:
    """Return where the affected members stand, and those about whom something changes by ``at``."""
    if run.until < at:
        late = {i for outcomes in run.outcomes for i, outcome in enumerate(outcomes) if outcome.until < at}
    else:
        late = set()
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
