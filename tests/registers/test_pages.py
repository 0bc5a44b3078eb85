"""Every page of the registers: who gets in, who may change, and that each form does what its command does."""

import re
import time

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from clerestory.desk.approval import open_proposals, standings
from clerestory.desk.models import User
from clerestory.registers.applicability import queries as applicability
from clerestory.registers.context import commands as context
from clerestory.registers.context.rules.party import Need
from clerestory.registers.data import commands as data
from clerestory.registers.data import queries as data_queries
from clerestory.registers.data.rules import Limit, QualityCriteria
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory import queries
from clerestory.registers.inventory.rules import ModelStatus, Stage, Tier
from clerestory.registers.inventory.rules.resource import Post
from clerestory.registers.lifecycle.commands import request_change
from clerestory.registers.policy.commands import begin_policy
from clerestory.registers.roles import commands as roles
from clerestory.registers.roles import queries as roles_queries
from clerestory.registers.roles.rules import Assignment, Role
from clerestory.store import clock, log
from clerestory.store.log import Search
from tests.organisation import NOW, found, join
from tests.registers.addresses import APPROVALS, MODEL, OWN, READS, VERSION, WRITES
from tests.registers.context.surroundings import bound, issue, party
from tests.registers.impact.surroundings import assessed
from tests.registers.inventory.surroundings import agent, prompt
from tests.registers.lifecycle.surroundings import wanted
from tests.registers.policy.surroundings import DRAFT, policy
from tests.registers.records import dataset, model, register
from tests.registers.roles.council import council
from tests.standing import as_built, standing


def signed_in(email: str) -> Client:
    """Return a browser in which somebody has just signed in."""
    client = Client()
    client.force_login(User.objects.get(email=email), settings.AUTHENTICATION_BACKENDS[0])
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "email": email}]
    session.save()
    return client


def fill(actor) -> None:
    """Register one of each kind of record."""
    register(actor)
    inventory.register_dataset_version(actor=actor, dataset=dataset(), now=NOW)
    request_change(actor=actor, said=wanted(), now=NOW)
    post = Post(name="Overseer", skills="May stop it", stages=("deployment",), oversight=True)
    inventory.set_post(actor=actor, system_id="credit-scoring", post=post, now=NOW)
    inventory.open_access_review(actor=actor, due_on=NOW.date(), now=NOW)
    for part in (agent(), prompt()):
        inventory.register_part(actor=actor, said=part, now=NOW)
    inventory.register_model_version(actor=actor, model=model(), now=NOW)
    role = Role(role_id="overseer", name="Overseer", has_ai_duties=True, duties=("oversight",))
    roles.define_role(actor=actor, role=role, now=NOW)
    context.note_issue(actor=actor, said=issue("Law comes in steps"), now=NOW)
    context.note_party(actor=actor, said=party(Need(text="reasons for a refusal")), now=NOW)
    context.note_obligation(actor=actor, said=bound(actor), now=NOW)
    begin_policy(actor=actor, said=policy(actor), draft=DRAFT, now=NOW)
    council(actor)
    assessed(actor)


def filled():
    """Return the owner of an organisation with one record of each kind."""
    actor = found()
    fill(actor)
    return actor


built = standing(filled)


@pytest.fixture
def owner(built, db):
    """Give the owner of an organisation with one record of each kind, as it was built."""
    return as_built(built)


@pytest.fixture
def client(owner) -> Client:
    """Give a browser in which the owner is signed in."""
    return signed_in("owner@example.org")


@pytest.fixture
def second(owner):
    """Give a second person who may approve."""
    roles_held = ("designated_management", "top_management")
    return join(owner.organisation_id, "editor", roles_held, "second@example.org")


@pytest.mark.parametrize("turn", ["first", "second"])
def test_what_a_test_changes_is_gone_when_the_next_one_begins(client, owner, turn):
    assert client.get(reverse("inventory-system", args=["fraud-alarm"])).status_code == 404
    assert client.post(reverse("inventory-system-add"), system_post(owner)).status_code == 302
    assert client.get(reverse("inventory-system", args=["fraud-alarm"])).status_code == 200


@pytest.mark.parametrize("name", READS)
def test_each_page_is_shown_to_its_members(client, name):
    response = client.get(reverse(name, args=READS[name]))
    assert response.status_code == 200
    assert b"<h1" in response.content


@pytest.mark.parametrize("name", READS)
def test_each_page_sends_strangers_to_sign_in(owner, name):
    response = Client().get(reverse(name, args=READS[name]))
    assert response.status_code == 302
    assert reverse("account_login") in response.headers["Location"]


