"""Every kind of model gives the scores that it gives where it was trained: ONNX, skops, a pickle, an entry, a url."""

import json
import pickle
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import polars as pl
import pytest
import skops.io
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.trial import Unanswered
from clerestory.intake.asking.endpoint import EndpointUnusable
from clerestory.intake.asking.entry import EntryUnusable
from clerestory.intake.manifest import read
from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.intake.model import ModelRefused, find_model
from clerestory.intake.model.asked import AskedModel, asked
from clerestory.terms.status import Verdict
from tests.intake.conftest import CHECKS, MANIFEST, Project, decisions, run

FEATURES = ("income", "score")
KINDS = {"income": "number", "score": "number"}
ROBUST = """
[[check]]
name = "robustness.noise-flip-rate"
criterion = "<= 0.2"
source = "own"
kinds = ["noise"]
noise = { income = 0.01 }
"""
ENTRY = """
def scores(document):
    columns = document["columns"]
    return {"scores": [0.9 if income > 3 else 0.1 for income in columns["income"]]}

def few(document):
    return {"scores": [0.5]}

def words(document):
    return {"scores": ["high"] * len(document["columns"]["income"])}
"""


@pytest.fixture
def trained() -> LogisticRegression:
    data = decisions()
    return LogisticRegression().fit(data.select(FEATURES).to_numpy(), data["repaid"].to_numpy())


def text(model: str, checks: str = CHECKS) -> str:
    return MANIFEST.replace(CHECKS, f"\n[model]\n{model}\n{checks}")


@pytest.fixture
def found(project: Project) -> Callable[[str], AskedModel]:
    def find(model: str) -> AskedModel:
        manifest = read(project(text(model + '\nfeatures = ["income", "score"]')))
        model_found = find_model(manifest)
        assert model_found is not None
        return asked(model_found, KINDS)

    return find


def table(rows: int = 5_000) -> dict[str, np.ndarray]:
    data = decisions(rows, seed=9)
    return {name: data[name].to_numpy() for name in FEATURES}


@pytest.mark.parametrize("kind", ["onnx", "skops", "pickle"])
def test_files_give_the_scores_of_the_library_that_trained_them(kind, trained, found, tmp_path):
    if kind == "onnx":
        types = [("X", FloatTensorType([None, 2]))]
        body = to_onnx(trained, initial_types=types, options={"zipmap": False}, target_opset=17).SerializeToString()
    else:
        body = skops.io.dumps(trained) if kind == "skops" else pickle.dumps(trained)
    (tmp_path / f"model.{kind}").write_bytes(body)
    model = found(f'path = "model.{kind}"' + ("\nallow_pickle = true" if kind == "pickle" else ""))
    rows = table()
    expected = trained.predict_proba(np.column_stack([rows[name] for name in FEATURES]))[:, 1]
    np.testing.assert_allclose(model(rows), expected, atol=1e-6)


def test_a_skops_file_with_a_type_of_its_own_is_not_opened(found, tmp_path):
    class Own:
        """Nothing that scikit-learn knows."""

    (tmp_path / "model.skops").write_bytes(skops.io.dumps({"model": Own}))
    with pytest.raises(Unanswered, match="UntrustedTypesFoundException"):
        found('path = "model.skops"')(table(10))


def test_a_pickle_that_nobody_allowed_is_refused(found, trained, tmp_path):
    (tmp_path / "model.skl").write_bytes(pickle.dumps(trained))
    with pytest.raises(ModelRefused, match="is a pickle") as refused:
        found('path = "model.skl"')
    assert "allow_pickle" in refused.value.remedy


def test_an_entry_is_asked_in_its_own_process_and_its_bytes_are_its_version(found, tmp_path):
    (tmp_path / "scoring.py").write_text(ENTRY)
    rows = table(100)
    assert found('entry = "scoring:scores"')(rows).tolist() == [0.9 if income > 3 else 0.1 for income in rows["income"]]
    digests = []
    for more in ("", "# changed\n"):
        (tmp_path / "scoring.py").write_text(ENTRY + more)
        model = find_model(read(tmp_path))
        assert model is not None
        digests.append(model.digest)
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    "name, problem", [("few", "one finite score per row"), ("words", "no list of numbers"), ("gone", "cannot be used")]
)
def test_an_entry_that_gives_no_score_per_row_says_so(found, tmp_path, name, problem):
    (tmp_path / "scoring.py").write_text(ENTRY)
    with pytest.raises((Unanswered, EntryUnusable), match=problem):
        found(f'entry = "scoring:{name}"')(table(10))


