"""How far the threats of a system are met: decisions on mitigations, what checks say now, and what was judged.

A mitigation said to be in place counts as long as something shows it, and falls as soon as a check or control does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clerestory.catalogue.threats.fact import NONE, Answer, Condition, Facts
from clerestory.registers.risk.rules.threat import Threat, ThreatRefused, ThreatState
from clerestory.terms.day import not_after, years_ahead
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain


class CheckState(StrEnum):
    """What a check says of a system now."""

    PASS = "passes"  # noqa: S105  a verdict
    FAIL = "fails"
    UNCLEAR = "cannot say"
    OLD = "too old"
    MISSING = "missing"


class Measure(StrEnum):
    """What was decided about a mitigation."""

    IN_PLACE = "in place"
    PLANNED = "planned"
    NOT = "not"


class Standing(StrEnum):
    """How a mitigation stands against one threat."""

    SHOWN = "shown"
    FALLEN = "fallen"
    UNSHOWN = "nothing shows it"
    PLANNED = "planned"
    NOT = "not taken"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision about one mitigation of a system; ``controls`` of Annex A carry it beside the checks."""

    measure: Measure
    reason: str = ""
    due_on: date | None = None
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Covered:
    """One threat with how each of its mitigations stands, what its checks say, its risk, and whether it is judged."""

    threat: Threat
    mitigations: tuple[tuple[str, Standing], ...]
    checks: tuple[tuple[str, CheckState], ...]
    risk_id: str
    set_aside: str

    @property
    def judged(self) -> bool:
        """Whether somebody decided: by a risk, about each mitigation, or by setting aside what applies."""
        if self.risk_id or (self.set_aside and self.threat.state is ThreatState.APPLIES):
            return True
        return all(standing is not Standing.UNDECIDED for _name, standing in self.mitigations)

    @property
    def fallen(self) -> bool:
        """Whether a mitigation said to be in place does not hold now."""
        return any(standing is Standing.FALLEN for _name, standing in self.mitigations)

    @property
    def shown(self) -> bool:
        """Whether at least one mitigation is shown, and none fell."""
        return not self.fallen and any(standing is Standing.SHOWN for _name, standing in self.mitigations)


@dataclass(frozen=True, slots=True)
class Figures:
    """So many of so many: threats in play, their mitigations, and the checks that would show them."""

    threats: int
    unassessed: int
    judged: int
    shown: int
    fallen: int
    mitigations: int
    decided: int
    checks: int
    passing: int
    failing: int

    @property
    def applying(self) -> int:
        """Threats that known facts bring up."""
        return self.threats - self.unassessed

    @property
    def missing(self) -> int:
        """Checks that say nothing now: never made, too old, or unclear."""
        return self.checks - self.passing - self.failing


def check_decided(said: Decided, controls: Iterable[str], today: date) -> Decided:
    """Return a decision with a tidied reason.

    Raises:
        ThreatRefused: one that is not taken lacks a reason, a planned one a day to come, or a control does not exist.
    """
    unknown = sorted(set(said.controls) - set(controls))
    if unknown:
        raise ThreatRefused(
            _("There is no control {unknown!r}.", unknown=unknown[0]),
            _("Choose one of Annex A, such as A.7.4, or an own one in force."),
        )
    if said.measure is Measure.PLANNED and (said.due_on is None or said.due_on < today):
        raise ThreatRefused(_("A planned mitigation has no day to come."), _("Say until when it will be in place."))
    if said.due_on is not None and said.measure is Measure.PLANNED:
        not_after(said.due_on, _("day of the mitigation"), years_ahead(today))
    reason = plain(said.reason, _("reason"), longest=2000, lines=True) if said.reason.strip() else ""
    if said.measure is Measure.NOT and len(reason) < 10:
        raise ThreatRefused(_("It is not said why the mitigation is not taken."), _("Give the reason in a sentence."))
    kept = said.measure is Measure.IN_PLACE
    return Decided(
        measure=said.measure,
        reason=reason,
        due_on=said.due_on if said.measure is Measure.PLANNED else None,
        controls=tuple(sorted(set(said.controls))) if kept else (),
    )


def cover(
    threats: Iterable[Threat],
    decided: Mapping[str, Decided],
    checks: Mapping[str, CheckState],
    controls: Mapping[str, bool],
    risks: Mapping[str, str],
    set_aside: Mapping[str, str],
) -> tuple[Covered, ...]:
    """Return how far each threat is met; ``controls`` that hold or lack now, ``risks`` that are open, by threat."""
    found = []
    for threat in threats:
        told = tuple((name, checks.get(name, CheckState.MISSING)) for name in threat.checks)
        states = {state for _name, state in told}
        standings = tuple((one, _standing(decided.get(one), states, controls)) for one in threat.mitigations)
        one, aside = threat.threat_id, set_aside.get(threat.threat_id, "")
        found.append(Covered(threat, standings, told, risks.get(one, ""), aside))
    return tuple(found)


