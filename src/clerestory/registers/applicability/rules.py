"""What a decision on a control must say. Clauses are never decided: they always apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, RequirementId
from clerestory.terms.text import plain

APPROVER_ROLE = "designated_management"


class Ground(StrEnum):
    """What a decision rests on (6.1.3: risks, law or the result of an impact assessment)."""

    RISK = "risk"
    LAW = "law"
    IMPACT = "impact assessment"
    NONE = "none yet"


class ApplicabilityRefused(ClerestoryError):
    """A decision on a control lacks its reason, or names what cannot be decided."""


class StatementIncomplete(ApplicabilityRefused):
    """A statement lacks decisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A control applies or is excluded, with the reason and the risks behind it."""

    control: RequirementId
    included: bool
    justification: str
    ground: Ground
    risks: tuple[str, ...] = ()

    @property
    def is_traced(self) -> bool:
        """Whether a risk, a law or an impact result stands behind the decision."""
        return self.ground in (Ground.LAW, Ground.IMPACT) or (self.ground is Ground.RISK and bool(self.risks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosening:
    """A rule that is loosened for a time, with its owner's reason."""

    rule: str
    justification: str
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a statement: a control's decision as it stood, by the version and entry that hold it."""

    control: RequirementId
    included: bool
    justification: str
    ground: Ground
    risks: tuple[str, ...]
    version: int
    entry_id: EntryId


def keys_of(lines: Sequence[Line]) -> list[list[object]]:
    """Return which version of which decision stands in a statement."""
    return [[str(line.control), line.version, str(line.entry_id)] for line in lines]


def check_statement(decided: Mapping[RequirementId, bool], unchanged_since: int | None) -> None:
    """Refuse a statement while a control is undecided, and one that says what the version before it says."""
    undecided = [control for control, done in decided.items() if not done]
    if undecided:
        raise StatementIncomplete(
            f"{len(undecided)} of {len(decided)} controls are undecided: {', '.join(undecided)}.",
            "Decide on them first; an exclusion needs a reason as well.",
        )
    if unchanged_since is not None:
        raise ApplicabilityRefused(
            f"Nothing changed since version {unchanged_since}.", "Change a decision first, or approve that version."
        )


def check_decision(decision: Decision, controls: Sequence[RequirementId], clauses: Sequence[RequirementId]) -> None:
    """Refuse a decision about a clause or an unknown control, and one without a reason of at least ten letters."""
    if decision.control in clauses:
        raise ApplicabilityRefused(
            f"{decision.control} is a clause; clauses 4 to 10 always apply.", "Decide on controls of Annex A only."
        )
    if decision.control not in controls:
        raise ApplicabilityRefused(
            f"There is no control {decision.control!r}.", "Choose one of Annex A, such as A.7.4."
        )
    if len(decision.justification.strip()) < 10:
        raise ApplicabilityRefused(
            f"The decision on {decision.control} has no reason.",
            "Say in a sentence why the control applies or why not.",
        )
    plain(decision.justification, "reason", longest=4000, lines=True)
    for risk in decision.risks:
        plain(risk, "id of a risk", longest=200)
    if decision.ground is Ground.RISK and not decision.risks:
        raise ApplicabilityRefused(
            f"The decision on {decision.control} rests on a risk but names none.", "Name the risk, or another ground."
        )


def check_loosening(loosening: Loosening, rules: Sequence[str], today: date) -> None:
    """Refuse an exception for an unknown rule, without a reason, already over or longer than a year."""
    if loosening.rule not in rules:
        raise ApplicabilityRefused(f"There is no rule {loosening.rule!r}.", "Name it like A.7.4/quality-measured.")
    if len(loosening.justification.strip()) < 10:
        raise ApplicabilityRefused("The exception has no reason.", "Say in a sentence why the rule cannot be kept.")
    plain(loosening.justification, "reason", longest=4000, lines=True)
    if not 0 <= (loosening.valid_until - today).days <= 366:
        raise ApplicabilityRefused(
            f"The exception would end on {loosening.valid_until.isoformat()}.",
            "Choose a day from today on and within a year.",
        )
