"""From what a scan counted to its share: limits that widen with what is overlooked, and what never helps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.trial import trial_of
from clerestory.terms.status import Verdict

SCAN = find("privacy.personal-data-scan")
SEVERITY = {Verdict.PASS: 0, Verdict.INCONCLUSIVE: 1, Verdict.FAIL: 2}


def measured(sources: dict[str, tuple[int, int]], recalled: int) -> Measurement:
    parameters = SCAN.complete({"entities": ["email"]}, Layout(columns={}))
    cells = [TrialCell(kind=("source", name), n=n, hits=hits) for name, (hits, n) in sources.items()]
    cells.append(TrialCell(kind=("planted", "email", "en"), n=200, hits=recalled))
    tally = TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)))
    return SCAN.measure({trial_of(SCAN.name, parameters): tally}, parameters)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(30, 2_000), st.integers(0, 40)), min_size=1, max_size=2),
    st.integers(0, 199),
    st.integers(0, 1),
)
def test_one_more_row_with_personal_data_and_one_less_that_would_be_found_never_help(counts, recalled, at):
    sources = {f"source {key}": (min(hits, n), n) for key, (n, hits) in enumerate(counts)}
    found, criterion = measured(sources, recalled), SCAN.criterion("<= 0.02")
    assert found.value == pytest.approx(max(hits / n for hits, n in sources.values()))
    assert 0 <= found.low <= found.value <= found.high <= 1
    name = list(sources)[at % len(sources)]
    hits, n = sources[name]
    worse = measured(sources | {name: (min(hits + 1, n), n)}, recalled)
    assert SEVERITY[judge(worse, criterion).verdict] >= SEVERITY[judge(found, criterion).verdict]
    surer = measured(sources, recalled + 1)
    assert surer.high <= found.high
    assert surer.low == found.low
    assert SEVERITY[judge(surer, criterion).verdict] <= SEVERITY[judge(found, criterion).verdict]
