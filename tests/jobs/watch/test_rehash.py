"""Files hashed again: what is not registered, not released or not what it was fails; what is not there cannot run."""

import shutil
from pathlib import Path

import pytest

from clerestory.intake.manifest import read
from clerestory.intake.receive import receive
from clerestory.intake.run import run_check
from clerestory.ledger.canonical import decode
from clerestory.registers.inventory.commands import change_model_status
from clerestory.registers.inventory.queries import datasets_of, models_of
from clerestory.registers.inventory.rules import ModelStatus
from clerestory.registers.monitoring import queries
from clerestory.registers.monitoring.commands import change_monitor, set_up_monitor
from clerestory.registers.monitoring.rules import Outcome
from clerestory.store import clock, log
from clerestory.store.log.lookup import Search, search
from tests.intake.loans import MANIFEST, write
from tests.jobs.watch.conftest import titles
from tests.registers.monitoring.conftest import root, system, wanted
from tests.registers.risk.risks import approve_all

__all__ = ["root", "system"]
MODEL = '[model]\npath = "credit.onnx"\n\n[[check]]'


def bring_in(folder: Path, actor) -> None:
    """Run the checks of a folder and push them, as whoever owns the model does: that registers what it names."""
    receive(decode(run_check(read(folder), now=clock.now).body()), actor=actor)


@pytest.fixture
def project(root, system, actor):
    """Give a folder whose data and model are registered, and the model released."""
    folder = write(root / "credit", manifest=MANIFEST.replace("[[check]]", MODEL, 1))
    (folder / "credit.onnx").write_bytes(b"weights of version 1")
    bring_in(folder, actor)
    (model,) = models_of(actor, "credit-scoring", 10)
    release(actor, model)
    return folder


def release(actor, model):
    change_model_status(
        actor=actor, version_id=model.model.version_id, status=ModelStatus.RELEASED, expected_version=model.version
    )


@pytest.fixture
def watching(actor, project):
    """Give a monitor that hashes the files of the folder again."""
    return set_up_monitor(actor=actor, wanted=wanted(actor, watches="files")).monitor_id


def kept(actor):
    rows = search(actor.organisation_id, Search(kind="check", size=100)).rows
    facts = [log.entry(actor.organisation_id, row.entry_id).fact for row in rows]
    return [fact for fact in facts if fact.values["check"] == "records.content-integrity"]


def test_what_is_registered_and_released_passes_and_the_result_is_evidence(actor, project, watching, run):
    done = run(watching)
    assert done.outcome == Outcome.PASS, done.reason
    (result,) = done.results
    assert (result.name, result.verdict, result.value, result.n) == ("records.content-integrity", "PASS", 0.0, 2)
    (fact,) = kept(actor)
    assert fact.values["run_mode"] == "server" and fact.entry_id == result.entry_id
    assert done.model_digest in fact.values["input_digests"] and titles(actor) == []


def test_one_changed_byte_of_data_or_model_fails_names_the_file_and_opens_one_nonconformity(
    actor, project, watching, run
):
    assert run(watching).outcome == Outcome.PASS
    with (project / "loans.csv").open("ab") as stream:
        stream.write(b"900,female,1.0,1,1,2026-11-20T08:00:00Z\n")
    done = run(watching)
    assert done.outcome == Outcome.FAIL
    assert "loans.csv: has the content sha256:" in done.results[0].reason
    assert "not registered" in done.results[0].reason
    assert run(watching).outcome == Outcome.FAIL
    assert titles(actor) == ["records.content-integrity failed for Credit scoring"]
    write(project, manifest=(project / "clerestory.toml").read_text())
    (project / "credit.onnx").write_bytes(b"weights of version 2")
    assert "credit.onnx: has the content" in run(watching).results[0].reason


def test_a_registered_model_that_nobody_released_fails_and_one_among_none_released_is_undecided(
    actor, second, project, watching, run
):
    (project / "credit.onnx").write_bytes(b"weights of version 2")
    bring_in(project, actor)
    change_monitor(actor=actor, monitor_id=watching, wanted=wanted(actor, watches="files"), expected_version=1)
    done = run(watching)
    assert done.outcome == Outcome.FAIL and "and released is credit-scoring/" in done.results[0].reason
    for model in models_of(actor, "credit-scoring", 10):
        if model.model.status is ModelStatus.RELEASED:
            change_model_status(
                actor=actor, version_id=model.model.version_id, status=ModelStatus.WITHDRAWN,
                expected_version=model.version,
            )  # fmt: skip
    assert run(watching).outcome == Outcome.FAIL, "that it is withdrawn waits"
    approve_all(second, clock.now())
    assert run(watching).outcome == Outcome.INCONCLUSIVE


def test_a_version_that_was_registered_after_a_person_confirmed_the_monitor_makes_nothing_right(
    actor, project, watching, run
):
    write(project, rows=900, manifest=(project / "clerestory.toml").read_text())
    bring_in(project, actor)
    assert len(datasets_of(actor, "credit-scoring", 10)) == 2
    done = run(watching)
    assert done.outcome == Outcome.FAIL and "after a person last confirmed" in done.results[0].reason
    change_monitor(actor=actor, monitor_id=watching, wanted=wanted(actor, watches="files"), expected_version=1)
    assert run(watching).outcome == Outcome.PASS
    write(project, manifest=(project / "clerestory.toml").read_text())
    done = run(watching)
    assert done.outcome == Outcome.FAIL and "when it passed it had" in done.results[0].reason, "an older registered one"


def test_a_missing_file_cannot_run_and_is_never_a_pass(actor, project, watching, run):
    (project / "credit.onnx").unlink()
    done = run(watching)
    assert done.outcome == Outcome.COULD_NOT_RUN and "credit.onnx" in done.reason
    assert kept(actor) == [] and titles(actor) == ["Monitor of Credit scoring cannot run"]
    (project / "loans.csv").write_text("case_id\n1\n")
    done = run(watching)
    assert done.outcome == Outcome.FAIL, "a file that is wrong is not excused by one that is missing"
    assert "loans.csv" in done.results[0].reason and "credit.onnx" in done.results[0].reason
    shutil.rmtree(project)
    assert run(watching).outcome == Outcome.COULD_NOT_RUN
    assert queries.monitor(actor, watching).state == "could not run"
