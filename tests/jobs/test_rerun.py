"""A monitor measures real data in a process of its own; what it finds, or that it could not, is kept and told once."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django_q.models import OrmQ

from clerestory.desk.lists import ListQuery
from clerestory.desk.models import WebhookPost
from clerestory.desk.notice.inbox import notices
from clerestory.desk.notice.targets import register_target
from clerestory.desk.people import change_membership
from clerestory.jobs import rerun as jobs
from clerestory.jobs.queue import Interrupted, perform, stopping
from clerestory.registers.monitoring import queries
from clerestory.registers.monitoring.commands import ask_run, change_monitor
from clerestory.registers.monitoring.rules import Outcome
from clerestory.store import log
from clerestory.store.log.lookup import Search, search
from tests.intake.loans import write
from tests.organisation import join
from tests.registers.monitoring.conftest import monitor_today as monitor_id
from tests.registers.monitoring.conftest import project, root, system, wanted

__all__ = ["monitor_id", "project", "root", "system"]


@pytest.fixture
def run(actor, monitor_id):
    """Ask for a run of the monitor and do it; return what it came to."""

    def once():
        run_id = ask_run(actor=actor, monitor_id=monitor_id)
        jobs.start_due()
        assert OrmQ.objects.filter(key="run").count() == 1
        OrmQ.objects.all().delete()
        perform("rerun", run_id)
        return queries.runs(actor, monitor_id)[0]

    return once


@pytest.fixture
def loans(project: Path) -> Path:
    """Write data beside the manifest."""
    return write(project)


def checks(actor, place):
    place()
    rows = search(actor.organisation_id, Search(kind="check", size=100)).rows
    return [log.entry(actor.organisation_id, row.entry_id).fact for row in rows]


def test_the_server_computes_from_the_data_and_says_so(actor, run, loans, place, monitor_id):
    done = run()
    assert done.outcome in ("PASS", "INCONCLUSIVE", "FAIL"), done.reason
    facts = checks(actor, place)
    assert len(facts) == len([result for result in done.results if result.entry_id])
    assert {fact.values["run_mode"] for fact in facts} == {"server"}
    assert {fact.entry_id for fact in facts} == {result.entry_id for result in done.results if result.entry_id}
    ratio = next(result for result in done.results if result.name == "fairness.selection-rate-ratio")
    assert ratio.low <= ratio.value <= ratio.high
    assert ratio.n > 0
    (said,) = search(actor.organisation_id, Search(kind="record.monitor_run")).rows
    values = log.entry(actor.organisation_id, said.entry_id).fact.values
    assert values["outcome"] == done.outcome
    assert set(values["results"]) == {fact.entry_id for fact in facts}
    assert queries.monitor(actor, monitor_id).last_outcome == done.outcome


def test_the_same_run_is_done_once_however_often_it_is_taken(actor, run, loans, place, monitor_id):
    done = run()
    before = len(checks(actor, place))
    told = notices(actor, ListQuery()).total
    perform("rerun", done.run_id)
    assert len(checks(actor, place)) == before
    assert notices(actor, ListQuery()).total == told
    assert len(queries.runs(actor, monitor_id)) == 1


def test_a_run_on_the_same_data_is_told_apart_from_one_on_new_data(run, loans):
    first, again = run(), run()
    assert first.inputs == again.inputs
    write(loans, rows=900)
    assert run().inputs != first.inputs


def test_a_failed_criterion_is_told_to_the_owner_and_to_webhooks_with_its_entries(actor, run, loans, project):
    register_target(actor=actor, name="Chat", url="https://93.184.215.14/", topics=("monitor",))
    manifest = project / "clerestory.toml"
    manifest.write_text(manifest.read_text().replace('criterion = ">= 0.6"', 'criterion = "between 0.1 and 0.2"'))
    done = run()
    assert done.outcome == Outcome.FAIL
    (told,) = [row for row in notices(actor, ListQuery()).rows if row.topic == "monitor"]
    assert "a check failed" in told.title
    assert "fairness.selection-rate-ratio" in told.text
    body = WebhookPost.objects.get(topic="monitor").body
    assert all(result.entry_id in body for result in done.results if result.entry_id)


def broken_manifest(project):
    (project / "clerestory.toml").write_text("[system]\nid = 'credit-scoring'\nnmae = 'x'\n")


def no_data(project):
    (project / "loans.csv").unlink()


def other_system(project):
    manifest = project / "clerestory.toml"
    manifest.write_text(manifest.read_text().replace('id = "credit-scoring"', 'id = "churn"'))


def folder_gone(project):
    project.rename(project.with_name("elsewhere"))


def folder_became_a_link(project):
    project.rename(project.parent.parent / "outside")
    project.symlink_to(project.parent.parent / "outside")


@pytest.mark.parametrize("damage", [broken_manifest, no_data, other_system, folder_gone, folder_became_a_link])
def test_a_run_that_cannot_be_done_is_kept_told_and_never_a_pass(actor, run, loans, project, place, monitor_id, damage):
    damage(project)
    done = run()
    assert done.outcome == Outcome.COULD_NOT_RUN
    assert done.reason
    assert done.results == ()
    assert queries.monitor(actor, monitor_id).state == "could not run"
    assert any("could not run" in row.title for row in notices(actor, ListQuery()).rows)
    assert checks(actor, place) == []
    assert search(actor.organisation_id, Search(kind="record.monitor_run")).total == 1


def test_after_a_failure_a_pass_is_told_once(actor, run, loans, project, monitor_id):
    from clerestory.registers.monitoring import models

    manifest = project / "clerestory.toml"
    manifest.write_text(manifest.read_text().split("[[check]]")[0] + ALWAYS_PASSES)
    assert run().outcome == Outcome.PASS
    assert notices(actor, ListQuery()).total == 0, "a pass is no news"
    models.Monitor.objects.update(last_outcome="FAIL")
    assert run().outcome == Outcome.PASS
    run()
    assert [row.title for row in notices(actor, ListQuery()).rows] == ["Monitor of credit-scoring: passes again"]


ALWAYS_PASSES = """
[[check]]
name = "data_quality.contract"
criterion = "<= 0"
source = "data contract 1"
unique = ["case_id"]
"""


def test_when_the_owner_left_it_does_not_run_and_administrators_hear_of_it(actor, run, loans, monitor_id):
    leaver = join(actor.organisation_id, "editor", (), "leaver@example.org")
    change_monitor(actor=actor, monitor_id=monitor_id, wanted=wanted(actor, owner=leaver.person_id), expected_version=1)
    change_membership(organisation_id=actor.organisation_id, person_id=leaver.person_id, ended_at=leaver_at(actor))
    done = run()
    assert done.outcome == Outcome.COULD_NOT_RUN
    assert "owner" in done.reason
    assert notices(actor, ListQuery()).total == 1


def leaver_at(_actor):
    from clerestory.store import clock

    return clock.now() - timedelta(minutes=1)


def test_an_owner_who_may_not_push_any_more_brings_nothing_in(actor, run, loans, monitor_id, place):
    reader = join(actor.organisation_id, "viewer", (), "reader@example.org")
    change_monitor(actor=actor, monitor_id=monitor_id, wanted=wanted(actor, owner=reader.person_id), expected_version=1)
    assert run().outcome == Outcome.COULD_NOT_RUN
    assert checks(actor, place) == []


def test_a_run_that_takes_too_long_is_ended(run, loans, settings):
    settings.RUN_LIMIT = 0
    done = run()
    assert done.outcome == Outcome.COULD_NOT_RUN
    assert "longer than 0 seconds" in done.reason


def test_a_worker_that_ends_leaves_the_run_to_the_next_one(actor, run, loans, monitor_id):
    stopping.set()
    try:
        with pytest.raises(Interrupted):
            run()
    finally:
        stopping.clear()
    (half,) = queries.runs(actor, monitor_id)
    assert half.is_open
    perform("rerun", half.run_id)
    assert queries.runs(actor, monitor_id)[0].outcome


def test_a_run_that_kills_its_worker_each_time_is_given_up(actor, run, loans, monitor_id):
    from clerestory.registers.monitoring import models

    run_id = ask_run(actor=actor, monitor_id=monitor_id)
    models.MonitorRun.objects.update(state="running", attempts=jobs.MOST_ATTEMPTS)
    perform("rerun", run_id)
    (done,) = queries.runs(actor, monitor_id)
    assert done.outcome == Outcome.COULD_NOT_RUN
    assert "cut off" in done.reason


def test_the_process_of_a_run_knows_no_secret_of_the_server(settings):
    names = set(settings.RUN_ENVIRONMENT)
    assert not {name for name in names if name.startswith("CLERESTORY") or name == "DATABASE_URL"}


def test_of_the_servers_environment_a_run_knows_what_its_data_ask_and_never_what_the_product_itself_uses():
    from clerestory.settings import _for_data

    given = {"JAVA_HOME": "/opt/java", "AWS_REGION": "eu", "PGPASSWORD": "own", "SMTP_PASSWORD": "x", "PGUSER": ""}
    assert _for_data(given) == {"JAVA_HOME": "/opt/java", "AWS_REGION": "eu", "PGPASSWORD": "own"}
    shared = given | {"DATABASE_URL": "postgresql://clerestory@db/clerestory"}
    assert "PGPASSWORD" not in _for_data(shared), "that is how the product itself signs in"
    assert _for_data(shared | {"CLERESTORY_RUN_PGPASSWORD": "reader"})["PGPASSWORD"] == "reader"
    apart = given | {"DATABASE_URL": "postgresql://clerestory:secret@db/clerestory"}
    assert _for_data(apart)["PGPASSWORD"] == "own"


def test_a_relative_place_of_modules_does_not_become_the_folder_of_the_run():
    from clerestory.settings import _passed_on

    given = {"PATH": "/bin", "PYTHONPATH": os.pathsep.join(("src", "", "/opt/more")), "SECRET": "x"}
    here = str(Path("src").absolute())
    assert _passed_on(given) == {"PATH": "/bin", "PYTHONPATH": os.pathsep.join((here, "/opt/more"))}
    assert "PYTHONPATH" not in _passed_on({"PYTHONPATH": ""})


@pytest.mark.parametrize("name", ["json.py", "polars.py", "clerestory.py"])
def test_a_file_of_the_folder_that_is_called_as_a_module_is_not_run(run, loans, project, tmp_path, name):
    mark = tmp_path / "was-run"
    (project / name).write_text(f"open({str(mark)!r}, 'w').close()\nprint('not what a worker reads')\n")
    assert run().outcome != Outcome.COULD_NOT_RUN
    assert not mark.exists()


def test_what_is_no_document_of_the_run_is_not_listened_to():
    for line in ("", "a model says hello", "[1, 2]", "3", "[" * 100_000, '{"what":'):
        assert jobs._read(line) == {}
