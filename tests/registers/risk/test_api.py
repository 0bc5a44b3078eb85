"""The API of the risk register: the same commands, for tokens; without one nothing is read or written."""

import json
from datetime import timedelta

import pytest

from clerestory.registers.risk.rules.risk import Treatment
from clerestory.store import clock
from tests.organisation import found, join
from tests.registers.records import register
from tests.registers.risk.risks import decided, identified
from tests.registers.test_api import call, entries, token

DUE = (clock.now() + timedelta(days=30)).date().isoformat()
TODAY = clock.now().date().isoformat()
RATING = {"likelihood": 4, "organisation": 2, "individuals": 4, "societies": 1, "reason": "Figures of last year"}
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
}  # fmt: skip


@pytest.fixture
def owner(db):
    """Give the owner of an organisation with one risk in treatment."""
    actor = found()
    register(actor)
    identified(actor)
    worker = join(actor.organisation_id, "editor", (), "worker@example.org")
    decided(actor, treatment=Treatment.AVOID, task=worker)
    return actor


@pytest.fixture
def judge(owner):
    """Give somebody who did not treat the risk."""
    return join(owner.organisation_id, "editor", (), "judge@example.org")


def filled(owner, body: dict) -> dict:
    """Name the owner wherever a person is asked for."""
    return {key: owner.person_id if key == "owner" else value for key, value in body.items()}


@pytest.mark.parametrize("path", READS)
def test_each_address_is_read_with_a_reading_token_and_not_without_one(owner, path):
    assert call("get", path).status_code == 401
    assert call("get", path, headers=token(owner, "push")).status_code == 403
    response = call("get", path, headers=token(owner, "read"))
    assert response.status_code == 200, response.content
    assert json.loads(response.content) is not None


@pytest.mark.parametrize("path", ["risk/risks/R-1", "risk/systems/credit-scoring/assessments"])
def test_another_organisation_finds_no_such_record(owner, path):
    stranger = found("Other Bank", email="other@example.org")
    assert call("get", path, headers=token(stranger, "read")).status_code == 404
    assert json.loads(call("get", "risk", headers=token(stranger, "read")).content)["total"] == 0


@pytest.mark.parametrize("method, path", WRITES)
def test_each_write_is_one_command_for_a_writing_token(owner, judge, method, path):
    before = entries(owner)
    response = call(method, path, filled(owner, WRITES[method, path]), token(judge, "write", "read"))
    assert response.status_code in (200, 201), response.content
    assert entries(owner) > before


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