@pytest.mark.parametrize("name", [*WRITES, *APPROVALS])
def test_no_form_takes_anything_from_strangers(owner, name):
    response = Client().post(reverse(name, args=WRITES.get(name, ("entry-1",))), {"name": "x"})
    assert response.status_code == 302
    assert reverse("account_login") in response.headers["Location"]


@pytest.mark.parametrize("name", sorted(OWN))
def test_another_organisation_finds_no_such_record(owner, name):
    found("Other Bank", email="other@example.org")
    assert signed_in("other@example.org").get(reverse(name, args=READS[name])).status_code == 404


@pytest.mark.parametrize("access", ["viewer", "auditor"])
@pytest.mark.parametrize("name", [*WRITES, *APPROVALS])
def test_viewers_and_auditors_cannot_post(owner, access, name):
    join(owner.organisation_id, access, (), "reader@example.org")
    before = log.search(owner.organisation_id, Search()).total
    response = signed_in("reader@example.org").post(reverse(name, args=WRITES.get(name, ("entry-1",))), {"name": "x"})
    assert response.status_code == 403
    assert log.search(owner.organisation_id, Search()).total == before


@pytest.mark.parametrize("name", READS)
def test_viewers_read_every_page_but_forms(owner, name):
    join(owner.organisation_id, "viewer", (), "reader@example.org")
    wanted = 403 if name.endswith("-add") else 200
    assert signed_in("reader@example.org").get(reverse(name, args=READS[name])).status_code == wanted


@pytest.mark.parametrize(
    "name",
    [
        "inventory",
        "inventory-datasets",
        "classification",
        "classification-law",
        "lifecycle",
        "roles",
        "data",
        "applicability",
        "context",
        "context-parties",
        "context-obligations",
        "context-systems",
        "policy",
        "policy-coverage",
        "impact",
        "roles-matrix",
        "roles-committees",
    ],
)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_each_list_leaves_as_a_file(client, name, form):
    response = client.get(reverse(name), {"export": form})
    assert response.status_code == 200
    assert f".{form}" in response.headers["Content-Disposition"]
    assert response.content[:3] == (b"\xef\xbb\xbf" if form == "csv" else b"PK\x03")


def test_a_list_is_not_exported_in_another_form(client):
    assert client.get(reverse("roles"), {"export": "exe"}).status_code == 404


def test_the_statement_as_a_file_has_all_38_controls(client):
    lines = client.get(reverse("applicability"), {"export": "csv"}).content.decode("utf-8-sig").splitlines()
    assert len(lines) == 39
    assert sum("undecided" in line for line in lines) == 38


def test_lists_are_searched_filtered_and_cut(client, owner):
    response = client.get(reverse("applicability"), {"q": "data", "decision": "undecided", "size": "25", "page": "1"})
    shown = re.findall(rb"<th scope=\"row\">", response.content)
    assert 5 <= len(shown) < 38


def system_post(owner, **changes):
    return {
        "name": "Fraud alarm", "purpose": "Find odd payments", "owner": owner.person_id, "touches": "credit",
    } | changes  # fmt: skip


def test_a_system_is_registered_by_form(client, owner):
    response = client.post(reverse("inventory-system-add"), system_post(owner))
    assert response.status_code == 302
    record = queries.ai_system(owner, "fraud-alarm")
    system = record.system
    assert (system.stage, system.assumed) == (Stage.OPERATION, ("stage",))
    assert (record.tier, system.affects_people, system.in_scope) == (Tier.HIGH, True, None)


def test_what_the_command_refuses_stands_in_the_form(client, owner):
    response = client.post(reverse("inventory-system-add"), system_post(owner, name="\u202e"))
    assert response.status_code == 422
    assert b"U+202E" in response.content


def test_a_system_is_changed_by_form_from_the_version_that_was_seen(client, owner):
    address = reverse("inventory-system-edit", args=["credit-scoring"])
    page = client.get(address).content.decode()
    assert 'name="version" value="1"' in page
    change = system_post(owner, system_id="another", name="Scoring", version="1") | {"stage": "deployment"}
    assert client.post(address, change).status_code == 302
    record = queries.ai_system(owner, "credit-scoring")
    assert (record.system.name, record.version) == ("Scoring", 2)
    assert client.post(address, change).status_code == 422
    assert client.post(address, change | {"system_id": "<a/b>", "name": ""}).status_code == 422
    assert queries.ai_system(owner, "credit-scoring").version == 2


