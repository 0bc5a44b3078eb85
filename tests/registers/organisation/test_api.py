"""The same commands over HTTP, by token."""

from datetime import timedelta

import pytest
from django.test import Client

from clerestory.desk.entrance.tokens import create_token
from clerestory.store import clock
from tests.organisation import found

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return found(now=clock.now() - timedelta(days=1))


def caller(owner, *scopes: str) -> Client:
    secret, _ = create_token(actor=owner, name="ci", scopes=scopes, now=clock.now())
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_a_process_is_registered_changed_and_run_by_a_token_that_may_write(owner):
    api = caller(owner, "read", "write")
    today = clock.now().date().isoformat()
    body = {
        "process_id": "audit",
        "name": "Audit",
        "clause_family": "9",
        "owner": owner.person_id,
        "interval": "P1M",
        "first_run_on": today,
    }
    made = api.post("/api/v1/organisation/processes/", body, content_type="application/json")
    assert (made.status_code, made.json()["version"]) == (201, 1)
    changed = api.put(
        "/api/v1/organisation/processes/audit/",
        body | {"name": "Audits", "expected_version": 1},
        content_type="application/json",
    )
    assert changed.json()["version"] == 2
    run = {"planned_for": today, "outcome": "completed", "criteria_met": True, "report": "All read."}
    ran = api.post("/api/v1/organisation/processes/audit/runs/", run, content_type="application/json")
    assert ran.status_code == 201
    assert api.get("/api/v1/organisation/processes/audit/").json()["name"] == "Audits"
    assert [row["process_id"] for row in api.get("/api/v1/organisation/processes/?q=aud").json()["rows"]] == ["audit"]
    nothing = {"register": "incident", "period_from": "2026-01-01", "period_to": "2026-03-31", "how_known": "tickets"}
    assert api.post("/api/v1/organisation/nil-returns/", nothing, content_type="application/json").status_code == 201


def test_a_token_that_may_only_read_changes_nothing(owner):
    api = caller(owner, "read")
    shown = api.get("/api/v1/organisation/").json()
    assert (shown["name"], shown["version"]) == ("Northlight Bank", 1)
    body = {"name": "Other", "expected_version": 1}
    assert api.put("/api/v1/organisation/", body, content_type="application/json").status_code == 403
    assert caller(owner, "write").put("/api/v1/organisation/", body, content_type="application/json").status_code == 403


def test_a_refusal_says_problem_and_remedy(owner):
    api = caller(owner, "write", "read")
    answer = api.post(
        "/api/v1/organisation/processes/none/runs/",
        {"planned_for": "2026-01-01", "outcome": "completed", "criteria_met": True},
        content_type="application/json",
    )
    assert answer.status_code == 404
    assert set(answer.json()) == {"problem", "remedy"}
    assert Client().get("/api/v1/organisation/").status_code == 401
