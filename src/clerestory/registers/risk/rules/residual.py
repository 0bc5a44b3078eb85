"""What remains of a risk: derived from its rating and from the measures whose evidence holds, never picked.

How much a measure takes away is argued when the treatment is decided, and counts once a second person approved that. A
measure that fails, aged, or that nobody judged yet takes nothing away: unknown is never a pass. What somebody observed
can only be worse than what is derived. A rating that is lower than before counts once a second person approved it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from clerestory.registers.risk.rules.risk import Nature, Reduction, Treatment, TreatmentRefused, check_reason
from clerestory.registers.risk.rules.scale import Criteria
from clerestory.terms.sentence import gettext as _

MOST_STEPS_TAKEN = 6
MOST_PERCENT = 99
MOST_MEASURES = 12
HOLDING = ("CONFORMS", "PASS")
"""States in which a measure takes away what was argued: a control that conforms, a check that passes now."""
UNJUDGED = "UNJUDGED"
UNAPPROVED = "UNAPPROVED"
"""State of a measure that no treatment decision in force names so: what one person argues alone takes nothing away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """How the evidence of one measure stands: conformity of a control or verdict of a check, with the reason."""

    measure: str
    state: str
    reason: str = ""
    since: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether it takes away what was argued."""
        return self.state in HOLDING


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the matrix: a step of likelihood and one of consequence."""

    likelihood: int
    consequence: int


NOWHERE = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating as it was made: where, by which version of the criteria, after treatment or not, and if two agreed."""

    place: Place
    criteria_version: int
    after_treatment: bool
    is_approved: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts of the ratings of a risk: where it is untreated, what was observed, and by which criteria."""

    inherent: Place = NOWHERE
    observed: Place = NOWHERE
    criteria_version: int = 0


def counted(ratings: Iterable[Rated], scales: Callable[[int], Criteria]) -> Counted:
    """Return what counts of ratings, oldest first: what is higher at once, what is lower once two agreed to it.

    What two agreed to takes the place of all that was rated before. Of what one person rated since, each step that is
    higher counts; on other scales the steps mean something else, so there the level is compared.
    """
    found = Counted()
    for one in ratings:
        if one.after_treatment:
            observed = one.place if one.is_approved else _higher(found.observed, one.place)
            found = Counted(found.inherent, observed, found.criteria_version)
        elif one.is_approved or not found.inherent.likelihood:
            found = Counted(one.place, NOWHERE, one.criteria_version)
        elif scales(one.criteria_version).same_scales(scales(found.criteria_version)):
            found = Counted(_higher(found.inherent, one.place), found.observed, one.criteria_version)
        elif _rank(one.place, scales(one.criteria_version)) >= _most(found, scales(found.criteria_version)):
            found = Counted(one.place, NOWHERE, one.criteria_version)
    return found


def _higher(one: Place, other: Place) -> Place:
    return Place(max(one.likelihood, other.likelihood), max(one.consequence, other.consequence))


def _most(found: Counted, criteria: Criteria) -> int:
    return max(_rank(found.inherent, criteria), _rank(_higher(found.inherent, found.observed), criteria))


