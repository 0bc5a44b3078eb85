"""Facts go into their document and come back the same; what is odd is refused."""

from datetime import UTC, datetime

import pytest

from clerestory.terms.evidence import Approval, Evidence, Machine, Person, Subject, number_text
from clerestory.terms.fact import FactUnreadable, fact_document, read_fact
from clerestory.terms.moment import Period

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def evidence(**changes):
    whole = {
        "kind": "record.datasheet",
        "subject": Subject("dataset_version", "credit/test/4b1f"),
        "produced_by": Person("person-1", "data_owner", responsible=True, same_person_as=("person-9",)),
        "observed": Period.at(NOON),
        "values": {"version": "2", "known_bias": ("age", "sex"), "table": {"a": "b"}, "flag": True, "count": 3},
        "entity": "datasheet/1",
        "links": (Subject("ai_system", "credit"),),
        "approval": Approval("person-2", "top_management", NOON),
        "covers": ("source", "kind"),
        "lists": {"steps": ("one", "two")},
        "answers": ("entry-1",),
        "supersedes": ("entry-0",),
        "caused_by": ("ab" * 32,),
    }
    return Evidence(**(whole | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"approval": None, "links": (), "covers": (), "lists": {}, "answers": (), "supersedes": (), "caused_by": ()},
        {"produced_by": Machine("clerestory", "0.1.0", "sha256:ab", ("sha256:cd",))},
        {"produced_by": Machine("clerestory", "0.1.0")},
        {"produced_by": Person("person-1", "auditor")},
    ],
)
def test_facts_read_back_the_same(changes):
    given = evidence(**changes)
    fact = read_fact(fact_document(given, entry_id="entry-7", received_at=NOON), leaf_hash="00" * 32, position=4)
    for name in (
        "kind",
        "subject",
        "produced_by",
        "observed",
        "values",
        "entity",
        "links",
        "approval",
        "covers",
        "lists",
    ):
        assert getattr(fact, name) == getattr(given, name), name
    assert (fact.entry_id, fact.position, fact.received_at) == ("entry-7", 4, NOON)


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.pop("kind"),
        lambda d: d.update(v=2),
        lambda d: d.update(hidden="x"),
        lambda d: d.update(values={"a": 1.5}),
        lambda d: d.update(values={"a": None}),
        lambda d: d.update(observed={"from": "x", "to": "y"}),
        lambda d: d.update(subject={"kind": "ai_system"}),
        lambda d: d.update(entity_version="1"),
        lambda d: d.update(entity_version=True),
        lambda d: d.update(produced_by={"ghost": {}}),
        lambda d: d.update(links=["ai_system"]),
        lambda d: d.update(covers="source"),
    ],
)
def test_facts_of_an_unknown_form_are_refused(damage):
    document = dict(fact_document(evidence(), entry_id="entry-7", received_at=NOON))
    damage(document)
    with pytest.raises(FactUnreadable):
        read_fact(document, leaf_hash="00" * 32, position=None)


@pytest.mark.parametrize("number, text", [(0.1, "0.1"), (3.0, "3"), (-2.5e-7, "-2.5e-07"), (1e22, "1e+22")])
def test_a_number_is_written_as_the_shortest_text_that_reads_back_the_same(number, text):
    assert number_text(number) == text
    assert float(text) == number


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_cannot_be_written(number):
    with pytest.raises(ValueError, match="finite"):
        number_text(number)
