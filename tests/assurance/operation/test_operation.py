"""Requests against limits, alarms against times, monitors against their schedule."""

from datetime import UTC, datetime, timedelta
from math import sqrt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.operation.monitor_coverage import missed
from clerestory.assurance.trial.files import FileUnusable
from clerestory.intake.running.rows import LogUnusable
from clerestory.terms.moment import moment_text
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

SERVICE, ALARMS, MONITORS = "operation.availability", "operation.alert-response", "operation.monitor-coverage"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ago(**past: float) -> str:
    return moment_text(NOW - timedelta(**past))


def requests(*rows: tuple[str, float | str, int], fault: str = "", more: str = "") -> str:
    """Write a log: (status, seconds, how many) each."""
    lines = ["at,status,seconds,fault,environment"]
    for status, seconds, times in rows:
        lines += [f"{ago(hours=1)},{status},{seconds},{fault},{more}"] * times
    return "\n".join(lines) + "\n"


def test_requests_that_failed_or_were_slow_count_with_the_interval_of_wilson(tmp_path):
    log = requests(("200", 0.2, 490), ("200", 1.5, 6), ("503", 0.1, 4))
    found = measured(SERVICE, write(tmp_path, {"requests.csv": log}))
    p, n, z = 0.02, 500, 1.959963984540054
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    centre = p + z * z / (2 * n)
    scale = 1 + z * z / n
    assert (found.value, found.n) == (0.02, 500)
    assert found.low == pytest.approx((centre - half) / scale, abs=1e-12)
    assert found.high == pytest.approx((centre + half) / scale, abs=1e-12)
    assert verdict(found, "<= 0.05") is Verdict.PASS
    assert verdict(found, "<= 0.005") is Verdict.FAIL
    assert verdict(found, "<= 0.02") is Verdict.INCONCLUSIVE
    assert found.figures == {"window_from": ago(hours=1), "window_to": ago(hours=1)}


def test_the_worst_environment_decides_and_a_refused_fault_is_graceful(tmp_path):
    split = requests(("200", 0.1, 200), more="cloud") + requests(("500", 0.1, 40), more="edge").split("\n", 1)[1]
    found = measured(SERVICE, write(tmp_path, {"requests.csv": split}), by=["environment"])
    assert found.value == 1.0
    graceful = requests(("200", 0.1, 300)) + requests(("422", 0.1, 100), fault="missing column").split("\n", 1)[1]
    found = measured(SERVICE, write(tmp_path, {"requests.csv": graceful}))
    assert verdict(found, "<= 0.06") is Verdict.PASS
    blind = requests(("200", 0.1, 300)) + requests(("200", 0.1, 100), fault="missing column").split("\n", 1)[1]
    found = measured(SERVICE, write(tmp_path, {"requests.csv": blind}))
    assert {group.group: group.value for group in found.by_group}["fault: missing column"] == 1.0
    assert verdict(found, "<= 0.06") is Verdict.FAIL


def test_quantiles_of_latency_are_shown_with_their_interval(tmp_path):
    lines = [f"{ago(hours=1)},200,{second}" for second in range(1, 101)]
    log = "at,status,seconds\n" + "\n".join(lines)
    found = measured(SERVICE, write(tmp_path, {"requests.csv": log}), limit_seconds=1000.0)
    assert found.details["latency p95 (s)"] == "95 [90, 100]"  # ranks by scipy.stats.binom(100, 0.95)
    assert "latency p99 (s)" not in found.details


def test_requests_of_another_time_or_without_an_outcome_do_not_count(tmp_path):
    log = requests(("200", 0.1, 40)) + f"{ago(days=8)},500,0.1,,\n{ago(days=-1)},500,0.1,,\n"
    found = measured(SERVICE, write(tmp_path, {"requests.csv": log}))
    assert (found.n, found.value) == (40, 0.0)
    assert found.details["rows before the window"] == found.details["rows after the run"] == "1"
    found = measured(SERVICE, write(tmp_path, {"requests.csv": requests(("200", 0.1, 40), ("", 0.1, 5))}))
    assert found.details["cases without an answer"] == "5"
    assert verdict(found, "<= 0.5") is Verdict.INCONCLUSIVE
    found = measured(SERVICE, write(tmp_path, {"requests.csv": requests(("200", 0.1, 5))}))
    assert found.reason is Reason.INSUFFICIENT_DATA


