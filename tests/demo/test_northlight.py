"""The demo is true: every verdict follows from its tallies, every status from the log, and nothing is typed in."""

import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from clerestory.catalogue.load import load
from clerestory.demo.northlight import fill
from clerestory.demo.training import APPROVE_FROM, LABEL, german_credit, train
from clerestory.desk.models import Membership
from clerestory.judgement.evaluate import evaluate
from clerestory.store import clock, log
from clerestory.store.facts import fact_index
from clerestory.terms.ids import OrganisationId, RequirementId
from clerestory.terms.status import Conformity
from tests.demo.test_conformity import CONFORM
from tests.filled import SAID

pytestmark = pytest.mark.django_db(transaction=True)
SHOWN = {*CONFORM, "8.4", "10.2"}
"""What the demo's records and checks bring to conformity."""


def test_the_exported_model_scores_as_the_trained_one_decided(tmp_path: Path) -> None:
    import numpy as np
    import onnxruntime

    trained = train(tmp_path)
    test = pl.read_parquet(trained.test)
    session = onnxruntime.InferenceSession(trained.model.read_bytes(), providers=["CPUExecutionProvider"])
    rows = {
        item.name: np.array(test[item.name].to_list(), dtype=object if "string" in item.type else np.float32)[:, None]
        for item in session.get_inputs()
    }
    score = session.run(None, rows)[1][:, 1]
    assert ((score >= APPROVE_FROM) == test["approved"].to_numpy()).mean() > 0.995
    assert not {"sex", "personal_status_sex", "foreign_worker", LABEL} & set(rows)
    assert not set(test["application_id"]) & set(pl.read_parquet(trained.training)["application_id"])
    assert german_credit().height == 1000


def test_the_demo_is_filled_by_what_its_people_do_and_most_is_honestly_not_evidenced(northlight: Path) -> None:
    organisation_id = OrganisationId(Membership.objects.order_by("id")[0].organisation_id)
    index = fact_index(organisation_id)
    judged = evaluate(load(), next(iter(load().rules)), index, at=clock.now())
    found = {requirement: status.conformity for requirement, status in judged.items()}
    assert {r for r, c in found.items() if c is Conformity.CONFORMS} == SHOWN
    assert {r for r, c in found.items() if c is Conformity.STALE} == {"6.1.3"}
    failing = {"8.3", "A.5.4", "A.6.1.2", "A.6.2.4", "A.7.2", "A.7.3", "A.7.4"}
    assert {r for r, c in found.items() if c is Conformity.NONCONFORMING} == failing
    assert {r for r, c in found.items() if c is Conformity.NOT_APPLICABLE} == {"A.10.2", "A.10.3"}
    assert Counter(found.values())[Conformity.NOT_EVIDENCED] == 39
    assert "change of risk level" in judged[RequirementId("6.1.3")].missing[0].text
    facts = log.facts(organisation_id)
    assert len(facts) == log.status(organisation_id).size
    logins = fill(northlight, clock=clock.now)
    assert len(log.facts(organisation_id)) == len(facts)
    said = (northlight.parent / SAID).read_text(encoding="utf-8")
    assert all(f"{login.email} {login.password} {login.who}" in " ".join(said.split()) for login in logins)
    assert (northlight / "sign-in.json").stat().st_mode & 0o077 == 0
    kept = json.loads((northlight / "sign-in.json").read_text())
    assert [row[1] for row in kept] == [login.email for login in logins]
    assert len({login.password for login in logins}) == 5


def test_the_numbers_of_the_demo_are_those_that_scikit_learn_finds(northlight: Path) -> None:
    organisation_id = OrganisationId(Membership.objects.order_by("id")[0].organisation_id)
    values = {
        (fact.values["check"], fact.values["slice"]): float(str(fact.values["value"]))
        for fact in log.facts(organisation_id)
        if fact.kind == "check"
        and str(fact.values["check"]).startswith("performance.task-metric")
        and fact.subject.id.startswith("credit-scoring/")
    }
    test = pl.read_parquet(northlight / "credit-scoring" / "test.parquet")
    accuracy = accuracy_score(test[LABEL].to_numpy(), test["approved"].to_numpy())
    assert values[("performance.task-metric", "")] == pytest.approx(accuracy, abs=1e-12)
    area = next(value for (_name, slice_), value in values.items() if "roc_auc" in slice_)
    scores = _scores(northlight / "credit-scoring", test)
    assert area == pytest.approx(roc_auc_score(test[LABEL].to_numpy(), scores), abs=1e-6)


def _scores(folder: Path, test: pl.DataFrame) -> list[float]:
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession((folder / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    rows = {
        item.name: np.array(test[item.name].to_list(), dtype=object if "string" in item.type else np.float32)[:, None]
        for item in session.get_inputs()
    }
    return [float(score) for score in session.run(None, rows)[1][:, 1]]
