"""A census: what is broken is known up to what could not be judged, and nothing judged is nothing said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.tally import read_tally, tally_document
from clerestory.assurance.trial.census import Census, counted

outcomes = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["kept", "broken", "unjudged"]), st.booleans())
)


def census(things) -> Census:
    found = Census()
    for at, (kind, outcome, _) in enumerate(things):
        if outcome == "kept":
            found.kept(kind)
        else:
            getattr(found, outcome)(kind, f"{kind}{at}")
    return found


@given(outcomes)
def test_the_true_number_of_broken_things_lies_in_the_interval_whatever_the_unjudged_are(things):
    measurement = counted("records.retention", "m", census(things).tally())
    judged = [outcome for _, outcome, _ in things if outcome != "unjudged"]
    truth = sum(outcome == "broken" or (outcome == "unjudged" and bad) for _, outcome, bad in things)
    if not judged:
        assert (measurement.value, measurement.reason) == (None, Reason.INSUFFICIENT_DATA)
        return
    assert measurement.low is not None and measurement.high is not None
    assert measurement.low <= truth <= measurement.high
    assert measurement.high - measurement.low == len(things) - len(judged)
    assert measurement.n == len(judged)
    assert sum(group.high or 0 for group in measurement.by_group if group.assessed) <= measurement.high


@given(outcomes)
def test_a_tally_survives_its_document_and_does_not_depend_on_the_order(things):
    tally = census(things).tally()
    assert read_tally(tally_document(tally)) == tally
    assert census(things[::-1]).tally().cells == tally.cells


def test_a_flood_of_findings_is_cut_and_counted():
    found = Census()
    for at in range(1_000):
        found.broken("file", f"{at:04d} " + "x" * 400)
    shown = dict(found.tally().notes)["file: broken"]
    assert shown.endswith("and 980 more")
    assert len(shown) < 20 * 303 + 20
    assert counted("records.retention", "m", found.tally()).value == 1_000.0


def test_each_kind_names_what_was_found_first_and_what_was_not_judged():
    found = Census()
    found.broken("file", "b.pkl: calls os.system")
    found.unjudged("file", "c.7z is a 7z archive")
    (shown,) = counted("records.retention", "m", found.tally()).by_group
    assert shown.note == "1 of 1: b.pkl: calls os.system; 1 not judged: c.7z is a 7z archive"


@pytest.mark.parametrize("faults, value", [([], 0.0), (["one", "two"], 1.0)])
def test_a_thing_with_several_faults_counts_once(faults, value):
    found = Census()
    found.judged("file", "a", faults)
    assert counted("records.retention", "m", found.tally()).value == value
