"""Words and decisions about members, roles and duties. A duty that nobody accepted is not held."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

NO_ACCESS = "none"
CONFORMITY_DUTY = "management system conformity"
"""The duty, held towards the organisation itself, to see that the management system conforms (5.3)."""

_SLUG = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class RoleRefused(ClerestoryError):
    """A role, duty or membership lacks something or contradicts what is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role with its duties and those who hold it; ``systems`` are the AI systems it is for, none means all."""

    role_id: str
    name: str
    has_ai_duties: bool
    duties: tuple[str, ...]
    holders: tuple[PersonId, ...] = ()
    systems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A duty given to a person: within a role, or towards the organisation where ``role_id`` is None."""

    role_id: str | None
    duty: str
    holder: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemDuties:
    """Who holds each AI duty around one system, and who is accountable for it."""

    system_id: str
    held: Mapping[str, PersonId]
    accountable: PersonId


def read_role(stored: Mapping[str, Any]) -> Role:
    """Read a role from stored or submitted values, whose keys are the fields of `Role`."""
    return Role(
        role_id=str(stored["role_id"]).strip(),
        name=str(stored["name"]).strip(),
        has_ai_duties=bool(stored["has_ai_duties"]),
        duties=clean_texts(stored["duties"]),
        holders=tuple(PersonId(person) for person in stored.get("holders", ())),
        systems=clean_texts(stored.get("systems", ())),
    )


def clean_texts(texts: Sequence[str]) -> tuple[str, ...]:
    """Strip texts, drop empty and repeated ones, keep the order."""
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


def check_role(role: Role) -> None:
    """Refuse a role without a usable id, a name or a duty."""
    if not _SLUG.fullmatch(role.role_id) or len(role.role_id) > 80:
        raise RoleRefused(
            _("{role_id!r} is no id of a role.", role_id=role.role_id),
            _("Use up to 80 small letters, digits and hyphens, like model-owner."),
        )
    plain(role.name, _("name of the role"), longest=200)
    if not role.duties:
        raise RoleRefused(_("The role has no duties."), _("Name at least one duty."))
    for duty in role.duties:
        plain(duty, _("duty"), longest=200)


def with_holder(role: Role, holder: PersonId) -> Role:
    """Return the role with one more holder; the same role where the person holds it already."""
    if holder in role.holders:
        return role
    return Role(
        role_id=role.role_id,
        name=role.name,
        has_ai_duties=role.has_ai_duties,
        duties=role.duties,
        holders=tuple(sorted((*role.holders, holder))),
        systems=role.systems,
    )


def without_holder(role: Role, holder: PersonId) -> Role:
    """Return the role without one holder; refuse where the person does not hold it."""
    if holder not in role.holders:
        raise RoleRefused(
            _("{holder} does not hold the role {role_id}.", holder=holder, role_id=role.role_id),
            _("Choose one of its holders."),
        )
    return Role(
        role_id=role.role_id,
        name=role.name,
        has_ai_duties=role.has_ai_duties,
        duties=role.duties,
        holders=tuple(person for person in role.holders if person != holder),
        systems=role.systems,
    )


def check_assignment(assignment: Assignment, role: Role | None) -> None:
    """Refuse a duty that the role does not have, or a duty of the organisation that is none."""
    if role is None and assignment.duty != CONFORMITY_DUTY:
        raise RoleRefused(
            _("{duty!r} is no duty towards the organisation.", duty=assignment.duty),
            _("Give it through a role, or give {conformity_duty!r}.", conformity_duty=CONFORMITY_DUTY),
        )
    if role is not None and assignment.duty not in role.duties:
        raise RoleRefused(
            _("The role {role_id} has no duty {duty!r}.", role_id=role.role_id, duty=assignment.duty),
            _("Choose one of: {choices}.", choices=", ".join(role.duties)),
        )


def check_acceptance(role: Role, person: PersonId) -> None:
    """Refuse an acceptance by somebody who does not hold the role."""
    if person not in role.holders:
        raise RoleRefused(_("You do not hold the role {name}.", name=role.name), _("Only a holder can accept it."))


def check_system_duties(duties: SystemDuties, known: Sequence[str]) -> None:
    """Refuse duties outside the list of AI duties and a decision that names none; what is missing stays missing."""
    unknown = sorted(set(duties.held) - set(known))
    if unknown:
        raise RoleRefused(
            _("{unknown!r} is no AI duty.", unknown=unknown[0]), _("Use: {choices}.", choices=", ".join(known))
        )
    if not duties.held:
        raise RoleRefused(_("No duty is held by anyone."), _("Name a holder for at least one duty."))


def check_email(email: str) -> str:
    """Return an e-mail address in small letters; refuse what is none."""
    address = email.strip().lower()
    if not _EMAIL.fullmatch(address) or not address.isprintable() or len(address) > 254:
        raise RoleRefused(
            _("{email!r} is no e-mail address.", email=email), _("Give an address like name@example.org.")
        )
    return address
