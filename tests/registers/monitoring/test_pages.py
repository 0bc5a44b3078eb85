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
MOST_QUERIES = 11


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
            actor=server,
            run_id=run_id,
            now=clock.now(),
            came=Came(outcome=Outcome.FAIL, results=(result,), inputs="same"),
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


STEPS = ("change", "run", "pause", "resume", "end", "alarms/{alarm}/answer")


@pytest.mark.parametrize("access", ["viewer", "auditor"])
def test_who_reads_sees_monitors_and_changes_none(furnished, client_of, made, access):
    client = client_of(access)
    page = client.get(f"/monitoring/{made}/").content.decode()
    assert "Run now" not in page
    assert "Set up a monitor" not in client.get("/monitoring/").content.decode()
    assert client.get("/monitoring/new/").status_code == 403
    alarm = queries.alarms(furnished.actor(), made)[0][0].alarm_id
    for step in STEPS:
        address = f"/monitoring/{made}/{step.format(alarm=alarm)}/"
        assert client.post(address, {"reason": "x"}).status_code == 403, step
    assert queries.monitor(furnished.actor(), made).version == 1


def test_strangers_and_other_organisations_reach_nothing(furnished, client_of, made, elsewhere):
    nobody, other = Client(), elsewhere.client("admin")
    for address in ("/monitoring/", "/monitoring/new/", f"/monitoring/{made}/", f"/monitoring/{made}/change/"):
        assert nobody.get(address).status_code == 302, address
    assert other.get(f"/monitoring/{made}/").status_code == 404
    assert made not in other.get("/monitoring/").content.decode()
    alarm = queries.alarms(furnished.actor(), made)[0][0].alarm_id
    for step in STEPS:
        address = f"/monitoring/{made}/{step.format(alarm=alarm)}/"
        assert nobody.post(address).status_code == 302, step
        assert other.post(address, {"reason": "x"}).status_code == 404, step
    assert other.get(f"/api/v1/monitoring/monitors/{made}").status_code == 404
    assert json.loads(other.get("/api/v1/monitoring/monitors").content) == []


@pytest.mark.parametrize("step", ["run", "pause", "resume", "end", "alarms/any/answer"])
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


def test_the_form_offers_what_the_manifest_declares_and_who_could_hear_of_it(furnished, client_of, root):
    client, actor = client_of("editor"), furnished.actor("editor")
    other = root / "other"
    other.mkdir()
    (other / "clerestory.toml").write_text(MANIFEST.split("[[check]]")[0] + CONTRACT)
    page = client.get("/monitoring/new/?folder=credit-3").content.decode()
    assert "fairness.selection-rate-ratio &gt;= 0.6 · 29 CFR 1607.4(D), four-fifths rule" in page
    assert 'hx-select="#id_checks"' in page
    assert "fairness.selection-rate-ratio" not in client.get("/monitoring/new/?folder=other").content.decode()
    said = {"folder": "credit-3", "interval": "weekly", "hour": "4", "owner": actor.person_id}
    chosen = said | {
        "checks": ["fairness.selection-rate-ratio >= 0.6"], "watches": "manifest",
        "told": [furnished.actor("viewer").person_id], "answer_days": "3",
    }  # fmt: skip
    address = client.post("/monitoring/new/", chosen)["Location"]
    page = client.get(address).content.decode()
    assert "Chosen among the checks" in page and "data_quality.schema" not in page
    record = queries.monitor(actor, address.strip("/").split("/")[-1])
    assert record.monitor.checks == ("fairness.selection-rate-ratio >= 0.6",) and record.monitor.answer_days == 3
    assert record.told_names and all(name in page for name in record.told_names)
    wrong = {"checks": ["drift.concept <= 1"]}, {"watches": "rumours"}, {"watches": "decisions"}, {"answer_days": "0"}
    for change in wrong:
        assert client.post("/monitoring/new/", said | change).status_code == 422, change


CONTRACT = """
[[check]]
name = "data_quality.contract"
criterion = "<= 0"
source = "own"
unique = ["case_id"]
"""


def test_an_alarm_is_shown_answered_once_and_stays_open_until_a_run_says_better(furnished, client_of, made):
    client = client_of("editor")
    page = client.get(f"/monitoring/{made}/").content.decode()
    assert "a check failed" in page
    (alarm,), _names = queries.alarms(furnished.actor(), made)
    address = f"/monitoring/{made}/alarms/{alarm.alarm_id}/answer/"
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "<i>Looked</i> into it."}).status_code == 302
    assert client.post(address, {"reason": "Again."}).status_code == 422
    assert client.post(f"/monitoring/{made}/alarms/alarm-none/answer/", {"reason": "x"}).status_code == 404
    page = client.get(f"/monitoring/{made}/").content.decode()
    assert "&lt;i&gt;Looked&lt;/i&gt; into it." in page
    (alarm,), _names = queries.alarms(furnished.actor(), made)
    assert alarm.is_open and alarm.answered_by == furnished.actor("editor").person_id


