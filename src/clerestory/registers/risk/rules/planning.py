"""Planned actions on risks and opportunities of the management system (6.1.1): what each must say, who may judge it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from clerestory.registers.risk.rules.risk import check_reason
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

HORIZON = timedelta(days=3 * 366)


class PlanningRefused(ClerestoryError):
    """An action lacks something, is judged by who owns it, or a plan leaves out why nothing is done."""


class Sort(StrEnum):
    """What an action is about."""

    RISK = "risk"
    OPPORTUNITY = "opportunity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One planned action; ``inputs`` are the factors and needs of the context that it answers."""

    sort: Sort
    about: str
    action: str
    meant: str
    owner: PersonId
    evaluate_by: date
    inputs: tuple[str, ...] = ()


def check_action(said: Action, inputs: Collection[str], today: date) -> Action:
    """Return an action with tidied texts; refuse an unknown input and a day that has passed or is too far.

    Raises:
        PlanningRefused: the day or an input does not fit.
        TextUnusable: a text is missing, too long, or holds what cannot be shown.
    """
    if not today <= said.evaluate_by <= today + HORIZON:
        raise PlanningRefused(
            _("The effect would be judged by {evaluate_by}.", evaluate_by=said.evaluate_by.isoformat()),
            _("Choose a day from today on and within three years."),
        )
    if unknown := [item for item in said.inputs if item not in inputs]:
        raise PlanningRefused(
            _("{unknown!r} is no factor or need that was taken on.", unknown=unknown[0]),
            _("Choose from the newest review of the context."),
        )
    return Action(
        sort=said.sort,
        about=plain(said.about, _("risk or opportunity"), longest=300),
        action=plain(said.action, _("action"), longest=1000),
        meant=plain(said.meant, _("effect meant"), longest=4000, lines=True),
        owner=said.owner,
        evaluate_by=said.evaluate_by,
        inputs=tuple(dict.fromkeys(said.inputs)),
    )


def check_statements(said: Mapping[str, str], inputs: Collection[str], answered: Collection[str]) -> dict[str, str]:
    """Return why nothing is done about inputs that no action answers; an empty statement leaves one open."""
    kept = {item: text for item, text in said.items() if text.strip()}
    for item in kept:
        if item not in inputs:
            raise PlanningRefused(
                _("{item!r} is no factor or need that was taken on.", item=item), _("Load the page again.")
            )
        if item in answered:
            raise PlanningRefused(_("An action answers {item!r}.", item=item), _("Leave the statement about it out."))
    return {item: check_reason(text, _("statement about {item}", item=item)) for item, text in kept.items()}


def check_judge(judge: PersonId, involved: Sequence[PersonId]) -> None:
    """Refuse that whoever owns or planned an action judges what it did."""
    if judge in involved:
        raise PlanningRefused(
            _("You own this action or planned it."), _("Ask somebody who did neither to judge what it did.")
        )
