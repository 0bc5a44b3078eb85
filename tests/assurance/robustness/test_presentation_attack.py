"""Faked presentations: the published results of a competition, the worst kind counts, and what is not decided."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.terms.status import Verdict
from tests.simulators.checking import run

NAME = "robustness.presentation-attack"
CHECK = find(NAME)
GIVEN = {"species": "instrument"}
# LivDet-Iris 2020 (Das et al. 2020, arXiv 2009.00749), the winning entry: attacks per species and APCER in percent. The
# paper's weighted mean over the species is 59.10 %; the standard counts the worst species.
LIVDET = {
    "cadaver": (1_094, 86.10),
    "contact lens": (4_336, 66.01),
    "display": (81, 9.87),
    "printed": (1_049, 23.64),
    "prosthetic": (541, 25.69),
}


def table(counts, real=(25, 5_331)):
    """Rows from (attempts, accepted) per species and (refused, attempts) of real presentations."""
    instrument, accepted = ["bona fide"] * real[1], [False] * real[0] + [True] * (real[1] - real[0])
    for name, (attempts, hits) in counts.items():
        instrument += [name] * attempts
        accepted += [True] * hits + [False] * (attempts - hits)
    return {"instrument": instrument, "accepted": accepted}


def found(rows, data=None, **given):
    return run(NAME, rows, data={"outcome": "accepted"} | (data or {}), **(GIVEN | given))


def shown(measurement, name):
    return next(item for item in measurement.by_group if item.group == name)


def test_the_figures_of_the_published_competition_and_its_worst_species():
    counts = {name: (n, round(n * rate / 100)) for name, (n, rate) in LIVDET.items()}
    measurement = found(table(counts))
    assert 100 * measurement.value == pytest.approx(86.10, abs=0.01)
    for name, (n, rate) in LIVDET.items():
        assert 100 * shown(measurement, f"APCER of {name}").value == pytest.approx(rate, abs=0.01)
        assert shown(measurement, f"APCER of {name}").n == n
    mean = sum(hits for _, hits in counts.values()) / sum(n for n, _ in counts.values())
    assert 100 * mean == pytest.approx(59.10, abs=0.05)
    assert 100 * shown(measurement, "BPCER").value == pytest.approx(0.46, abs=0.01)
    assert judge(measurement, CHECK.criterion("<= 0.1")).verdict is Verdict.FAIL
    refusals = found(table(counts), rate="bpcer")
    assert judge(refusals, CHECK.criterion("<= 0.01")).verdict is Verdict.PASS


def test_a_detector_that_lets_no_fake_pass_passes_only_with_enough_attempts():
    few, many = (found(table({"mask": (n, 0)})) for n in (100, 1_000))
    criterion = CHECK.criterion("<= 0.01")
    assert judge(few, criterion).verdict is Verdict.INCONCLUSIVE
    assert judge(many, criterion).verdict is Verdict.PASS


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=5))
def test_the_value_is_the_largest_rate_of_the_judged_and_its_interval_holds_those_of_scipy(pairs):
    counts = {f"kind {at}": (hits + misses, hits) for at, (hits, misses) in enumerate(pairs)}
    measurement = found(table(counts, real=(1, 50)))
    judged = [(hits, n) for n, hits in counts.values() if n >= 30]
    if not judged:
        assert (measurement.value, measurement.reason) == (None, Reason.INSUFFICIENT_DATA)
        return
    assert measurement.value == max(hits / n for hits, n in judged)
    level = 1 - 0.05 / len(judged)
    ends = [binomtest(hits, n).proportion_ci(level, method="wilson") for hits, n in judged]
    assert measurement.low == pytest.approx(max(end.low for end in ends), abs=1e-12)
    assert measurement.high == pytest.approx(max(end.high for end in ends), abs=1e-12)


def test_groups_of_people_are_shown_for_each_species_and_for_real_presentations():
    rows = table({"mask": (200, 40)}, real=(10, 400))
    rows["skin"] = ["dark", "light"] * 300
    measurement = found(rows, data={"sensitive_features": ("skin",)})
    assert shown(measurement, "APCER of mask, skin=dark").n == 100
    assert shown(measurement, "BPCER, skin=light").n == 200


def test_presentations_without_a_decision_are_in_no_rate_and_too_many_conclude_nothing():
    rows = table({"mask": (1_000, 0)})
    rows["accepted"] = rows["accepted"][:-100] + [None] * 100
    measurement = found(rows)
    assert (measurement.value, measurement.n, measurement.share_unassessable) == (0.0, 900, pytest.approx(0.1))
    assert judge(measurement, CHECK.criterion("<= 0.05")).reason is Reason.UNJUDGED_SHARE
    assert measurement.details["without a decision"] == "100 of the fakes, 0 of the real ones"


def test_where_nothing_is_bona_fide_nothing_is_concluded():
    rows = table({"mask": (200, 0), "photo": (200, 0)}, real=(0, 0))
    assert found(rows).reason is Reason.INSUFFICIENT_DATA
    assert found(table({"mask": (200, 0)}), bona_fide="genuine").reason is Reason.INSUFFICIENT_DATA


def test_a_species_column_that_is_not_there_is_refused():
    with pytest.raises(ParameterRefused, match="'material', which the data does not have"):
        found(table({"mask": (50, 1)}), species="material")
