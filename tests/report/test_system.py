"""The page of a system: newest verdicts, points over time, groups, and what is missing for it alone."""

from dataclasses import replace

import pytest

from clerestory.registers.inventory.queries import InventoryUnknown
from clerestory.report.system import MOST_PASSED, system_page, verdicts_by_system
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence, Machine, Subject
from clerestory.terms.moment import Period
from tests.web.conftest import Place, system_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_worst_check_comes_first_with_its_limit_and_its_points_in_order(furnished: Place) -> None:
    page = system_page(furnished.actor("viewer"), "credit-scoring", at=clock.now())
    worst = page.checks[0]
    assert (worst.check, worst.criterion, worst.limits) == ("fairness.selection-rate-ratio", ">= 0.8", (0.8,))
    assert [point.value for point in worst.points] == [0.91, 0.9, 0.87, 0.84, 0.79, 0.74]
    assert worst.newest.verdict == "FAIL"
    assert (worst.newest.low, worst.newest.high, worst.newest.n) == (pytest.approx(0.7), pytest.approx(0.78), 1000)
    assert page.verdicts == {"FAIL": 1, "INCONCLUSIVE": 0, "PASS": 2}


def test_groups_come_from_the_content_that_was_sealed_small_ones_shown_but_not_judged(furnished: Place) -> None:
    page = system_page(furnished.actor("viewer"), "credit-scoring", at=clock.now())
    assert page.measurement is not None
    assert {(group.group, group.assessed) for group in page.measurement.by_group} == {
        ("sex=female", True), ("sex=male", True), ("sex=other", False),
    }  # fmt: skip


def test_what_is_missing_for_a_system_names_the_system_and_not_its_neighbours(furnished: Place) -> None:
    system_of(furnished, "fraud-alarm")
    page = system_page(furnished.actor("viewer"), "credit-scoring", at=clock.now())
    told = [item.text for lack in page.lacks for item in lack.items]
    assert told
    assert not [text for text in told if "fraud-alarm" in text]


def test_a_system_that_was_never_checked_has_no_verdict(place: Place) -> None:
    system_of(place)
    page = system_page(place.actor("viewer"), "credit-scoring", at=clock.now())
    assert page.checks == ()
    assert page.chosen is None
    assert verdicts_by_system(place.actor("viewer"), ["credit-scoring"]) == {
        "credit-scoring": {"FAIL": 0, "INCONCLUSIVE": 0, "PASS": 0}
    }


def test_a_system_of_another_organisation_is_not_there(furnished: Place, elsewhere: Place) -> None:
    with pytest.raises(InventoryUnknown):
        system_page(elsewhere.actor("admin"), "credit-scoring", at=clock.now())


def test_many_checks_that_passed_are_folded_below_those_that_need_somebody(furnished: Place) -> None:
    page = system_page(furnished.actor("viewer"), "credit-scoring", at=clock.now())
    assert page.listed == page.checks
    assert page.folded == ()
    passed = [replace(page.checks[-1], key=f"{at}") for at in range(MOST_PASSED)]
    many = replace(page, checks=(*page.checks, *passed))
    assert [line.newest.verdict for line in many.listed] == ["FAIL"]
    assert len(many.folded) == MOST_PASSED + 2
    assert not many.twice
    other = replace(page.checks[0], data_role="training")
    assert replace(many, checks=(other, *many.checks)).twice == {other.check}
    assert not other.is_running


def test_what_runs_of_a_system_is_shown_with_it_each_deployment_apart(furnished: Place) -> None:
    before = system_page(furnished.actor("viewer"), "credit-scoring", at=clock.now())
    for name, verdict in (("branches", "PASS"), ("web-shop", "FAIL")):
        said = Evidence(
            kind="runtime.operation",
            subject=Subject("deployment", f"credit-scoring/{name}"),
            produced_by=Machine("clerestory", "0.1.0"),
            observed=Period.at(clock.now()),
            values={
                "check": "operation.availability", "family": "operation", "criterion": "<= 0.02", "value": "0.01",
                "n": 900, "verdict": verdict, "slice": "",
            },
            entity=f"check/{name}",
            links=(Subject("ai_system", "credit-scoring"),),
        )  # fmt: skip
        with atomic():
            evidence.append(said, organisation_id=furnished.organisation_id, now=clock.now())
    page = system_page(furnished.actor("viewer"), "credit-scoring", at=clock.now())
    runs = {(line.data_role, line.newest.verdict) for line in page.checks if line.family == "operation"}
    assert runs == {("branches", "PASS"), ("web-shop", "FAIL")}
    assert len(page.checks) == len(before.checks) + 2
    assert all(line.is_running for line in page.checks if line.family == "operation")
    assert page.lacks == before.lacks
