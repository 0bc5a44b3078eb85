"""Measure the judge: all frameworks for 1,000 AI systems and 100,000 entries, from scratch and after one new entry.

Run: python -m benchmarks.judgement [--systems 1000] [--entries 100000]. CPU seconds, facts already parsed. The ratio is
against a reference measured in the same run: one pass over the same facts that groups them by subject and kind and
compares each with its age. Prints one line of JSON.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from clerestory.catalogue.catalogue import Catalogue, NotYetProduced
from clerestory.catalogue.load import load
from clerestory.catalogue.rule import Need
from clerestory.judgement.document import judgement_document
from clerestory.judgement.evaluate import Judgement, evaluate, re_evaluate
from clerestory.judgement.index import FactIndex
from clerestory.terms.evidence import Approval, FactValue, Machine, Person, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, FrameworkId, LeafHash, PersonId
from clerestory.terms.moment import Period

T = TypeVar("T")
SECONDS, MILLISECONDS = 2.0, 50.0
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ISO = FrameworkId("iso42001-2023")
TOOL = Machine("clerestory", "1.0")
AUTHOR, SECOND = Person(PersonId("person-1"), "editor", responsible=False), PersonId("person-2")
LIST = tuple(f"item {number}" for number in range(8))


class Company:
    """Facts of an organisation with many systems, each with a model, two data sets, a deployment and a role."""

    def __init__(self, catalogue: Catalogue, systems: int, entries: int) -> None:
        self.catalogue = catalogue
        self.facts: list[Fact] = []
        self.organisation = Subject("organisation", "bank")
        self.add("register.organisation", self.organisation, AT - timedelta(days=400))
        needs = self.needs()
        subjects = [self.system(number) for number in range(systems)]
        age = 0
        while len(self.facts) < entries:
            for number, parts in enumerate(subjects):
                # One in seven is older than anything may be, the others are some hours to weeks old.
                age = (age + 31) % 700
                old = timedelta(days=340) if age < 100 else timedelta(hours=age % 97)
                self.evidence(parts, needs, number, AT - old, entries)

    def needs(self) -> dict[str, list[Need]]:
        """Return the needs by the kind of subject that their evidence is about."""
        found: dict[str, dict[tuple[str, str | None], Need]] = {}
        for rules in self.catalogue.rules.values():
            for rule in rules:
                for need in rule.needs:
                    found.setdefault(need.subject or rule.for_each, {}).setdefault((need.kind, need.check), need)
        return {kind: list(needs.values()) for kind, needs in found.items()}

    def system(self, number: int) -> dict[str, Subject]:
        """Register one system with its parts."""
        name = f"system-{number:05}"
        system = Subject("ai_system", name)
        since = AT - timedelta(days=350)
        tier = ("high", "limited", "minimal")[number % 3]
        self.add(
            "register.ai_system", system, since, {"tier": tier, "name": name}, lists=self.lists("register.ai_system")
        )
        parts = {"ai_system": system}
        for kind in ("model_version", "dataset_version", "deployment", "person_role"):
            parts[kind] = Subject(kind, f"{name}/{kind}")
            self.add(f"register.{kind}", parts[kind], since, links=(system,), lists=self.lists(f"register.{kind}"))
        return parts

    def lists(self, kind: str) -> dict[str, tuple[str, ...]]:
        """Return the lists that facts of a kind carry."""
        return {c.name: LIST for c in self.catalogue.coverages.values() if c.counted_from == kind and c.how == "facts"}

    def evidence(
        self, parts: dict[str, Subject], needs: dict[str, list[Need]], number: int, made: datetime, entries: int
    ) -> None:
        """Write evidence for two needs of three of a system, other needs each time, until there are enough entries."""
        for kind, subject in parts.items():
            for i, need in enumerate(needs.get(kind, ())):
                if (i + number + len(self.facts) // 7) % 3 and len(self.facts) < entries:
                    self.prove(need, subject, made)

    def prove(self, need: Need, subject: Subject, made: datetime) -> None:
        """Write what satisfies a need."""
        values: dict[str, FactValue] = {
            name: asked if isinstance(asked, bool) else asked[0] for name, asked in need.where.items()
        }
        covers: tuple[str, ...] = ()
        if need.coverage is not None:
            coverage = self.catalogue.coverages[need.coverage.of]
            covers = coverage.items if coverage.how == "catalogue" else LIST
        if need.measured:
            family = need.families[0] if need.families else ""
            name = need.check or next(c.name for c in self.catalogue.checks.values() if c.family == family)
            values |= {"check": name, "verdict": "PASS"}
            if need.kind == "check":
                text = (f"{name}|>= 0.8|",)
                values |= {"family": name.split(".")[0], "declared": text, "slice": "", "share_unassessable": "0"}
        self.add(
            need.kind,
            subject,
            made,
            values,
            covers=covers,
            role=need.approver or "reviewer",
            by=TOOL if need.measured else AUTHOR,
            lists=self.lists(need.kind),
        )

    def add(
        self,
        kind: str,
        subject: Subject,
        made: datetime,
        values: dict[str, FactValue] | None = None,
        *,
        links: tuple[Subject, ...] = (),
        covers: tuple[str, ...] = (),
        by: Person | Machine = AUTHOR,
        role: str = "reviewer",
        lists: dict[str, tuple[str, ...]] | None = None,
    ) -> Fact:
        """Write one fact."""
        number = len(self.facts)
        example = {k: tuple(v) if isinstance(v, list) else v for k, v in self.catalogue.kinds[kind].example.items()}
        fact = Fact(
            entry_id=EntryId(f"entry-{number}"),
            leaf_hash=LeafHash(f"{number:064x}"),
            position=number,
            kind=kind,
            subject=subject,
            entity=f"{kind}/{number}",
            entity_version=1,
            observed=Period.at(made),
            received_at=made,
            produced_by=by,
            policy_version="1",
            values={**example, **(values or {})},
            links=links,
            covers=covers,
            approval=Approval(SECOND, role, made),
            lists=lists or {},
            has_content=True,
        )  # type: ignore[arg-type]
        self.facts.append(fact)
        return fact


def cpu(work: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU seconds of some work, and its result."""
    gc.collect()
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def reference(facts: list[Fact]) -> int:
    """Group facts by subject and kind and compare each with an age: the least that any judge must do."""
    places: dict[tuple[str, str, str], list[datetime]] = {}
    for fact in facts:
        places.setdefault((fact.subject.kind, fact.subject.id, fact.kind), []).append(fact.observed.end)
    year = timedelta(days=365)
    return sum(max(moments) + year >= AT for moments in places.values())


