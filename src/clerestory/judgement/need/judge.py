"""Chooses how a need is judged, and judges it at the linked subjects where the need is about those."""

from typing import Protocol

from clerestory.catalogue.rule import Need, Rule
from clerestory.judgement.need.answers import AnswersJudge
from clerestory.judgement.need.context import Bound, Bounds, Context
from clerestory.judgement.need.measured import ApprovedCriteriaJudge, ListedChecksJudge, MeasuredJudge
from clerestory.judgement.need.outcome import MISSING, Outcome, Reason, together
from clerestory.judgement.need.record import RecordJudge
from clerestory.judgement.population import targets
from clerestory.judgement.row import Node


class NeedJudge(Protocol):
    """Judges one need for one subject at the strictness of a tier."""

    def judge(self, node: Node, tier: str) -> Outcome:
        """Return how the need stands."""


class UnprovableJudge:
    """Judges a need whose evidence no part of this version can bring in."""

    def __init__(self, what: str) -> None:
        self.outcome = Outcome(MISSING, reasons=(Reason("not_provable", more=(("kind", what),)),))

    def judge(self, node: Node, tier: str) -> Outcome:  # noqa: ARG002  every judge is asked alike
        """Return that this is missing, whatever facts there are."""
        return self.outcome


class LinkedJudge:
    """Judges a need at every linked subject in use; the worst decides, and none linked is missing."""

    def __init__(self, context: Context, subject: str, inner: NeedJudge) -> None:
        self.context = context
        self.subject = subject
        self.inner = inner
        self.known: dict[tuple[Node, str], Outcome] = {}
        self.nothing = Outcome(MISSING, reasons=(Reason("no_linked", more=(("population", subject),)),))

    def judge(self, node: Node, tier: str) -> Outcome:
        """Return how the need stands for all linked subjects together."""
        found = [self._at(target, tier) for target in targets(self.context.index, node, self.subject)]
        return together(found) if found else self.nothing

    def _at(self, target: Node, tier: str) -> Outcome:
        outcome = self.known.get((target, tier))
        if outcome is None:
            outcome = self.inner.judge(target, tier)
            if outcome.reasons and outcome.reasons[0].node is None:
                outcome = Outcome(
                    outcome.state, outcome.rows, reasons=tuple(r._replace(node=target) for r in outcome.reasons)
                )
            self.known[target, tier] = outcome
        return outcome


def judge_of(context: Context, rule: Rule, need: Need) -> NeedJudge:
    """Return the judge of one need of a rule."""
    unprovable = _unprovable(context, need)
    if unprovable:
        return UnprovableJudge(unprovable)
    bounds = Bounds(context, rule, need)
    inner = _inner(context, need, bounds)
    if need.subject is not None and need.subject != rule.for_each:
        return LinkedJudge(context, need.subject, inner)
    return inner


def _inner(context: Context, need: Need, bounds: dict[str, Bound]) -> NeedJudge:
    if need.answers is not None:
        return AnswersJudge(context, need, need.answers, bounds)
    if not need.measured:
        return RecordJudge(context, need, bounds)
    if need.check is None and not need.families:
        how = context.catalogue.coverages[need.coverage.of].how if need.coverage else ""
        listing = ApprovedCriteriaJudge if how == "approved_criteria" else ListedChecksJudge
        return listing(context, need, bounds)
    return MeasuredJudge(context, need, bounds)


def _unprovable(context: Context, need: Need) -> str:
    """Return the kind, check or family that this version cannot bring in; empty where it can."""
    lacking = context.catalogue.not_yet_produced
    if need.kind in lacking.kinds:
        return need.kind
    if need.check is not None:
        return need.check if need.check in lacking.checks else ""
    for family in need.families:
        checks = [c.name for c in context.catalogue.checks.values() if c.family == family and c.emits == need.kind]
        if len(need.families) == 1 and checks and lacking.checks.issuperset(checks):
            return family
    return ""
