"""A run judges what can be judged, says what could not run, and carries everything to compute it again."""

import json
import os
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from clerestory.assurance import registry
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import measurement_document
from clerestory.assurance.tally import read_request, read_tally
from clerestory.intake.data import find_dataset
from clerestory.intake.manifest import read
from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.intake.result import run_id
from clerestory.intake.run import run_check
from clerestory.ledger.canonical import decode
from clerestory.store.engine.source import SourceUnreadable
from clerestory.terms.error import ClerestoryError
from clerestory.terms.status import Verdict
from tests.intake.conftest import CHECKS, MANIFEST, NOW, Project, decisions, run

ONE = """
[[check]]
name = "{name}"
criterion = "{criterion}"
source = "own"
{more}
"""


def with_check(name: str, criterion: str, more: str = "") -> str:
    """Return a manifest with this check alone."""
    return MANIFEST.replace(CHECKS, ONE.format(name=name, criterion=criterion, more=more))


def test_a_whole_run_passes_on_data_without_a_fault(project: Project) -> None:
    found = run(project())
    assert {result.name: result.verdict for result in found.results} == dict.fromkeys(
        [result.name for result in found.results], Verdict.PASS
    )
    assert found.exit_code == 0
    kinds = {result.name: result.subject.kind for result in found.results}
    assert kinds["data_quality.contract"] == "dataset_version"
    assert kinds["fairness.selection-rate-ratio"] == "ai_system"


