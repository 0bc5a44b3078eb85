"""The scope (4.3): the boundary of the management system, and for each AI system its place and our roles (4.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clerestory.catalogue.load import load
from clerestory.registers.context.rules import ContextRefused
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.text import plain

EXCLUSIONS = "exclusions"
ROLES = load().kinds["decision.ai_role"].fields["ai_role"].options
"""AI roles after ISO/IEC 22989, as the catalogue lists them."""


@dataclass(frozen=True, slots=True, order=True)
class Exclusion:
    """What is left out of the scope, and why that may be."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One version of the scope statement: what is inside, by part, and what is left out with its reason.

    ``none_excluded`` says that leaving nothing out was decided, not forgotten.
    """

    inside: Mapping[str, tuple[str, ...]]
    exclusions: tuple[Exclusion, ...]
    none_excluded: bool
    text: str

    @property
    def parts_covered(self) -> tuple[str, ...]:
        """The parts of a scope that the statement speaks of."""
        covered = {part for part, named in self.inside.items() if named}
        return tuple(sorted(covered | ({EXCLUSIONS} if self.exclusions or self.none_excluded else set())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where one AI system stands: inside or outside the scope, which AI roles we play for it, each with the reason."""

    system_id: str
    included: bool
    justification: str
    roles: tuple[str, ...]
    role_reason: str


def check_scope(scope: Scope, parts: Sequence[str]) -> None:
    """Refuse a scope without text, with unknown parts, with exclusions without a reason, or that says both."""
    plain(scope.text, _("scope statement"), longest=20_000, lines=True)
    unknown = [part for part in scope.inside if part not in parts or part == EXCLUSIONS]
    if unknown:
        raise ContextRefused(
            _("{unknown!r} is no part of a scope.", unknown=unknown[0]), _("Use: {choices}.", choices=", ".join(parts))
        )
    for part, named in scope.inside.items():
        for name in named:
            plain(name, word(part), longest=300)
    if scope.none_excluded and scope.exclusions:
        raise ContextRefused(
            _("Nothing is left out, and something is."), _("Untick the box, or remove the exclusions.")
        )
    for left_out in scope.exclusions:
        plain(left_out.what, _("exclusion"), longest=300)
        if not left_out.reason.strip():
            raise ContextRefused(
                _("Nothing says why {what!r} is left out.", what=left_out.what),
                _("Write it as: what is left out: the reason."),
            )


def check_placement(placement: Placement) -> None:
    """Refuse a place without a reason, unknown roles, and a system inside for which we play no role."""
    plain(placement.justification, _("reason for the place"), longest=2000, lines=True)
    unknown = [role for role in placement.roles if role not in ROLES]
    if unknown:
        raise ContextRefused(
            _("{unknown!r} is no AI role.", unknown=unknown[0]), _("Use: {choices}.", choices=", ".join(ROLES))
        )
    if placement.included and not placement.roles:
        raise ContextRefused(
            _("A system inside the scope has no AI role."), _("Say which roles the organisation plays for it.")
        )
    if placement.roles:
        plain(placement.role_reason, _("reason for the roles"), longest=2000, lines=True)
