"""Models: ONNX scores rows as the library that trained it does; whatever is no model is refused by its bytes."""

import gzip
import pickle
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from clerestory.intake.data import file_digest
from clerestory.intake.manifest import read
from clerestory.intake.model import ModelRefused, find_model, is_pickle
from clerestory.intake.run import run_check
from clerestory.terms.error import ClerestoryError
from clerestory.terms.status import Verdict
from tests.intake.conftest import CHECKS, MANIFEST, NOW, Project, decisions, run

MODEL = '\n[model]\npath = "model.onnx"\n'


def with_model(more: str = "") -> str:
    """Return the manifest with a model."""
    return MANIFEST.replace(CHECKS, MODEL + more + CHECKS)


def people(seed: int = 1) -> pl.DataFrame:
    """Draw features and a label that depends on them."""
    draw = np.random.default_rng(seed)
    data = decisions(seed=seed).drop("score", "repaid")
    age, purpose = draw.integers(18, 80, data.height), draw.choice(["car", "home", "other"], data.height)
    chance = 1 / (1 + np.exp(-(data["income"].to_numpy() - 3) - (purpose == "car")))
    return data.with_columns(age=age, purpose=purpose, repaid=draw.random(data.height) < chance)


def exported(data: pl.DataFrame, *, zipmap: bool, single: bool) -> tuple[bytes, "np.ndarray"]:
    """Train on the data, export to ONNX, and return the model and the scores that scikit-learn gives."""
    numbers = ["income", "age"]
    if single:
        matrix = data.select(numbers).to_numpy().astype(np.float32)
        model = LogisticRegression().fit(matrix, data["repaid"].to_numpy())
        types = [("X", FloatTensorType([None, 2]))]
        scores = model.predict_proba(matrix)[:, 1]
    else:
        frame = data.select(*numbers, "purpose").to_pandas()
        words = ColumnTransformer(
            [("w", OneHotEncoder(sparse_output=False), ["purpose"]), ("n", "passthrough", numbers)]
        )
        model = make_pipeline(words, LogisticRegression()).fit(frame, data["repaid"].to_numpy())
        types = [(n, FloatTensorType([None, 1])) for n in numbers] + [("purpose", StringTensorType([None, 1]))]
        scores = model.predict_proba(frame)[:, 1]
    body = to_onnx(model, initial_types=types, options={"zipmap": zipmap}, target_opset=17).SerializeToString()
    return body, scores


def test_scores_are_those_of_the_library_that_trained_the_model(project: Project) -> None:
    data = people()
    for single, zipmap in ((True, False), (False, False), (True, True)):
        body, scores = exported(data, zipmap=zipmap, single=single)
        folder = project(with_model('features = ["income", "age"]\n' if single else ""), current=data)
        people(seed=2).write_parquet(folder / "reference.parquet")
        (folder / "model.onnx").write_bytes(body)
        made = run(folder)
        data.with_columns(score=scores).write_parquet(folder / "current.parquet")
        people(seed=2).with_columns(score=exported(data, zipmap=zipmap, single=single)[1]).write_parquet(
            folder / "reference.parquet"
        )
        given = run(folder)
        for one, other in zip(made.results[:3], given.results[:3], strict=True):
            assert one.measurement is not None
            assert other.measurement is not None
            assert one.measurement.value == pytest.approx(other.measurement.value, abs=1e-4)
        assert made.results[0].subject.kind == "model_version"


def test_a_threshold_makes_the_outcome_that_the_data_lacks(project: Project) -> None:
    data = people()
    body, scores = exported(data, zipmap=False, single=False)
    folder = project(with_model("threshold = 0.5\n"), current=data.drop("approved"))
    people(seed=2).drop("approved").write_parquet(folder / "reference.parquet")
    (folder / "model.onnx").write_bytes(body)
    found = {result.name: result for result in run(folder).results}["performance.task-metric"].measurement
    assert found is not None
    assert found.value == pytest.approx(((scores >= 0.5) == data["repaid"].to_numpy()).mean(), abs=1e-3)


def test_a_model_that_need_not_score_may_be_of_any_kind(project: Project) -> None:
    folder = project(with_model("threshold = 0.5\n"), current=decisions().drop("approved"))
    decisions(seed=2).drop("approved", "score").write_parquet(folder / "reference.parquet")
    text = folder.joinpath("clerestory.toml").read_text(encoding="utf-8").replace('["income", "score"]', '["income"]')
    (folder / "clerestory.toml").write_text(text, encoding="utf-8")
    (folder / "model.onnx").write_bytes(b"a format of our own")
    made = run(folder)
    decisions().write_parquet(folder / "current.parquet")
    assert [r.measurement for r in run(folder).results] == [r.measurement for r in made.results]


def test_scoring_csv_and_several_files_keeps_every_score_with_its_row(project: Project) -> None:
    data = people()
    body, _ = exported(data, zipmap=False, single=False)
    folder = project(with_model().replace('"current.parquet"', '"days/*.csv"'), current=data)
    people(seed=2).write_parquet(folder / "reference.parquet")
    (folder / "model.onnx").write_bytes(body)
    (folder / "days").mkdir()
    for at in range(4):
        data[at * 500 : (at + 1) * 500].write_csv(folder / "days" / f"{at}.csv")
    parts = run(folder)
    (folder / "clerestory.toml").write_text(with_model(), encoding="utf-8")
    whole = run(folder)
    assert [r.measurement for r in parts.results] == [r.measurement for r in whole.results]
    assert {r.verdict for r in whole.results} <= {Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL}


