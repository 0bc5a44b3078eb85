"""The scan: what is planted is found where it is, real data without it pass, and what is overlooked is measured."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason, measurement_document
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.personal_data import planted
from clerestory.assurance.privacy.personal_data_scan import NothingToScan
from clerestory.assurance.registry import find
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.trial import Table, trial_of
from clerestory.intake.trial import array_of
from clerestory.terms.status import Verdict
from tests.assurance.privacy.adult import FILE
from tests.simulators.answering import drive

NAME = "privacy.personal-data-scan"
CHECK = find(NAME)
FEW = ["email", "phone", "iban", "card", "german tax id", "american id"]


def table(name: str, rows: int = 1_000) -> Table:
    frame = pl.read_parquet(FILE.with_name(name)).head(rows)
    return {column: array_of(frame[column]) for column in frame.columns}


@cache
def notes(rows: int = 1_000, every: int = 4) -> np.ndarray:
    draw = np.random.default_rng(11)
    texts = [
        planted.within("the customer asked about the rate", planted.item("email", "en", draw), "en", draw)
        if at % every == 0
        else f"case {at} was closed after a call about the rate"
        for at in range(rows)
    ]
    return np.array(texts, dtype=object)


def measured(data: Table, disk: dict[str, bytes] | None = None, **given: object) -> Measurement:
    layout = Layout(columns=dict.fromkeys(data, "text"))
    parameters = CHECK.complete({"entities": FEW, "planted": 100} | given, layout)
    tally = drive(CHECK.begin(parameters), tables={"current": data}, files=disk)
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


@pytest.mark.parametrize("name", ["german_credit.parquet", "adult_train.parquet"])
def test_the_published_data_hold_none(name):
    found = measured(table(name))
    assert found.value == 0.0
    assert judge(found, CHECK.criterion("<= 0.01")).verdict is Verdict.PASS
    assert found.details["rows"] == "1000 of 1000"


def test_addresses_in_notes_fail_and_pass_where_the_column_is_declared():
    data = {**table("german_credit.parquet"), "notes": notes()}
    found = measured(data)
    # Every fourth note was given an address.
    assert found.value == pytest.approx(0.25, abs=0.005)
    assert judge(found, CHECK.criterion("<= 0.01")).verdict is Verdict.FAIL
    shown = {cell.group: cell for cell in found.by_group}
    assert shown["notes, email"].value == found.value
    declared = measured(data, personal=["notes"])
    assert judge(declared, CHECK.criterion("<= 0.01")).verdict is Verdict.PASS
    assert not {cell.group: cell for cell in declared.by_group}["notes, email"].assessed


def test_what_is_found_never_leaves():
    data = {"notes": notes()}
    said = str(measurement_document(measured(data)))
    assert "example" not in said and "@" not in said


def test_the_upper_end_knows_what_is_overlooked():
    parameters = CHECK.complete({"entities": ["email"]}, Layout(columns={}))
    cells = (
        TrialCell(kind=("decoy",), n=100, hits=0),
        TrialCell(kind=("planted", "email", "en"), n=200, hits=180),
        TrialCell(kind=("source", "(table)"), n=1_000, hits=0),
    )
    found = CHECK.measure({trial_of(NAME, parameters): TrialTally(cells=cells)}, parameters)
    # Wilson (1927), statsmodels.stats.proportion.proportion_confint: 0 of 1,000 to 0.0038267, 180 of 200 from 0.8506.
    assert found.high == pytest.approx(0.0038267 / 0.8506, rel=1e-3)
    assert judge(found, CHECK.criterion("<= 0.01")).verdict is Verdict.PASS


def test_a_kind_that_is_not_found_when_planted_cannot_pass_and_a_failure_stands():
    cells = (
        TrialCell(kind=("planted", "email", "en"), n=200, hits=100),
        TrialCell(kind=("source", "(table)"), n=1_000, hits=0),
    )
    parameters = CHECK.complete({"entities": ["email"]}, Layout(columns={}))

    def of(hits: int) -> Measurement:
        last = TrialCell(kind=("source", "(table)"), n=1_000, hits=hits)
        return CHECK.measure({trial_of(NAME, parameters): TrialTally(cells=(cells[0], last))}, parameters)

    judged = judge(of(0), CHECK.criterion("<= 0.05"))
    assert (judged.verdict, judged.reason) == (Verdict.INCONCLUSIVE, Reason.UNJUDGED_SHARE)
    assert judge(of(300), CHECK.criterion("<= 0.05")).verdict is Verdict.FAIL


def test_digits_that_pass_as_often_as_chance_has_it_are_no_card_numbers():
    draw = np.random.default_rng(2)
    orders = {"order": (4 * 10**15 + draw.integers(0, 10**15, 2_000)).astype(np.float64)}
    assert measured(orders, entities=["card"]).value == 0.0
    cards = [planted.item("card", "en", draw).replace(" ", "").replace("-", "") for _ in range(200)]
    assert measured({"order": np.array(cards, dtype=object)}, entities=["card"]).value == 1.0


def test_lines_of_files_are_looked_at_and_the_worse_source_counts():
    lines = "\n".join(notes(200, 2).tolist()).encode()
    found = measured(table("german_credit.parquet"), {"logs/a.txt": lines}, files=["logs/*.txt"])
    assert found.value == pytest.approx(0.5, abs=0.01)
    assert {"logs/*.txt, email"} <= {cell.group for cell in found.by_group}


def test_names_are_looked_for_where_a_column_is_named_for_them():
    data = {"who": np.array(["Anna Meier", "the clerk"] * 50, dtype=object), "what": np.array(["anna"] * 100, object)}
    assert measured(data, names=["Anna"], name_columns=["who"]).value == 0.5
    assert measured(data).value == 0.0


def test_anonymity_of_the_rows_is_told():
    found = measured(table("german_credit.parquet"), quasi_identifiers=["age", "sex", "job"], sensitive="purpose")
    assert found.details["k-anonymity"].startswith("1 (")
    assert found.details["l-diversity"].startswith("1 ")


def test_too_few_rows_say_nothing():
    assert measured({"a": np.array(["x"] * 10, dtype=object)}).reason is Reason.INSUFFICIENT_DATA


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**20), st.sampled_from(planted.LANGUAGES))
def test_planted_items_stand_once_in_their_text(seed, language):
    draw = np.random.default_rng(seed)
    for entity in planted._MAKERS:
        made = planted.item(entity, language, draw)
        assert made in planted.within("three words here", made, language, draw)
        assert made in planted.within("", made, language, draw)


@pytest.mark.parametrize("key, value", [("entities", ["e-mail"]), ("languages", ["xx"])])
def test_an_unknown_kind_or_language_is_refused(key, value):
    with pytest.raises(ParameterRefused, match=value[0]):
        CHECK.wants(CHECK.complete({key: value}, Layout(columns={"a": "text"})))


def test_a_pattern_without_files_is_refused():
    with pytest.raises(NothingToScan, match="logs"):
        measured({"a": np.array(["x"] * 50, dtype=object)}, {}, files=["logs/*.txt"])


def test_a_file_of_few_lines_keeps_the_check_from_passing():
    found = measured(table("german_credit.parquet"), {"a.txt": b"one line\nanother\n"}, files=["a.txt"])
    assert judge(found, CHECK.criterion("<= 0.01")).verdict is Verdict.INCONCLUSIVE


def test_only_the_columns_named_are_looked_at_and_others_may_still_tell_the_anonymity():
    data = {**table("german_credit.parquet"), "notes": notes()}
    found = measured(data, columns=["purpose"], quasi_identifiers=["age", "sex"])
    assert found.value == 0.0
    assert "k-anonymity" in found.details
