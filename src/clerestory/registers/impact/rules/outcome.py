"""What follows from an assessment: people heard, the decision to proceed, findings carried on, results disclosed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clerestory.registers.impact.rules import ImpactRefused
from clerestory.registers.impact.rules.threshold import Depth, Weight
from clerestory.terms.day import not_after, not_before, years_ahead, years_back
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain


class Way(StrEnum):
    """How people were heard."""

    MEETING = "meeting"
    INTERVIEW = "interview"
    SURVEY = "survey"
    REPRESENTATIVES = "representatives"
    TRIAL = "trial with users"
    WRITTEN = "in writing"


class Outcome(StrEnum):
    """Whether a system is built, kept or used further."""

    PROCEED = "proceed"
    CONDITIONS = "proceed with conditions"
    STOP = "do not proceed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """That affected people were heard: who, when, how, what they said and what was done about it."""

    group: str
    held_on: date
    way: Way
    people: int
    said: str
    done: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must be done so that a system may proceed, by whom and until when."""

    text: str
    owner: PersonId
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Proceeding:
    """Should we build it, or go on with it: the decision, why, and its conditions."""

    outcome: Outcome
    reason: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One finding carried on: the risks that it became, or the reason why it became none."""

    finding: str
    risks: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """To whom the results are told, or why to nobody."""

    audiences: tuple[str, ...]
    justification: str


def check_consultation(said: Consultation, today: date) -> None:
    """Refuse one without a group or words, and one that is still to come."""
    plain(said.group, _("group that was heard"), longest=300)
    plain(said.said, _("what they said"), longest=10_000, lines=True)
    plain(said.done, _("what was done about it"), longest=10_000, lines=True)
    not_before(said.held_on, _("day on which people were heard"), years_back(today))
    if said.held_on > today:
        raise ImpactRefused(
            _("{held_on} is still to come.", held_on=said.held_on), _("Record it once the people were heard.")
        )
    if said.people < 1:
        raise ImpactRefused(_("Nobody was heard."), _("Say how many people, at least one."))


def check_proceeding(said: Proceeding, depth: Depth, today: date) -> None:
    """Refuse a decision without reason, conditions that nobody owns, and to proceed with a use that is refused."""
    plain(said.reason, _("reason of the decision"), longest=5000, lines=True)
    if depth.weight is Weight.REFUSED and said.outcome is not Outcome.STOP:
        name = depth.met[0].name
        raise ImpactRefused(
            _("The thresholds refuse this use: {name}.", name=name),
            _("Decide not to proceed, or have other thresholds approved first."),
        )
    if said.outcome is Outcome.CONDITIONS and not said.conditions:
        raise ImpactRefused(_("No condition is named."), _("Name at least one with its owner and day."))
    if said.outcome is not Outcome.CONDITIONS and said.conditions:
        raise ImpactRefused(_("Conditions are named for another decision."), _("Choose to proceed with conditions."))
    for condition in said.conditions:
        plain(condition.text, _("condition"), longest=1000)
        if condition.due_on < today:
            raise ImpactRefused(
                _("A condition is due on {due_on}, which has passed.", due_on=condition.due_on),
                _("Choose a day to come."),
            )
        not_after(condition.due_on, _("day of the condition"), years_ahead(today))


def check_carried(rows: Sequence[Carried], findings: Sequence[str], known_risks: Collection[str]) -> None:
    """Refuse rows of unknown findings or risks, and a finding that became neither a risk nor a reason."""
    for row in rows:
        if row.finding not in findings:
            raise ImpactRefused(
                _("{finding!r} is no finding of the assessment.", finding=row.finding), _("Load the page again.")
            )
        unknown = [risk for risk in row.risks if risk not in known_risks]
        if unknown:
            raise ImpactRefused(
                _("There is no risk {unknown!r}.", unknown=unknown[0]), _("Choose one of the risk register.")
            )
        if not row.risks:
            if not row.reason.strip():
                raise ImpactRefused(
                    _("{finding} became no risk, and nothing says why.", finding=row.finding),
                    _("Choose a risk, or give the reason."),
                )
            plain(row.reason, _("reason"), longest=2000, lines=True)
    if len({row.finding for row in rows}) < len(rows):
        raise ImpactRefused(_("A finding stands there twice."), _("Carry each on once."))
    if not rows:
        raise ImpactRefused(_("No finding is carried on."), _("Choose a risk or give a reason for at least one."))


def check_disclosure(said: Disclosure) -> None:
    """Refuse a decision without its reason; to nobody is a decision too."""
    for audience in said.audiences:
        plain(audience, _("audience"), longest=200)
    plain(said.justification, _("reason of the decision"), longest=4000, lines=True)