@pytest.mark.parametrize(
    "body,text", [(b"\x08\x07garbage", "is no ONNX model"), (b"not a model at all", "is no ONNX model")]
)
def test_bytes_that_are_no_model_cannot_score(project: Project, body: bytes, text: str) -> None:
    folder = project(with_model(), current=people())
    (folder / "model.onnx").write_bytes(body)
    with pytest.raises(ModelRefused, match=text):
        run(folder)


def test_what_a_model_needs_and_the_data_lacks_is_named(project: Project) -> None:
    data = people()
    single, _ = exported(data, zipmap=False, single=True)
    several, _ = exported(data, zipmap=False, single=False)
    for body, more, current, text in (
        (single, "", data, r"\[model\] features"),
        (single, 'features = ["income", "purpose"]\n', data, "Column 'purpose' is String"),
        (single, 'features = ["income"]\n', data, "could not score|one finite score"),
        (several, 'output = "nope"\n', data, "has no output 'nope'"),
        (several, "", data.drop("purpose"), "has no column 'purpose'"),
    ):
        folder = project(with_model(more), current=current)
        people(seed=2).write_parquet(folder / "reference.parquet")
        (folder / "model.onnx").write_bytes(body)
        with pytest.raises(ModelRefused, match=text):
            run(folder)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("thing", [{"a": 1}, [1.0, 2.0, 3.0] * 500, LogisticRegression()])
def test_every_protocol_of_pickle_is_recognised(protocol: int, thing: object) -> None:
    body = pickle.dumps(thing, protocol)
    assert is_pickle(body[:4096])
    assert is_pickle(gzip.compress(body)[:4096])


def test_an_archive_with_a_pickle_in_it_is_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps([1]))
    assert is_pickle((tmp_path / "x.pt").read_bytes()[:4096])


def test_texts_and_models_are_no_pickles() -> None:
    onnx, _ = exported(people(), zipmap=False, single=True)
    for body in (onnx, b'{"weights": [1, 2, 3]}', b"PK\x03\x04plain archive", b"tree\nversion=v4\nnum_class=1\n" * 9):
        assert not is_pickle(body[:4096])


def test_the_name_of_a_pickle_is_enough(project: Project) -> None:
    folder = project(with_model().replace("model.onnx", "model.joblib"))
    (folder / "model.joblib").write_bytes(b"anything")
    with pytest.raises(ModelRefused, match="is a pickle"):
        find_model(read(folder))
    with pytest.raises(ModelRefused, match="is a pickle"):
        run_check(read(folder), now=lambda: NOW)


PREVIOUS = """
[model.previous]
path = "before.onnx"
score = "score_before"
outcome = "approved_before"
threshold = 0.5

"""
COMPARISON = """
[[check]]
name = "performance.version-comparison"
criterion = ">= -0.05"
source = "own"

[[check]]
name = "performance.version-comparison"
criterion = ">= -0.05"
source = "own"
metric = "roc_auc"
"""


def test_the_version_in_use_scores_the_same_rows_and_is_named_by_its_digest(project: Project) -> None:
    data = people()
    body, now = exported(data, zipmap=False, single=False)
    earlier, before = exported(data, zipmap=False, single=True)
    text = with_model("threshold = 0.5\n" + PREVIOUS.replace("outcome", 'features = ["income", "age"]\noutcome'))
    folder = project(text + COMPARISON, current=data.drop("approved"))
    people(seed=2).drop("approved").write_parquet(folder / "reference.parquet")
    (folder / "model.onnx").write_bytes(body)
    (folder / "before.onnx").write_bytes(earlier)
    accuracy, area = run(folder).results[-2:]
    assert accuracy.measurement is not None and area.measurement is not None
    repaid = data["repaid"].to_numpy()
    gain = ((now >= 0.5) == repaid).mean() - ((before >= 0.5) == repaid).mean()
    assert accuracy.measurement.value == pytest.approx(gain, abs=2e-3)
    assert accuracy.measurement.n == data.height
    assert area.measurement.value == pytest.approx(roc_auc_score(repaid, now) - roc_auc_score(repaid, before), abs=1e-3)
    assert f"previous_model={file_digest(folder / 'before.onnx')}" in accuracy.slice


def test_columns_of_the_version_in_use_need_no_artefact(project: Project) -> None:
    data = decisions().with_columns(approved_before=pl.col("score") >= 0.6)
    table = '\n[model.previous]\noutcome = "approved_before"\n'
    folder = project(with_model(table) + COMPARISON.split("\n\n", maxsplit=1)[0], current=data)
    (folder / "model.onnx").write_bytes(b"a format of our own")
    result = run(folder).results[-1]
    assert result.verdict is not None
    assert result.slice == "previous_outcome=approved_before"
    assert dict(result.declared.parameters.values)["previous_outcome"] == "approved_before"


@pytest.mark.parametrize("table, problem", [
    ('outcome = "nothing"', r"\[model.previous\] outcome is 'nothing'"),
    ("", "names neither outcome nor score"),
    ('score = "score"\nshape = 1', "unknown key 'shape'"),
    ('score = "score"\npath = "gone.onnx"', r"\[model.previous\] path is 'gone.onnx'"),
    ('score = "score"\npath = "old.pkl"', "is a pickle"),
])  # fmt: skip
def test_what_is_wrong_with_the_version_in_use_is_named_with_its_place(
    project: Project, table: str, problem: str
) -> None:
    folder = project(with_model(f"\n[model.previous]\n{table}\n") + COMPARISON)
    (folder / "model.onnx").write_bytes(b"a format of our own")
    (folder / "old.pkl").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ClerestoryError, match=problem):
        run(folder)


def test_a_comparison_without_another_version_says_what_to_add(project: Project) -> None:
    with pytest.raises(ClerestoryError, match=r"needs previous_outcome.*\[model.previous\]"):
        run(project(MANIFEST + COMPARISON))
