"""An approval counts only from a second person, in the right role, who has just proved who they are."""

from dataclasses import replace

import pytest

from clerestory.desk.approval import (
    ApprovalRefused,
    ProposalUnknown,
    approve,
    granted_by_proposer,
    open_proposals,
    revoke,
    standings,
)
from clerestory.desk.models import User
from clerestory.desk.people import actor_for
from clerestory.desk.permit import NotAuthenticatedAnew, NotPermitted
from clerestory.registers.data.commands import propose_criteria
from clerestory.registers.data.rules import Limit, QualityCriteria
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.roles.commands import admit_member, change_member
from clerestory.store import log
from clerestory.store.evidence.shape import EvidenceRefused
from clerestory.terms.ids import EntryId
from tests.organisation import NOW, found
from tests.registers.records import LATER, dataset, register


@pytest.fixture
def proposed(actor) -> EntryId:
    """Give the entry of criteria that `actor` proposed."""
    return propose(actor)


def propose(actor, text: str = "nulls <= 0.02") -> EntryId:
    if not inventory_has(actor):
        register(actor)
        inventory.register_dataset_version(actor=actor, dataset=dataset(), now=NOW)
    criteria = QualityCriteria(dataset_version_id=dataset().version_id, limits=(Limit("complete", text),))
    return propose_criteria(actor=actor, criteria=criteria, now=NOW).entry_id


def inventory_has(actor) -> bool:
    from clerestory.store import directory

    return directory.known(actor.organisation_id, "ai_system", "credit-scoring") is not None


def test_an_approval_is_an_entry_about_the_exact_leaf(actor, second, proposed):
    standing = approve(actor=second, entry_id=proposed, now=LATER)
    (given,) = standing.approvals
    fact = log.entry(actor.organisation_id, given.entry_id).fact
    approved = log.entry(actor.organisation_id, proposed).fact
    assert fact.values["approved_leaf"] == approved.leaf_hash
    assert fact.subject == approved.subject
    assert (fact.produced_by.person_id, fact.produced_by.role) == (second.person_id, "designated_management")
    assert fact.values["authentication_id"] == second.authentication_id
    assert standing.is_approved
    assert open_proposals(actor) == ()


def test_a_member_without_roles_approves_as_member_where_no_role_is_asked_for(actor, member, proposed):
    standing = approve(actor=member("editor"), entry_id=proposed, now=LATER)
    assert [approval.role for approval in standing.approvals] == ["member"]
    fact = log.entry(actor.organisation_id, standing.approvals[0].entry_id).fact
    assert fact.produced_by.role == "member"


def test_an_approval_remembers_who_granted_the_standing_of_the_approver(actor, member, proposed):
    boss = member("admin")
    let_in = {"email": "own@example.org", "name": "Own", "access": "editor"}
    theirs = admit_member(actor=actor, **let_in, standing=("risk_owner",), now=NOW)
    change_member(actor=boss, person_id=theirs.person_id, standing=("risk_owner", "governance_lead"), now=LATER)
    user = User.objects.get(pk=theirs.user_id)
    account = actor_for(user, authentication_id="auth-1")
    standing = approve(actor=account, entry_id=proposed, role="risk_owner", now=LATER)
    assert [approval.granted_by for approval in standing.approvals] == [standing.proposed_by]
    assert granted_by_proposer(actor, [proposed]) == {proposed}
    newer = propose(actor, "nulls <= 0.01")
    standing = approve(actor=account, entry_id=newer, role="governance_lead", now=LATER)
    assert [approval.granted_by for approval in standing.approvals] == [boss.person_id]
    assert granted_by_proposer(actor, [proposed, newer]) == {proposed}


def test_nobody_approves_what_they_proposed(actor, proposed):
    with pytest.raises(ApprovalRefused, match="second person"):
        approve(actor=actor, entry_id=proposed, now=LATER)
    assert [p.entry_id for p in open_proposals(actor)] == [proposed]


