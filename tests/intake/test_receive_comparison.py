"""What is computed again of comparisons of versions, distances of categories and calibration by group."""

import copy

import numpy as np
import polars as pl
import pytest

from clerestory.assurance.tally import InconsistentTally
from clerestory.intake.receive import receive
from clerestory.intake.receive.recompute import RunDiffers
from clerestory.store import log
from clerestory.store.log import Search
from tests.intake.loans import MANIFEST, ran, write
from tests.registers.records import LATER

LATER_CHECKS = """
[model]
path = "model.json"

[model.previous]
outcome = "approved_before"

[[check]]
name = "performance.version-comparison"
criterion = ">= -0.5"
source = "own margin"

[[check]]
name = "drift.chi-square"
criterion = "< 0.5"
source = "own limit"

[[check]]
name = "drift.jensen-shannon-distance"
criterion = "< 0.9"
source = "own limit"
columns = ["sex", "income"]

[[check]]
name = "fairness.calibration-by-group"
criterion = "<= 0.9"
source = "own limit"

[[check]]
name = "performance.version-comparison"
criterion = ">= -0.5"
source = "own margin"
metric = "brier"
previous_score = "score_before"
"""


@pytest.fixture(scope="module")
def later_checks(tmp_path_factory) -> dict[str, object]:
    """Give the push file of a run with the later checks."""
    text = MANIFEST.replace("labelled_by", 'score = "score"\nreference = "before.csv"\nlabelled_by').split("[[check]]")[
        0
    ]
    folder = write(tmp_path_factory.mktemp("compared"), manifest=text + LATER_CHECKS)
    chance = np.random.default_rng(3)
    table = pl.read_csv(folder / "loans.csv").with_columns(
        approved_before=pl.Series(chance.integers(0, 2, 800)),
        score=pl.Series(chance.random(800).round(3)),
        score_before=pl.Series(chance.random(800).round(3)),
    )
    table.write_csv(folder / "loans.csv")
    table.head(700).write_csv(folder / "before.csv")
    (folder / "model.json").write_text("{}", encoding="utf-8")
    return ran(folder)


def test_the_later_checks_are_computed_again_from_their_tallies(actor, later_checks):
    receipt = receive(copy.deepcopy(later_checks), actor=actor, now=LATER)
    assert {check.name for check in receipt.checks} == {
        "performance.version-comparison",
        "drift.chi-square",
        "drift.jensen-shannon-distance",
        "fairness.calibration-by-group",
    }
    assert len(receipt.checks) == 5
    record = log.entry(actor.organisation_id, receipt.checks[0].entry_id)
    assert record.fact.values["check"] == "performance.version-comparison"


@pytest.mark.parametrize("place", range(5))
def test_an_edited_value_of_a_later_check_is_refused(actor, later_checks, place):
    document = copy.deepcopy(later_checks)
    document["checks"][place]["measurement"]["value"] = "0.123"
    with pytest.raises(RunDiffers, match="value"):
        receive(document, actor=actor, now=LATER)
    assert log.search(actor.organisation_id, Search(kind="check")).total == 0


def test_sums_of_a_score_pair_that_its_rows_do_not_allow_are_refused(actor, later_checks):
    document = copy.deepcopy(later_checks)
    (tally,) = (pair["tally"] for pair in document["tallies"] if pair["request"]["type"] == "ScorePair")
    tally["area"] = "1.5"
    with pytest.raises(InconsistentTally):
        receive(document, actor=actor, now=LATER)
