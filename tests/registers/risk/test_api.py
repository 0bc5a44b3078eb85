"""The API of the risk register: the same commands, for tokens; without one nothing is read or written."""

import json
from datetime import date, timedelta

import pytest

from clerestory.desk.people import members
from clerestory.registers.risk.commands import begin_trial, plan_action
from clerestory.registers.risk.rules.agreement import FEWEST_CASES
from clerestory.registers.risk.rules.planning import Action, Sort
from clerestory.registers.risk.rules.risk import Treatment
from clerestory.store import clock
from tests.organisation import found, join
from tests.registers.records import register
from tests.registers.risk.risks import decided, identified
from tests.registers.test_api import call, entries, token
from tests.standing import as_built, standing

DUE = (clock.now() + timedelta(days=30)).date().isoformat()
TODAY = clock.now().date().isoformat()
RATING = {"likelihood": 4, "organisation": 2, "individuals": 4, "societies": 1, "reason": "Figures of last year"}
STEPS = {name: step for name, step in RATING.items() if name != "reason"}
ACTION = {
    "sort": "opportunity", "about": "Customers trust what is explained", "action": "Explain each refusal",
    "meant": "Fewer complaints", "owner": "", "evaluate_by": DUE,
}  # fmt: skip
TEXTS = {"event": "It errs", "source": "C.3.4", "consequence": "Somebody is harmed", "system_id": "credit-scoring"}
READS = (
    "risk",
    "risk?level=high&look=not-accepted",
    "risk/counts",
    "risk/map",
    "risk/criteria",
    "risk/tasks",
    "risk/risks/R-1",
    "risk/systems/credit-scoring/assessments",
    "risk/risks/R-1/money",
    "risk/opportunities",
    "risk/opportunities?state=open&kind=opportunity",
    "risk/opportunities/PA-1",
    "risk/action-plans",
    "risk/trials",
    "risk/trials/CT-1",
)
WRITES = {
    ("post", "risk"): {**TEXTS, "owner": "", "rating": RATING},
    ("put", "risk/risks/R-1"): {**TEXTS, "owner": "", "expected_version": 2},
    ("post", "risk/risks/R-1/analyses"): {**RATING, "expected_version": 2},
    ("post", "risk/risks/R-1/decisions"): {
        "treatment": "retain", "reason": "It costs more than it helps", "expected_version": 2
    },
    ("post", "risk/risks/R-1/tasks"): {"action": "Test it", "owner": "", "due_on": DUE},
    ("post", "risk/tasks/R-1-T1/done"): {"done_on": TODAY, "note": "In place", "expected_version": 1},
    ("post", "risk/risks/R-1/effects"): {
        "effective": True, "judged_by": "Cases of a month", "rating": RATING, "expected_version": 2
    },
    ("post", "risk/systems/credit-scoring/assessments"): {
        "trigger": "first", "summary": "All was looked at", "statements": {"C.3.1": "Nothing was found"}
    },
    ("post", "risk/risks/R-1/money"): {
        "often_low": 1, "often_high": 2, "loss_low": 10_000, "loss_high": 500_000, "reason": "Claims of three years",
        "expected_version": 2,
    },
    ("post", "risk/opportunities"): ACTION,
    ("put", "risk/opportunities/PA-1"): {**ACTION, "action": "Ask them sooner", "expected_version": 1},
    ("post", "risk/opportunities/PA-1/judgement"): {
        "effective": True, "judged_by": "Two quarters", "expected_version": 1
    },
    ("post", "risk/action-plans"): {},
    ("post", "risk/trials"): {"cases": [f"Case {n}" for n in range(FEWEST_CASES)], "first": "", "second": ""},
    ("post", "risk/trials/CT-1/ratings"): {"ratings": [STEPS] * FEWEST_CASES},
}  # fmt: skip
WITHOUT_ENTRY = ("risk/trials", "risk/trials/CT-1/ratings")
"""What a trial says is kept apart until both assessors are done; only then is there something to put on record."""


