"""What a decision on a control must say. Clauses are never decided: they always apply."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clerestory.catalogue.load import load
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, FrameworkId, PersonId, RequirementId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

APPROVER_ROLE = "designated_management"


class Ground(StrEnum):
    """What a decision rests on (6.1.3: risks, law or the result of an impact assessment)."""

    RISK = "risk"
    LAW = "law"
    IMPACT = "impact assessment"
    NONE = "none yet"


OWN = "O."
"""How numbers of an organisation's own controls begin, so that they stand apart from those of Annex A."""


class ApplicabilityRefused(ClerestoryError):
    """A decision on a control lacks its reason, or names what cannot be decided."""


class StatementIncomplete(ApplicabilityRefused):
    """A statement lacks decisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A control applies or is excluded, with the reason and the records behind it."""

    control: RequirementId
    included: bool
    justification: str
    ground: Ground
    risks: tuple[str, ...] = ()
    impacts: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()

    @property
    def is_traced(self) -> bool:
        """Whether a risk, an obligation or an impact assessment is named; a word alone leads back to nothing."""
        return bool(self.behind)

    @property
    def behind(self) -> tuple[tuple[str, str], ...]:
        """The records that it rests on, as kind and id."""
        return behind(self.risks, self.impacts, self.obligations)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnControl:
    """A control that the organisation adds to Annex A; ``proved_by`` names rules and checks that show it at work."""

    title: str
    purpose: str
    owner: PersonId
    why: str
    risks: tuple[str, ...] = ()
    impacts: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    proved_by: tuple[str, ...] = ()

    @property
    def ground(self) -> Ground:
        """What it rests on: the first sort of record that it names."""
        named = ((Ground.RISK, self.risks), (Ground.LAW, self.obligations), (Ground.IMPACT, self.impacts))
        return next((ground for ground, records in named if records), Ground.NONE)

    def decision(self, control: RequirementId) -> Decision:
        """Return it as the decision that it is: an own control applies because the organisation wants it."""
        return Decision(
            control=control,
            included=True,
            justification=self.why,
            ground=self.ground,
            risks=self.risks,
            impacts=self.impacts,
            obligations=self.obligations,
        )


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
    impacts: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    own_title: str = ""
    """What an own control was called then; empty for controls of Annex A."""

    @property
    def behind(self) -> tuple[tuple[str, str], ...]:
        """The records that it rests on, as kind and id."""
        return behind(self.risks, self.impacts, self.obligations)


def behind(risks: Iterable[str], impacts: Iterable[str], obligations: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return records that a decision rests on, as kind and id."""
    named = (("risk", risks), ("impact_assessment", impacts), ("obligation", obligations))
    return tuple((kind, record_id) for kind, ids in named for record_id in ids)


def own_id(number: int) -> RequirementId:
    """Return the id of an own control, such as ``O.3``."""
    return RequirementId(f"{OWN}{number}")


def own_number(control: str) -> int:
    """Return the number in the id of an own control; 0 where it is none."""
    digits = control.removeprefix(OWN)
    return int(digits) if control.startswith(OWN) and digits.isascii() and digits.isdecimal() and len(digits) < 8 else 0


def keys_of(lines: Sequence[Line]) -> list[list[object]]:
    """Return which version of which decision stands in a statement."""
    return [[str(line.control), line.version, str(line.entry_id)] for line in lines]


def check_statement(decided: Mapping[RequirementId, bool], unchanged_since: int | None) -> None:
    """Refuse a statement while a control is undecided, and one that says what the version before it says."""
    undecided = [control for control, done in decided.items() if not done]
    if undecided:
        raise StatementIncomplete(
            _(
                "{count} of {all} controls are undecided: {undecided}.",
                count=len(undecided),
                all=len(decided),
                undecided=", ".join(undecided),
            ),
            _("Decide on them first; an exclusion needs a reason as well."),
        )
    if unchanged_since is not None:
        raise ApplicabilityRefused(
            _("Nothing changed since version {unchanged_since}.", unchanged_since=unchanged_since),
            _("Change a decision first, or approve that version."),
        )


def check_decision(decision: Decision, controls: Sequence[RequirementId], clauses: Sequence[RequirementId]) -> None:
    """Refuse a decision about a clause or an unknown control, and one without a reason of at least ten letters."""
    if decision.control in clauses:
        raise ApplicabilityRefused(
            _("{control} is a clause; clauses 4 to 10 always apply.", control=decision.control),
            _("Decide on controls of Annex A only."),
        )
    if decision.control not in controls:
        raise ApplicabilityRefused(
            _("There is no control {control!r}.", control=decision.control), _("Choose one of Annex A, such as A.7.4.")
        )
    if len(decision.justification.strip()) < 10:
        raise ApplicabilityRefused(
            _("The decision on {control} has no reason.", control=decision.control),
            _("Say in a sentence why the control applies or why not."),
        )
    plain(decision.justification, _("reason"), longest=4000, lines=True)
    for _kind, record_id in decision.behind:
        plain(record_id, _("id of a record"), longest=200)
    if decision.ground is Ground.RISK and not decision.risks:
        raise ApplicabilityRefused(
            _("The decision on {control} rests on a risk but names none.", control=decision.control),
            _("Name the risk, or another ground."),
        )


def check_own_control(said: OwnControl) -> None:
    """Refuse an own control without a title, a purpose or a reason of at least ten letters."""
    plain(said.title, _("title of the control"), longest=200)
    plain(said.purpose, _("purpose of the control"), longest=2000, lines=True)
    if len(said.why.strip()) < 10:
        raise ApplicabilityRefused(
            _("The control has no reason."), _("Say in a sentence why the organisation wants it.")
        )
    plain(said.why, _("reason"), longest=4000, lines=True)


def check_loosening(loosening: Loosening, rules: Sequence[str], today: date) -> None:
    """Refuse an exception for an unknown rule, without a reason, already over or longer than a year."""
    if loosening.rule not in rules:
        raise ApplicabilityRefused(
            _("There is no rule {rule!r}.", rule=loosening.rule), _("Name it like A.7.4/quality-measured.")
        )
    if len(loosening.justification.strip()) < 10:
        raise ApplicabilityRefused(
            _("The exception has no reason."), _("Say in a sentence why the rule cannot be kept.")
        )
    plain(loosening.justification, _("reason"), longest=4000, lines=True)
    if not 0 <= (loosening.valid_until - today).days <= 366:
        raise ApplicabilityRefused(
            _("The exception would end on {valid_until}.", valid_until=loosening.valid_until.isoformat()),
            _("Choose a day from today on and within a year."),
        )


def annex_titles() -> dict[str, str]:
    """Return what the controls of Annex A are called, by id."""
    requirements = load().frameworks[FrameworkId("iso42001-2023")].requirements
    return {str(r.id): r.title for r in requirements if r.kind == "control" and r.assessable}