def test_accuracy_and_its_interval_are_those_of_wilson(project: Project) -> None:
    folder = project(with_check("performance.task-metric", ">= 0.6", 'metric = "accuracy"'))
    data = pl.read_parquet(folder / "current.parquet")
    right = int((data["approved"] == data["repaid"]).sum())
    expected = stats.binomtest(right, data.height).proportion_ci(method="wilson")
    (result,) = run(folder).results
    assert result.measurement is not None
    assert result.measurement.value == pytest.approx(right / data.height, abs=1e-12)
    assert (result.measurement.low, result.measurement.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_the_run_file_is_canonical_and_every_verdict_follows_from_its_tallies(project: Project) -> None:
    found = run(project())
    document = decode(found.body())
    assert json.loads(found.body()) == document
    tallies = {read_request(item["request"]): read_tally(item["tally"]) for item in document["tallies"]}  # type: ignore[index,union-attr,attr-defined]
    for written in document["checks"]:  # type: ignore[attr-defined]
        check = registry.find(written["name"])
        parameters = check.read_parameters(written["parameters"])
        measurement = check.measure(tallies, parameters)
        assert measurement_document(measurement) == written["measurement"]
        assert str(judge(measurement, check.criterion(written["criterion"], parameters)).verdict) == written["verdict"]


def test_the_same_run_twice_has_the_same_bytes(project: Project) -> None:
    folder = project()
    first, second = run(folder).body(), run(folder).body()
    assert first == second
    assert run_id(first) == run_id(second)


def test_versions_are_named_by_the_digest_of_their_content(project: Project) -> None:
    folder = project()
    before = run(folder).document()["data"]["current"]["id"]  # type: ignore[index,call-overload]
    decisions(seed=9).write_parquet(folder / "current.parquet")
    after = run(folder).document()["data"]["current"]["id"]  # type: ignore[index,call-overload]
    assert before != after
    assert str(before).startswith("credit-scoring/test/")


def test_a_folder_of_files_is_one_data_set_whatever_order_they_were_written_in(project: Project) -> None:
    folder = project(MANIFEST.replace('"current.parquet"', '"days"'))
    whole = decisions()
    (folder / "days").mkdir()
    whole[:900].write_parquet(folder / "days" / "b.parquet")
    whole[900:].write_parquet(folder / "days" / "a.parquet")
    parts = run(folder)
    assert [result.verdict for result in parts.results] == [Verdict.PASS] * 4
    (folder / "clerestory.toml").write_text(MANIFEST.replace('"current.parquet"', '"days/*.parquet"'), encoding="utf-8")
    assert run(folder).data["current"].digest == parts.data["current"].digest
    single = run(project())
    assert [r.measurement for r in single.results] == [r.measurement for r in parts.results]


def test_csv_gives_the_same_measurements_as_parquet(project: Project) -> None:
    folder = project()
    parquet = run(folder)
    for name in ("current", "reference"):
        pl.read_parquet(folder / f"{name}.parquet").write_csv(folder / f"{name}.csv")
    (folder / "clerestory.toml").write_text(MANIFEST.replace(".parquet", ".csv"), encoding="utf-8")
    assert [r.measurement for r in run(folder).results] == [r.measurement for r in parquet.results]


def test_one_check_that_cannot_run_does_not_stop_the_others(project: Project) -> None:
    more = ONE.format(name="data_quality.contract", criterion="<= 0", more="range = { sex = [0, 1] }")
    found = run(project(MANIFEST + more))
    idle = found.results[-1]
    assert (idle.outcome, idle.verdict, idle.measurement) == ("could_not_run", None, None)
    assert "'sex'" in idle.reason
    assert [result.verdict for result in found.results[:-1]] == [Verdict.PASS] * 4
    assert found.exit_code == 3
    assert decode(found.body())["checks"][-1]["outcome"] == "could_not_run"  # type: ignore[index]


def test_a_failure_outweighs_what_could_not_run(project: Project) -> None:
    broken = ONE.format(name="data_quality.contract", criterion="<= 0", more="range = { sex = [0, 1] }")
    failing = ONE.format(name="data_quality.contract", criterion="<= 0", more="range = { income = [0, 1] }")
    assert run(project(MANIFEST + broken + failing)).exit_code == 1


def test_text_outcomes_say_which_text_is_good_for_the_person(project: Project) -> None:
    text = pl.when("approved").then(pl.lit("granted")).otherwise(pl.lit("denied")).alias("approved")
    changed = MANIFEST.replace('outcome = "approved"', 'outcome = "approved"\nfavourable = "granted"')
    plain = run(project())
    found = run(project(changed, current=decisions().with_columns(text)))
    assert found.results[0].measurement == plain.results[0].measurement


def test_a_favourable_value_that_never_occurs_is_refused(project: Project) -> None:
    text = pl.when("approved").then(pl.lit("granted")).otherwise(pl.lit("denied")).alias("approved")
    changed = MANIFEST.replace('outcome = "approved"', 'outcome = "approved"\nfavourable = "grantd"')
    with pytest.raises(ManifestUnusable, match=r"favourable is 'grantd'.*Did you mean 'granted'"):
        run(project(changed, current=decisions().with_columns(text)))


@pytest.mark.parametrize(
    "change,message",
    [
        (('"fairness.selection-rate-ratio"', '"fairness.selection-rate"'), "selection-rate-ratio"),
        (('criterion = ">= 0.8"', 'criterion = "=> 0.8"'), "no criterion"),
        (('criterion = ">= 0.8"', 'criterion = "<= 0.8"'), "bad side"),
        (('metric = "accuracy"', 'metrics = "accuracy"'), "Did you mean 'metric'"),
        (('metric = "accuracy"', 'metric = "acuracy"'), "Did you mean 'accuracy'"),
        (('columns = ["income", "score"]', 'columns = ["incme"]'), "Did you mean 'income'"),
        (('label = "repaid"', 'label = "repayed"'), r"\[data\] label is 'repayed'.*Did you mean 'repaid'"),
        (
            ('sensitive_features = ["sex"]', 'sensitive_features = ["gender"]'),
            r"\[data\] sensitive_features is 'gender'",
        ),
    ],
)
def test_a_wrong_check_names_table_line_and_nearest_name(
    project: Project, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(ManifestUnusable, match=message) as caught:
        run(project(MANIFEST.replace(*change, 1)))
    assert "clerestory.toml, line" in caught.value.problem


@pytest.mark.parametrize("name", ["gone.parquet", "gone/*.parquet", "ftp://host/x.parquet", "notes.txt"])
def test_data_that_is_not_there_is_refused(project: Project, name: str) -> None:
    folder = project(MANIFEST.replace('"current.parquet"', f'"{name}"'))
    (folder / "notes.txt").write_text("no table", encoding="utf-8")
    with pytest.raises(SourceUnreadable, match=r"\[data\] current"):
        run(folder)


@pytest.mark.parametrize("kept", [0, 4, 200, -100])
def test_an_empty_or_cut_off_parquet_is_refused(project: Project, kept: int) -> None:
    folder = project()
    body = (folder / "current.parquet").read_bytes()
    (folder / "current.parquet").write_bytes(body[:kept])
    with pytest.raises(SourceUnreadable, match=r"current\.parquet cannot be read as a table"):
        run(folder)


def test_parquet_that_breaks_in_the_middle_is_refused(project: Project) -> None:
    folder = project()
    body = bytearray((folder / "current.parquet").read_bytes())
    body[40:4000] = bytes(3960)
    (folder / "current.parquet").write_bytes(bytes(body))
    with pytest.raises(SourceUnreadable, match="cannot be read as a table"):
        run(folder)


def test_no_rows_conclude_nothing(project: Project) -> None:
    found = run(project(current=decisions().head(0)))
    assert {result.verdict for result in found.results} <= {Verdict.INCONCLUSIVE, None}
    assert found.exit_code == 3


def test_one_class_of_labels_concludes_nothing_about_ranking(project: Project) -> None:
    one = decisions().with_columns(pl.lit(True).alias("repaid"))
    (result,) = run(project(with_check("performance.task-metric", ">= 0.6", 'metric = "roc_auc"'), current=one)).results
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "insufficient data")


def test_groups_of_one_person_and_nobody_are_shown_and_not_judged(project: Project) -> None:
    data = decisions()
    other = pl.when(pl.col("case_id") == 0).then(pl.lit("other")).otherwise(pl.col("sex")).alias("sex")
    single = data.with_columns(other)
    found = run(project(current=single))
    measurement = found.results[0].measurement
    assert measurement is not None
    assert [(group.group, group.n, group.assessed) for group in measurement.by_group if "other" in group.group] == [
        ("sex=other", 1, False)
    ]
    assert found.results[0].verdict is Verdict.PASS
    nobody = run(project(current=data.with_columns(pl.lit(None, pl.String).alias("sex"))))
    assert nobody.results[0].verdict is not Verdict.PASS


def test_not_a_number_and_infinite_scores_break_the_contract_and_nothing_else(project: Project) -> None:
    infinite = pl.when(pl.col("case_id") == 1).then(np.inf)
    odd = decisions().with_columns(
        infinite.when(pl.col("case_id") == 2).then(np.nan).otherwise(pl.col("income")).alias("income")
    )
    found = {result.name: result for result in run(project(current=odd)).results}
    assert found["data_quality.contract"].verdict is Verdict.FAIL
    assert found["drift.population-stability-index"].verdict is not None


def test_duplicate_ids_fail_the_contract_without_naming_the_key_again(project: Project) -> None:
    twice = pl.concat([decisions(), decisions().head(1)])
    found = {result.name: result.verdict for result in run(project(current=twice)).results}
    assert found["data_quality.contract"] is Verdict.FAIL


def test_dates_in_the_future_fail_freshness(project: Project) -> None:
    text = with_check("data_quality.contract", "<= 0", 'freshness = { decided_at = "P30D" }')
    assert run(project(text)).results[0].verdict is Verdict.PASS
    late = datetime(2031, 1, 1)  # noqa: DTZ001  # as most tables hold it
    moments = pl.when(pl.col("case_id") == 5).then(late).otherwise(pl.col("decided_at")).alias("decided_at")
    future = decisions().with_columns(moments)
    assert run(project(text, current=future)).results[0].verdict is Verdict.FAIL


def test_data_that_changes_while_it_is_read_is_refused(project: Project) -> None:
    dataset = find_dataset("current.parquet", project(), role="test", what="current")
    decisions(seed=3).write_parquet(dataset.source.files[0])
    with pytest.raises(SourceUnreadable, match="changed while it was read"):
        dataset.require_unchanged()


@pytest.mark.parametrize("when", ["reading", "counting"])
def test_a_file_rewritten_under_the_run_is_noticed_though_its_size_and_time_are_as_before(
    project: Project, when: str
) -> None:
    folder = project()
    file = folder / "current.parquet"

    def tell(what: str, done: int, total: int) -> None:
        if what == when and done == total:
            was, body = file.stat(), file.read_bytes()
            file.write_bytes(body)
            os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))

    with pytest.raises(SourceUnreadable, match="changed while it was read"):
        run_check(read(folder), now=lambda: NOW, progress=tell)


