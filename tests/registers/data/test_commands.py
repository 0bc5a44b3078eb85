"""Criteria, datasheets and the procedure of managing data: what they must say, and that each change is a version."""

from dataclasses import replace

import pytest

from clerestory.desk.approval import open_proposals
from clerestory.desk.permit import NotPermitted
from clerestory.registers.data import commands, queries
from clerestory.registers.data.queries import DataUnknown
from clerestory.registers.data.rules import DataRefused, Datasheet, Limit, Procedure, QualityCriteria, limits_of
from clerestory.registers.inventory import commands as inventory
from clerestory.store import log
from clerestory.terms.moment import MomentUnreadable
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.registers.records import LATER, dataset, register

VERSION = dataset().version_id
CRITERIA = QualityCriteria(dataset_version_id=VERSION, limits=(Limit("complete", "nulls <= 0.02"),))
SHEET = Datasheet(
    dataset_version_id=VERSION,
    sections=(("source", "Core banking"), ("bias", "")),
    known_bias=("few applicants under 21",),
    keep_for="P10Y",
)
PROCEDURE = Procedure(parts=("collection", "disposal"), steps=("collect", "check", "dispose"), text="How we do it.")


@pytest.fixture
def registered(actor):
    """Register the system and its data."""
    register(actor)
    inventory.register_dataset_version(actor=actor, dataset=dataset(), now=NOW)


def fact(actor, made):
    return log.entry(actor.organisation_id, made.entry_id).fact


def test_criteria_cover_the_topics_that_a_limit_is_about_and_wait_for_approval(actor, registered):
    made = commands.propose_criteria(actor=actor, criteria=CRITERIA, now=NOW)
    entry = fact(actor, made)
    assert (entry.covers, entry.values["criteria"]) == (("complete",), ("complete: nulls <= 0.02",))
    assert [p.entry_id for p in open_proposals(actor)] == [made.entry_id]
    (record,) = queries.criteria_versions(actor, VERSION)
    assert record.topics_without_limit == ("valid", "consistent", "unique", "timely", "representative", "labels")


def test_limits_that_a_check_decides_are_carried_as_check_and_criterion_and_others_are_not(actor, registered):
    texts = (
        "data_quality.contract <= 0: missing income",
        "data_quality.contract <= 0: range income",
        "data_quality.schema <= 0.0",
        "poisoning.label-error between 0 and 0.35",
        "data_quality.schema is fine",
        "nulls <= 0.02",
    )
    criteria = replace(CRITERIA, limits=tuple(Limit("valid", text) for text in texts))
    made = commands.propose_criteria(actor=actor, criteria=criteria, now=NOW)
    assert fact(actor, made).lists == {
        "approved_criteria": (
            "data_quality.contract|<= 0",
            "data_quality.schema|<= 0",
            "poisoning.label-error|between 0 and 0.35",
        )
    }


def test_the_same_limits_again_are_the_same_version_and_others_a_new_one(actor, registered):
    first = commands.propose_criteria(actor=actor, criteria=CRITERIA, now=NOW)
    assert commands.propose_criteria(actor=actor, criteria=CRITERIA, now=LATER).entry_id == first.entry_id
    other = replace(CRITERIA, limits=(Limit("complete", "nulls <= 0.01"),))
    assert commands.propose_criteria(actor=actor, criteria=other, now=LATER).version == 2
    assert [r.made.version for r in queries.criteria_versions(actor, VERSION)] == [2, 1]


@pytest.mark.parametrize(
    "limits, word", [((), "no limit"), ((Limit("taste", "sweet"),), "taste"), ((Limit("valid", "  "),), "empty")]
)
def test_criteria_without_a_limit_or_about_something_else_are_refused(actor, registered, limits, word):
    with pytest.raises((DataRefused, TextUnusable), match=word):
        commands.propose_criteria(actor=actor, criteria=replace(CRITERIA, limits=limits), now=NOW)


