"""What the seven questions count, from the facts of a log alone: so many of so many, and whom they count.

Refuses to count what nobody recorded: a question without members has no figure. Knows no words and no clock.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Node, Row, in_order, newest
from clerestory.terms.evidence import Subject
from clerestory.terms.status import Verdict

RELIABLE = ("performance", "fairness", "drift", "robustness")
EXPLAINED = ("explainability",)
RETIRED = "retirement"
OPERATING = ("operation and monitoring", "continuous validation")
KEYS = ("where", "who", "reliable", "risks", "explained", "people", "incidents")
_PARTS = ("model_version", "dataset_version")
_WORST_FIRST = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Member:
    """One record that a question looks at. ``state`` is a code: why it counts or does not."""

    subject: Subject
    holds: bool
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many of so many, with counts beside it; ``of`` is what was looked at."""

    have: int
    of: int
    parts: Mapping[str, int] = field(default_factory=dict)

    def part(self, name: str) -> int:
        """Return a count beside the figure; zero where nothing was counted."""
        return self.parts.get(name, 0)


def tallies(index: FactIndex, at: datetime) -> Mapping[str, Tally]:
    """Count every question as of a moment, up to which the index holds the facts."""
    return {key: tally(members(index, key, at), _BESIDE.get(key, _nothing)(index, at)) for key in KEYS}


def tally(found: list[Member], beside: Mapping[str, int]) -> Tally:
    """Count members: those that hold, all, and each state."""
    states: dict[str, int] = {}
    for member in found:
        states[member.state] = states.get(member.state, 0) + 1
    return Tally(sum(member.holds for member in found), len(found), {**states, **beside})


def members(index: FactIndex, key: str, at: datetime) -> list[Member]:
    """Return the records that a question looks at, in order."""
    return list(_MEMBERS[key](index, at))


def _systems(index: FactIndex) -> list[Node]:
    return [node for node in index.members("ai_system") if _said(node, "stage") != RETIRED]


def _where(index: FactIndex, _at: datetime) -> Iterator[Member]:
    for node in _systems(index):
        yield Member(node.subject, _said(node, "stage") in OPERATING, _said(node, "stage") or "unknown")


def _beside_where(index: FactIndex, _at: datetime) -> Mapping[str, int]:
    nodes = _systems(index)
    return {
        "no_tier": sum(not _said(node, "tier") for node in nodes),
        "no_scope": sum(_value(node, "in_scope") is None for node in nodes),
        "retired": len(index.members("ai_system")) - len(nodes),
    }


def _who(index: FactIndex, _at: datetime) -> Iterator[Member]:
    gone = _gone(index)
    for node in _systems(index):
        decided = newest(node.about("decision.system_duties"))
        if _said(node, "owner") in gone:
            yield Member(node.subject, False, "owner_left")
        elif decided is None:
            yield Member(node.subject, False, "undecided")
        elif not any(signed.second for signed in index.signatures(decided)):
            yield Member(node.subject, False, "unapproved")
        elif str(decided.value("accountable_id") or "") in gone:
            yield Member(node.subject, False, "accountable_left")
        else:
            yield Member(node.subject, True, "held", ", ".join(sorted(decided.covers)))


def _gone(index: FactIndex) -> frozenset[str]:
    """Return the people whose membership ended last."""
    latest: dict[str, Row] = {}
    for node in index.by_kind.get("record.membership", ()):
        for row in node.about("record.membership"):
            if not row.dead:
                latest[str(row.value("member_id") or "")] = row
    return frozenset(person for person, row in latest.items() if row.value("access") == "none")


def _reliable(index: FactIndex, _at: datetime) -> Iterator[Member]:
    for node in _systems(index):
        for row in newest_results(node, RELIABLE):
            yield Member(node.subject, row.verdict == Verdict.PASS, row.verdict, row.check)


def _beside_reliable(index: FactIndex, _at: datetime) -> Mapping[str, int]:
    nodes = _systems(index)
    return {"systems": len(nodes), "untested": sum(not _has_result(node, RELIABLE) for node in nodes)}


def _has_result(system: Node, families: tuple[str, ...]) -> bool:
    """Return whether any result of these families counts; the first that does is enough."""
    return any(
        row.family in families and not row.dead
        for node in (system, *system.linked)
        for (kind, _check), results in node.results.items()
        if kind == "check" and (node is system or node.kind in _PARTS)
        for rows in results
        for row in rows
    )


def newest_results(system: Node, families: tuple[str, ...]) -> list[Row]:
    """Return the newest result that counts, by kind of subject, check, criterion, data and slice of one system."""
    found: dict[tuple[str, ...], Row] = {}
    for node in (system, *system.linked):
        if node is not system and node.kind not in _PARTS:
            continue
        for (kind, _check), results in node.results.items():
            if kind != "check" or results[0][0].family not in families:
                continue
            for rows in results:
                row = newest(rows) if rows[-1].dead else rows[-1]
                if row is None:
                    continue
                key = (node.kind, row.check, *row.key)
                if key not in found or found[key].order < row.order:
                    found[key] = row
    return [found[key] for key in sorted(found)]


def _risks(index: FactIndex, at: datetime) -> Iterator[Member]:
    for node in index.members("risk"):
        status = _said(node, "status")
        if status == "closed":
            continue
        over = _value(node, "above_criteria") is True
        # house: allow organisation-day: the figures are judged, and the judge counts its days in UTC
        state = _acceptance(index, node, at.date()) if over else "within" if _said(node, "risk_level") else "unrated"
        yield Member(node.subject, over and state != "accepted", state, _said(node, "risk_level"))


