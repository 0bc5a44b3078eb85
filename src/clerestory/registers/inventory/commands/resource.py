"""Writes about resources: descriptions and posts are versions that a second person approves."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import Max

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.record import URL, Registered
from clerestory.registers.inventory.facts.resource import ResourceWriter
from clerestory.registers.inventory.queries.part import part
from clerestory.registers.inventory.queries.records import ai_system, model_version
from clerestory.registers.inventory.queries.resource import staffing_of
from clerestory.registers.inventory.rules.record import InventoryRefused
from clerestory.registers.inventory.rules.resource import (
    STAFFING,
    STAFFING_CHECK,
    TOPICS_OF,
    Description,
    Post,
    Sort,
    Staffing,
    StaffingCheck,
    check_description,
    check_filled,
    check_staffing,
    with_post,
    without_post,
)
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _

AREA = "inventory"
TITLES = {
    Sort.RESOURCES: "Resources of {}",
    Sort.TOOLING: "Tools behind {}",
    Sort.COMPUTING: "Computing of {}",
}


def describe_resources(
    *, actor: Actor, said: Description, expected_version: int | None = None, now: datetime | None = None
) -> Registered:
    """Propose a description of resources, of the tools behind a model version, or of the computing of a deployment.

    Raises:
        InventoryUnknown: there is no such system, model version or deployment.
        InventoryRefused: it says nothing, or speaks of unknown topics.
        ChangedMeanwhile: somebody else described it since.
    """
    permit(actor, "write", AREA)
    check_description(said, load().coverages[TOPICS_OF[said.sort]].items)
    system = ai_system(actor, said.system_id).system
    named = system.name
    if said.sort is Sort.TOOLING:
        found = model_version(actor, said.about).model.system_id
        named = said.about
    elif said.sort is Sort.COMPUTING:
        deployment = part(actor, "deployment", said.about)
        found, named = deployment.part.system_id, deployment.part.name
    else:
        found = said.about
    if found != said.system_id:
        raise InventoryRefused(
            _("{about!r} is no part of {name}.", about=said.about, name=system.name),
            _("Choose one of the system's own."),
        )
    return _add(
        actor,
        said.system_id,
        str(said.sort),
        said.about,
        {"topics": said.said, "tools": list(said.tools)},
        lambda writer, version: writer.description(said, system.stage, version),
        TITLES[said.sort].format(named),
        expected_version,
        now,
    )


def describe_staffing(
    *, actor: Actor, said: Staffing, expected_version: int | None = None, now: datetime | None = None
) -> Registered:
    """Propose the posts that a system needs over its life; a second person approves them."""
    permit(actor, "write", AREA)
    check_staffing(said)
    system = ai_system(actor, said.system_id).system
    posts = [
        {
            "name": post.name.strip(), "skills": post.skills.strip(), "stages": list(post.stages),
            "number": post.number, "oversight": post.oversight,
        }
        for post in said.posts
    ]  # fmt: skip
    return _add(
        actor,
        said.system_id,
        STAFFING,
        said.system_id,
        {"posts": posts},
        lambda writer, version: writer.staffing(said, version),
        f"Posts that {system.name} needs",
        expected_version,
        now,
    )


def set_post(
    *,
    actor: Actor,
    system_id: str,
    post: Post,
    expected_version: int | None = None,
    instead_of: str = "",
    now: datetime | None = None,
) -> Registered:
    """Add a post to those that a system needs, or change one; the newest list waits for approval as a whole."""
    permit(actor, "write", AREA)
    newest = staffing_of(actor, system_id)
    said = with_post(newest.staffing if newest else None, system_id, post, instead_of)
    return describe_staffing(actor=actor, said=said, expected_version=expected_version, now=now)


def remove_post(
    *, actor: Actor, system_id: str, name: str, expected_version: int | None = None, now: datetime | None = None
) -> Registered:
    """Take a post from those that a system needs."""
    permit(actor, "write", AREA)
    newest = staffing_of(actor, system_id)
    said = without_post(newest.staffing if newest else None, name)
    return describe_staffing(actor=actor, said=said, expected_version=expected_version, now=now)


def check_posts(*, actor: Actor, check: StaffingCheck, now: datetime | None = None) -> Registered:
    """Record which places of a system are filled now, and by whom; it counts once a second person approved it.

    Raises:
        InventoryRefused: no posts are described, or a place is named that is none.
        NotAMember: somebody named left, or never came.
    """
    permit(actor, "write", AREA)
    newest = staffing_of(actor, check.system_id)
    if newest is None:
        raise InventoryRefused(_("No posts are described."), _("Describe the posts that the system needs first."))
    staffing = newest.staffing
    check_filled(check, staffing)
    for person in check.holders.values():
        require_member(actor.organisation_id, person)
    system = ai_system(actor, check.system_id).system
    return _add(
        actor,
        check.system_id,
        STAFFING_CHECK,
        check.system_id,
        {"holders": dict(check.holders), "basis": check.basis.strip(), "posts": list(staffing.seats)},
        lambda writer, version: replace(
            writer.staffing_check(check, staffing, version), supersedes=_said_more(actor, check)
        ),
        f"{len(check.holders)} of {len(staffing.seats)} posts of {system.name} are filled",
        None,
        now,
    )


def _said_more(actor: Actor, check: StaffingCheck) -> tuple[EntryId, ...]:
    """Return the earlier checks that had somebody in a place that is empty now: they show nothing any more.

    The new one need not be approved for that: an empty place is never hidden by what was true before.
    """
    rows = models.Said.objects.filter(
        organisation_id=actor.organisation_id, kind=STAFFING_CHECK, about=check.system_id
    ).order_by("version")
    return tuple(EntryId(row.entry_id) for row in rows if set(row.said.get("holders", ())) - set(check.holders))


def _add(
    actor: Actor,
    system_id: str,
    kind: str,
    about: str,
    said: Mapping[str, object],
    make: Callable[[ResourceWriter, int], Evidence],
    title: str,
    expected: int | None,
    now: datetime | None,
) -> Registered:
    moment = now or clock.now()
    with first_wins(), atomic():
        rows = models.Said.objects.filter(organisation_id=actor.organisation_id, kind=kind, about=about)
        newest = rows.aggregate(newest=Max("version"))["newest"] or 0
        expect(newest, expected)
        made = make(ResourceWriter(system_id, actor.person(), moment), newest + 1)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        models.Said.objects.create(
            organisation_id=actor.organisation_id, kind=kind, about=about, version=newest + 1, said=dict(said),
            made_by=actor.person_id, made_at=moment, entry_id=entry.entry_id,
        )  # fmt: skip
        propose(entry, actor=actor, title=title, url=f"{URL}systems/{system_id}/resources/")
    return Registered(about, newest + 1, entry.entry_id)
