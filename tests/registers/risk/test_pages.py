"""Every page of the risk register: who gets in, who may change, what it costs, and that forms do what commands do."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from clerestory.registers.risk import commands
from clerestory.registers.risk.queries import risk_record
from clerestory.registers.risk.queries.record import tasks_of
from clerestory.registers.risk.rules.risk import NewTask
from clerestory.store import clock, log
from clerestory.store.log import Search
from tests.organisation import found, join
from tests.registers.records import register
from tests.registers.risk.risks import (
    HIGH,
    LOW,
    VERY_HIGH,
    agreed,
    identified,
    method,
    version,
)
from tests.registers.risk.test_money import SAID
from tests.registers.risk.test_planning import CASES, action
from tests.registers.risk.test_residual import TREATED, bearings
from tests.registers.test_pages import signed_in
from tests.standing import as_built, standing

RISK, TASK, SYSTEM = ("R-1",), ("R-1-T1",), ("credit-scoring",)
READS = {
    "risk": (),
    "risk-map": (),
    "risk-consistency": (),
    "risk-tasks": (),
    "risk-task": TASK,
    "risk-plan": (),
    "risk-criteria": (),
    "risk-criteria-version": ("1",),
    "risk-system": SYSTEM,
    "risk-record": RISK,
    "risk-movement": (),
    "risk-prompts": (),
    "risk-opportunities": (),
    "risk-action": ("PA-1",),
    "risk-trials": (),
    "risk-trial": ("CT-1",),
    "risk-money": RISK,
}
FORMS = {
    "risk-add": (),
    "risk-edit": RISK,
    "risk-analyse": RISK,
    "risk-decide": RISK,
    "risk-task-add": RISK,
    "risk-effect": RISK,
    "risk-accept": RISK,
    "risk-criteria-propose": (),
    "risk-process": (),
    "risk-action-add": (),
}
POSTS = {
    "risk-task": TASK,
    "risk-task-done": TASK,
    "risk-task-drop": TASK,
    "risk-plan": (),
    "risk-system": SYSTEM,
    "risk-close": RISK,
    "risk-reopen": RISK,
    "risk-criteria-approve": ("1",),
    "risk-approve": ("entry-1",),
    "risk-opportunities": (),
    "risk-action": ("PA-1",),
    "risk-trials": (),
    "risk-trial": ("CT-1",),
    "risk-money": RISK,
    **FORMS,
}
OWN = {"risk-task", "risk-criteria-version", "risk-system", "risk-record", "risk-action", "risk-trial", "risk-money"}
RATED = {"likelihood": "4", "organisation": "2", "individuals": "4", "societies": "3", "reason": "Figures of last year"}


def treated():
    """Return the owner of an organisation with one risk in treatment and criteria that wait."""
    actor = found()
    register(actor)
    identified(actor)
    worker = join(actor.organisation_id, "editor", (), "worker@example.org")
    agreed(actor, task=worker, **TREATED)
    commands.estimate_loss(
        actor=actor, risk_id="R-1", said=SAID, reason="Claims of three years", expected_version=version(actor)
    )
    commands.note_bearings(actor=actor, bearings=bearings("STALE"))
    commands.plan_action(actor=actor, said=action(actor, inputs=(), evaluate_by=clock.now().date()))
    commands.begin_trial(actor=actor, cases=CASES, first=actor.person_id, second=worker.person_id)
    commands.propose_method(actor=actor, method=method())
    return actor


built = standing(treated)


@pytest.fixture
def owner(built, db):
    """Give the owner of an organisation with one risk in treatment, as it was built."""
    return as_built(built)


@pytest.fixture
def client(owner) -> Client:
    """Give a browser in which the owner is signed in."""
    return signed_in("owner@example.org")


@pytest.mark.parametrize("name", [*READS, *FORMS])
def test_each_page_is_shown_to_its_members(client, name):
    response = client.get(reverse(name, args=READS.get(name, FORMS.get(name))))
    assert response.status_code == 200
    assert b"<h1" in response.content


@pytest.mark.parametrize("name", READS)
def test_viewers_and_auditors_read_every_page(owner, name):
    for access in ("viewer", "auditor"):
        join(owner.organisation_id, access, (), f"{access}@example.org")
        assert signed_in(f"{access}@example.org").get(reverse(name, args=READS[name])).status_code == 200


@pytest.mark.parametrize("name", [*READS, *FORMS])
def test_each_page_sends_strangers_to_sign_in(owner, name):
    response = Client().get(reverse(name, args=READS.get(name, FORMS.get(name))))
    assert response.status_code == 302
    assert reverse("account_login") in response.headers["Location"]


@pytest.mark.parametrize("name", POSTS)
def test_no_form_takes_anything_from_strangers(owner, name):
    response = Client().post(reverse(name, args=POSTS[name]), {"reason": "x"})
    assert response.status_code == 302
    assert reverse("account_login") in response.headers["Location"]


@pytest.mark.parametrize("access", ["viewer", "auditor"])
@pytest.mark.parametrize("name", POSTS)
def test_viewers_and_auditors_cannot_post(owner, access, name):
    join(owner.organisation_id, access, (), "reader@example.org")
    before = log.search(owner.organisation_id, Search()).total
    response = signed_in("reader@example.org").post(reverse(name, args=POSTS[name]), {"reason": "because it is so"})
    assert response.status_code == 403
    assert log.search(owner.organisation_id, Search()).total == before


@pytest.mark.parametrize("name", sorted(OWN))
def test_another_organisation_finds_no_such_record(owner, name):
    found("Other Bank", email="other@example.org")
    assert signed_in("other@example.org").get(reverse(name, args=READS[name])).status_code == 404


@pytest.mark.parametrize("name", [*READS, *FORMS])
def test_a_page_costs_at_most_ten_queries(client, name, django_assert_max_num_queries):
    address = reverse(name, args=READS.get(name, FORMS.get(name)))
    client.get(address)
    with django_assert_max_num_queries(10):
        assert client.get(address).status_code == 200


def test_one_form_identifies_rates_and_names_the_owner(client, owner):
    said = {
        "event": "A refusal cannot be explained",
        "source": "C.3.2",
        "consequence_text": "Nobody can contest it",
        "owner": owner.person_id,
        "system": "credit-scoring",
        **RATED,
    }
    response = client.post(reverse("risk-add"), said)
    assert response.headers["Location"] == "/risk/R-2/"
    record = risk_record(owner, "R-2")
    assert (str(record.level), record.over, record.risk.system_id) == ("high", True, "credit-scoring")
    page = client.get("/risk/R-2/").content.decode()
    assert "Decide how it is treated" in page


def test_a_form_that_rates_half_says_which_scale_is_missing(client, owner):
    said = {"event": "x happens", "source": "C.3.2", "consequence_text": "y", "owner": owner.person_id}
    said["likelihood"] = "3"
    response = client.post(reverse("risk-add"), said)
    assert response.status_code == 422
    assert response.content.decode().count("leave all of them out") == 3


def test_each_cell_of_the_heat_map_leads_to_its_risks(client, owner):
    identified(owner, LOW, event="Something small")
    page = client.get(reverse("risk-map")).content.decode()
    assert page.count('class="risk-cell ') == 50
    assert "/risk/?now_likelihood=4&amp;now_consequence=3" in page
    there = client.get("/risk/?now_likelihood=4&now_consequence=3").content.decode()
    assert "Women are refused" in there and "Something small" not in there
    assert "Nothing fits" in client.get("/risk/?likelihood=5&consequence=5").content.decode()


def test_a_change_from_an_older_version_shows_what_the_other_person_wrote(client, owner):
    record = risk_record(owner, "R-1")
    identified(owner, VERY_HIGH, event="Other")
    said = {
        "event": "Mine",
        "source": "C.3.4",
        "consequence_text": "y",
        "owner": owner.person_id,
        "system": "",
        "version": str(record.version - 1),
    }
    response = client.post(reverse("risk-edit", args=RISK), said)
    assert response.status_code == 422
    assert risk_record(owner, "R-1").risk.event != "Mine"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=HYPERLINK('http://x')", "مخاطر كبيرة جدا", "x" * 300])
def test_odd_text_is_kept_and_harmless_in_pages_and_files(client, owner, text):
    identified(owner, HIGH, event=text)
    page = client.get("/risk/").content.decode()
    assert "<script>alert" not in page
    rows = client.get("/risk/?export=csv").content.decode("utf-8-sig")
    assert not any(line.startswith("=") for line in rows.splitlines())
    assert client.get("/risk/R-2/").status_code == 200
    for form in ("xlsx", "pdf", "docx"):
        assert client.get(f"/risk/?export={form}").status_code == 200


def test_words_that_are_no_filter_and_ids_that_are_no_risk_are_no_server_error(client):
    for address in ("/risk/?level=enormous&look=nothing&likelihood=x", "/risk/?sort=nothing&page=-1"):
        assert client.get(address).status_code == 200
    for address in ("/risk/R-99/", "/risk/criteria/x/", "/risk/tasks/T/", "/risk/systems/none/", "/risk/R-99/decide/"):
        assert client.get(address).status_code == 404


def test_risks_are_given_to_another_owner_in_bulk(client, owner):
    other = join(owner.organisation_id, "editor", (), "other@example.org")
    said = {"bulk": "assign", "ids": ["R-1"], "pick-assign": other.person_id}
    assert client.post(reverse("risk"), said).status_code == 302
    assert risk_record(owner, "R-1").risk.owner == other.person_id


def test_a_step_for_many_rows_is_refused_where_somebody_changed_one_since_the_list_was_shown(client, owner):
    other = join(owner.organisation_id, "editor", (), "other@example.org")
    row = f"R-1~{version(owner)}"
    assert f'value="{row}"' in client.get(reverse("risk")).content.decode()
    task = next(task for task in tasks_of(owner, "R-1"))
    due = f"{task.task_id}~{task.version}"
    assert f'value="{due}"' in client.get(reverse("risk-tasks")).content.decode()
    told = commands.update_risk(
        actor=owner,
        risk_id="R-1",
        risk=replace(risk_record(owner, "R-1").risk, cause="Said more exactly"),
        expected_version=version(owner),
    )
    wanted = NewTask(action="Another action", owner=task.owner, due_on=task.due_on)
    commands.change_task(actor=owner, task_id=task.task_id, task=wanted, expected_version=task.version)
    steps = (
        ("risk", {"bulk": "assign", "ids": [row], "pick-assign": other.person_id}),
        ("risk", {"bulk": "approve-analyses", "ids": [row]}),
        ("risk-tasks", {"bulk": "due", "ids": [due], "pick-due": "14"}),
    )
    for name, said in steps:
        assert client.post(reverse(name), said).status_code == 409, said
    assert risk_record(owner, "R-1").risk.owner == owner.person_id
    said = {"bulk": "assign", "ids": [f"R-1~{told.version}"], "pick-assign": other.person_id}
    assert client.post(reverse("risk"), said).status_code == 302
    assert risk_record(owner, "R-1").risk.owner == other.person_id


def test_a_task_that_one_person_drops_says_that_it_waits_and_another_one_agrees_on_its_page(client, owner):
    join(owner.organisation_id, "editor", (), "other@example.org")
    other = signed_in("other@example.org")
    task = tasks_of(owner, "R-1")[0]
    address, drop = reverse("risk-task", args=[task.task_id]), reverse("risk-task-drop", args=[task.task_id])
    said = {"reason": "Replaced by another one", "version": task.version}
    assert "waits" in client.post(drop, said, follow=True).content.decode()
    page = client.get(address).content.decode()
    assert "Dropping waits for approval" in page and drop not in page
    page = other.get(address).content.decode()
    assert "asked to drop it" in page and drop in page
    assert other.post(drop, said | {"version": task.version + 1}).status_code == 302
    assert tasks_of(owner, "R-1")[0].state == "dropped"
    assert "Dropping waits for approval" not in client.get(address).content.decode()


@pytest.mark.parametrize("day", ["9999-99-99", "yesterday", "9" * 5000, "0001-01-01"])
def test_a_day_that_is_none_shows_the_quarter(client, day):
    assert client.get(reverse("risk-movement"), {"since": day}).status_code == 200
