"""Ways in: links work once, tokens say what they may, and nobody who left comes in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from clerestory.desk.entrance.links import (
    FIRST_OWNER,
    INVITATION,
    AlreadyIn,
    LinkSpent,
    accept_invitation,
    accept_membership,
    check_link,
    first_owner_link,
    invitation_link,
    use_link,
)
from clerestory.desk.entrance.tokens import TokenRefused, actor_with_token, create_token, revoke_token, tokens
from clerestory.desk.models import Membership, OneTimeLink, Token, User
from clerestory.desk.people import (
    AccessRefused,
    LastAdministrator,
    MemberAlready,
    NotAMember,
    actor_by_email,
    actor_for,
    admit,
    change_membership,
    members,
    names_of,
    require_member,
)
from clerestory.desk.permit import NotPermitted, may
from tests.organisation import NOW, PASSWORD, found

pytestmark = pytest.mark.django_db


def test_a_link_works_once_and_for_its_purpose_alone():
    secret = first_owner_link(now=NOW)
    assert check_link(secret, FIRST_OWNER, now=NOW) is None
    with pytest.raises(LinkSpent):
        check_link(secret, INVITATION, now=NOW)
    use_link(secret, FIRST_OWNER, now=NOW)
    with pytest.raises(LinkSpent):
        use_link(secret, FIRST_OWNER, now=NOW)


def test_a_link_ends_after_its_time_and_when_a_newer_one_is_made():
    first = first_owner_link(now=NOW)
    with pytest.raises(LinkSpent):
        use_link(first, FIRST_OWNER, now=NOW + timedelta(days=1))
    first_owner_link(now=NOW)
    with pytest.raises(LinkSpent):
        use_link(first, FIRST_OWNER, now=NOW)
    with pytest.raises(LinkSpent):
        use_link("", FIRST_OWNER, now=NOW)


def test_secrets_of_links_and_tokens_are_nowhere_in_the_database(actor):
    link = first_owner_link(now=NOW)
    secret, _ = create_token(actor=actor, name="ci", scopes=("push",), now=NOW)
    for model in (OneTimeLink, Token):
        for values in model.objects.values_list():
            assert link not in map(str, values)
            assert secret not in map(str, values)


def test_an_invited_member_chooses_a_password(actor):
    member = admit(
        organisation_id=actor.organisation_id, email="Bo@Example.org", name="Bo", access="viewer", roles=(), now=NOW
    )
    user = User.objects.get(email="bo@example.org")
    assert not user.has_usable_password()
    secret = invitation_link(organisation_id=actor.organisation_id, person_id=member.person_id, now=NOW)
    accept_invitation(secret, password="a sentence of words", now=NOW)
    user.refresh_from_db()
    assert user.check_password("a sentence of words")
    with pytest.raises(LinkSpent):
        accept_invitation(secret, password="another", now=NOW)
    with pytest.raises(NotAMember):
        invitation_link(organisation_id=actor.organisation_id, person_id="person-0", now=NOW)


def test_a_link_never_sets_the_password_of_somebody_who_had_one(actor, second):
    user = User.objects.get(pk=second.user_id)
    earlier = invitation_link(organisation_id=actor.organisation_id, person_id=second.person_id, now=NOW)
    user.set_password(PASSWORD)
    user.save()
    with pytest.raises(AlreadyIn, match="clerestory user reset"):
        invitation_link(organisation_id=actor.organisation_id, person_id=second.person_id, now=NOW)
    with pytest.raises(AlreadyIn):
        accept_invitation(earlier, password="the password of a thief", now=NOW)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("password", [PASSWORD, None])
def test_another_organisation_offers_membership_and_gets_nothing_of_the_account(actor, second, password):
    user = User.objects.get(pk=second.user_id)
    user.set_password(password)
    user.save()
    other = found("Southlight", email="south@example.org")
    offered = admit(
        organisation_id=other.organisation_id, email=user.email, name="S", access="admin", roles=(), now=NOW
    )
    assert actor_for(user, organisation_id=other.organisation_id) is None
    secret = invitation_link(organisation_id=other.organisation_id, person_id=offered.person_id, now=NOW)
    with pytest.raises(AlreadyIn):
        accept_invitation(secret, password="the password of a thief", now=NOW)
    secret = invitation_link(organisation_id=other.organisation_id, person_id=offered.person_id, now=NOW)
    with transaction.atomic(), pytest.raises(AlreadyIn):
        accept_membership(secret, user=User.objects.get(pk=other.user_id), now=NOW)
    secret = invitation_link(organisation_id=other.organisation_id, person_id=offered.person_id, now=NOW)
    accept_membership(secret, user=user, now=NOW)
    assert actor_for(user, organisation_id=other.organisation_id).person_id == offered.person_id


def test_a_link_of_a_member_who_left_works_no_longer(actor, second):
    secret = invitation_link(organisation_id=actor.organisation_id, person_id=second.person_id, now=NOW)
    change_membership(organisation_id=actor.organisation_id, person_id=second.person_id, ended_at=NOW)
    with pytest.raises(LinkSpent):
        accept_invitation(secret, password="a sentence of words", now=NOW)


def test_a_token_acts_for_its_member_within_its_scopes(actor):
    secret, record = create_token(
        actor=actor, name="ci", scopes=("push", "read"), now=NOW, expires_at=NOW + timedelta(days=1)
    )
    machine = actor_with_token(secret, now=NOW)
    assert (machine.person_id, machine.organisation_id) == (actor.person_id, actor.organisation_id)
    assert may(machine, "push", "checks")
    assert not may(machine, "write", "inventory")
    assert [row.token_id for row in tokens(actor)] == [record.token_id]
    with pytest.raises(TokenRefused):
        actor_with_token(secret, now=NOW + timedelta(days=1))


def test_a_token_that_was_revoked_or_whose_member_left_is_refused(actor, second):
    mine, record = create_token(actor=actor, name="ci", scopes=("push",), now=NOW)
    theirs, _ = create_token(actor=second, name="ci", scopes=("push",), now=NOW)
    with pytest.raises(TokenRefused):
        revoke_token(actor=second, token_id=record.token_id, now=NOW)
    revoke_token(actor=actor, token_id=record.token_id, now=NOW)
    change_membership(organisation_id=actor.organisation_id, person_id=second.person_id, ended_at=NOW)
    for secret in (mine, theirs, "clr_nonsense", ""):
        with pytest.raises(TokenRefused):
            actor_with_token(secret, now=NOW)


@pytest.mark.parametrize("scopes,name", [((), "ci"), (("approve",), "ci"), (("push",), " ")])
def test_a_token_without_name_or_with_unknown_scopes_is_refused(actor, scopes, name):
    with pytest.raises(TokenRefused):
        create_token(actor=actor, name=name, scopes=scopes, now=NOW)


def test_nobody_makes_a_token_that_may_more_than_they_do(actor, member):
    with pytest.raises(NotPermitted):
        create_token(actor=member("viewer"), name="ci", scopes=("push",), now=NOW)
    with pytest.raises(NotPermitted):
        create_token(actor=replace(actor, scopes=frozenset({"read"})), name="ci", scopes=("read",), now=NOW)


def test_a_person_who_comes_back_keeps_the_pseudonymous_id(actor, second):
    organisation = actor.organisation_id
    change_membership(organisation_id=organisation, person_id=second.person_id, ended_at=NOW)
    assert actor_for(User.objects.get(pk=second.user_id)) is None
    with pytest.raises(NotAMember):
        require_member(organisation, second.person_id)
    again = admit(
        organisation_id=organisation, email="second@example.org", name="Second", access="viewer", roles=(), now=NOW
    )
    assert again.person_id == second.person_id
    with pytest.raises(MemberAlready):
        admit(organisation_id=organisation, email="SECOND@example.org", name="S", access="viewer", roles=(), now=NOW)


def test_the_last_administrator_stays(actor, second):
    for change in ({"access": "editor"}, {"ended_at": NOW}):
        with pytest.raises(LastAdministrator):
            change_membership(organisation_id=actor.organisation_id, person_id=actor.person_id, **change)
    change_membership(organisation_id=actor.organisation_id, person_id=second.person_id, access="admin")
    change_membership(organisation_id=actor.organisation_id, person_id=actor.person_id, access="editor")
    with pytest.raises(AccessRefused):
        change_membership(organisation_id=actor.organisation_id, person_id=actor.person_id, access="root")


def test_members_of_another_organisation_stay_unseen(actor, second):
    other = found("Southlight", email="south@example.org")
    assert [m.email for m in members(other)] == ["south@example.org"]
    assert names_of(other.organisation_id, (actor.person_id, other.person_id)) == {other.person_id: "Ada Owner"}
    with pytest.raises(NotAMember):
        change_membership(organisation_id=other.organisation_id, person_id=second.person_id, access="admin")
    assert Membership.objects.filter(access="admin").count() == 2


@pytest.mark.parametrize("state, why", [({"is_offered": True}, "accept"), ({"user__is_active": False}, "sign in")])
def test_who_did_not_accept_yet_or_cannot_sign_in_is_given_nothing_to_do(actor, second, state, why):
    person, organisation = second.person_id, actor.organisation_id
    assert require_member(organisation, person).email == "second@example.org"
    assert actor_by_email(organisation, "second@example.org") == replace(second, authentication_id=None)
    if "is_offered" in state:
        Membership.objects.filter(person_id=person).update(**state)
    else:
        User.objects.filter(pk=second.user_id).update(is_active=False)
    with pytest.raises(NotAMember, match=why):
        require_member(organisation, person)
    assert actor_by_email(organisation, "second@example.org") is None
