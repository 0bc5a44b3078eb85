"""A real ONNX model of numbers and text is attacked and explained through a manifest, and the numbers come again."""

from clerestory.assurance.tally.document import read_tally, tally_document
from clerestory.terms.status import Verdict
from tests.intake.conftest import CHECKS, Project, run
from tests.intake.test_model import exported, people, with_model

TRIED = """
[[check]]
name = "robustness.evasion"
criterion = "<= 0.05"
source = "own"
queries = 60
changes = { income = [0, 1] }
categories = { purpose = ["car"] }

[[check]]
name = "robustness.evasion"
criterion = "<= 0.05"
source = "own"
queries = 60
most_cases = 100
changes = { income = [0, 0.001] }

[[check]]
name = "robustness.text-perturbation"
criterion = "<= 0.02"
source = "own"
texts = ["purpose"]
rows = 40
kinds = ["case"]

[[check]]
name = "explainability.faithfulness"
criterion = ">= 0.75"
source = "own"
cases = 40

[[check]]
name = "explainability.stability"
criterion = ">= 0.5"
source = "own"
top = 2
cases = 40

[[check]]
name = "explainability.availability"
criterion = ">= 0.5"
source = "own"
most_reasons = 1
"""


def test_a_model_of_numbers_and_text_is_attacked_and_explained(project: Project) -> None:
    data = people()
    manifest = with_model("threshold = 0.5\n").replace(CHECKS, TRIED)
    folder = project(manifest, current=data)
    people(seed=2).write_parquet(folder / "reference.parquet")
    (folder / "model.onnx").write_bytes(exported(data, zipmap=False, single=False)[0])
    one, two = run(folder), run(folder)
    verdicts = [(result.name, result.verdict) for result in one.results]
    assert verdicts == [
        ("robustness.evasion", Verdict.FAIL),
        ("robustness.evasion", Verdict.PASS),
        ("robustness.text-perturbation", Verdict.FAIL),  # it does not score a category that it does not know
        ("explainability.faithfulness", Verdict.PASS),
        ("explainability.stability", Verdict.PASS),
        ("explainability.availability", Verdict.PASS),
    ]
    assert [result.measurement for result in one.results] == [result.measurement for result in two.results]
    assert all(read_tally(tally_document(tally)) == tally for tally in one.tallies.values())