def _acceptance(index: FactIndex, node: Node, on: date) -> str:
    """Return how the acceptance of a risk over the criteria stands: signed, for this level, approved and not ended."""
    signed = newest(node.about("approval.residual_risk"))
    if signed is None or _said(node, "status") != "accepted":
        return "over"
    until = _day(signed.value("valid_until"))
    if signed.value("risk_level") != _value(node, "risk_level") or until is None or until < on:
        return "ended"
    return "accepted" if any(one.second for one in index.signatures(signed)) else "unsigned"


def _beside_risks(index: FactIndex, at: datetime) -> Mapping[str, int]:
    """Count tasks of treatment whose day has passed, as their newest version says, and that nobody carried out.

    ``criteria`` is 1 once any criteria were proposed.
    """
    late = 0
    for node in index.members("risk"):
        if _said(node, "status") == "closed":
            continue
        done = {entry for row in node.about("record.treatment_implementation") for entry in row.fact.answers}
        tasks: dict[str, list[Row]] = {}
        for row in node.about("register.treatment_task"):
            if not row.dead:
                tasks.setdefault(row.fact.entity, []).append(row)
        for versions in tasks.values():
            due = _day(versions[-1].value("due_on"))
            answered = any(row.fact.entry_id in done for row in versions)
            # house: allow organisation-day: the figures are judged, and the judge counts its days in UTC
            late += due is not None and due < at.date() and not answered
    return {"late_tasks": late, "criteria": bool(index.by_kind.get("record.risk_criteria"))}


def _explained(index: FactIndex, _at: datetime) -> Iterator[Member]:
    for node in _systems(index):
        if _value(node, "affects_people") is False:
            continue
        verdicts = [Verdict(row.verdict) for row in newest_results(node, EXPLAINED)]
        worst = min(verdicts, key=_WORST_FIRST.index, default=None)
        yield Member(node.subject, worst is Verdict.PASS, "never" if worst is None else str(worst))


def _people(index: FactIndex, _at: datetime) -> Iterator[Member]:
    for node in index.members("person_role"):
        if _value(node, "has_ai_duties") is False:
            continue
        duties, holders = _texts(node, "duties"), _texts(node, "holders")
        rows = [row for row in node.about("record.role_acceptance") if not row.dead]
        accepted = {str(row.value("holder_id")): row.value("duties") for row in rows}
        for holder in holders:
            state = "accepted" if accepted.get(holder) == duties else "changed" if holder in accepted else "waiting"
            yield Member(node.subject, state == "accepted", state, holder)


def _beside_people(index: FactIndex, _at: datetime) -> Mapping[str, int]:
    concerns = _versions(index, "register.concern")
    confirmed = [newest(node.about("record.policy_acknowledgement")) for node in index.members("person_role")]
    counts = [row.value("holders_confirmed") for row in confirmed if row is not None and not row.dead]
    return {
        "confirmed": sum(count for count in counts if isinstance(count, int)),
        "uses": len(_versions(index, "record.use_request")),
        "concerns": len(concerns),
    }


def _incidents(index: FactIndex, at: datetime) -> Iterator[Member]:
    kind, answer = "register.nonconformity", "record.corrective_action_effectiveness"
    effective = {
        entry_id
        for node in index.by_kind.get(answer, ())
        for row in node.about(answer)
        if not row.dead and row.value("effective") is True and row.independent
        for entry_id in row.fact.answers
    }
    for versions in _versions(index, kind):
        latest = versions[-1]
        done = any(row.fact.entry_id in effective for row in versions)
        due = _day(latest.value("confirm_by"))
        # house: allow organisation-day: the figures are judged, and the judge counts its days in UTC
        late = not done and due is not None and due < at.date()
        state = "effective" if done else "late" if late else "open"
        yield Member(latest.node.subject, not done, state, latest.fact.entity)


def _versions(index: FactIndex, kind: str) -> list[list[Row]]:
    found: dict[tuple[Node, str], list[Row]] = {}
    for node in in_order(index.by_kind.get(kind, ())):
        for row in node.about(kind):
            if row.revoked is None:
                found.setdefault((node, row.fact.entity), []).append(row)
    return list(found.values())


def _nothing(_index: FactIndex, _at: datetime) -> Mapping[str, int]:
    return {}


def _value(node: Node, name: str) -> object:
    return node.state.fact.values.get(name) if node.state else None


def _said(node: Node, name: str) -> str:
    value = _value(node, name)
    return value if isinstance(value, str) else ""


def _texts(node: Node, name: str) -> tuple[str, ...]:
    value = _value(node, name)
    return tuple(str(one) for one in value) if isinstance(value, tuple) else ()


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


_MEMBERS: Mapping[str, Callable[[FactIndex, datetime], Iterator[Member]]] = {
    "where": _where, "who": _who, "reliable": _reliable, "risks": _risks, "explained": _explained, "people": _people,
    "incidents": _incidents,
}  # fmt: skip
_BESIDE: Mapping[str, Callable[[FactIndex, datetime], Mapping[str, int]]] = {
    "where": _beside_where, "reliable": _beside_reliable, "risks": _beside_risks, "people": _beside_people,
}  # fmt: skip
