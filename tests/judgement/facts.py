"""Facts for the judge's tests, written as the registers and checks would write them, with few words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zlib import crc32

from clerestory.catalogue.catalogue import Catalogue
from clerestory.terms.evidence import Approval, FactValue, Machine, Person, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, LeafHash, PersonId
from clerestory.terms.moment import Period

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AUTHOR, SECOND = PersonId("person-author"), PersonId("person-second")
TOOL = Machine("clerestory", "1.0")


def person(
    person_id: str = AUTHOR,
    role: str = "editor",
    *,
    responsible: bool | None = False,
    same_person_as: tuple[PersonId, ...] = (),
) -> Person:
    """A person who made evidence; not responsible for the subject unless said."""
    return Person(PersonId(person_id), role, responsible, same_person_as)


@dataclass
class Book:
    """Writes facts down with entry ids and leaf hashes of their own."""

    catalogue: Catalogue
    facts: list[Fact] = field(default_factory=list)
    prefix: str = "entry"
    written: int = 0

    def write(
        self,
        kind: str,
        subject: Subject,
        values: Mapping[str, FactValue] | None = None,
        *,
        at: datetime,
        received: datetime | None = None,
        by: Person | Machine | None = None,
        approved_by: str | None = None,
        role: str = "reviewer",
        approved_at: datetime | None = None,
        entity: str | None = None,
        **more: object,
    ) -> Fact:
        """Write one fact; fields not given come from the example of its kind."""
        self.written = number = self.written + 1
        approval = None if approved_by is None else Approval(PersonId(approved_by), role, approved_at or at)
        fact = Fact(
            entry_id=EntryId(f"{self.prefix}-{number}"),
            leaf_hash=LeafHash(f"{crc32(self.prefix.encode()):08x}{number:056x}"),
            position=number - 1,
            kind=kind,
            subject=subject,
            entity=entity or f"{kind}/{number}",
            entity_version=1,
            observed=Period.at(at),
            received_at=received or at,
            produced_by=by or person(),
            policy_version="1",
            values={**example(self.catalogue, kind), **(values or {})},
            approval=approval,
            **more,  # type: ignore[arg-type]
        )
        self.facts.append(fact)
        return fact

    def check(
        self,
        name: str,
        subject: Subject,
        *,
        at: datetime,
        verdict: str = "PASS",
        criterion: str = "<= 0.1",
        declared: tuple[str, ...] | None = None,
        kind: str = "check",
        values: Mapping[str, FactValue] | None = None,
        **more: object,
    ) -> Fact:
        """Write the result of one check. Unless said, its own criterion is the only one declared."""
        result: dict[str, FactValue] = {"check": name, "verdict": verdict}
        if kind == "check":
            text = (f"{name}|{criterion}|",) if declared is None else declared
            result |= {"family": name.partition(".")[0], "criterion": criterion, "declared": text, "slice": ""}
            result |= {"run_mode": "server", "share_unassessable": "0"}
        return self.write(kind, subject, {**result, **(values or {})}, at=at, by=TOOL, **more)  # type: ignore[arg-type]


def example(catalogue: Catalogue, kind: str) -> dict[str, FactValue]:
    """The example of a kind, as a fact holds it."""
    return {
        name: tuple(value) if isinstance(value, list) else value  # type: ignore[misc]
        for name, value in catalogue.kinds[kind].example.items()
    }


def days(count: float) -> timedelta:
    """So many days."""
    return timedelta(days=count)
