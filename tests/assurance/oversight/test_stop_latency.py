"""Drills of stopping: the last decision after the command, the safe state, and two persons to go on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.oversight.stop_latency import NEVER
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.moment import moment_text
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "oversight.stop-latency"
STOP = datetime(2026, 11, 20, 10, tzinfo=UTC)


def after(seconds: float) -> str:
    return moment_text(STOP + timedelta(seconds=seconds))


def drill(decisions: list[tuple[float, str]], *resumed: tuple[float, str], name: str = "autumn") -> dict[str, str]:
    """Write a drill: decisions as (seconds after the command, status), orders to go on as (seconds, by whom)."""
    log = ["ended_at,status", *(f"{after(at)},{status}" for at, status in decisions)]
    control = [f"{name},{after(0)},stop,ana", *(f"{name},{after(at)},resume,{who}" for at, who in resumed)]
    lines = ["drill,at,command,actor", *control]
    return {"decisions.csv": "\n".join(log) + "\n", "control.csv": "\n".join(lines) + "\n"}


BEFORE = [(-5.0, "auto"), (-1.0, "auto")]
WORKED = [*BEFORE, (2.0, "auto"), (7.5, "auto"), (9.0, "withheld"), (30.0, "pending_review")]
TWO = ((60.0, "ben"), (61.0, "cy"))


def test_the_latency_is_that_of_the_last_decision_that_was_not_safe(tmp_path):
    found = measured(NAME, write(tmp_path, drill([*WORKED, (70.0, "auto")], *TWO)))
    assert (found.value, found.low, found.high, found.n) == (7.5, 6.5, 8.5, 4)
    assert verdict(found, "<= 30") is Verdict.PASS
    assert verdict(found, "<= 5") is Verdict.FAIL
    assert verdict(found, "<= 8") is Verdict.INCONCLUSIVE
    assert found.figures["safe_state_reached"] is True
    assert found.figures["resumed_by_two"] is True
    assert found.figures["window_to"] == after(61)
    at_once = measured(NAME, write(tmp_path, drill([*BEFORE, (0.5, "withheld")], *TWO)))
    assert at_once.value == 0.0


@pytest.mark.parametrize(
    "decisions, resumed",
    [
        ([*BEFORE, (2.0, "auto"), (50.0, "auto")], TWO),  # never stopped
        ([*WORKED, (40.0, "auto")], TWO),  # fell back
        (WORKED, ((60.0, "ben"),)),  # one person let it go on
        (WORKED, ((60.0, "ben"), (61.0, "ben"))),  # and alone twice
        (WORKED, ()),  # nobody did
    ],
)
def test_a_stop_that_is_not_reached_or_that_one_can_lift_fails(tmp_path, decisions, resumed):
    found = measured(NAME, write(tmp_path, drill(decisions, *resumed)))
    assert found.value == NEVER
    assert verdict(found, "<= 3600") is Verdict.FAIL


def test_where_nothing_ran_there_is_nothing_to_stop(tmp_path):
    for decisions in ([(2.0, "withheld")], BEFORE, []):
        assert measured(NAME, write(tmp_path, drill(decisions, *TWO))).reason is Reason.INSUFFICIENT_DATA
    old = measured(NAME, write(tmp_path, drill(WORKED, *TWO)), window="PT1H")
    assert old.reason is Reason.INSUFFICIENT_DATA


@pytest.mark.parametrize(
    "control, problem",
    [
        ("drill,at,command,actor\na,soon,stop,ana\n", "Row 1 of the commands"),
        (f"drill,at,command,actor\na,{after(0)},halt,ana\n", "Row 1 of the commands"),
        (f"drill,at,command,actor\na,{after(0)},resume,ana\n", "never stopped"),
    ],
)
def test_commands_that_are_none_are_refused(tmp_path, control, problem):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, drill(WORKED) | {"control.csv": control}))


def test_without_a_log_the_check_is_refused(tmp_path):
    files = drill(WORKED)
    del files["decisions.csv"]
    with pytest.raises(FileUnusable, match="No file matches"):
        measured(NAME, write(tmp_path, files))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_the_slowest_decision_counts_in_any_order(tmp_path, seconds):
    decisions = [*BEFORE, *((float(at), "auto") for at in seconds), (50.0, "withheld")]
    for order in (decisions, decisions[::-1]):
        assert measured(NAME, write(tmp_path, drill(order, *TWO))).value == max(seconds)


@pytest.mark.parametrize("other", ["Ben", "BEN ", "b\u200ben", "\uff42en"])
def test_one_person_in_two_spellings_cannot_let_it_go_on(tmp_path, other):
    found = measured(NAME, write(tmp_path, drill(WORKED, (60.0, "ben"), (61.0, other))))
    assert found.value == NEVER and found.figures["resumed_by_two"] is False


def test_an_unsafe_decision_at_no_moment_forbids_a_pass(tmp_path):
    files = drill(WORKED, *TWO)
    files["decisions.csv"] += "soon,auto\n"
    found = measured(NAME, write(tmp_path, files))
    assert (found.value, found.high) == (7.5, NEVER + 1)
    assert verdict(found, "<= 30") is Verdict.INCONCLUSIVE
