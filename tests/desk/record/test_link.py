"""Links read from both ends; people make and remove only their own sort, and only between records that are there."""

import pytest

from clerestory.desk.permit import NotPermitted
from clerestory.desk.record.known import RecordUnknown, kinds, known, look_for
from clerestory.desk.record.link import BY_COMMANDS, BY_HAND, LinkRefused, link_records, links, unlink_records
from clerestory.store import directory, trace
from tests.desk.record.conftest import SYSTEM
from tests.registers.records import model

ROLE = ("person_role", "overseer")


def join_up(actor, relation="supports", to=ROLE):
    link_records(actor=actor, kind=SYSTEM[0], record_id=SYSTEM[1], relation=relation, to_kind=to[0], to_id=to[1])


def read(actor, kind, record_id):
    return {str(group.heading): [linked.label for linked in group.links] for group in links(actor, kind, record_id)}


def test_a_link_reads_from_both_ends(owner):
    join_up(owner)
    join_up(owner)
    assert read(owner, *SYSTEM)["Supports"] == ["Overseer"]
    assert read(owner, *ROLE) == {"Supported by": ["Credit scoring"]}


def test_what_commands_linked_is_shown_and_cannot_be_removed_by_hand(owner):
    assert read(owner, "model_version", model().version_id) == {"Part of": ["Credit scoring"]}
    (group,) = links(owner, "model_version", model().version_id)
    assert not group.links[0].removable
    with pytest.raises(LinkRefused):
        unlink_records(actor=owner, kind="model_version", record_id=model().version_id, key=group.links[0].key)
    assert not set(BY_HAND) & set(BY_COMMANDS)


@pytest.mark.parametrize("end", [SYSTEM, ROLE])
def test_a_link_is_removed_from_either_end(owner, end):
    join_up(owner)
    (linked,) = (linked for group in links(owner, *end) for linked in group.links if linked.removable)
    unlink_records(actor=owner, kind=end[0], record_id=end[1], key=linked.key)
    assert read(owner, *ROLE) == {}
    with pytest.raises(LinkRefused, match="no such link"):
        unlink_records(actor=owner, kind=end[0], record_id=end[1], key=linked.key)


def test_a_control_can_be_linked_though_no_row_holds_it(owner):
    join_up(owner, "relates to", ("control", "A.7.4"))
    assert read(owner, "control", "A.7.4") == {"Relates to": ["Credit scoring"]}
    assert "control" in kinds(owner)
    assert [r.id for r in look_for(owner, "A.7.4", "control")] == ["A.7.4"]


def test_words_find_records_of_the_own_organisation_only(owner, stranger):
    directory.publish(stranger.organisation_id, "ai_system", "hidden", "Hidden scoring")
    assert {r.id for r in look_for(owner, "scoring", "ai_system")} == {"credit-scoring"}


def test_a_link_to_nothing_to_itself_or_of_no_sort_is_refused(owner, stranger):
    directory.publish(stranger.organisation_id, "ai_system", "hidden", "Hidden scoring")
    for to in (("ai_system", "hidden"), ("ai_system", "none"), ("", "")):
        with pytest.raises(RecordUnknown):
            join_up(owner, to=to)
    with pytest.raises(LinkRefused, match="itself"):
        join_up(owner, to=SYSTEM)
    for relation in ("part of", "<script>", ""):
        with pytest.raises(LinkRefused):
            join_up(owner, relation)
    with pytest.raises(LinkRefused):
        unlink_records(actor=owner, kind=SYSTEM[0], record_id=SYSTEM[1], key="nonsense")


def test_the_other_end_of_a_link_that_is_gone_is_said_to_be_gone(owner):
    join_up(owner)
    directory.withdraw(owner.organisation_id, *ROLE)
    (linked,) = (linked for group in links(owner, *SYSTEM) for linked in group.links if linked.removable)
    assert linked.record is None
    assert linked.label == "overseer"


def test_a_viewer_reads_links_and_makes_none(owner, reader):
    join_up(owner)
    assert read(reader, *ROLE)
    with pytest.raises(NotPermitted):
        join_up(reader)
    with pytest.raises(NotPermitted):
        unlink_records(actor=reader, kind=ROLE[0], record_id=ROLE[1], key="in|supports|ai_system|credit-scoring")


def test_no_link_that_commands_write_leads_to_a_record_that_is_not_there(owner):
    ends = {
        end
        for kind, record_id in (SYSTEM, ("model_version", model().version_id))
        for link in trace.links_of(owner.organisation_id, kind, record_id)
        for end in ((link.from_kind, link.from_id), (link.to_kind, link.to_id))
    }
    assert ends
    for kind, record_id in ends:
        assert known(owner, kind, record_id).label


def test_a_link_that_closes_a_circle_is_refused_however_long_the_way_round(owner):
    for number in (1, 2, 3):
        directory.publish(owner.organisation_id, "risk", f"R-{number}", f"Risk {number}", f"/risk/R-{number}/")
    risks = [("risk", f"R-{number}") for number in (1, 2, 3)]
    for (kind, one), (_kind, other) in ((risks[0], risks[1]), (risks[1], risks[2])):
        link_records(actor=owner, kind=kind, record_id=one, relation="depends on", to_kind="risk", to_id=other)
    for start, end in ((1, 0), (2, 0), (2, 1)):
        with pytest.raises(LinkRefused, match="leads back"):
            link_records(
                actor=owner, kind="risk", record_id=risks[start][1], relation="depends on", to_kind="risk",
                to_id=risks[end][1],
            )  # fmt: skip
    link_records(actor=owner, kind="risk", record_id="R-3", relation="relates to", to_kind="risk", to_id="R-1")
    link_records(actor=owner, kind="risk", record_id="R-1", relation="depends on", to_kind="risk", to_id="R-3")


def test_a_record_that_ended_keeps_its_name_in_links_and_is_found_no_more(owner):
    directory.publish(owner.organisation_id, "risk", "R-1", "Old labels", "/risk/R-1/")
    directory.end(owner.organisation_id, "risk", "R-1")
    assert directory.known(owner.organisation_id, "risk", "R-1").label == "Old labels"
    assert directory.find(owner.organisation_id, "risk") == ()
    assert directory.search(owner.organisation_id, "Old labels") == ()
