"""Faults sent to a service: refused in time is graceful, anything else is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.operation.availability import NAME, perform
from clerestory.assurance.operation.faults import FAULTS
from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Probe, Probed
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive
from tests.simulators.grounded import AS_OF, verdict

ROWS = {"income": np.arange(40.0), "purpose": np.array(["car", None] * 20, dtype=object)}
LOG = {"at": np.array(["2026-11-21T10:00:00Z"] * 300, dtype=object), "status": np.array(["200"] * 300, dtype=object),
       "seconds": np.full(300, 0.1)}  # fmt: skip


def is_good(document: object) -> bool:
    """Check a request as a careful service does: every column, one plain value of the right type each."""
    if not isinstance(document, dict) or set(document.get("columns", ())) != set(ROWS):
        return False
    (income, *more), (purpose, *others) = (document["columns"][name] for name in ROWS)
    return not more and not others and isinstance(income, int | float) and isinstance(purpose, str | None)


def careful(move: Probe) -> Probed:
    return Probed("answered" if is_good(move.document) else "refused", 0.1)


def tried(service, **given_here):
    given_all = {"inject": list(FAULTS), "features": list(ROWS), **given_here}
    layout = Layout(columns={"income": "number", "purpose": "text"}, as_of=AS_OF)
    parameters = find(NAME).complete(given_all, layout)
    tally = drive(perform(parameters), tables={"current": ROWS}, logs={"requests.*": LOG}, probe=service)
    return find(NAME).measure({find(NAME).wants(parameters)[0]: tally}, parameters)


FEW = {"inject": ["missing column", "wrong type", "wrong length", "malformed"]}


def test_a_service_that_refuses_what_is_broken_passes():
    found = tried(careful, **FEW)
    assert {group.group: (group.value, group.n) for group in found.by_group} == {
        "requests": (0.0, 300), **{f"sent: {fault}": (0.0, 40) for fault in FEW["inject"]}
    }  # fmt: skip
    assert verdict(found, "<= 0.2") is Verdict.PASS


@pytest.mark.parametrize("outcome", ["answered", "failed"])
def test_a_service_that_scores_or_breaks_on_broken_requests_fails(outcome):
    found = tried(lambda move: Probed("answered" if is_good(move.document) else outcome, 0.1), **FEW)
    assert found.value == 1.0
    assert verdict(found, "<= 0.2") is Verdict.FAIL


def test_a_refusal_that_takes_too_long_is_none():
    found = tried(lambda move: Probed(careful(move).outcome, 5.0), **FEW)
    assert found.value == 1.0


def test_a_service_that_refuses_everything_proves_nothing():
    found = tried(lambda _: Probed("refused", 0.1), **FEW)
    assert found.details["a request that is not broken"] == "refused"
    assert verdict(found, "<= 0.2") is Verdict.INCONCLUSIVE


def test_each_fault_breaks_a_request_and_leaves_it_as_json():
    sent = []
    tried(lambda move: (sent.append(move.document), careful(move))[1], probes=2)
    good, *broken = sent
    assert is_good(good)
    assert [is_good(document) for document in broken].count(True) == 1  # a purpose may be missing
    assert len(broken) == 2 * len(FAULTS)


@pytest.mark.parametrize(
    "wrong, problem", [({"inject": ["earthquake"]}, "no fault 'earthquake'"), ({"features": None}, "which columns")]
)
def test_an_unknown_fault_or_no_columns_is_refused(wrong, problem):
    with pytest.raises(FileUnusable, match=problem):
        tried(careful, **wrong)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40))
def test_as_many_count_as_were_not_refused(accepted):
    answers = iter(["answered"] + ["answered"] * accepted + ["refused"] * (40 - accepted))
    found = tried(lambda _: Probed(next(answers), 0.1), inject=["malformed"])
    assert {group.group: group.value for group in found.by_group}["sent: malformed"] == pytest.approx(accepted / 40)
