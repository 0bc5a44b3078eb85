"""Fill a large organisation through the commands that its people use; the records are those that tests know.

Systems and risks as many as `SIZES` says; of everything else what a bank of that size may have (`COUNTS`).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clerestory.desk.actor import Actor

SIZES = {"systems": 10_000, "risks": 20_000, "entries": 100_000}
COUNTS = {
    "members": 300, "processes": 100, "roles": 100, "committees": 20, "meetings": 200, "thanks": 200,
    "issues": 300, "parties": 200, "obligations": 300, "placed": 1_000, "policies": 200, "own controls": 50,
    "models": 1_000, "datasets": 1_000, "parts": 3_000, "descriptions": 500, "uses": 1_000, "classified": 2_000,
    "impact": 2_000, "threat models": 1_000, "changes": 1_000, "tasks": 2_000, "actions": 300, "trials": 20,
    "estimates": 100, "nonconformities": 1_000, "concerns": 20,
}  # fmt: skip
"""How many of everything else are filled, at full size; a smaller size takes the same share, and three at least."""
CHUNK = 250
FIRST = "system-7"
"""The system about which there is one of everything."""


def found() -> "Actor":
    """Found the organisation; return its owner."""
    from clerestory.desk.entrance.links import first_owner_link
    from clerestory.registers.organisation.commands import found_organisation
    from clerestory.registers.organisation.rules import Profile
    from clerestory.store import clock

    now = clock.now()
    return found_organisation(
        link=first_owner_link(now=now), now=now,
        profile=Profile(name="Large Bank", units=("Retail",), jurisdictions=("EU",)),
        email="owner@large.example", name="Ada Owner", password="a window high in the wall",
    ).actor  # fmt: skip


def fill(actor: "Actor", scale: int) -> dict[str, int]:
    """Fill everything, at one part in ``scale``; return how many there are of what."""
    from benchmarks import _registers
    from clerestory.store.models import LogEntry

    sizes = {name: max(size // scale, 10) for name, size in SIZES.items()}
    counts = {name: max(count // scale, 3) for name, count in COUNTS.items()}
    in_chunks(range(sizes["systems"]), lambda number: system(actor, number))
    in_chunks(range(sizes["risks"]), lambda number: risk(actor, number, sizes["systems"]))
    _registers.fill(actor, counts)
    statements(actor, LogEntry.objects.count(), sizes["entries"])
    return sizes | counts | {"entries": LogEntry.objects.count()}


def in_chunks(numbers: Iterable[int], write: Callable[[int], object]) -> None:
    """Write a record for each number, several in one transaction."""
    from clerestory.store.unit import atomic

    waiting = list(numbers)
    for start in range(0, len(waiting), CHUNK):
        with atomic():
            for number in waiting[start : start + CHUNK]:
                write(number)


def system(actor: "Actor", number: int) -> None:
    """Register a system; each is of another unit, stage and area."""
    from clerestory.registers.inventory.commands import register_ai_system
    from clerestory.registers.inventory.rules import NO_AREA, AIRole, AISystem, Stage

    stages, areas = tuple(Stage), ("credit", NO_AREA, "employment")
    said = AISystem(
        system_id=f"system-{number}", name=f"System {number} of the unit {number % 37}", owner=actor.person_id,
        purpose="Rank consumer loan applications for an officer's decision", ai_role=(AIRole.PROVIDER,),
        stage=stages[number % len(stages)], use_areas=(areas[number % len(areas)],), in_scope=True,
        affects_people=number % 2 == 0, affected_groups=("applicants",) if number % 2 == 0 else (),
    )  # fmt: skip
    if number == int(FIRST.removeprefix("system-")):
        said = replace(said, stage=Stage.OPERATION, affects_people=True, affected_groups=("applicants",))
    register_ai_system(actor=actor, system=said)


def risk(actor: "Actor", number: int, systems: int) -> None:
    """Identify a risk of a system, with its rating."""
    from clerestory.catalogue.load import load
    from clerestory.registers.risk.commands.identify import identify_risk
    from clerestory.registers.risk.rules.risk import Risk
    from clerestory.registers.risk.rules.scale import Rating

    sources, dimensions = load().coverages["risk_sources"].items, ("organisation", "individuals", "societies")
    said = Risk(
        event=f"Labels of batch {number} no longer fit the people who apply", source=sources[number % len(sources)],
        consequence="Some are refused who would repay", owner=actor.person_id, system_id=f"system-{number % systems}",
    )  # fmt: skip
    rating = Rating(1 + number % 5, tuple((name, 1 + (number + at) % 5) for at, name in enumerate(dimensions)))
    identify_risk(actor=actor, risk=said, rating=rating, reason="rated by the unit")


def statements(actor: "Actor", first: int, last: int) -> None:
    """Append statements that a register holds nothing, as evidence without a row: they make the log long."""
    from clerestory.store import clock, evidence
    from clerestory.store.unit import atomic
    from clerestory.terms.evidence import Evidence, Subject
    from clerestory.terms.moment import Period

    now = clock.now()

    def made(number: int) -> Evidence:
        day = (now.date() - timedelta(days=number % 300)).isoformat()
        return Evidence(
            kind="record.nil_return", subject=Subject("organisation", actor.organisation_id),
            produced_by=actor.person(), observed=Period.at(now), entity=f"nil_return/{number}",
            values={"register": "incident", "period_from": day, "period_to": day, "how_known": "alarms compared"},
        )  # fmt: skip

    for start in range(first, last, 20 * CHUNK):
        with atomic():
            pieces = [made(number) for number in range(start, min(start + 20 * CHUNK, last))]
            evidence.append_all(pieces, organisation_id=actor.organisation_id)