def test_documents_about_data_that_nobody_registered_are_refused(actor):
    with pytest.raises(DataUnknown):
        commands.propose_criteria(actor=actor, criteria=CRITERIA, now=NOW)
    with pytest.raises(DataUnknown):
        commands.propose_datasheet(actor=actor, sheet=SHEET, now=NOW)


def test_a_datasheet_covers_what_it_describes_and_keeps_its_text_as_content(actor, registered):
    made = commands.propose_datasheet(actor=actor, sheet=SHEET, now=NOW)
    entry = fact(actor, made)
    assert (entry.covers, entry.values["keep_for"]) == (("source",), "P10Y")
    assert log.content(actor.organisation_id, made.entry_id) == b"source\nCore banking"
    assert queries.datasheet_versions(actor, VERSION)[0].sheet == SHEET


def test_an_empty_datasheet_an_unknown_topic_and_an_odd_duration_are_refused(actor, registered):
    for change, error in (
        ({"sections": (("source", " "),)}, DataRefused),
        ({"sections": (("smell", "none"),)}, DataRefused),
        ({"keep_for": "ten years"}, MomentUnreadable),
    ):
        with pytest.raises(error):
            commands.propose_datasheet(actor=actor, sheet=replace(SHEET, **change), now=NOW)


def test_the_procedure_carries_its_steps_as_the_list_that_runs_are_counted_by(actor):
    made = commands.propose_procedure(actor=actor, procedure=PROCEDURE, now=NOW)
    assert fact(actor, made).lists == {"data_management_steps": ("collect", "check", "dispose")}
    with pytest.raises(DataRefused):
        commands.propose_procedure(actor=actor, procedure=replace(PROCEDURE, parts=("cooking",)), now=NOW)
    with pytest.raises(DataRefused):
        commands.propose_procedure(actor=actor, procedure=replace(PROCEDURE, steps=()), now=NOW)


def test_declared_checks_become_limits_by_the_topic_that_they_measure():
    limits = limits_of(
        [
            ("data_quality.contract", "<= 0", {"missing": "{income: 0.01}", "freshness": "{day: P1D}", "as_of": "now"}),
            ("poisoning.label-error", "< 0.05", {}),
            ("fairness.selection-rate-ratio", ">= 0.8", {}),
        ]
    )
    assert [limit.topic for limit in limits] == ["complete", "labels", "timely"]
    assert limits[1].text == "poisoning.label-error < 0.05"


def test_every_topic_and_check_named_here_is_one_of_the_catalogue():
    from clerestory.catalogue.load import load
    from clerestory.registers.data.rules import TOPIC_OF_CONTRACT, TOPICS_OF_CHECK

    topics = set(load().coverages["data_quality_topics"].items)
    assert {topic for named in TOPICS_OF_CHECK.values() for topic in named} | set(TOPIC_OF_CONTRACT.values()) == topics
    assert set(TOPICS_OF_CHECK) <= set(load().checks)


def test_viewers_read_and_strangers_see_nothing(actor, member, registered):
    commands.propose_criteria(actor=actor, criteria=CRITERIA, now=NOW)
    viewer = member("viewer")
    assert queries.data_row(viewer, VERSION).criteria is not None
    with pytest.raises(NotPermitted):
        commands.propose_criteria(actor=viewer, criteria=CRITERIA, now=NOW)
    stranger = found("Other Bank", email="other@example.org")
    assert queries.data_rows(stranger) == ()
    with pytest.raises(DataUnknown):
        queries.data_row(stranger, VERSION)


def test_a_list_of_a_hundred_versions_costs_at_most_five_queries(actor, django_assert_max_num_queries):
    register(actor)
    for number in range(100):
        made = inventory.register_dataset_version(actor=actor, dataset=dataset(f"rows {number}"), now=NOW)
        criteria = replace(CRITERIA, dataset_version_id=made.record_id)
        commands.propose_criteria(actor=actor, criteria=criteria, now=NOW)
    with django_assert_max_num_queries(5):
        assert len(queries.data_rows(actor)) == 100
