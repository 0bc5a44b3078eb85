"""Rules between columns and rows that repeat, as limits of a contract: from counts; what is no rule is refused."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.data_quality import consistency
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.tally import DistinctRows, DuplicateTally, Request, RuleCounts, RuleTally, Tally
from clerestory.store.engine.engine import open_engine
from clerestory.store.engine.source import find_source
from clerestory.terms.status import Verdict

NAME = "data_quality.contract"
CHECK = find(NAME)
DATA = Path("src/clerestory/demo/data")
LAYOUT = Layout(columns={"due": "number", "total": "number", "opened": "date", "closed": "date"})


def measured(tallies: dict[Request, Tally], **parameters: object) -> Measurement:
    complete = CHECK.complete(parameters, LAYOUT)
    assert set(CHECK.wants(complete)) == set(tallies)
    return CHECK.measure(tallies, complete)


def broken(found: Measurement) -> list[str]:
    return [item.group for item in found.by_group if item.note.startswith("broken")]


@pytest.mark.parametrize("text", ["", "closed", "closed after opened", "a >", "a > b > c", "a present if b", "a = b"])
def test_what_is_no_rule_is_refused_with_its_form(text):
    with pytest.raises(ParameterRefused, match="no rule between columns") as refused:
        consistency.read(text)
    assert "closed_at >= opened_at" in refused.value.remedy


def test_rules_are_limits_of_the_contract():
    tallies = {
        RuleCounts("due <= total"): RuleTally(rows=4, judged=4, broken=0),
        RuleCounts("closed >= opened"): RuleTally(rows=4, judged=2, broken=1),
    }
    found = measured(tallies, consistent=["due <= total", "closed >= opened"])
    assert broken(found) == ["consistent: closed >= opened"]
    assert (found.value, found.low, found.high, found.n) == (1, 1, 1, 4)
    one = {RuleCounts("closed >= opened"): RuleTally(rows=4, judged=2, broken=1)}
    allowed = measured(one, consistent=["closed >= opened"], max_invalid_share=0.5)
    criterion = CHECK.criterion("<= 0", CHECK.complete({"consistent": ["a < b"]}, LAYOUT))
    assert judge(allowed, criterion).verdict is Verdict.PASS


def test_one_row_that_repeats_breaks_the_contract_whatever_share_may_be_invalid():
    columns = ("due", "total")
    for distinct, expected in ((100, []), (99, ["distinct rows: due, total"])):
        tally = DuplicateTally(rows=100, distinct=distinct, incomplete=0)
        found = measured({DistinctRows(columns): tally}, distinct_rows=list(columns), max_invalid_share=0.5)
        assert broken(found) == expected


@given(st.integers(1, 999), st.integers(0, 999), st.floats(0, 1))
def test_a_share_at_its_limit_is_kept_and_one_more_row_never_mends_it(judged, wrong, allowed):
    wrong = min(wrong, judged)
    verdicts = []
    for count in (wrong, min(wrong + 1, judged)):
        tally = {RuleCounts("due <= total"): RuleTally(rows=1_000, judged=judged, broken=count)}
        verdicts.append(measured(tally, consistent=["due <= total"], max_invalid_share=allowed).value)
    assert verdicts[0] == float(wrong / judged > allowed)
    assert verdicts[0] <= verdicts[1]


def test_on_real_data_whole_rows_that_repeat_are_those_of_polars():
    frame = pl.read_parquet(DATA / "adult_train.parquet")
    parameters = CHECK.complete({"distinct_rows": "all"}, Layout(columns=dict.fromkeys(frame.columns, "text")))
    source = find_source("adult_train.parquet", DATA, what="current")
    counted = open_engine().tally({"current": source}, CHECK.wants(parameters)).tallies
    found = CHECK.measure(counted, parameters)
    # polars: frame.height - frame.unique().height is 24 in the published file.
    assert found.by_group[0].value == 24 / 32_561
    assert broken(found) == [f"distinct rows: {', '.join(frame.columns)}"]