def judge_all(catalogue: Catalogue, index: FactIndex) -> dict[FrameworkId, Judgement]:
    """Judge every framework."""
    return {framework: evaluate(catalogue, framework, index, at=AT) for framework in catalogue.frameworks}


def newcomers(company: Company) -> Iterator[tuple[str, Fact]]:
    """Yield one new entry of each sort: a result, a record, a version of a subject, a law, a revocation."""
    system, model = Subject("ai_system", "system-00007"), Subject("model_version", "system-00007/model_version")
    now = AT + timedelta(minutes=1)
    check = {"check": "fairness.selection-rate-ratio", "family": "fairness", "verdict": "FAIL", "slice": ""}
    yield "check", company.add("check", model, now, check, by=TOOL)
    yield "record", company.add("record.impact_assessment", system, now + timedelta(minutes=1))
    same: dict[str, FactValue] = {"tier": "limited", "name": system.id, "purpose": "another"}
    lists, later = company.lists("register.ai_system"), now + timedelta(minutes=2)
    yield "member", company.add("register.ai_system", system, later, same, lists=lists)
    renamed = {**same, "name": "Scores"}
    yield "rename", company.add("register.ai_system", system, later + timedelta(seconds=1), renamed, lists=lists)
    model_3 = Subject("model_version", "system-00007/model_version/3")
    yield (
        "newcomer",
        company.add("register.model_version", model_3, now + timedelta(minutes=2, seconds=2), links=(system,)),
    )
    yield "organisation", company.add("register.obligation", company.organisation, now + timedelta(minutes=3))
    revoked = next(f for f in company.facts if f.subject == model and f.kind == "check")
    values: dict[str, FactValue] = {"revokes": (revoked.entry_id,)}
    yield "revocation", company.add("record.revocation", model, now + timedelta(minutes=4), values)


def main() -> int:
    """Measure, print one line of JSON and return 1 when a goal is missed."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--systems", type=int, default=1000)
    arguments.add_argument("--entries", type=int, default=100_000)
    asked = arguments.parse_args()
    catalogue = replace(load(), not_yet_produced=NotYetProduced(frozenset(), frozenset()))
    company = Company(catalogue, asked.systems, asked.entries)
    bare, _ = cpu(lambda: reference(company.facts))
    indexing, index = cpu(lambda: FactIndex.of(catalogue, company.facts))
    judging, judged = cpu(lambda: judge_all(catalogue, index))
    figures: dict[str, object] = {
        "systems": asked.systems,
        "entries": len(company.facts),
        "reference_cpu_s": round(bare, 3),
        "index_cpu_s": round(indexing, 3),
        "judge_cpu_s": round(judging, 3),
        "scratch_cpu_s": round(indexing + judging, 3),
        "scratch_ratio": round((indexing + judging) / bare, 1),
        "scratch_goal_s": SECONDS,
    }
    previous, slowest = judged[ISO], 0.0
    for name, fact in newcomers(company):
        at = fact.received_at
        before = previous
        spent, previous = cpu(lambda fact=fact, at=at, before=before: after(catalogue, index, before, fact, at))  # type: ignore[misc]
        figures[f"{name}_cpu_ms"] = round(spent * 1000, 1)
        slowest = max(slowest, spent * 1000)
        whole = evaluate(catalogue, ISO, index, at=at)
        if judgement_document(whole) != judgement_document(previous):
            print(f"after one {name} the statuses differ from those judged from scratch")
            return 1
    figures |= {"slowest_cpu_ms": round(slowest, 1), "one_entry_goal_ms": MILLISECONDS}
    print(json.dumps(figures))
    return 0 if indexing + judging < SECONDS and slowest < MILLISECONDS else 1


def after(catalogue: Catalogue, index: FactIndex, before: Judgement, fact: Fact, at: datetime) -> Judgement:
    """Add one entry and judge again."""
    index.add(fact)
    return re_evaluate(before, catalogue, ISO, index, fact, at=at)


if __name__ == "__main__":
    sys.exit(main())