def test_a_log_that_is_not_there_or_lacks_a_column_is_refused(tmp_path):
    with pytest.raises(FileUnusable, match=r"No file matches 'requests\.\*'"):
        measured(SERVICE, tmp_path)
    with pytest.raises(LogUnusable, match="no column 'seconds'"):
        measured(SERVICE, write(tmp_path, {"requests.csv": "at,status\n"}))
    with pytest.raises(LogUnusable, match=r"requests\.txt is no table"):
        measured(SERVICE, write(tmp_path, {"requests.txt": "x"}), log="requests.txt")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["200", "503"]), st.sampled_from([0.1, 2.0])), min_size=30, max_size=60))
def test_the_share_is_that_of_the_log_in_any_order_and_format(tmp_path, rows):
    bad = sum(status == "503" or seconds > 1 for status, seconds in rows)
    for order in (rows, rows[::-1]):
        log = requests(*((status, seconds, 1) for status, seconds in order))
        found = measured(SERVICE, write(tmp_path, {"requests.csv": log}))
        assert found.value == pytest.approx(bad / len(rows))


ALARM = "id,raised_at,acknowledged_at,closed_at\n"


@pytest.mark.parametrize(
    "row, outcome",
    [
        (f"1,{ago(days=9)},{ago(days=8.5)},{ago(days=3)}", Verdict.PASS),
        (f"1,{ago(days=9)},{ago(days=7.9)},{ago(days=3)}", Verdict.FAIL),  # taken up after 1.1 of 1 day
        (f"1,{ago(days=9)},{ago(days=8.5)},{ago(days=1.5)}", Verdict.FAIL),  # closed after 7.5 of 7 days
        (f"1,{ago(days=9)},{ago(days=8.5)},", Verdict.FAIL),  # open after 9 days
        (f"1,{ago(days=9)},{ago(days=10)},{ago(days=3)}", Verdict.FAIL),  # taken up before it was raised
        (f"1,{ago(hours=2)},,", Verdict.INCONCLUSIVE),  # not yet due
        (f"1,{ago(days=9)},soon,{ago(days=3)}", Verdict.INCONCLUSIVE),
        (f"1,{ago(days=40)},{ago(days=39)},{ago(days=38)}", Verdict.INCONCLUSIVE),  # before the window
        (f"1,{ago(days=40)},,", Verdict.FAIL),  # before the window, and open still
    ],
)
def test_an_alarm_is_in_time_or_late(tmp_path, row, outcome):
    assert verdict(measured(ALARMS, write(tmp_path, {"alarms.csv": f"{ALARM}{row}\n"}))) is outcome


def test_alarms_and_late_ones_are_figures_of_the_fact(tmp_path):
    rows = f"1,{ago(days=9)},,\n2,{ago(days=9)},{ago(days=9)},{ago(days=8)}\n3,{ago(hours=1)},,\n"
    found = measured(ALARMS, write(tmp_path, {"alarms.csv": ALARM + rows}))
    assert found.figures["alarms"] == 3
    assert found.figures["alarms_late"] == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 29, allow_nan=False), min_size=1, max_size=8))
def test_an_alarm_closed_earlier_is_never_late(tmp_path, ages):
    rows = "".join(f"{at},{ago(days=age)},{ago(days=age)},{ago(days=age)}\n" for at, age in enumerate(ages))
    assert measured(ALARMS, write(tmp_path, {"alarms.csv": ALARM + rows})).value == 0


DECLARED = '[[monitor]]\nname = "drift"\nevery = "P1D"\n[[monitor]]\nname = "service"\nevery = "PT12H"\n'


def runs(*rows: str) -> dict[str, str]:
    return {"monitors.toml": DECLARED, "monitor_runs.csv": "\n".join(["monitor,ran_at,outcome", *rows]) + "\n"}


def test_monitors_that_ran_pass_and_a_silence_counts_its_missing_runs(tmp_path):
    daily = [f"drift,{ago(hours=24 * day + 9)},PASS" for day in range(7)]
    twice = [f"service,{ago(hours=12 * half + 5)},FAIL" for half in range(14)]
    found = measured(MONITORS, write(tmp_path, runs(*daily, *twice)))
    assert verdict(found) is Verdict.PASS  # a monitor that found something ran
    assert found.covers == ("drift", "service")
    assert found.figures["monitors_run"] == 21
    found = measured(MONITORS, write(tmp_path, runs(*daily[:2], *daily[4:], *twice)))  # silent for three days: two runs
    assert (found.value, found.covers) == (2, ("service",))
    assert verdict(found) is Verdict.FAIL
    found = measured(MONITORS, write(tmp_path, runs(*daily, f"service,{ago(hours=1)},COULD_NOT_RUN")))
    assert found.value == 14


