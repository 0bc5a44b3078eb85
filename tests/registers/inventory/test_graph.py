"""Relations around a record: by name, both ways, bounded at large fan-out; circles are refused."""

import itertools
from dataclasses import replace

import pytest
from pytest_django import DjangoAssertNumQueries

from clerestory.desk.record.link import LinkRefused, link_records
from clerestory.registers.inventory import commands
from clerestory.registers.inventory.queries import InventoryUnknown
from clerestory.registers.inventory.queries.graph import MOST_DRAWN, all_of, neighbourhood
from clerestory.registers.inventory.rules.graph import BOX, HIGH, WIDTH, draw, shortened
from clerestory.store import directory, trace
from tests.organisation import NOW, found
from tests.registers.inventory.surroundings import MODEL, OTHERS, agent, deployment
from tests.registers.records import dataset, model, register, system


@pytest.fixture
def full(actor):
    """Register a system with its parts, and a risk about it."""
    register(actor, suppliers=("Cloud One",))
    commands.register_model_version(actor=actor, model=model(), now=NOW)
    commands.register_dataset_version(actor=actor, dataset=dataset(), now=NOW)
    for said in (agent(), deployment(), *OTHERS):
        commands.register_part(actor=actor, said=said, now=NOW)
    directory.publish(actor.organisation_id, "risk", "risk-1", label="Data are too old", url="/risk/risk-1/")
    trace.link(actor.organisation_id, "risk", "risk-1", "concerns", "ai_system", "credit-scoring")


def told(actor, kind, record_id):
    """Return what is around a record as (kind, name)."""
    groups = neighbourhood(actor, kind, record_id).groups
    return {(thing.kind, thing.label) for group in groups for thing in group.things}


def test_the_picture_of_a_system_names_all_that_belongs_to_it_and_can_be_walked(actor, full):
    assert told(actor, "ai_system", "credit-scoring") == {
        ("agent", "Loan helper"), ("deployment", "Branch offices"), ("prompt", "Answer to applicants"),
        ("use", "Loan desk"), ("embedded_ai", "Office suite"), ("model_version", MODEL),
        ("dataset_version", dataset().version_id), ("risk", "Data are too old"), ("supplier", "Cloud One"),
        ("person", "Ada Owner"),
    }  # fmt: skip
    assert ("tool", "mail") in told(actor, "agent", "credit-scoring/helper")
    assert told(actor, "tool", "mail") == {("agent", "Loan helper")}
    assert told(actor, "supplier", "Cloud One") == {("ai_system", "Credit scoring")}
    assert ("ai_system", "Credit scoring") in told(actor, "person", actor.person_id)
    assert ("deployment", "Branch offices") in told(actor, "model_version", MODEL)


def test_suppliers_in_the_picture_follow_the_record(actor, full):
    said = system(actor, suppliers=("Cloud Two",))
    commands.update_ai_system(actor=actor, system=said, expected_version=1, now=NOW)
    assert ("supplier", "Cloud Two") in told(actor, "ai_system", "credit-scoring")
    with pytest.raises(InventoryUnknown):
        neighbourhood(actor, "supplier", "Cloud One")


def test_a_record_with_thousands_of_links_is_bounded_in_boxes_and_in_queries(
    actor, full, django_assert_max_num_queries: DjangoAssertNumQueries
):
    from clerestory.store.models import TraceLink

    organisation = actor.organisation_id
    TraceLink.objects.bulk_create(
        TraceLink(
            organisation_id=organisation, from_kind="ai_system", from_id=f"system-{number:05}",
            relation="supplied by", to_kind="supplier", to_id="Cloud One",
        )
        for number in range(5_000)
    )  # fmt: skip
    with django_assert_max_num_queries(6):
        (group,) = neighbourhood(actor, "supplier", "Cloud One").groups
    assert (len(group.things), group.total, group.left_out) == (MOST_DRAWN, 5_001, 5_001 - MOST_DRAWN)
    last = all_of(actor, "supplier", "Cloud One", group.key, 101)
    assert [thing.id for thing in last.things] == ["system-04999"]


def test_what_is_not_there_or_of_another_organisation_has_no_picture(actor, full):
    other = found("Southlight Bank", email="other@example.org")
    for kind, record_id in (("ai_system", "credit-scoring"), ("tool", "mail"), ("person", actor.person_id)):
        with pytest.raises(InventoryUnknown):
            neighbourhood(other, kind, record_id)
    with pytest.raises(InventoryUnknown):
        all_of(actor, "tool", "mail", "out|uses|moon", 1)


def test_a_link_that_closes_a_circle_is_refused_and_the_other_direction_of_no_direction_is_not(actor, full):
    for name in ("b", "c"):
        commands.register_ai_system(actor=actor, system=replace(system(actor, name), name=name), now=NOW)

    def link(start, relation, end):
        link_records(actor=actor, kind="ai_system", record_id=start, relation=relation, to_kind="ai_system", to_id=end)

    link("credit-scoring", "depends on", "b")
    link("b", "depends on", "c")
    with pytest.raises(LinkRefused, match="leads back"):
        link("c", "depends on", "credit-scoring")
    with pytest.raises(LinkRefused, match="leads back"):
        link("b", "depends on", "credit-scoring")
    link("c", "supports", "credit-scoring")
    link("b", "relates to", "c")
    link("c", "relates to", "b")
    links = trace.links_from(actor.organisation_id, "ai_system", "c")
    assert {link.relation for link in links} == {"supports", "relates to"}


def test_boxes_stand_apart_inside_the_picture_on_both_sides():
    drawing = draw([7, 3, 8, 1])
    spots = [spot for group in drawing.boxes for spot in group]
    assert [len(group) for group in drawing.boxes] == [7, 3, 8, 1]
    assert {spot.x for spot in spots} == {0, WIDTH - BOX}
    assert all(0 <= spot.y and spot.y + HIGH <= drawing.height for spot in spots)
    for x in (0, WIDTH - BOX):
        tops = sorted(spot.y for spot in spots if spot.x == x)
        assert all(after - before >= HIGH for before, after in itertools.pairwise(tops))
    assert shortened("a" * 32) == "a" * 32
    assert len(shortened("a" * 10_000)) == 32