def test_a_new_model_is_marked_on_the_chart_and_named_in_the_table(furnished, client_of, made):
    actor, server = furnished.actor(), product(furnished.actor().organisation_id, "1")
    for digest in ("a", "a", "b"):
        run_id = ask_run(actor=actor, monitor_id=made)
        begin_run(actor=server, run_id=run_id, now=clock.now())
        found = CheckResult(
            name="performance.task-metric", slice="", criterion=">= 0.8", verdict="PASS", value=0.9, low=0.85,
            high=0.95, n=10, reason="", entry_id="",
        )  # fmt: skip
        came = Came(outcome=Outcome.PASS, results=(found,), model_digest="sha256:" + digest * 64)
        finish_run(actor=server, run_id=run_id, came=came, now=clock.now())
    answer = client_of("viewer").get(f"/monitoring/{made}/")
    chart = answer.context["chart"]
    assert [mark["label"] for mark in chart["marks"]] == ["model bbbbbbbb"]
    assert chart["limits"][0]["at"] == 0.8 and len(chart["points"]) == 3
    page = answer.content.decode()
    table, runs = page.count("bbbbbbbb</span></th>"), page.count("bbbbbbbb</td>")
    assert (table, runs, page.count("aaaaaaaa</td>")) == (1, 1, 2), "table of the check, table of runs"


def test_evidence_of_a_change_is_drawn_by_column_with_its_threshold_and_a_table_behind_it(furnished, client_of, made):
    actor, server = furnished.actor(), product(furnished.actor().organisation_id, "1")
    change = {
        "days": ["2026-11-20", "2026-11-21"], "columns": {"<age>": [0.5, 9.25], "home": [-3.0, -4.0]},
        "threshold": 3.69, "left_out": [],
    }  # fmt: skip
    run_id = ask_run(actor=actor, monitor_id=made)
    begin_run(actor=server, run_id=run_id, now=clock.now())
    came = Came(outcome=Outcome.FAIL, alarms=("<age>",), counted={"change": change, "alarms": ["<age>"]})
    finish_run(actor=server, run_id=run_id, came=came, now=clock.now())
    answer = client_of("viewer").get(f"/monitoring/{made}/")
    page = answer.content.decode()
    assert "Evidence of a change: &lt;age&gt;" in page and "<age>" not in page
    assert "data changed: &lt;age&gt;" in page and ">9.25</td>" in page
    drawn = answer.context["change_chart"]
    assert [point["verdict"] for point in drawn["points"]] == ["NONE", "FAIL"] and drawn["limits"][0]["at"] == 3.69
    assert "Evidence of a change: home" in client_of("viewer").get(f"/monitoring/{made}/?column=home").content.decode()
    alarm = next(one for one in queries.alarms(actor, made)[0] if one.kind == "changed")
    address = f"/monitoring/{made}/alarms/{alarm.alarm_id}/answer/"
    assert client_of("editor").post(address, {"reason": "The form was changed."}).status_code == 302
    assert not next(one for one in queries.alarms(actor, made)[0] if one.kind == "changed").is_open


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
    declared = json.loads(api.get("/api/v1/monitoring/projects/checks?folder=credit-3", **auth).content)
    one = next(item["check"] for item in declared if item["check"].startswith("fairness"))
    assert call("put", address, wish | {"checks": [one], "told": [owner], "version": 2})[0] == 200
    assert call("put", address, wish | {"checks": ["drift.concept <= 1"], "version": 3})[0] == 422
    (service,) = json.loads(api.get("/api/v1/monitoring/services?days=30", **auth).content)
    assert (service["system_id"], service["monitors"]) == ("credit-scoring", 1)
    assert json.loads(api.get(f"/api/v1/monitoring{address}/alarms", **auth).content) == []
    assert call("post", f"{address}/alarms/alarm-none/answer", {"answer": "x"})[0] == 404
    assert call("post", f"{address}/pause", {"reason": "moved"})[0] == 200
    assert call("post", f"{address}/resume")[0] == 200
    assert call("post", f"{address}/end")[0] == 200
    assert call("post", "/monitors", wish | {"folder": "../../etc"})[0] == 422
    assert len(json.loads(api.get(f"/api/v1/monitoring{address}/runs", **auth).content)) == 1
