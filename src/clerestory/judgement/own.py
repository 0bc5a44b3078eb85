"""Status of controls that an organisation adds to Annex A, from the rules and checks that are named as evidence.

Refuses to guess: a control that names nothing has no status, and a name that the catalogue does not know is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from difflib import get_close_matches

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.kind import CheckEntry
from clerestory.catalogue.rule import Need, Rule
from clerestory.judgement.evaluate import context_of
from clerestory.judgement.index import FactIndex
from clerestory.judgement.rule.combine import COMPACT, requirement_status
from clerestory.judgement.rule.run import run_rule
from clerestory.judgement.status import RequirementStatus
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import FrameworkId, RequirementId

FRESH = timedelta(days=90)
"""So old a result may be that proves an own control; rules say themselves how old."""


class ProofUnknown(ClerestoryError):
    """Neither a rule nor a check has that name."""


def check_proofs(catalogue: Catalogue, framework_id: FrameworkId, names: Iterable[str]) -> None:
    """Refuse names that are neither of a rule of the framework nor of a check.

    Raises:
        ProofUnknown: one is unknown; the nearest known one is offered.
    """
    rules = [rule.name for rule in catalogue.rules.get(framework_id, ())]
    for name in names:
        if name not in rules and name not in catalogue.checks:
            near = get_close_matches(name, [*rules, *catalogue.checks], n=1)
            raise ProofUnknown(
                f"No rule and no check is called {name[:80]!r}.",
                f"Did you mean {near[0]}?" if near else "Name it like A.7.4/quality-measured or fairness.by-group.",
            )


def own_statuses(
    catalogue: Catalogue,
    framework_id: FrameworkId,
    index: FactIndex,
    named: Iterable[tuple[str, str, Sequence[str]]],
    *,
    at: datetime,
) -> dict[str, RequirementStatus]:
    """Return the status of own controls that name evidence, by id; ``named`` are triples of id, title and names.

    Every named rule and check must hold for its whole population, as for a control of Annex A. A control that names
    nothing known is left out: nothing can be said of it.
    """
    context = context_of(catalogue, framework_id, index.as_of(at), at)
    pattern = next(r for r in context.framework.requirements if r.kind == "control" and r.assessable)
    found = {}
    for control, title, names in named:
        rules = [rule for name in names if (rule := _rule(catalogue, framework_id, name)) is not None]
        if rules:
            runs = [run_rule(context, rule, ()) for rule in rules]
            requirement = replace(pattern, id=RequirementId(control), title=title)
            found[control] = requirement_status(context, requirement, runs, None, COMPACT)
    return found


def _rule(catalogue: Catalogue, framework_id: FrameworkId, name: str) -> Rule | None:
    """Return the rule of that name, or the one that asks for a check wherever rules ask for checks of its family."""
    rules = catalogue.rules.get(framework_id, ())
    if (known := next((rule for rule in rules if rule.name == name), None)) is not None:
        return known
    check = catalogue.checks.get(name)
    return None if check is None else _asking(framework_id, rules, check)


def _asking(framework_id: FrameworkId, rules: Sequence[Rule], check: CheckEntry) -> Rule:
    """Return a rule that asks for one check of the population that the framework asks for its family of."""
    asked = ((rule, need) for rule in rules for need in (*rule.needs, *(n for group in rule.any_of for n in group)))
    alike = [(rule, need) for rule, need in asked if need.check == check.name or check.family in need.families]
    rule, need = min(alike, key=lambda pair: pair[1].check != check.name, default=(None, None))
    return Rule(
        framework=framework_id,
        requirement=RequirementId(check.name),
        id="named",
        because="",
        for_each="ai_system" if rule is None else rule.for_each,
        where={"in_scope": True} if rule is None else rule.where,
        needs=(
            Need(
                kind=check.emits,
                subject=None if need is None else need.subject,
                check=check.name,
                verdict_pass=True,
                where={},
                max_age=FRESH,
            ),
        ),
        by_tier={},
    )