def test_every_error_of_a_run_has_a_remedy(project: Project) -> None:
    for broken in (MANIFEST.replace("repaid", "x"), MANIFEST.replace("current.parquet", "x.parquet")):
        with pytest.raises(ClerestoryError) as caught:
            run(project(broken))
        assert caught.value.remedy


def test_the_population_and_the_key_are_said_once_for_all_checks(project: Project) -> None:
    population = "\n[data.population]\nsex = { female = 0.5, male = 0.5 }\n"
    text = with_check("data_quality.representativeness", "<= 0.1").replace("\n[[check]]", population + "\n[[check]]")
    text = text.replace("\n[data.pop", '\npopulation_source = "drawn so"\n[data.pop')
    assert run(project(text)).results[0].verdict is Verdict.PASS


def test_nothing_is_left_beside_the_data(project: Project) -> None:
    folder = project()
    before = sorted(path.name for path in folder.iterdir())
    run(folder)
    assert sorted(path.name for path in Path(folder).iterdir()) == before


def test_data_are_not_compared_with_themselves(project: Project) -> None:
    folder = project()
    (folder / "reference.parquet").write_bytes((folder / "current.parquet").read_bytes())
    with pytest.raises(ManifestUnusable, match="holds the same bytes as current"):
        run(folder)