def test_a_model_is_released_and_data_are_described_by_form(client, owner):
    client.post(reverse("inventory-model", args=[MODEL]), {"status": "released", "version": "1"})
    assert queries.model_version(owner, MODEL).model.status is ModelStatus.RELEASED
    values = {"origin": "own", "about_people": "true", "labelled_by_people": "", "sources": "core", "version": "1"}
    client.post(reverse("inventory-dataset", args=[VERSION]), values)
    described = queries.dataset_version(owner, VERSION).dataset
    assert (described.about_people, described.labelled_by_people, described.sources) == (True, None, ("core",))


def test_roles_are_defined_given_approved_and_accepted_by_form(client, owner, second):
    defined = {"role_id": "reviewer", "name": "Reviewer", "has_ai_duties": "on", "duties": "review\noversight"}
    assert client.post(reverse("roles-add"), defined).status_code == 302
    client.post(reverse("roles-assign", args=["reviewer"]), {"duty": "review", "holder": second.person_id})
    (given,) = roles_queries.assignments(owner, "reviewer")
    browser = signed_in("second@example.org")
    page = browser.get(reverse("roles-role", args=["reviewer"])).content.decode()
    assert reverse("roles-approve", args=[given.entry_id]) in page
    assert reverse("roles-accept", args=["reviewer"]) in page
    assert browser.post(reverse("roles-approve", args=[given.entry_id])).status_code == 302
    assert browser.post(reverse("roles-accept", args=["reviewer"])).status_code == 302
    assert standings(owner, [given.entry_id])[given.entry_id].is_approved
    assert [a.holder for a in roles_queries.acceptances(owner, "reviewer")] == [second.person_id]


def test_a_key_that_nobody_gives_comes_from_the_name(client, owner):
    said = {"role_id": "", "name": "Prüfung für KI", "duties": "review"}
    assert client.post(reverse("roles-add"), said).url == reverse("roles-role", args=["pruefung-fuer-ki"])
    said = {"policy_id": "", "title": "AI in claims", "owner": owner.person_id, "text": "Weigh it."}
    said |= {"audiences": "staff", "review_by": "2027-11-21", "approvers": "top_management", "elements": "purpose"}
    assert client.post(reverse("policy-add"), said).url == reverse("policy-policy", args=["ai-in-claims"])


def test_a_deployment_says_where_model_versions_come_from_when_none_is_known(client, owner):
    address = reverse("inventory-part-add", args=["credit-scoring", "deployment"])
    assert "No model version of this system" not in client.get(address).content.decode()
    register(owner, system_id="chat", name="Chat")
    address = reverse("inventory-part-add", args=["chat", "deployment"])
    assert "No model version of this system" in client.get(address).content.decode()


def test_a_refused_form_is_read_from_its_first_wrong_field_on(client, owner):
    page = client.post(reverse("context-issue-add"), {"text": "Law changes", "topic": "law"}).content.decode()
    assert page.count(" autofocus") == 1
    assert re.search(r'role="group" aria-labelledby="id_effect_label" tabindex="-1" autofocus', page)
    page = client.post(reverse("context-issue-add"), {"text": "Law changes", "topic": "law", "effect": "helps"})
    assert re.search(r'<textarea name="bearing"[^>]* autofocus', page.content.decode())
    assert " autofocus" not in client.get(reverse("context-issue-add")).content.decode()


def test_law_is_taken_over_once_the_profile_names_whose_law_binds(client, owner):
    article = f"{reverse('context-obligation-add')}?article=Art.4"
    assert _place(client, article) == "EU"
    assert "names no jurisdiction" not in client.get(article).content.decode()
    address = reverse("organisation-edit")
    said = {"name": "Northlight Bank", "units": "", "sites": "", "time_zone": "UTC"}
    for version, places, chosen in ((1, "Deutschland", "Deutschland"), (2, "Deutschland\nEuropäische Union",
                                    "Europäische Union"), (3, "CH\nUK", "")):  # fmt: skip
        assert client.post(address, said | {"jurisdictions": places, "version": str(version)}).status_code == 302
        assert _place(client, article) == chosen
    assert client.post(address, said | {"jurisdictions": "", "version": "4"}).status_code == 302
    page = client.get(article).content.decode()
    assert "The organisation names no jurisdiction." in page
    assert f'href="{reverse("organisation")}">Add them to its profile' in page


def _place(client, address) -> str:
    return client.get(address).context["form"].initial["jurisdiction"]


