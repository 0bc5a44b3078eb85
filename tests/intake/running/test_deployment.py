"""A manifest with [deployment]: results about what runs are facts of their own kinds, computed again by the server."""

import copy
from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.catalogue.rule import Need
from clerestory.intake.manifest import read
from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.intake.receive import receive
from clerestory.intake.receive.emitted import WindowOutsideRun
from clerestory.intake.receive.recompute import PushedCheckUnusable, RunDiffers
from clerestory.intake.run import run_check
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.index import FactIndex
from clerestory.store import evidence, log
from clerestory.store.facts import judging
from clerestory.store.log import Search
from clerestory.terms.evidence import Evidence, Machine, Subject
from clerestory.terms.ids import RequirementId
from clerestory.terms.moment import Period, moment_text
from tests.intake.loans import write
from tests.intake.running.served import ALIVE, DEPLOYMENT, HEAD, LIVE, SERVICE, SUBJECT, pushed
from tests.judgement.one_rule import rule
from tests.judgement.stories import ISO, whole
from tests.organisation import NOW
from tests.registers.records import LATER


def test_a_result_about_what_runs_is_a_fact_of_its_own_kind_with_its_window(actor, place, tmp_path):
    document = pushed(tmp_path, LIVE + DEPLOYMENT + SERVICE + ALIVE)
    receipt = receive(document, actor=actor, now=LATER)
    assert [str(check.verdict) for check in receipt.checks] == ["PASS", "PASS"]
    assert log.search(actor.organisation_id, Search(kind="check")).total == 0
    service = log.entry(actor.organisation_id, receipt.checks[0].entry_id).fact
    assert (service.kind, service.subject) == ("runtime.operation", SUBJECT)
    assert Subject("ai_system", "credit-scoring") in service.links
    assert service.values["window_to"] == moment_text(NOW - timedelta(hours=2))
    assert service.values["criterion"] == "<= 0.02"
    assert service.values["n"] == 1000
    assert service.observed.end == NOW - timedelta(hours=2)
    alive = log.entry(actor.organisation_id, receipt.checks[1].entry_id).fact
    assert alive.values["monitors_run"] == 1
    assert alive.covers == ("drift",)
    place()
    with judging(actor.organisation_id) as index:
        node = index.nodes[SUBJECT]
        assert [row.verdict for row in node.about("runtime.operation")] == ["PASS", "PASS"]


def test_a_figure_or_verdict_that_does_not_follow_from_the_counts_is_refused(actor, tmp_path):
    document = pushed(tmp_path, LIVE + DEPLOYMENT + SERVICE, failed=50)
    assert document["checks"][0]["verdict"] == "FAIL"
    forged = copy.deepcopy(document)
    forged["checks"][0]["verdict"] = "PASS"
    with pytest.raises(RunDiffers, match="verdict"):
        receive(forged, actor=actor, now=LATER)
    forged = copy.deepcopy(document)
    forged["checks"][0]["measurement"]["figures"]["window_to"] = moment_text(NOW)
    with pytest.raises(RunDiffers, match="figures"):
        receive(forged, actor=actor, now=LATER)
    forged = copy.deepcopy(document)
    later = moment_text(NOW + timedelta(days=3))
    forged["checks"][0]["measurement"]["figures"]["window_to"] = later
    notes = forged["tallies"][0]["tally"]["notes"]
    forged["tallies"][0]["tally"]["notes"] = [[n, later if n == "window to" else t] for n, t in notes]
    details = forged["checks"][0]["measurement"]["details"]
    details["window to"] = later
    with pytest.raises(WindowOutsideRun, match="after the run"):
        receive(forged, actor=actor, now=LATER)


def test_an_old_log_stays_old_however_often_it_is_measured(actor, tmp_path):
    old = timedelta(days=6)
    document = pushed(tmp_path, LIVE + DEPLOYMENT + SERVICE, age=old)
    receipt = receive(document, actor=actor, now=LATER)
    assert log.entry(actor.organisation_id, receipt.checks[0].entry_id).fact.observed.end == NOW - old


def test_the_log_of_another_day_does_not_contradict_the_one_before(actor, tmp_path):
    receive(pushed(tmp_path, LIVE + DEPLOYMENT + SERVICE), actor=actor, now=LATER)
    document = pushed(tmp_path, LIVE + DEPLOYMENT + SERVICE, failed=80, now=NOW + timedelta(minutes=1))
    receipt = receive(document, actor=actor, now=LATER + timedelta(minutes=2))
    assert str(receipt.checks[0].verdict) == "FAIL"


