"""The one function that decides: the status of every requirement of a framework from the facts, at one moment.

Nobody types a status in. The same facts give the same statuses, in whatever order they arrived.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.framework import Framework, Requirement
from clerestory.catalogue.rule import Rule
from clerestory.judgement.applicability import Decision, Loosening, decisions, exceptions
from clerestory.judgement.index import FactIndex
from clerestory.judgement.need.context import Context
from clerestory.judgement.nonconformity import Against, against
from clerestory.judgement.phrase import Missing, Note, phrase
from clerestory.judgement.population import matches
from clerestory.judgement.row import Node
from clerestory.judgement.rule.affected import Affected, affected_by
from clerestory.judgement.rule.combine import COMPACT, FULL, Limits, not_applicable, requirement_status, results_of
from clerestory.judgement.rule.run import RuleRun, rerun_rule, run_rule
from clerestory.judgement.status import RequirementStatus
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Fact
from clerestory.terms.ids import FrameworkId, RequirementId


class UnknownFramework(ClerestoryError):
    """The catalogue has no framework of this id."""


class UnknownRequirement(ClerestoryError):
    """The framework has no assessable requirement of this id."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a judgement stood on, so that the next one can tell what is new."""

    catalogue: Catalogue
    index: FactIndex
    version: int
    renamed: int
    noted: tuple[int, int]
    """How many contents were erased and failures revoked, which notes tell of wherever they bear."""
    decisions: Mapping[RequirementId, Decision]
    exceptions: Mapping[str, tuple[Loosening, ...]]
    against: Mapping[str, Against]
    runs: Mapping[str, RuleRun]


@dataclass(frozen=True, slots=True)
class Judgement(Mapping[RequirementId, RequirementStatus]):
    """Statuses of all assessable requirements of one framework at one moment, in the framework's order."""

    framework: FrameworkId
    at: datetime
    statuses: Mapping[RequirementId, RequirementStatus]
    ground: Ground

    def __getitem__(self, requirement: RequirementId) -> RequirementStatus:
        return self.statuses[requirement]

    def __iter__(self) -> Iterator[RequirementId]:
        return iter(self.statuses)

    def __len__(self) -> int:
        return len(self.statuses)


def evaluate(catalogue: Catalogue, framework_id: FrameworkId, index: FactIndex, *, at: datetime) -> Judgement:
    """Return the status of every requirement from what was received and observed by ``at``.

    Raises:
        UnknownFramework: the catalogue has no such framework.
    """
    context = context_of(catalogue, framework_id, index.as_of(at), at)
    loosened = exceptions(context.index, at)
    rules = catalogue.rules.get(framework_id, ())
    runs = {rule.name: run_rule(context, rule, loosened.get(rule.name, ())) for rule in rules}
    return _judgement(context, loosened, runs, None)


def re_evaluate(
    previous: Judgement,
    catalogue: Catalogue,
    framework: FrameworkId,
    index: FactIndex,
    new_fact: Fact | None,
    *,
    at: datetime,
) -> Judgement:
    """Return what `evaluate` returns, judging again only whom ``new_fact``, already in ``index``, or time bears on.

    ``None`` says that only time passed. Whatever cannot be told apart is judged from scratch.
    """
    ground = previous.ground
    known = ground.version + (new_fact is not None and ground.index.last.entry_id == new_fact.entry_id)
    if (
        previous.framework != framework
        or ground.catalogue is not catalogue
        or ground.index is not index
        or index.version != known
        or index.as_of(at) is not index
        or at < previous.at
    ):
        return evaluate(catalogue, framework, index, at=at)
    affected = affected_by(index) if index.version != ground.version else Affected.nothing()
    context = context_of(catalogue, framework, index, at)
    excluded = {control for control, decision in ground.decisions.items() if decision.excludes}
    if affected.everything or excluded != context.excluded.keys():
        return evaluate(catalogue, framework, index, at=at)
    loosened = exceptions(index, at)
    renamed = ground.renamed != index.renamed
    runs = {
        name: _again(context, run, loosened.get(name, ()), affected, renamed=renamed)
        for name, run in ground.runs.items()
    }
    return _judgement(context, loosened, runs, previous if ground.noted == _noted(index) else None)


def explain(
    catalogue: Catalogue,
    framework_id: FrameworkId,
    index: FactIndex,
    requirement_id: RequirementId,
    *,
    at: datetime,
    limits: Limits = FULL,
) -> RequirementStatus:
    """Return the status of one requirement with every member and every entry named, or as many as ``limits`` says.

    Raises:
        UnknownFramework: the catalogue has no such framework.
        UnknownRequirement: the framework has no such requirement.
    """
    context = context_of(catalogue, framework_id, index.as_of(at), at)
    requirement = next((r for r in context.framework.requirements if r.id == requirement_id and r.assessable), None)
    if requirement is None:
        raise UnknownRequirement(
            f"{context.framework.name} has no requirement {requirement_id!r}.",
            "Choose one that `clerestory status` lists.",
        )
    loosened = exceptions(context.index, at)
    runs = [
        run_rule(context, rule, loosened.get(rule.name, ()))
        for rule in catalogue.rules.get(framework_id, ())
        if rule.requirement == requirement_id
    ]
    standing = against(context.index, framework_id).get(requirement_id)
    return _status(context, decisions(context.index, framework_id), requirement, runs, standing, limits)