def test_the_proposer_is_offered_no_approval_and_cannot_force_one(client, owner, second):
    roles.assign_role(
        actor=owner, assignment=Assignment(role_id="overseer", duty="oversight", holder=second.person_id), now=NOW
    )
    (given,) = roles_queries.assignments(owner, "overseer")
    address = reverse("roles-approve", args=[given.entry_id])
    assert address not in client.get(reverse("roles-role", args=["overseer"])).content.decode()
    assert client.post(address).status_code == 422
    assert given.entry_id in {p.entry_id for p in open_proposals(owner)}


def test_an_approval_long_after_signing_in_asks_who_one_is_and_does_not_count_before(owner, second):
    made = data.propose_criteria(
        actor=owner, criteria=QualityCriteria(dataset_version_id=VERSION, limits=(Limit("valid", "x"),)), now=NOW
    )
    browser = signed_in("second@example.org")
    session = browser.session
    methods = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**method, "at": method["at"] - 3600} for method in methods]
    session.save()
    response = browser.post(reverse("data-approve", args=[made.entry_id]))
    assert response.status_code == 302
    assert reverse("account_reauthenticate") in response.headers["Location"]
    assert not standings(owner, [made.entry_id])[made.entry_id].is_approved


def test_duties_around_a_system_and_a_report_are_recorded_by_form(client, owner):
    people = {"accountable": owner.person_id, "risk": owner.person_id, "oversight": owner.person_id}
    assert client.post(reverse("roles-system", args=["credit-scoring"]), people).status_code == 302
    (record,) = roles_queries.system_duties(owner)
    assert sorted(record.duties.held) == ["oversight", "risk"]
    told = {"received_by": ["top_management"], "topics": "status", "summary": "All told."}
    assert client.post(reverse("roles-report"), told).status_code == 302
    assert roles_queries.performance_reports(owner)[0].summary == "All told."


def test_limits_a_datasheet_and_the_procedure_are_proposed_by_form(client, owner):
    client.post(reverse("data-criteria", args=[VERSION]), {"complete": "nulls <= 0.02\nrows >= 100", "valid": ""})
    (limits,) = data_queries.criteria_versions(owner, VERSION)
    assert [limit.text for limit in limits.criteria.limits] == ["nulls <= 0.02", "rows >= 100"]
    client.post(reverse("data-datasheet", args=[VERSION]), {"source": "Core banking", "keep_for": "P10Y"})
    assert data_queries.datasheet_versions(owner, VERSION)[0].sheet.keep_for == "P10Y"
    steps = {"parts": ["collection"], "steps": "collect\ncheck", "text": "So."}
    client.post(reverse("data-procedure"), steps)
    assert data_queries.procedure_versions(owner)[0].procedure.steps == ("collect", "check")
    assert client.post(reverse("data-criteria", args=[VERSION]), {}).status_code == 422


def test_controls_are_decided_and_rules_loosened_by_form(client, owner):
    said = {"included": "no", "justification": "No customers use our systems.", "ground": "law", "risks": ""}
    assert client.post(reverse("applicability-control", args=["A.10.4"]), said).status_code == 302
    row = applicability.statement_row(owner, "A.10.4")
    assert row.newest is not None
    assert not row.newest.decision.included
    assert client.post(reverse("applicability-trace")).status_code == 302
    assert client.get(reverse("applicability-control", args=["5.3"])).status_code == 404
    loosened = {
        "rule": "A.7.4/quality-measured",
        "justification": "Data arrive in spring.",
        "valid_until": "2020-01-01",
    }
    assert client.post(reverse("applicability-exceptions"), loosened).status_code == 422


@pytest.mark.parametrize(
    "name",
    [
        "inventory",
        "inventory-datasets",
        "classification",
        "classification-law",
        "inventory-budgets",
        "roles",
        "data",
        "applicability",
    ],
)
def test_a_page_of_a_list_asks_the_database_no_more_for_more_rows(client, owner, name, django_assert_max_num_queries):
    for number in range(40):
        inventory.register_dataset_version(actor=owner, dataset=dataset(f"rows {number}"), now=NOW)
        inventory.register_model_version(actor=owner, model=model(f"weights {number}"), now=NOW)
    with django_assert_max_num_queries(10):
        assert client.get(reverse(name), {"size": "100"}).status_code == 200


def test_a_meeting_is_called_with_what_waits_and_leaves_as_a_paper(client, owner):
    today = clock.now().date().isoformat()
    called = client.post(reverse("committee-call", args=["ai-council"]), {"planned_for": today}, follow=True)
    assert b"waits for approval" in called.content.lower()
    paper = client.get(reverse("roles-meeting", args=["ai-council", 2]), {"export": "pdf"})
    assert (paper.status_code, paper.content[:5]) == (200, b"%PDF-")