@pytest.mark.parametrize(
    "declared, problem",
    [("", "declares no monitor"), ('[[monitor]]\nname = "a"\nevery = "daily"\n', "no ISO 8601 duration")],
)
def test_monitors_that_nobody_declared_or_without_a_schedule_are_refused(tmp_path, declared, problem):
    files = runs() | {"monitors.toml": declared}
    with pytest.raises(FileUnusable, match=problem):
        measured(MONITORS, write(tmp_path, files))


@given(st.integers(1, 30), st.floats(-0.4, 0.4))
def test_a_run_may_come_half_an_interval_late_and_each_left_out_counts_once(days, jitter):
    day, end = timedelta(days=1), 86400.0 * days
    full = [86400.0 * (at + 0.5) + 86400 * jitter * (at % 2) for at in range(days)]
    assert missed(full, day, 0.0, end) == 0
    assert missed([], day, 0.0, end) == days
    if days > 2:
        exact = [86400.0 * (at + 0.5) for at in range(days)]
        assert missed(exact[:1] + exact[2:], day, 0.0, end) == 1


@pytest.mark.parametrize("status", ["ERROR", "Timeout", "500.0", " error ", "er\u200bror"])
def test_a_failure_in_another_spelling_is_a_failure(tmp_path, status):
    found = measured(SERVICE, write(tmp_path, {"requests.csv": requests((status, 0.1, 400))}))
    assert (found.value, verdict(found, "<= 0.02")) == (1.0, Verdict.FAIL)


def test_an_alarm_that_stays_open_does_not_age_out(tmp_path):
    head = "id,raised_at,acknowledged_at,closed_at\n"
    fine = f"a,{ago(days=9)},{ago(days=8.9)},{ago(days=8)}\n"
    gone = f"b,{ago(days=40)},{ago(days=39.9)},{ago(days=39)}\n"
    assert measured(ALARMS, write(tmp_path, {"alarms.csv": head + fine + gone})).n == 1
    found = measured(ALARMS, write(tmp_path, {"alarms.csv": f"{head}{fine}c,{ago(days=40)},,\n"}))
    assert (found.value, verdict(found)) == (1.0, Verdict.FAIL)


@pytest.mark.parametrize("outcome", ["Error", "could not run", "could_not_run"])
def test_a_run_that_measured_nothing_is_none_in_any_spelling(tmp_path, outcome):
    lines = "".join(f"m,{ago(days=at)},{outcome}\n" for at in range(7))
    files = {"monitors.toml": '[[monitor]]\nname = "m"\nevery = "P1D"\n'}
    found = measured(MONITORS, write(tmp_path, files | {"monitor_runs.csv": f"monitor,ran_at,outcome\n{lines}"}))
    assert found.value == 7.0


def test_requests_that_are_still_to_come_are_no_pass(tmp_path):
    log = requests(("200", 0.1, 400)) + "".join(f"{ago(hours=-2)},500,0.1,,\n" for _ in range(40))
    found = measured(SERVICE, write(tmp_path, {"requests.csv": log}))
    assert verdict(found, "<= 0.02") is Verdict.INCONCLUSIVE
    late = requests(("200", 0.1, 400)) + "".join(f"{ago(minutes=-5)},200,0.1,,\n" for _ in range(40))
    found = measured(SERVICE, write(tmp_path, {"requests.csv": late}))
    assert verdict(found, "<= 0.02") is Verdict.PASS  # written while it was read


def test_failures_whose_moment_nobody_can_read_are_no_pass(tmp_path):
    log = requests(("200", 0.1, 400)) + "yesterday,500,0.1,,\n" * 14
    folder = write(tmp_path, {"requests.csv": log})
    assert verdict(measured(SERVICE, folder), "<= 0.02") is not Verdict.PASS
    assert verdict(measured(SERVICE, folder), "<= 0.1") is Verdict.PASS