def _rank(place: Place, criteria: Criteria) -> int:
    level = criteria.cell(place.likelihood, place.consequence)
    return level.rank if level else 0


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it was made: the treatment, what kind of measure, and whether two agreed to it and still do."""

    treatment: str
    nature: str
    is_approved: bool


def asked_for(decisions: Iterable[Decided]) -> tuple[str, str]:
    """Return the treatment and its nature that count of decisions, oldest first: more at once, less once two agreed.

    To retain a risk asks for nothing, to avoid, share or modify it for tasks and their effect, to modify it by a
    technical measure for tests besides. A decision that was taken back goes on asking until another one is approved.
    """
    found = ("", "")
    for one in decisions:
        said = (one.treatment, one.nature)
        if one.is_approved or _asked(*said) >= _asked(*found):
            found = said
    return found


def _asked(treatment: str, nature: str) -> int:
    if treatment in ("", Treatment.RETAIN):
        return 0
    return 2 if (treatment, nature) == (Treatment.MODIFY, Nature.TECHNICAL) else 1


def check_reductions(reductions: Sequence[Reduction], measures: Collection[str]) -> tuple[Reduction, ...]:
    """Return reductions whose measure the decision names, that take something away, and that say why.

    Raises:
        TreatmentRefused: one names another measure, a measure twice, nothing, too much, or no reason.
    """
    if len(reductions) > MOST_MEASURES:
        raise TreatmentRefused(
            _("{count} measures are argued for.", count=len(reductions)),
            _("Name at most {most_measures}.", most_measures=MOST_MEASURES),
        )
    seen: set[str] = set()
    for said in reductions:
        if said.measure not in measures:
            raise TreatmentRefused(
                _("{measure!r} is neither a control nor a test of this treatment.", measure=said.measure),
                _("Name it among its controls or tests too."),
            )
        if said.measure in seen:
            raise TreatmentRefused(
                _("{measure} is argued for twice.", measure=said.measure), _("Argue once for each measure.")
            )
        seen.add(said.measure)
        if said.is_check and "|" not in said.measure:
            raise TreatmentRefused(
                _("It is not said what {measure} runs on.", measure=said.measure),
                _("Write it as check|kind:id, as among the tests."),
            )
        _check_amount(said)
        check_reason(said.why, _("reason why {measure} lowers the risk", measure=said.measure))
    return tuple(reductions)


def residual(inherent: Place, reductions: Iterable[Reduction], holding: Collection[str], observed: Place) -> Place:
    """Return where a risk is with the measures that hold; what was observed counts where it is worse."""
    if not inherent.likelihood:
        return inherent
    standing = [said for said in reductions if said.measure in holding]
    derived = Place(
        max(1, inherent.likelihood - sum(said.likelihood for said in standing)),
        max(1, inherent.consequence - sum(said.consequence for said in standing)),
    )
    return Place(max(derived.likelihood, observed.likelihood), max(derived.consequence, observed.consequence))


def is_approved(said: Reduction, approved: Iterable[Reduction]) -> bool:
    """Return whether a decision in force lets this measure take away as much as is argued here."""
    return any(
        one.measure == said.measure and all(getattr(one, name) >= getattr(said, name) for name in _AMOUNTS)
        for one in approved
    )


_AMOUNTS = ("likelihood", "consequence", "frequency", "loss")


def planned(inherent: Place, reductions: Sequence[Reduction]) -> Place:
    """Return where a risk is meant to be once every measure holds."""
    return residual(inherent, reductions, {said.measure for said in reductions}, NOWHERE)


def shares(reductions: Iterable[Reduction], holding: Collection[str]) -> tuple[float, float]:
    """Return the shares of frequency and of loss that are left with the measures that hold; measures multiply."""
    frequency = loss = 1.0
    for said in reductions:
        if said.measure in holding:
            frequency *= 1 - said.frequency / 100
            loss *= 1 - said.loss / 100
    return frequency, loss


def _check_amount(said: Reduction) -> None:
    steps, percents = (said.likelihood, said.consequence), (said.frequency, said.loss)
    if not any((*steps, *percents)):
        raise TreatmentRefused(
            _("{measure} takes nothing away.", measure=said.measure),
            _("Say how many steps or percent, or leave the measure out here."),
        )
    if not all(0 <= step <= MOST_STEPS_TAKEN for step in steps):
        raise TreatmentRefused(
            _("{measure} would take {steps} steps away.", measure=said.measure, steps=max(steps)),
            _("Choose from 0 to {most_steps_taken}.", most_steps_taken=MOST_STEPS_TAKEN),
        )
    if not all(0 <= percent <= MOST_PERCENT for percent in percents):
        raise TreatmentRefused(
            _("{measure} would take {percents} % away.", measure=said.measure, percents=max(percents)),
            _("Choose from 0 to {most_percent} %.", most_percent=MOST_PERCENT),
        )
