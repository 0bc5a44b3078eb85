"""Pages and API of monitors: who may do what, what they cost, and what they answer to nonsense."""

import json

import pytest
from django.test import Client

from clerestory.desk.actor import product
from clerestory.registers.monitoring import queries
from clerestory.registers.monitoring.commands import Came, ask_run, begin_run, finish_run, set_up_monitor
from clerestory.registers.monitoring.rules import CheckResult, Outcome
from clerestory.store import clock
from tests.intake.loans import MANIFEST
from tests.registers.monitoring.conftest import wanted
from tests.web.conftest import Place, elsewhere, furnished, place

__all__ = ["elsewhere", "furnished", "place"]
MOST_QUERIES = 10


@pytest.fixture
def client_of(furnished: Place, root):
    for number in range(30):
        folder = root / f"credit-{number}"
        folder.mkdir()
        (folder / "clerestory.toml").write_text(MANIFEST, encoding="utf-8")
    return furnished.client


@pytest.fixture
def made(furnished: Place, client_of) -> str:
    """Set monitors up and let one have run; return that one."""
    actor = furnished.actor()
    ids = [
        set_up_monitor(actor=actor, wanted=wanted(actor, folder=f"credit-{number}")).monitor_id for number in range(30)
    ]
    for value in (0.9, 0.7):
        run_id = ask_run(actor=actor, monitor_id=ids[0])
        server = product(actor.organisation_id, "1")
        begin_run(actor=server, run_id=run_id, now=clock.now())
        result = CheckResult(
            name="<b>fairness</b>", slice="=cmd()", criterion=">= 0.8", verdict="FAIL", value=value, low=value - 0.1,
            high=value + 0.1, n=10, reason="", entry_id="",
        )  # fmt: skip
        finish_run(
            actor=server, run_id=run_id, now=clock.now(), came=Came(outcome=Outcome.FAIL, results=(result,), inputs="same")
        )
    return ids[0]


@pytest.mark.parametrize("address", ["/monitoring/", "/monitoring/?state=late&sort=-next_due_at", "/monitoring/{id}/"])
def test_lists_and_details_cost_few_queries(client_of, made, django_assert_max_num_queries, address):
    client = client_of("admin")
    client.get("/")
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(address.format(id=made)).status_code == 200


@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf", "docx"])
def test_the_list_leaves_as_a_file(client_of, made, form):
    answer = client_of("viewer").get(f"/monitoring/?export={form}")
    assert answer.status_code == 200
    assert "monitors" in answer["Content-Disposition"]


def test_html_in_what_was_found_is_text_on_the_page(client_of, made):
    body = client_of("viewer").get(f"/monitoring/{made}/").content.decode()
    assert "<b>fairness</b>" not in body
    assert "&lt;b&gt;fairness" in body
    assert "same data" in body


STEPS = ("change", "run", "pause", "resume", "end")


@pytest.mark.parametrize("access", ["viewer", "auditor"])
def test_who_reads_sees_monitors_and_changes_none(furnished, client_of, made, access):
    client = client_of(access)
    page = client.get(f"/monitoring/{made}/").content.decode()
    assert "Run now" not in page
    assert "Set up a monitor" not in client.get("/monitoring/").content.decode()
    assert client.get("/monitoring/new/").status_code == 403
    for step in STEPS:
        assert client.post(f"/monitoring/{made}/{step}/", {"reason": "x"}).status_code == 403, step
    assert queries.monitor(furnished.actor(), made).version == 1


def test_strangers_and_other_organisations_reach_nothing(furnished, client_of, made, elsewhere):
    nobody, other = Client(), elsewhere.client("admin")
    for address in ("/monitoring/", "/monitoring/new/", f"/monitoring/{made}/", f"/monitoring/{made}/change/"):
        assert nobody.get(address).status_code == 302, address
    assert other.get(f"/monitoring/{made}/").status_code == 404
    assert made not in other.get("/monitoring/").content.decode()
    for step in STEPS:
        assert nobody.post(f"/monitoring/{made}/{step}/").status_code == 302, step
        assert other.post(f"/monitoring/{made}/{step}/", {"reason": "x"}).status_code == 404, step
    assert other.get(f"/api/v1/monitoring/monitors/{made}").status_code == 404
    assert json.loads(other.get("/api/v1/monitoring/monitors").content) == []