def expand(judgement: Judgement, requirement_id: RequirementId, limits: Limits) -> RequirementStatus:
    """Return one requirement of a judgement with more of its members named, judging nobody again.

    Call it while the index that was judged is held and unchanged.
    """
    ground = judgement.ground
    context = context_of(ground.catalogue, judgement.framework, ground.index, judgement.at)
    requirement = next(r for r in context.framework.requirements if r.id == requirement_id)
    runs = [ground.runs[rule.name] for rule in rules_of(ground.catalogue, judgement.framework, requirement_id)]
    return _status(context, ground.decisions, requirement, runs, ground.against.get(requirement_id), limits)


def lacking(
    catalogue: Catalogue, framework_id: FrameworkId, index: FactIndex, nodes: Sequence[Node], *, at: datetime
) -> dict[RequirementId, tuple[Missing, ...]]:
    """Return what the rules find missing about some subjects, by requirement; rules about others are not judged.

    ``index`` holds what was known by ``at``.
    """
    context = context_of(catalogue, framework_id, index, at)
    found: dict[RequirementId, dict[Missing, None]] = {}
    for rule in catalogue.rules.get(framework_id, ()):
        members = [node for node in nodes if node.kind == rule.for_each and matches(index, node, rule.where)]
        if members and rule.requirement not in context.excluded:
            items = (item for result in results_of(context, rule, members) for item in result.missing)
            found.setdefault(rule.requirement, {}).update(dict.fromkeys(items))
    return {requirement: tuple(items) for requirement, items in found.items() if items}


def _noted(index: FactIndex) -> tuple[int, int]:
    return len(index.erased), len(index.revoked_failures)


def context_of(catalogue: Catalogue, framework_id: FrameworkId, index: FactIndex, at: datetime) -> Context:
    """Return what all needs of one judgement share; ``index`` holds what was known by ``at``.

    Raises:
        UnknownFramework: the catalogue has no such framework.
    """
    framework = catalogue.frameworks.get(framework_id)
    if framework is None:
        known = ", ".join(sorted(catalogue.frameworks))
        raise UnknownFramework(f"There is no framework {framework_id!r}.", f"Choose one of: {known}.")
    controls = _controls(framework)
    excluded = {c: d.entry for c, d in decisions(index, framework_id).items() if d.excludes and c in controls}
    return Context(catalogue, framework, index, at, excluded)


def _controls(framework: Framework) -> frozenset[RequirementId]:
    return frozenset(r.id for r in framework.requirements if r.kind == "control")


def _again(
    context: Context, run: RuleRun, loosened: tuple[Loosening, ...], affected: Affected, *, renamed: bool
) -> RuleRun:
    nodes = affected.members_of(context.catalogue, run.rule)
    if nodes == frozenset() and run.until >= context.at and run.loosened == loosened:
        return run
    return rerun_rule(context, run, loosened, nodes, members_changed=affected.members, renamed=renamed)


def _judgement(
    context: Context,
    loosened: Mapping[str, tuple[Loosening, ...]],
    runs: Mapping[str, RuleRun],
    previous: Judgement | None,
) -> Judgement:
    catalogue, index, framework = context.catalogue, context.index, context.framework
    made = decisions(index, framework.id)
    standing = against(index, framework.id)
    of_requirement: dict[RequirementId, list[RuleRun]] = {}
    for rule in catalogue.rules.get(framework.id, ()):
        of_requirement.setdefault(rule.requirement, []).append(runs[rule.name])
    statuses: dict[RequirementId, RequirementStatus] = {}
    for requirement in framework.requirements:
        if not requirement.assessable:
            continue
        own = of_requirement.get(requirement.id, [])
        if previous is not None and _same(previous.ground, requirement.id, own, made, standing):
            statuses[requirement.id] = previous.statuses[requirement.id]
        else:
            statuses[requirement.id] = _status(context, made, requirement, own, standing.get(requirement.id), COMPACT)
    ground = Ground(catalogue, index, index.version, index.renamed, _noted(index), made, loosened, standing, runs)
    return Judgement(framework.id, context.at, statuses, ground)


def _same(
    ground: Ground,
    requirement: RequirementId,
    runs: list[RuleRun],
    made: Mapping[RequirementId, Decision],
    standing: Mapping[str, Against],
) -> bool:
    return (
        all(ground.runs[run.rule.name] is run for run in runs)
        and ground.decisions.get(requirement) == made.get(requirement)
        and ground.against.get(requirement) == standing.get(requirement)
    )


def _status(
    context: Context,
    made: Mapping[RequirementId, Decision],
    requirement: Requirement,
    runs: list[RuleRun],
    standing: Against | None,
    limits: Limits,
) -> RequirementStatus:
    decision = made.get(requirement.id)
    if decision is not None and requirement.id in context.excluded:
        return not_applicable(requirement, decision.entry, _decision_note("excluded", decision))
    status = requirement_status(context, requirement, runs, standing, limits)
    if decision is not None and not decision.included and requirement.kind == "control":
        note = _decision_note("exclusion_not_approved", decision)
        return replace(status, notes=(note, *status.notes))
    return status


def _decision_note(code: str, decision: Decision) -> Note:
    words = {"day": decision.decided_on.isoformat(), "entry": decision.entry}
    if code == "excluded":
        words["justification"] = decision.justification
    return phrase(code, **words)


def rules_of(catalogue: Catalogue, framework_id: FrameworkId, requirement_id: RequirementId) -> tuple[Rule, ...]:
    """Return the rules that prove one requirement."""
    return tuple(r for r in catalogue.rules.get(framework_id, ()) if r.requirement == requirement_id)
