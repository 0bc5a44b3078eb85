"""Whatever is not allowed is refused: each access level with each verb, machines, and signatures."""

from dataclasses import replace

import pytest

from clerestory.desk.actor import Actor, RoleNotHeld
from clerestory.desk.permit import SCOPES, VERBS, NotAuthenticatedAnew, NotPermitted, may, permit
from clerestory.terms.evidence import Person
from clerestory.terms.ids import OrganisationId, PersonId

TABLE = {
    "admin": {"read": True, "write": True, "approve": True, "administer": True, "push": True},
    "editor": {"read": True, "write": True, "approve": True, "administer": False, "push": True},
    "viewer": {"read": True, "write": False, "approve": False, "administer": False, "push": False},
    "auditor": {"read": True, "write": False, "approve": False, "administer": False, "push": False},
    "owner": dict.fromkeys(["read", "write", "approve", "administer", "push"], False),
    "": dict.fromkeys(["read", "write", "approve", "administer", "push"], False),
}


def person(access: str, **more: object) -> Actor:
    plain = Actor(
        organisation_id=OrganisationId("north"),
        person_id=PersonId("person-1"),
        user_id=1,
        access=access,
        authentication_id="auth-1",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def test_the_table_names_every_verb():
    assert all(set(row) == VERBS for row in TABLE.values())


@pytest.mark.parametrize("access", TABLE)
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_access_level_may_do_exactly_what_the_table_says(access, verb):
    if TABLE[access][verb]:
        permit(person(access), verb, "inventory")
        assert may(person(access), verb, "inventory")
    else:
        with pytest.raises(NotPermitted):
            permit(person(access), verb, "inventory")


@pytest.mark.parametrize("verb,area", [("delete", "inventory"), ("", "inventory"), ("read", "")])
def test_an_unknown_verb_or_no_area_is_refused_even_to_an_administrator(verb, area):
    with pytest.raises(NotPermitted):
        permit(person("admin"), verb, area)


@pytest.mark.parametrize("scope", sorted(SCOPES))
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_machine_may_do_its_scope_alone_and_never_sign_or_administer(scope, verb):
    machine = person("admin", scopes=frozenset({scope}))
    assert may(machine, verb, "checks") == (verb == scope)


def test_a_scope_gives_nothing_that_the_member_may_not_do():
    assert not may(person("viewer", scopes=frozenset({"push", "write"})), "push", "checks")


def test_a_machine_with_a_forged_scope_still_cannot_approve():
    with pytest.raises(NotPermitted):
        permit(person("admin", scopes=frozenset({"approve"})), "approve", "criteria")


def test_a_signature_asks_for_a_recent_proof_of_identity():
    with pytest.raises(NotAuthenticatedAnew):
        permit(person("admin", authentication_id=None), "approve", "criteria")
    permit(person("admin", authentication_id=None), "write", "criteria")


def test_nobody_acts_in_a_role_that_they_do_not_hold():
    member = person("editor", roles=frozenset({"risk_owner", "accountable_owner"}))
    assert member.person("risk_owner", responsible=True) == Person(
        PersonId("person-1"), "risk_owner", True, authentication_id="auth-1"
    )
    assert member.person().role == "accountable_owner"
    assert person("editor").person().role == "member"
    with pytest.raises(RoleNotHeld):
        member.person("top_management")
