"""The decision log as data of a monitor: each day is counted once, late outcomes re-count theirs, a change alarms."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clerestory.intake.subject import model_subject
from clerestory.registers.inventory.commands import register_model_version
from clerestory.registers.inventory.queries import datasets_of
from clerestory.registers.inventory.rules import read_model
from clerestory.registers.monitoring import models, queries
from clerestory.registers.monitoring.commands import answer_alarm, set_up_monitor
from clerestory.registers.monitoring.rules import MonitorRefused, Outcome
from clerestory.store import clock, log
from clerestory.store.decisions import DecisionLog, keep_batch
from clerestory.terms.evidence import Machine
from clerestory.terms.ids import Digest
from tests.jobs.watch.conftest import titles
from tests.registers.monitoring.conftest import root, system, wanted

__all__ = ["root", "system"]

MANIFEST = """
[system]
id = "credit-scoring"
name = "Credit scoring"
purpose = "Rank loan applications for an officer's decision"
owner = "owner@example.org"
stage = "operation and monitoring"
ai_role = ["provider"]

[deployment]
id = "branch-offices"

[data]
current = "reference.parquet"
reference = "reference.parquet"
keys = ["case_id"]
label = "repaid"
outcome = "approved"
score = "score"

[[check]]
name = "drift.population-stability-index"
criterion = "<= 0.2"
source = "own criteria 1"
columns = ["income"]

[[check]]
name = "performance.task-metric"
criterion = ">= 0.55"
source = "own criteria 1"
metric = "accuracy"
"""
ROWS = 800
VERSION = "credit-scoring/4b1f0c2d9e8a"


def decided(seed: int, *, shift: float = 0.0, label: bool = False, rows: int = ROWS) -> pl.DataFrame:
    """Return the decisions of a day: an income, a score that follows it, a decision; the label comes later."""
    draw = np.random.default_rng(seed)
    income = draw.normal(3000 + shift, 800, rows).round(2)
    score = 1 / (1 + np.exp(-(income - 3000) / 800))
    said = {
        "case_id": np.arange(rows) + seed * 100_000,
        "income": income,
        "home": draw.choice(["rent", "own"], rows),
        "score": score.round(6),
        "approved": (score >= 0.5).astype(int),
    }
    if label:
        said["repaid"] = outcomes(seed, score)
    return pl.DataFrame(said)


def outcomes(seed: int, score: np.ndarray) -> np.ndarray:
    return (np.random.default_rng(seed + 7).random(len(score)) < score).astype(int)


@pytest.fixture
def place(actor, settings, tmp_path) -> DecisionLog:
    """Give the decision log of a registered version of the model."""
    settings.CLERESTORY_HOME = tmp_path / "home"
    settings.CLERESTORY_HOME.mkdir()
    return DecisionLog(settings.CLERESTORY_HOME, actor.organisation_id, "credit-scoring", VERSION)


@pytest.fixture
def project(root: Path) -> Path:
    folder = root / "credit"
    folder.mkdir()
    (folder / "clerestory.toml").write_text(MANIFEST, encoding="utf-8")
    decided(999, label=True, rows=4 * ROWS).write_parquet(folder / "reference.parquet")
    return folder


@pytest.fixture
def watching(actor, system, project, place) -> str:
    """Give a monitor of the decisions of the last ten days."""
    digest = Digest("sha256:" + "4b1f0c2d9e8a".ljust(64, "0"))
    model = read_model("credit-scoring", {"artefact_digest": digest, "status": "released"})
    assert model.version_id == VERSION == model_subject("credit-scoring", digest).id
    register_model_version(actor=actor, model=model)
    said = wanted(actor, watches="decisions", model_version=VERSION, window_days=10)
    monitor_id = set_up_monitor(actor=actor, wanted=said).monitor_id
    models.Monitor.objects.update(counts_from=today() - timedelta(days=9))
    return monitor_id


def today() -> date:
    return clock.now().date()


def keep(place: DecisionLog, ago: int, rows: pl.DataFrame, batch: str = "decided") -> None:
    keep_batch(place, today() - timedelta(days=ago), batch, rows, by=Machine("sdk", "1"))


def late(place: DecisionLog, ago: int, seed: int) -> None:
    """Bring the outcomes of a day's decisions, under the day of the decisions."""
    rows = decided(seed)
    keep(place, ago, rows.select("case_id").with_columns(repaid=outcomes(seed, rows["score"].to_numpy())), "outcomes")


def day(ago: int) -> str:
    return (today() - timedelta(days=ago)).isoformat()


def result(done, name):
    return next(one for one in done.results if one.name == name)


def test_only_new_and_changed_days_are_counted_and_late_outcomes_give_performance(actor, watching, place, run):
    for ago in (3, 2, 1):
        keep(place, ago, decided(ago))
    first = run(watching)
    assert first.counted["counted_now"] == [day(3), day(2), day(1)], first.reason
    assert result(first, "drift.population-stability-index").verdict == "PASS"
    assert result(first, "drift.population-stability-index").n == 3 * ROWS
    assert result(first, "performance.task-metric").verdict == "INCONCLUSIVE", "no outcome came yet"
    assert run(watching).counted["counted_now"] == []
    keep(place, 0, decided(50))
    assert run(watching).counted["counted_now"] == [day(0)]
    late(place, 2, 2)
    done = run(watching)
    assert done.counted.get("counted_now") == [day(2)], done.reason or "late outcomes re-count their day alone"
    measured = result(done, "performance.task-metric")
    rows = decided(2)
    right = (rows["approved"].to_numpy() == outcomes(2, rows["score"].to_numpy())).mean()
    assert (measured.n, measured.value) == (ROWS, pytest.approx(right))
    assert (measured.verdict, measured.reason) == ("INCONCLUSIVE", "labels missing or late"), "three days lack theirs"
    for ago, seed in ((3, 3), (1, 1), (0, 50)):
        late(place, ago, seed)
    done = run(watching)
    assert done.counted["counted_now"] == [day(3), day(1), day(0)]
    assert result(done, "performance.task-metric").verdict == "PASS"