def figures(covered: Iterable[Covered]) -> Figures:
    """Count what is covered; mitigations and checks that several threats share count once."""
    rows = [one for one in covered if one.threat.in_play]
    wanted = {name for one in rows for name, _standing in one.mitigations}
    open_ones = {name for one in rows for name, standing in one.mitigations if standing is Standing.UNDECIDED}
    checks = {name: state for one in rows for name, state in one.checks}
    return Figures(
        threats=len(rows),
        unassessed=sum(one.threat.state is ThreatState.UNASSESSED for one in rows),
        judged=sum(one.judged for one in rows),
        shown=sum(one.shown for one in rows),
        fallen=sum(one.fallen for one in rows),
        mitigations=len(wanted),
        decided=len(wanted - open_ones),
        checks=len(checks),
        passing=sum(state is CheckState.PASS for state in checks.values()),
        failing=sum(state is CheckState.FAIL for state in checks.values()),
    )


def since(before: Mapping[str, str], now: Iterable[Threat]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which threats came up since a review, and which are gone."""
    present = {threat.threat_id for threat in now if threat.in_play}
    reviewed = set(before)
    return tuple(sorted(present - reviewed)), tuple(sorted(reviewed - present))


@dataclass(frozen=True, slots=True)
class Flow:
    """Something that passes between two places of the picture; a condition says whether it is there, or crosses."""

    id: str
    start: str
    end: str
    there: Condition | None = None
    crosses: Condition | None = None


FLOWS = (
    Flow("input", "users", "model", crosses=Condition("exposure", frozenset({"offline", "internal"}), none=True)),
    Flow("training", "data", "model", crosses=Condition("training_data_origin", frozenset(
        {"third_party", "public", "scraped", "user_generated"}))),
    Flow("feedback", "users", "data", Condition("retrains_on_production_data", frozenset({"yes"})),
         Condition("retrains_on_production_data", frozenset({"yes"}))),
    Flow("supply", "suppliers", "model", crosses=Condition("model_origin", frozenset(
        {"third_party", "open_weights", "hub_download"}))),
    Flow("release", "model", "outside", Condition("weights_released", frozenset({"yes"})),
         Condition("weights_released", frozenset({"yes"}))),
    Flow("retrieval", "retrieval", "model", Condition("retrieval_sources", frozenset({NONE}), none=True),
         Condition("retrieval_sources", frozenset({"external", "user_upload", "email", "web"}))),
    Flow("output", "model", "outputs", crosses=Condition("exposure", frozenset({"offline", "internal"}), none=True)),
    Flow("tools", "model", "tools", Condition("tools", frozenset({NONE}), none=True),
         Condition("tools", frozenset({NONE}), none=True)),
    Flow("memory", "memory", "model", Condition("agent_memory", frozenset({"session", "persistent"})),
         Condition("agent_memory", frozenset({"persistent"}))),
    Flow("agents", "agents", "model", Condition("multi_agent", frozenset({"yes"})),
         Condition("multi_agent", frozenset({"yes"}))),
    Flow("configuration", "developers", "model", crosses=Condition("exposure", frozenset({"developer_endpoint"}))),
)  # fmt: skip
"""Every flow of the picture; what has no condition is always there."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One flow of a system: whether it is there, whether it crosses a trust boundary, and its threats."""

    flow: Flow
    there: Answer
    crosses: Answer
    applies: tuple[str, ...]
    unassessed: tuple[str, ...]


def crossings(facts: Facts, threats: Iterable[Threat]) -> tuple[Crossing, ...]:
    """Return every flow of a system with the threats that come over it."""
    found: dict[str, dict[ThreatState, list[str]]] = {}
    for threat in threats:
        for name in threat.flows:
            found.setdefault(name, {}).setdefault(threat.state, []).append(threat.threat_id)
    rows = []
    for flow in FLOWS:
        at = found.get(flow.id, {})
        there = Answer.YES if flow.there is None else flow.there.answer(facts)
        crosses = Answer.NO if flow.crosses is None or there is Answer.NO else flow.crosses.answer(facts)
        applies, unknown = at.get(ThreatState.APPLIES, ()), at.get(ThreatState.UNASSESSED, ())
        rows.append(Crossing(flow, there, crosses, tuple(applies), tuple(unknown)))
    return tuple(rows)


def _standing(decided: Decided | None, checks: set[CheckState], controls: Mapping[str, bool]) -> Standing:
    if decided is None:
        return Standing.UNDECIDED
    if decided.measure is not Measure.IN_PLACE:
        return Standing.PLANNED if decided.measure is Measure.PLANNED else Standing.NOT
    held = [controls.get(control) for control in decided.controls]
    if CheckState.FAIL in checks or False in held:
        return Standing.FALLEN
    return Standing.SHOWN if CheckState.PASS in checks or True in held else Standing.UNSHOWN