def treated():
    """Return the owner of an organisation with one risk in treatment."""
    actor = found()
    register(actor)
    identified(actor)
    worker = join(actor.organisation_id, "editor", (), "worker@example.org")
    decided(actor, treatment=Treatment.AVOID, task=worker)
    said = ACTION | {"sort": Sort.OPPORTUNITY, "owner": actor.person_id, "evaluate_by": date.fromisoformat(DUE)}
    plan_action(actor=actor, said=Action(**said))
    return actor


built = standing(treated)


@pytest.fixture
def owner(built, db):
    """Give the owner of an organisation with one risk in treatment, as it was built."""
    return as_built(built)


@pytest.fixture
def judge(owner):
    """Give somebody who did not treat the risk."""
    return join(owner.organisation_id, "editor", (), "judge@example.org")


@pytest.fixture(autouse=True)
def trial(owner, judge):
    """Ask the judge and the owner to rate the same cases."""
    cases = [f"Case {n}" for n in range(FEWEST_CASES)]
    begin_trial(actor=owner, cases=cases, first=judge.person_id, second=owner.person_id)


def filled(owner, body: dict) -> dict:
    """Name the owner wherever a person is asked for, and somebody else as the second assessor."""
    people = {"owner": owner.person_id, "first": owner.person_id}
    if "second" in body:
        people["second"] = next(m.person_id for m in members(owner) if m.person_id != owner.person_id)
    return {key: people.get(key, value) for key, value in body.items()}


@pytest.mark.parametrize("path", READS)
def test_each_address_is_read_with_a_reading_token_and_not_without_one(owner, path):
    assert call("get", path).status_code == 401
    assert call("get", path, headers=token(owner, "push")).status_code == 403
    response = call("get", path, headers=token(owner, "read"))
    assert response.status_code == 200, response.content
    assert json.loads(response.content) is not None


@pytest.mark.parametrize(
    "path",
    [
        "risk/risks/R-1", "risk/systems/credit-scoring/assessments", "risk/risks/R-1/money", "risk/opportunities/PA-1",
        "risk/trials/CT-1",
    ],
)  # fmt: skip
def test_another_organisation_finds_no_such_record(owner, path):
    stranger = found("Other Bank", email="other@example.org")
    assert call("get", path, headers=token(stranger, "read")).status_code == 404
    assert json.loads(call("get", "risk", headers=token(stranger, "read")).content)["total"] == 0


@pytest.mark.parametrize("method, path", WRITES)
def test_each_write_is_one_command_for_a_writing_token(owner, judge, method, path):
    before = entries(owner)
    response = call(method, path, filled(owner, WRITES[method, path]), token(judge, "write", "read"))
    assert response.status_code in (200, 201), response.content
    assert entries(owner) > before or path in WITHOUT_ENTRY


@pytest.mark.parametrize("method, path", WRITES)
def test_nothing_is_written_without_token_scope_or_access(owner, method, path):
    body, before = filled(owner, WRITES[method, path]), entries(owner)
    assert call(method, path, body).status_code == 401
    assert call(method, path, body, token(owner, "read")).status_code == 403
    viewer = join(owner.organisation_id, "viewer", (), "viewer@example.org")
    assert call(method, path, body, token(viewer, "read")).status_code == 403
    assert entries(owner) == before


def test_unknown_keys_wrong_steps_and_old_versions_are_named(owner):
    headers = token(owner, "write", "read")
    wrong = call("post", "risk", filled(owner, WRITES["post", "risk"]) | {"colour": "blue"}, headers)
    assert wrong.status_code == 422 and "colour" in wrong.content.decode()
    steps = {**RATING, "likelihood": 9, "expected_version": 2}
    refused = call("post", "risk/risks/R-1/analyses", steps, headers)
    assert refused.status_code == 422 and "9 is no step" in json.loads(refused.content)["problem"]
    old = {**RATING, "expected_version": 1}
    assert call("post", "risk/risks/R-1/analyses", old, headers).status_code == 409
    assert json.loads(call("get", "risk?level=enormous", headers=headers).content) == {"rows": [], "total": 0}