def test_what_is_found_is_about_the_deployment_and_no_window_is_registered_as_data(actor, watching, place, run):
    keep(place, 1, decided(1))
    run(watching)
    keep(place, 0, decided(0))
    done = run(watching)
    facts = [log.entry(actor.organisation_id, one.entry_id).fact for one in done.results if one.entry_id]
    assert {str(fact.subject) for fact in facts} == {"deployment:credit-scoring/branch-offices"}
    assert {fact.values["data_role"] for fact in facts} == {"production"}
    assert {fact.values["run_mode"] for fact in facts} == {"server"}
    assert [record.dataset.role for record in datasets_of(actor, "credit-scoring", 10)] == ["reference"]


def test_the_value_of_a_window_is_that_of_all_its_rows(actor, watching, place, project, run):
    frames = [decided(ago) for ago in (3, 2, 1)]
    for ago, frame in zip((3, 2, 1), frames, strict=True):
        keep(place, ago, frame)
    done = run(watching)
    from clerestory.intake.manifest import read
    from clerestory.intake.run import run_check

    pl.concat(frames).with_columns(repaid=pl.lit(None, dtype=pl.Int64)).write_parquet(project / "whole.parquet")
    text = MANIFEST.replace('current = "reference.parquet"', 'current = "whole.parquet"')
    (project / "clerestory.toml").write_text(text)
    whole = run_check(read(project), now=clock.now)
    drift = next(one for one in whole.results if one.name == "drift.population-stability-index").measurement
    assert drift is not None and drift.value == result(done, drift.check).value


def test_without_a_change_nothing_alarms_and_a_change_does_until_a_person_answers(actor, watching, place, run):
    for ago in range(9, 2, -1):
        keep(place, ago, decided(ago))
    quiet = run(watching)
    assert quiet.counted["alarms"] == [] and quiet.counted["change"]["threshold"] == pytest.approx(np.log(4 / 0.05))
    for ago in (2, 1):
        keep(place, ago, decided(ago, shift=400.0))
    done = run(watching)
    assert "income" in done.counted["alarms"] and "home" not in done.counted["alarms"]
    assert done.outcome == Outcome.FAIL and "income" in done.reason
    assert "Data of Credit scoring changed" in titles(actor)
    keep(place, 0, decided(0, shift=400.0))
    run(watching)
    assert titles(actor).count("Data of Credit scoring changed") == 1
    (alarm,) = [one for one in queries.alarms(actor, watching)[0] if one.kind == "changed" and one.is_open]
    answer_alarm(actor=actor, monitor_id=watching, alarm_id=alarm.alarm_id, answer="Income is asked for gross now.")
    assert queries.monitor(actor, watching).monitor.counts_from == today()
    (closed,) = [one for one in queries.alarms(actor, watching)[0] if one.kind == "changed"]
    assert not closed.is_open and closed.answered_by == actor.person_id
    again = run(watching)
    assert again.counted["change"]["days"] == [day(0)], "evidence is gathered anew"
    with pytest.raises(MonitorRefused, match="answered"):
        answer_alarm(actor=actor, monitor_id=watching, alarm_id=alarm.alarm_id, answer="Again.")


def test_what_a_monitor_counted_lies_below_the_home_of_its_organisation_and_holds_no_row(
    actor, watching, place, run, settings
):
    keep(place, 1, decided(1))
    run(watching)
    folder = settings.CLERESTORY_HOME / "monitors" / actor.organisation_id / watching
    assert len(list(folder.glob("days/*/*.state"))) == 1
    kept = json.loads((folder / "change.json").read_text())
    assert sum(kept["days"][day(1)]["columns"]["home"][1]) == ROWS
    assert not list(folder.glob("**/*.parquet"))


def test_an_altered_day_and_an_empty_log_are_no_pass(actor, watching, place, run):
    assert run(watching).outcome == Outcome.COULD_NOT_RUN
    assert "holds nothing since" in queries.runs(actor, watching)[0].reason
    keep(place, 1, decided(1))
    file = next(place.folder(today() - timedelta(days=1)).glob("*.parquet"))
    decided(2).write_parquet(file)
    done = run(watching)
    assert done.outcome == Outcome.COULD_NOT_RUN
    assert "logged were" in done.reason


def test_outcomes_without_a_key_are_refused(actor, watching, place, project, run):
    manifest = project / "clerestory.toml"
    manifest.write_text(manifest.read_text().replace('keys = ["case_id"]\n', ""))
    keep(place, 1, decided(1))
    keep(place, 1, pl.DataFrame({"repaid": [1, 0]}), "outcomes")
    done = run(watching)
    assert done.outcome == Outcome.COULD_NOT_RUN
    assert "no key says" in done.reason


def test_a_version_that_is_not_registered_is_refused(actor, system, project, place):
    said = wanted(actor, watches="decisions", model_version="credit-scoring/000000000000")
    with pytest.raises(MonitorRefused, match="no registered model version"):
        set_up_monitor(actor=actor, wanted=said)
    manifest = project / "clerestory.toml"
    manifest.write_text(MANIFEST.replace('[deployment]\nid = "branch-offices"\n', ""))
    with pytest.raises(MonitorRefused, match="which deployment decides"):
        set_up_monitor(actor=actor, wanted=said)
    with pytest.raises(MonitorRefused, match="not declare"):
        set_up_monitor(actor=actor, wanted=wanted(actor, checks=("fairness.selection-rate-ratio >= 0.8",)))
