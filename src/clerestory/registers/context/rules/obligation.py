"""Obligations (4.2): law, contracts and own commitments that bind the organisation, each in its dated version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clerestory.registers.context.rules import ContextRefused
from clerestory.terms.day import EARLIEST_LAW, LATEST_LAW, not_after, not_before, years_back
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain


class Source(StrEnum):
    """Where an obligation comes from."""

    LAW = "law"
    CONTRACT = "contract"
    STANDARD = "standard"
    COMMITMENT = "own commitment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """What binds the organisation: the place where it is written, in whose jurisdiction, from when on, who watches it.

    Without systems it binds all of them.
    """

    obligation_id: str
    title: str
    citation: str
    source: Source
    jurisdiction: str
    valid_from: date
    valid_until: date | None
    owner: PersonId
    what: str
    systems: tuple[str, ...] = ()

    def is_in_force(self, on: date) -> bool:
        """Whether it binds on a day."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


def check_obligation(obligation: Obligation, jurisdictions: Sequence[str]) -> None:
    """Refuse one without its place in the text, outside of the organisation's jurisdictions, or that ends too early."""
    plain(obligation.title, _("title"), longest=200)
    plain(obligation.citation, _("citation"), longest=300)
    plain(obligation.what, _("duty"), longest=5000, lines=True)
    if obligation.source is Source.LAW and obligation.jurisdiction not in jurisdictions:
        raise ContextRefused(
            _("{jurisdiction!r} is no jurisdiction of the organisation.", jurisdiction=obligation.jurisdiction)
            if obligation.jurisdiction
            else _("Law names the jurisdiction whose law it is."),
            _(
                "Choose one of: {choices}; or add it to the organisation's profile first.",
                choices=", ".join(jurisdictions),
            )
            if jurisdictions
            else _("Say in the organisation's profile first where it works."),
        )
    not_before(obligation.valid_from, _("day from which the obligation binds"), EARLIEST_LAW)
    not_after(obligation.valid_from, _("day from which the obligation binds"), LATEST_LAW)
    if obligation.valid_until is not None and obligation.valid_until < obligation.valid_from:
        raise ContextRefused(_("The obligation ends before it begins."), _("Correct one of the two days."))


def check_law_review(jurisdictions: Sequence[str], known: Sequence[str], law_as_of: date, today: date) -> None:
    """Refuse a comparison with no law, with unknown jurisdictions, or with a state of law that is still to come."""
    if not jurisdictions:
        raise ContextRefused(_("No jurisdiction was looked at."), _("Tick those whose law you compared."))
    unknown = [name for name in jurisdictions if name not in known]
    if unknown:
        raise ContextRefused(
            _("{unknown!r} is no jurisdiction of the organisation.", unknown=unknown[0]), _("Choose from its profile.")
        )
    not_before(law_as_of, _("day whose law was looked at"), years_back(today))
    if law_as_of > today:
        raise ContextRefused(
            _("The law of {law_as_of} is not known yet.", law_as_of=law_as_of),
            _("Give the day whose law you looked at."),
        )
