"""The organisation on screen: everything that commands do can be done by hand, and refusals stand in the form."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from clerestory.desk.lists import ListQuery
from clerestory.registers.organisation import queries
from clerestory.store import clock
from tests.organisation import PASSWORD, found, join

pytestmark = pytest.mark.django_db


def browser(email: str) -> Client:
    client = Client()
    assert client.post("/account/login/", {"login": email, "password": PASSWORD}).status_code == 302
    return client


@pytest.fixture
def owner():
    """Give an owner who can sign in."""
    return found(password=PASSWORD, now=clock.now() - timedelta(days=1))


@pytest.fixture
def client(owner):
    return browser("owner@example.org")


def add_process(client, by, **changes):
    day = clock.now().date().isoformat()
    said = {
        "process_id": "risk-assessment",
        "name": "Risk assessment",
        "clause_family": "6",
        "owner": by.person_id,
        "interval": "P1M",
        "first_run_on": day,
    }
    return client.post("/organisation/processes/add/", said | changes)


def test_the_profile_is_shown_changed_and_its_history_grows(client, owner):
    assert "Northlight Bank" in client.get("/organisation/").content.decode()
    said = {"name": "Northlight", "units": "Credit\nRisk\n", "sites": "", "jurisdictions": "EU", "version": "1"}
    assert client.post("/organisation/edit/", said).status_code == 302
    assert queries.organisation(owner).profile.units == ("Credit", "Risk")
    again = client.post("/organisation/edit/", said)
    assert again.status_code == 422
    assert "Somebody else changed this meanwhile" in again.content.decode()


def test_a_process_is_registered_run_and_described(client, owner):
    assert add_process(client, owner).status_code == 302
    page = client.get("/organisation/processes/risk-assessment/").content.decode()
    assert "Record the run" in page
    day = clock.now().date().isoformat()
    run = {"planned_for": day, "outcome": "completed", "criteria_met": "on", "ran_on": day, "report": "All read."}
    assert client.post("/organisation/processes/risk-assessment/", run).status_code == 302
    assert queries.runs(owner, "risk-assessment", ListQuery()).total == 1
    page = client.get("/organisation/processes/risk-assessment/").content.decode()
    assert "Record the run" not in page
    said = {"version": "1.0", "text": "How they act together."}
    assert client.post("/organisation/records/description/", said).status_code == 302
    assert "Waits for approval" in client.get("/organisation/records/").content.decode()
    assert "Every month" in client.get("/organisation/processes/").content.decode()
    changed = {
        "process_id": "risk-assessment",
        "name": "Risks",
        "clause_family": "6",
        "owner": owner.person_id,
        "interval": "P7D",
        "first_run_on": day,
        "version": "1",
    }
    assert client.post("/organisation/processes/risk-assessment/edit/", changed).status_code == 302


def test_a_second_person_approves_on_screen(client, owner):
    add_process(client, owner)
    client.post("/organisation/records/description/", {"version": "1.0", "text": "Together."})
    join(owner.organisation_id, "editor", ("designated_management",), "second@example.org", password=PASSWORD)
    other = browser("second@example.org")
    page = other.get("/organisation/records/").content.decode()
    address = re.search(r'action="(/organisation/approve/[^"]+)"', page)
    assert address
    assert other.post(address[1]).status_code == 302
    assert "Approved" in other.get("/organisation/records/").content.decode()
    assert "/organisation/approve/" not in client.get("/organisation/records/").content.decode()


def test_changes_acts_and_nil_returns_are_recorded(client, owner):
    today = clock.now().date()
    later, before = (today + timedelta(days=9)).isoformat(), (today - timedelta(days=9)).isoformat()
    wanted = {"wanted": "A second site", "plan_by": later, "review_by": later}
    assert client.post("/organisation/records/change/", wanted).status_code == 302
    (line,) = queries.records(owner, ListQuery()).rows
    plan = f"/organisation/records/change/{line.entry_id}/plan/"
    assert client.post(plan, {"consequences": "More audits", "resources_named": "on"}).status_code == 302
    review = f"/organisation/records/change/{line.entry_id}/review/"
    assert client.post(review, {"outcome": "as intended"}).status_code == 302
    said = {"register": "incident", "period_from": before, "period_to": today.isoformat(), "how_known": "tickets"}
    assert client.post("/organisation/records/nothing/", said).status_code == 302
    refused = client.post("/organisation/records/act/", {"duty": "means", "act": "Approved two posts"})
    assert refused.status_code == 422
    assert "do not hold the role" in refused.content.decode()
    for page in ("act", "nothing", "change", "description"):
        assert client.get(f"/organisation/records/{page}/").status_code == 200
    assert client.get(plan).status_code == client.get(review).status_code == 200


def test_lists_are_exported_with_all_their_rows(client, owner):
    for number in range(30):
        add_process(client, owner, process_id=f"p{number}", name=f"=Process {number}")
    body = client.get("/organisation/processes/?export=csv").content.decode("utf-8-sig")
    assert len(body.splitlines()) == 31
    assert "'=Process 7" in body
    assert client.get("/organisation/processes/?export=xlsx").content.startswith(b"PK")
    client.post("/organisation/records/description/", {"version": "1", "text": "x"})
    assert "Description of the management system 1" in client.get("/organisation/records/?export=csv").content.decode()


def test_what_cannot_be_is_said_beside_the_field(client, owner):
    assert "no id of a process" in add_process(client, owner, process_id="Two Words").content.decode()
    assert add_process(client, owner, owner="person-0").status_code == 422
    assert client.get("/organisation/processes/nowhere/").status_code == 404


def test_a_viewer_sees_no_way_to_change_and_finds_none(client, owner):
    add_process(client, owner)
    join(owner.organisation_id, "viewer", (), "viewer@example.org", password=PASSWORD)
    viewer = browser("viewer@example.org")
    for page in ("", "processes/", "processes/risk-assessment/", "records/"):
        body = viewer.get(f"/organisation/{page}")
        assert body.status_code == 200
        assert not re.search(r'href="/organisation/[^"]*(add|edit|act|change|nothing)/"', body.content.decode())
    for page in ("edit/", "processes/add/", "processes/risk-assessment/edit/", "records/act/", "records/nothing/"):
        assert viewer.get(f"/organisation/{page}").status_code == 403
        assert viewer.post(f"/organisation/{page}", {}).status_code == 403


def test_a_page_of_the_register_costs_few_queries(client, owner, django_assert_max_num_queries):
    for number in range(12):
        add_process(client, owner, process_id=f"p{number}")
    for page in ("", "processes/", "records/", "processes/p1/"):
        with django_assert_max_num_queries(10):
            assert client.get(f"/organisation/{page}").status_code == 200
