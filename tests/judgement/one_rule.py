"""One rule written for a test, judged alone over the real vocabulary."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from clerestory.catalogue.rule import Need, Rule
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.index import FactIndex
from clerestory.judgement.status import RequirementStatus
from clerestory.terms.evidence import Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import RequirementId
from tests.judgement.facts import NOON, Book, days
from tests.judgement.stories import ISO, whole

ORGANISATION = Subject("organisation", "bank")
SYSTEM = Subject("ai_system", "credit")
DATA = Subject("dataset_version", "credit/test/1")
MODEL = Subject("model_version", "credit/m1")
START = NOON - days(300)


def need(kind: str, **asked: object) -> Need:
    """A need that asks for nothing but what is said."""
    return Need(kind=kind, **{"where": {}, **asked})  # type: ignore[arg-type]


def rule(*needs: Need, for_each: str = "ai_system", **more: object) -> Rule:
    """A rule of A.7.4 with these needs."""
    parts = {"where": {}, "by_tier": {}, **more}
    return Rule(
        framework=ISO,
        requirement=RequirementId("A.7.4"),
        id="tried",
        because="Tried.",
        for_each=for_each,
        needs=needs,
        **parts,  # type: ignore[arg-type]
    )


def status(tried: Rule | Iterable[Rule], facts: Iterable[Fact], at: datetime = NOON) -> RequirementStatus:
    """The status of A.7.4 by these rules alone."""
    rules = (tried,) if isinstance(tried, Rule) else tuple(tried)
    catalogue = replace(whole(), rules={ISO: rules})
    return evaluate(catalogue, ISO, FactIndex.of(catalogue, facts), at=at)[RequirementId("A.7.4")]


def book() -> Book:
    """A bank with one credit system, its data and its model, registered long ago."""
    made = Book(whole())
    made.write("register.organisation", ORGANISATION, at=START)
    made.write("register.ai_system", SYSTEM, {"name": "Credit", "tier": "limited"}, at=START, entity="system/1")
    made.write("register.dataset_version", DATA, {"role": "test"}, at=START, links=(SYSTEM,), entity="data/1")
    made.write("register.model_version", MODEL, at=START, links=(SYSTEM,), entity="model/1")
    return made
