"""Inputs, leakage, distribution and poison are measured through a manifest on files, and the numbers come again."""

import numpy as np
import polars as pl

from clerestory.assurance.tally.document import read_tally, tally_document
from clerestory.terms.status import Verdict
from tests.intake.conftest import CHECKS, MANIFEST, Project, decisions, run

TRIED = """
[[check]]
name = "data_quality.input-validation"
criterion = "<= 0.05"
source = "own"
learn = ["income", "sex"]

[[check]]
name = "data_quality.input-validation"
criterion = ">= 0.5"
source = "own"
metric = "caught"
learn = ["income", "sex", "score"]
planted = 200

[[check]]
name = "data_quality.leakage"
criterion = "<= 0"
source = "own"
later = "decided_at"

[[check]]
name = "data_quality.contract"
criterion = "<= 0"
source = "own"
unique = ["case_id"]
consistent = ["approved == 'true' when score = 0.5", "score >= 0", "score <= 1"]
distinct_rows = ["case_id", "income", "decided_at"]

[[check]]
name = "data_quality.out-of-distribution"
criterion = "<= 0.05"
source = "own"
features = ["income", "sex"]

[[check]]
name = "poisoning.source-shift"
criterion = "<= 0.2"
source = "own"
source_column = "sex"

[[check]]
name = "poisoning.seeded-recall"
criterion = ">= 0.3"
source = "own"
features = ["income", "score", "clerk"]
recipes = ["duplicate burst"]
runs = 10
rows = 300

[[check]]
name = "poisoning.chaff-filter"
criterion = ">= 0.5"
source = "own"
source_column = "clerk"
item = "about"
feedback = "approved"
expected = "approved"
"""


def test_files_are_tried_and_the_numbers_come_again(project: Project) -> None:
    draw = np.random.default_rng(1)
    data = decisions().with_columns(
        pl.col("decided_at").dt.offset_by("1mo"),
        clerk=pl.Series(draw.integers(0, 25, 2_000)),
        about=pl.Series(draw.integers(0, 500, 2_000)),
    )
    folder = project(MANIFEST.replace(CHECKS, TRIED), current=data)
    one, two = run(folder), run(folder)
    for first, second in zip(one.results, two.results, strict=True):
        assert first.measurement == second.measurement, first.declared.check.name
        assert first.measurement is not None and first.measurement.value is not None, first.reason
        assert first.verdict is Verdict.PASS, (first.declared.check.name, first.measurement)
    for tally in one.tallies.values():
        assert read_tally(tally_document(tally)) == tally