def test_the_deployment_of_another_system_is_refused(actor, tmp_path):
    document = pushed(tmp_path, LIVE + DEPLOYMENT + SERVICE)
    for foreign in ("churn/branch-offices", "branch-offices", "credit-scoring/"):
        forged = copy.deepcopy(document)
        forged["deployment"]["id"] = forged["checks"][0]["subject"]["id"] = foreign
        with pytest.raises(PushedCheckUnusable, match="none of the system"):
            receive(forged, actor=actor, now=LATER)
    forged = copy.deepcopy(document)
    del forged["deployment"]
    with pytest.raises(PushedCheckUnusable, match="none is named"):
        receive(forged, actor=actor, now=LATER)
    forged = copy.deepcopy(document)
    forged["checks"][0]["subject"] = {"kind": "ai_system", "id": "credit-scoring"}
    with pytest.raises(RunDiffers, match="subject"):
        receive(forged, actor=actor, now=LATER)


INPUTS = """
[[check]]
name = "data_quality.contract"
criterion = "<= 0"
source = "data contract 1"
about = "deployment"
unique = ["case_id"]
"""


def test_a_check_of_production_data_may_be_about_the_deployment(actor, tmp_path):
    receipt = receive(pushed(tmp_path, LIVE + DEPLOYMENT + INPUTS), actor=actor, now=LATER)
    fact = log.entry(actor.organisation_id, receipt.checks[0].entry_id).fact
    assert (fact.kind, fact.subject, fact.values["data_role"]) == ("check", SUBJECT, "production")


@pytest.mark.parametrize(
    "manifest, problem",
    [
        (LIVE + SERVICE, r"line 26.*operation\.availability is about a deployment, and the manifest names none"),
        (LIVE + INPUTS, "names none"),
        (HEAD + DEPLOYMENT + INPUTS, "current is test data"),
        (LIVE + '[deployment]\nname = "x"\n' + SERVICE, r"\[deployment\] has no 'id'"),
        (LIVE + '[deployment]\nid = "Branch Offices"\n' + SERVICE, "'Branch Offices'"),
        (LIVE + '[deployment]\nid = "a"\nowner = "b"\n' + SERVICE, "unknown key 'owner'"),
        (LIVE + '[deployment]\nid = "a"\nstarted_at = "May"\n' + SERVICE, "started_at is 'May'"),
        (LIVE + DEPLOYMENT + INPUTS.replace('"deployment"', '"model"'), "about is 'model'"),
    ],
)
def test_a_deployment_that_is_not_there_or_not_one_is_refused_before_anything_runs(tmp_path, manifest, problem):
    folder = write(tmp_path, manifest=manifest)
    with pytest.raises(ManifestUnusable, match=problem):
        run_check(read(folder), now=lambda: NOW)


FOUND = """
[[check]]
name = "inventory.discovery-reconciliation"
criterion = "<= 0"
source = "own rule: all AI is registered"
sources = ["*.py"]
"""


def test_what_search_found_is_about_the_organisation_that_it_was_pushed_to(actor, tmp_path):
    tmp_path.joinpath("ai_register.csv").write_text("id,uses,paths\nscores,torch,\n", encoding="utf-8")
    tmp_path.joinpath("score.py").write_text("import torch\n", encoding="utf-8")
    receipt = receive(pushed(tmp_path, HEAD + FOUND), actor=actor, now=LATER)
    fact = log.entry(actor.organisation_id, receipt.checks[0].entry_id).fact
    assert (fact.kind, fact.subject) == ("check", Subject("organisation", actor.organisation_id))


def test_a_registered_deployment_is_judged_by_the_results_about_it(actor, place, tmp_path):
    receive(pushed(tmp_path, LIVE + DEPLOYMENT + SERVICE), actor=actor, now=LATER)
    links = (Subject("ai_system", "credit-scoring"),)
    state = Evidence(
        kind="register.deployment", subject=SUBJECT, produced_by=Machine("test", "1"), observed=Period.at(NOW),
        values={
            "model_version": "credit-scoring/1", "environment": "sha256:00", "status": "active", "affects_people": True,
            "generates_content": False, "reviewed_by_people": True, "started_at": moment_text(NOW),
        },
        entity="deployment/1", links=links,
    )  # fmt: skip
    evidence.append(state, organisation_id=actor.organisation_id, now=LATER)
    place()
    asked = Need(
        kind="runtime.operation", check="operation.availability", verdict_pass=True, max_age=timedelta(days=7), where={}
    )
    catalogue = replace(whole(), rules={ISO: (rule(asked, for_each="deployment"),)})
    with judging(actor.organisation_id) as index:
        facts = [row.fact for row in index.rows.values()]
    for days, conformity in ((0, "CONFORMS"), (8, "STALE")):
        status = evaluate(catalogue, ISO, FactIndex.of(catalogue, facts), at=LATER + timedelta(days=days))
        assert str(status[RequirementId("A.7.4")].conformity) == conformity