@pytest.mark.parametrize("step", ["run", "pause", "resume", "end"])
def test_no_step_is_taken_by_following_a_link(client_of, made, step):
    assert client_of("admin").get(f"/monitoring/{made}/{step}/").status_code == 405


def test_a_monitor_is_set_up_changed_run_paused_and_ended_on_the_pages(furnished, client_of):
    client, owner = client_of("editor"), furnished.actor("editor").person_id
    said = {"folder": "credit-3", "interval": "weekly", "hour": "4", "owner": owner}
    answer = client.post("/monitoring/new/", said)
    assert answer.status_code == 302
    address = answer["Location"]
    assert "Runs each Monday at 04:00 UTC." in client.get(address).content.decode()
    assert client.post(f"{address}change/", said | {"hour": "5", "version": "1"}).status_code == 302
    assert client.post(f"{address}change/", said | {"hour": "6", "version": "1"}).status_code == 422
    assert client.post(f"{address}run/").status_code == 302
    page = client.get(address).content.decode()
    assert "A run waits for a worker" in page
    assert "No worker lives" in page
    assert client.post(f"{address}run/").status_code == 422
    assert client.post(f"{address}pause/", {"reason": ""}).status_code == 422
    assert client.post(f"{address}pause/", {"reason": "moved"}).status_code == 302
    assert client.post(f"{address}resume/").status_code == 302
    assert client.post(f"{address}end/").status_code == 302
    assert "Ended" in client.get(address).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"folder": "../x"}, {"folder": ""}, {"interval": "yearly"}, {"hour": "24"}, {"hour": "x"}, {"owner": "person-x"}],
)
def test_nonsense_in_the_form_is_said_beside_it(furnished, client_of, wrong):
    owner = furnished.actor("editor").person_id
    said = {"folder": "credit-3", "interval": "weekly", "hour": "4", "owner": owner} | wrong
    answer = client_of("editor").post("/monitoring/new/", said)
    assert answer.status_code == 422
    assert b"field-error" in answer.content


def test_without_a_manifest_the_form_says_where_to_put_one(furnished, root):
    page = furnished.client("editor").get("/monitoring/new/").content.decode()
    assert str(root) in page


def test_the_api_does_what_the_pages_do(furnished, client_of):
    client, owner = client_of("editor"), furnished.actor("editor").person_id
    token = client.post("/members/tokens/", {"name": "ci", "scopes": ["read", "write"], "days": "30"}).context["secret"]
    api, auth = Client(), {"HTTP_AUTHORIZATION": f"Bearer {token}"}

    def call(verb, address, document=None):
        answer = getattr(api, verb)(
            f"/api/v1/monitoring{address}", json.dumps(document or {}), content_type="application/json", **auth
        )
        return answer.status_code, json.loads(answer.content)

    projects = json.loads(api.get("/api/v1/monitoring/projects", **auth).content)
    assert {"folder": "credit-3", "system_id": "credit-scoring"} in projects
    wish = {"system_id": "credit-scoring", "folder": "credit-3", "interval": "daily", "hour": 4, "owner": owner}
    code, made = call("post", "/monitors", wish)
    assert code == 201
    address = f"/monitors/{made['monitor_id']}"
    assert call("put", address, wish | {"hour": 7, "version": 1})[0] == 200
    assert call("put", address, wish | {"hour": 8, "version": 1})[0] == 409
    assert call("post", f"{address}/runs")[0] == 202
    assert call("post", f"{address}/pause", {"reason": "moved"})[0] == 200
    assert call("post", f"{address}/resume")[0] == 200
    assert call("post", f"{address}/end")[0] == 200
    assert call("post", "/monitors", wish | {"folder": "../../etc"})[0] == 422
    assert len(json.loads(api.get(f"/api/v1/monitoring{address}/runs", **auth).content)) == 1