def test_a_risk_is_read_with_its_steps_and_tasks(owner):
    said = json.loads(call("get", "risk/risks/R-1", headers=token(owner, "read")).content)
    assert said["risk"]["level"] == "high"
    assert [step["kind"] for step in said["steps"]] == ["decision", "analysis"]
    assert said["tasks"][0]["task_id"] == "R-1-T1"


def test_what_a_measure_takes_away_is_argued_with_the_decision_and_read_with_the_risk(owner, judge):
    headers = token(owner, "write", "read")
    less = {"measure": "A.7.4", "why": "Odd rows are found before they are learned", "likelihood": 1}
    said = {
        "treatment": "modify", "nature": "organisational", "reason": "Data can be checked", "controls": ["A.7.4"],
        "reductions": [less], "expected_version": 2,
        "tasks": [{"action": "Check rows", "owner": owner.person_id, "due_on": DUE, "cost": "1200.50"}],
    }  # fmt: skip
    made = call("post", "risk/risks/R-1/decisions", said, headers)
    assert made.status_code == 201, made.content
    read = json.loads(call("get", "risk/risks/R-1", headers=headers).content)
    assert [one["measure"] for one in read["risk"]["reductions"]] == ["A.7.4"]
    assert read["risk"]["barriers"][0]["bearing"]["state"] != "holds", "nothing shows the control yet"
    unknown = call("post", "risk/risks/R-1/decisions", said | {"reductions": [less | {"sure": True}]}, headers)
    assert unknown.status_code == 422 and "sure" in unknown.content.decode()


def test_the_ratings_of_one_assessor_are_told_to_nobody_before_both_are_done(owner, judge):
    given = {"ratings": [STEPS] * FEWEST_CASES}
    assert call("post", "risk/trials/CT-1/ratings", given, token(judge, "write", "read")).status_code == 201
    half = json.loads(call("get", "risk/trials/CT-1", headers=token(owner, "read")).content)
    assert (half["done"], half["levels"], half["result"], half["done_at"]) == ([judge.person_id], [], {}, None)
    again = call("post", "risk/trials/CT-1/ratings", given, token(judge, "write", "read"))
    assert again.status_code == 422 and "already" in json.loads(again.content)["problem"]
    before = entries(owner)
    assert call("post", "risk/trials/CT-1/ratings", given, token(owner, "write", "read")).status_code == 201
    whole = json.loads(call("get", "risk/trials/CT-1", headers=token(owner, "read")).content)
    assert len(whole["levels"]) == FEWEST_CASES and whole["done_at"]
    assert entries(owner) > before


def test_money_is_read_with_its_seed_and_the_same_seed_gives_the_same_numbers(owner, judge):
    path, said = "risk/risks/R-1/money", WRITES["post", "risk/risks/R-1/money"]
    assert json.loads(call("get", path, headers=token(owner, "read")).content)["estimates"] == []
    assert call("post", path, said | {"seed": 7}, token(owner, "write", "read")).status_code == 201
    one, two = (json.loads(call("get", path, headers=token(owner, "read")).content) for _ in range(2))
    assert one == two and one["estimates"][0]["seed"] == 7
    assert one["before"]["mean"] == one["estimates"][0]["expected_then"]
    assert call("post", path, said, token(owner, "write", "read")).status_code == 409, "the risk has changed since"


def test_an_action_is_not_judged_by_who_planned_it_nor_changed_from_an_old_version(owner):
    headers = token(owner, "write", "read")
    own = call(
        "post", "risk/opportunities/PA-1/judgement", WRITES["post", "risk/opportunities/PA-1/judgement"], headers
    )
    assert own.status_code == 422 and "planned it" in json.loads(own.content)["problem"]
    change = filled(owner, WRITES["put", "risk/opportunities/PA-1"])
    assert call("put", "risk/opportunities/PA-1", change, headers).status_code == 200
    assert call("put", "risk/opportunities/PA-1", change, headers).status_code == 409
    rows = json.loads(call("get", "risk/opportunities?q=sooner", headers=headers).content)
    assert rows["total"] == 1 and rows["rows"][0]["version"] == 2
