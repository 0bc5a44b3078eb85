"""An organisation with people in it, as commands make it: `organisation`, `actor`, `second`, `member`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clerestory.desk.actor import Actor
from clerestory.desk.entrance.links import first_owner_link
from clerestory.desk.people import actor_for, admit
from clerestory.store import sequencer
from clerestory.terms.ids import OrganisationId

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


def found(
    name: str = "Northlight Bank",
    *,
    email: str = "owner@example.org",
    password: str | None = None,
    now: datetime = NOW,
    time_zone: str = "UTC",
) -> Actor:
    """Found an organisation and return its owner, who has just proved who they are."""
    from clerestory.registers.organisation.commands import found_organisation
    from clerestory.registers.organisation.rules import Profile

    profile = Profile(
        name=name, units=("Retail credit",), sites=("Head office",), jurisdictions=("EU",), time_zone=time_zone
    )
    founded = found_organisation(
        link=first_owner_link(now=now), profile=profile, email=email, name="Ada Owner", password=password, now=now
    )
    return replace(founded.actor, authentication_id="auth-owner")


def join(
    organisation_id: OrganisationId,
    access: str,
    roles: tuple[str, ...],
    email: str,
    *,
    now: datetime = NOW,
    password: str | None = None,
) -> Actor:
    """Admit a member and return them, having just proved who they are."""
    from clerestory.desk.models import User

    name = email.partition("@")[0].title()
    member = admit(
        organisation_id=organisation_id, email=email, name=name, access=access, roles=roles, now=now, password=password
    )
    actor = actor_for(
        User.objects.get(pk=member.user_id),
        organisation_id=organisation_id,
        authentication_id=f"auth-{member.person_id}",
    )
    assert actor is not None
    return actor


@pytest.fixture
def actor(db: None) -> Actor:
    """Give the owner of a new organisation: an administrator without roles."""
    return found()


@pytest.fixture
def organisation(actor: Actor) -> OrganisationId:
    """Give the id of the organisation that `actor` belongs to."""
    return actor.organisation_id


@pytest.fixture
def member(organisation: OrganisationId) -> Callable[..., Actor]:
    """Admit further members: ``member("viewer", roles=("risk_owner",))``."""
    made: list[Actor] = []

    def admit_one(access: str = "editor", roles: tuple[str, ...] = (), email: str = "") -> Actor:
        made.append(join(organisation, access, roles, email or f"member{len(made)}@example.org"))
        return made[-1]

    return admit_one


@pytest.fixture
def second(member: Callable[..., Actor]) -> Actor:
    """Give a second person: an editor who may approve what `actor` proposes."""
    return member("editor", ("designated_management",), "second@example.org")


@pytest.fixture
def place(organisation: OrganisationId) -> Callable[[], int]:
    """Run the sequencer, which runs after each commit outside of tests: ``place()``."""
    return lambda: sequencer.sequence(organisation)