class Service:
    """A real endpoint that scores by income, and after some answers stops giving them."""

    def __init__(self, good: int) -> None:
        service = self
        self.left, self.keys = good, set[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.keys.add(self.headers.get("Authorization", ""))
                service.left -= 1
                scores = [float(income > 3) for income in document["columns"]["income"]]
                said = json.dumps({"scores": scores if service.left >= 0 else scores[1:]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/score"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def service() -> Iterator[Callable[[int], Service]]:
    made: list[Service] = []

    def start(good: int) -> Service:
        made.append(Service(good))
        return made[-1]

    yield start
    for each in made:
        each.server.shutdown()
        each.server.server_close()


def test_an_endpoint_is_asked_with_its_key_and_known_by_its_version(found, service, monkeypatch):
    monkeypatch.setenv("SCORING_KEY", "secret-1")
    there = service(99)
    rows = table(50)
    said = found(f'url = "{there.url}"\nversion = "7"\nkey_env = "SCORING_KEY"')(rows)
    assert said.tolist() == (rows["income"] > 3).astype(float).tolist()
    assert there.keys == {"Bearer secret-1"}


def test_one_without_its_key_is_refused_before_it_is_asked(found, service):
    there = service(99)
    with pytest.raises(EndpointUnusable, match="SCORING_NO_KEY holds no key"):
        found(f'url = "{there.url}"\nversion = "7"\nkey_env = "SCORING_NO_KEY"')(table(5))
    assert there.left == 99


def test_an_endpoint_that_answers_wrong_shapes_half_way_stops_its_own_check_and_no_other(project, service, tmp_path):
    there = service(1)
    model = f'url = "{there.url}"\nversion = "7"\nfeatures = ["income"]'
    done = run(project(text(model, ROBUST + CHECKS)))
    by_name = {result.name: result for result in done.results}
    assert by_name["performance.task-metric"].verdict is not None
    # The rows as they are were answered; the changed ones were not, and no decision counts as another one.
    assert by_name["robustness.noise-flip-rate"].verdict is Verdict.FAIL


def test_a_model_is_tried_in_a_run_and_the_verdict_follows_from_the_tally_alone(project, trained, tmp_path):
    types = [("X", FloatTensorType([None, 2]))]
    body = to_onnx(trained, initial_types=types, options={"zipmap": False}, target_opset=17).SerializeToString()
    (tmp_path / "model.onnx").write_bytes(body)
    done = run(project(text('path = "model.onnx"\nfeatures = ["income", "score"]', ROBUST)))
    (result,) = done.results
    assert result.verdict is Verdict.PASS
    assert result.measurement == result.declared.check.measure(done.tallies, result.declared.parameters)


@pytest.mark.parametrize(
    "model, problem",
    [
        ("threshold = 0.5", "neither path, entry nor url"),
        ('url = "https://host/"', "a url without its version"),
        ('path = "m.onnx"\nversion = "1"', "a version without a url"),
        ('path = "m.onnx"\nurl = "https://host/"\nversion = "1"', "names a url beside"),
        ('entry = "nowhere:at_all"', "no nowhere.py beside the manifest"),
        ('entry = "scoring:scores"\ntimeout_s = 0', "timeout_s is 0"),
    ],
)
def test_a_model_that_cannot_be_reached_as_named_is_refused_with_its_line(project, model, problem):
    with pytest.raises((ManifestUnusable, ModelRefused), match=problem) as refused:
        run(project(text(model)))
    assert "line" in refused.value.problem


def test_a_check_that_needs_a_model_names_what_to_do_where_none_can_be_asked(project):
    (project(text('path = "weights.json"', ROBUST)) / "weights.json").write_text("{}")
    with pytest.raises(ManifestUnusable, match="tries a model, and there is none to ask"):
        run(project(text('path = "weights.json"', ROBUST)))


def test_columns_keep_their_types_through_a_trial():
    from clerestory.intake.trial import array_of, frame_of

    frame = pl.DataFrame({"n": [1, 2, None], "x": [0.5, None, 2.0], "b": [True, False, True], "t": ["a", None, "c"]})
    kinds = {"n": "integer", "x": "number", "b": "boolean", "t": "text"}
    back = frame_of({name: array_of(frame[name]) for name in frame.columns}, kinds)
    assert back["t"].to_list() == ["a", None, "c"]
    assert back["b"].to_list() == [True, False, True]
    assert frame_of({"n": array_of(frame["n"][:2])}, kinds)["n"].dtype == pl.Int64
