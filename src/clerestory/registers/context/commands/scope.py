"""The scope statement, and the place and AI roles of each system."""

from dataclasses import dataclass
from datetime import datetime

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import taken_back
from clerestory.desk.permit import permit
from clerestory.registers.context.commands.writing import Recorded, add_version
from clerestory.registers.context.queries.reading import AREA, ContextUnknown, Made
from clerestory.registers.context.queries.scope import Decided, placement, scope_versions
from clerestory.registers.context.rules import ContextRefused
from clerestory.registers.context.rules.scope import Placement, Scope, check_placement, check_scope
from clerestory.store import directory
from clerestory.store.unit import atomic
from clerestory.terms.sentence import gettext as _

URL = "/context/scope/"


@dataclass(frozen=True, slots=True)
class Placed:
    """What was written about a system: its place and its roles, None where that is as it was."""

    membership: Recorded | None
    ai_role: Recorded | None


def propose_scope(
    *, actor: Actor, scope: Scope, expected_version: int | None = None, now: datetime | None = None
) -> Recorded:
    """Propose the boundary of the management system; it counts once top management approved it.

    Raises:
        ContextRefused: an exclusion has no reason, or the statement contradicts itself or equals the one before.
        ChangedMeanwhile: somebody else proposed one since the version that was expected.
    """
    permit(actor, "write", AREA)
    check_scope(scope, load().coverages["scope_parts"].items)
    newest = next(iter(scope_versions(actor)), None)
    if newest is not None and newest.scope == scope and _stands(actor, newest.made):
        raise ContextRefused(_("The scope is as it was."), _("Change something, or approve the version that is there."))
    said = {
        "inside": {part: list(names) for part, names in scope.inside.items()},
        "exclusions": [[item.what, item.reason] for item in scope.exclusions],
        "none_excluded": scope.none_excluded,
        "text": scope.text,
    }
    return add_version(
        actor,
        "scope",
        said,
        lambda writer, version: writer.scope(scope, version),
        expected=expected_version,
        title="Scope of the management system",
        url=URL,
        approver_role="top_management",
        now=now,
    )


def place_system(*, actor: Actor, said: Placement, now: datetime | None = None) -> Placed:
    """Decide whether a system is inside the scope and which AI roles we play for it; a second person approves both.

    What is as it was decided before is not written again, unless that was taken back.

    Raises:
        ContextUnknown: the inventory has no such system.
        ContextRefused: nothing changed, or a reason is missing.
    """
    permit(actor, "write", AREA)
    known = directory.known(actor.organisation_id, "ai_system", said.system_id)
    if known is None:
        raise ContextUnknown(
            _("There is no AI system {system_id!r}.", system_id=said.system_id), _("Register it in the inventory.")
        )
    check_placement(said)
    url = f"/context/systems/{said.system_id}/"
    with atomic():
        before = placement(actor, said.system_id)
        place = roles = None
        if _is_new(actor, before.membership, (said.included, said.justification)):
            place = add_version(
                actor, "membership", {"included": said.included, "justification": said.justification},
                lambda writer, version: writer.membership(said, version), about=said.system_id,
                title=f"{known.label}: {'inside' if said.included else 'outside'} the scope", url=url, now=now,
            )  # fmt: skip
        if said.roles and _is_new(actor, before.ai_role, (said.roles, said.role_reason)):
            roles = add_version(
                actor, "ai_role", {"roles": list(said.roles), "reason": said.role_reason},
                lambda writer, version: writer.ai_role(said, version), about=said.system_id,
                title=f"{known.label}: AI roles {', '.join(said.roles)}", url=url, now=now,
            )  # fmt: skip
    if place is None and roles is None:
        raise ContextRefused(_("Place and roles are as they were."), _("Change something, or leave it."))
    return Placed(place, roles)


def _is_new(actor: Actor, before: Decided | None, said: tuple[object, ...]) -> bool:
    return before is None or before.said != said or not _stands(actor, before.made)


def _stands(actor: Actor, made: Made) -> bool:
    return made.entry_id not in taken_back(actor, (made.entry_id,))