def test_an_approval_asks_for_a_fresh_proof_of_who_one_is(actor, second, proposed):
    with pytest.raises(NotAuthenticatedAnew):
        approve(actor=replace(second, authentication_id=None), entry_id=proposed, now=LATER)


def test_a_token_cannot_approve_nor_take_back(actor, second, proposed):
    machine = replace(second, scopes=frozenset({"read", "write", "push"}), authentication_id="token-1")
    with pytest.raises(NotPermitted):
        approve(actor=machine, entry_id=proposed, now=LATER)
    with pytest.raises(NotPermitted):
        revoke(actor=machine, entry_id=proposed, reason="wrong", now=LATER)


@pytest.mark.parametrize("access", ["viewer", "auditor"])
def test_viewers_and_auditors_cannot_approve(actor, member, proposed, access):
    with pytest.raises(NotPermitted):
        approve(actor=member(access), entry_id=proposed, now=LATER)


@pytest.mark.parametrize("access, offered", [("viewer", False), ("auditor", False), ("editor", True)])
def test_only_who_could_approve_is_offered_the_step(actor, member, proposed, access, offered):
    (standing,) = open_proposals(actor)
    assert standing.can_approve(member(access)) is offered


def test_a_second_approval_by_the_same_person_is_refused_and_leaves_one_entry(actor, second, proposed):
    approve(actor=second, entry_id=proposed, now=LATER)
    with pytest.raises(ApprovalRefused, match="before"):
        approve(actor=second, entry_id=proposed, now=LATER)
    assert log.search(actor.organisation_id, log.Search(kind="approval.document")).total == 1


def test_a_newer_version_replaces_the_proposal_that_waited(actor, second, proposed):
    newer = propose(actor, "nulls <= 0.01")
    with pytest.raises(ApprovalRefused, match="newest"):
        approve(actor=second, entry_id=proposed, now=LATER)
    assert approve(actor=second, entry_id=newer, now=LATER).is_approved


def test_what_was_taken_back_can_no_longer_be_approved(actor, second, proposed):
    revoke(actor=actor, entry_id=proposed, reason="wrong data set", now=LATER)
    with pytest.raises(ApprovalRefused):
        approve(actor=second, entry_id=proposed, now=LATER)
    standing = standings(actor, [proposed])[proposed]
    assert (standing.revoked_reason, standing.is_open) == ("wrong data set", False)


def test_taking_an_approval_back_ends_the_approval(actor, second, proposed):
    (given,) = approve(actor=second, entry_id=proposed, now=LATER).approvals
    entry = revoke(actor=second, entry_id=given.entry_id, reason="approved by mistake", now=LATER)
    fact = log.entry(actor.organisation_id, entry).fact
    assert (fact.kind, fact.values["revokes"]) == ("record.revocation", (given.entry_id,))
    assert not standings(actor, [proposed])[proposed].is_approved


def test_an_entry_is_taken_back_once_and_with_a_reason(actor, proposed):
    with pytest.raises(EvidenceRefused, match="reason"):
        revoke(actor=actor, entry_id=proposed, reason="  ", now=LATER)
    revoke(actor=actor, entry_id=proposed, reason="wrong", now=LATER)
    with pytest.raises(ApprovalRefused, match="before"):
        revoke(actor=actor, entry_id=proposed, reason="wrong again", now=LATER)


def test_another_organisation_finds_no_proposal(actor, proposed):
    stranger = found("Other Bank", email="other@example.org")
    with pytest.raises(ProposalUnknown):
        approve(actor=stranger, entry_id=proposed, now=LATER)
    assert open_proposals(stranger) == ()
    assert standings(stranger, [proposed]) == {}


def test_an_unknown_entry_cannot_be_approved(second):
    with pytest.raises(ProposalUnknown):
        approve(actor=second, entry_id=EntryId("entry-none"), now=LATER)
