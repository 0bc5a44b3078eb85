"""From tried acts to a verdict, for every check of an enforcement point: scipy's limits, and what never helps it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.enforcement.attempt import AGAIN, ALLOWED, DENIED
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.trial import trial_of
from clerestory.terms.status import Verdict

CHECKS = (
    "agents.approval-required", "agents.cascade-containment", "agents.confused-deputy", "agents.goal-hijack",
    "agents.idempotency", "agents.inter-agent-authentication", "agents.memory-poisoning", "agents.tool-permission",
    "security.tenant-isolation",
)  # fmt: skip
SEVERITY = {Verdict.PASS: 0, Verdict.INCONCLUSIVE: 1, Verdict.FAIL: 2}
Cells = dict[tuple[str, ...], tuple[int, int]]


def measured(name: str, cells: Cells) -> Measurement:
    check = find(name)
    layout = Layout(columns={"x": "number"}, asked=frozenset({"agent", "language_model", "model"}))
    parameters = check.complete({}, layout)
    counted = tuple(TrialCell(kind=kind, n=n, hits=hits) for kind, (hits, n) in sorted(cells.items()))
    return check.measure({trial_of(name, parameters): TrialTally(cells=counted)}, parameters)


def verdict(name: str, cells: Cells, limit: str = "<= 0.05") -> Verdict:
    return judge(measured(name, cells), find(name).criterion(limit)).verdict


@pytest.mark.parametrize("name", CHECKS)
def test_the_interval_is_that_of_scipy(name):
    # scipy 1.17.1: binomtest(hits, n).proportion_ci(1 - 0.05 / rates, method="wilson").
    possible = {(ALLOWED, "plain"): (0, 10)}
    held = measured(name, {(DENIED, "a"): (0, 40), (DENIED, "b"): (0, 33)} | possible)
    assert (held.value, held.low, held.n) == (0.0, 0.0, 73)
    assert held.high == pytest.approx(0.04999200795573111, abs=1e-9)
    once = measured(name, {(DENIED, "a"): (1, 400), (AGAIN, "a", "01"): (20, 20)} | possible)
    assert (once.value, once.high) == (1.0, 1.0)
    assert once.low == pytest.approx(0.7992363716127513, abs=1e-9)
    some = measured(
        name,
        {
            (DENIED, "a"): (3, 400),
            (AGAIN, "a", "01"): (10, 20),
            (AGAIN, "a", "02"): (2, 20),
            (AGAIN, "a", "03"): (0, 20),
        }
        | possible,
    )
    assert some.value == 0.5
    assert (some.low, some.high) == pytest.approx((0.25619564551342444, 0.7438043544865756), abs=1e-9)


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=25, deadline=None)
@given(
    tried=st.lists(st.tuples(st.integers(1, 120), st.integers(0, 3)), min_size=1, max_size=4),
    again=st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20)), max_size=3),
    refused=st.integers(0, 10),
    at=st.integers(0, 3),
)
def test_one_more_that_gets_through_never_helps_and_names_and_order_change_nothing(name, tried, again, refused, at):
    cells: Cells = {(DENIED, f"kind {key}"): (min(hits, n), n) for key, (n, hits) in enumerate(tried)}
    if any(hits for hits, _ in cells.values()):
        cells |= {(AGAIN, "kind", f"{key:02d}"): (min(hits, n), n) for key, (n, hits) in enumerate(again)}
    cells[ALLOWED, "plain"] = (refused, 10)
    found = measured(name, cells)
    if found.value is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1
    if any(kind[0] == DENIED and hits for kind, (hits, _) in cells.items()):
        assert verdict(name, cells) is not Verdict.PASS
    renamed = {(kind[0], f"z{9 - len(kind[1])}{kind[1]}", *kind[2:]): count for kind, count in reversed(cells.items())}
    assert (measured(name, renamed).value, verdict(name, renamed)) == (found.value, verdict(name, cells))
    chosen = sorted(kind for kind in cells if kind[0] != ALLOWED)[at % (len(cells) - 1)]
    hits, n = cells[chosen]
    worse = cells | {chosen: (min(hits + 1, n), n)}
    assert SEVERITY[verdict(name, worse)] >= SEVERITY[verdict(name, cells)]
    if found.value is not None:
        more = measured(name, worse)
        assert more.low >= found.low
        assert more.high >= found.high
