"""Reviews by people: overruled, real, and planted errors caught."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.intake.running.rows import LogUnusable
from clerestory.terms.moment import moment_text
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

RATE, EFFECT, SEEDED = "oversight.override-rate", "oversight.human-effect", "oversight.seeded-error-catch"
AT = moment_text(datetime(2026, 11, 21, 12, tzinfo=UTC) - timedelta(days=2))
HEAD = "reviewed_at,proposed,final,reviewer,case_id,seconds,planted"
SETTINGS = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def reviews(*rows: tuple[str, str, str, float | str, str, int]) -> dict[str, str]:
    """Write reviews: (proposed, final, reviewer, seconds, planted, how many) each."""
    lines, case = [HEAD], 0
    for proposed, final, reviewer, seconds, planted, times in rows:
        for _ in range(times):
            case += 1
            lines.append(f"{AT},{proposed},{final},{reviewer},c{case},{seconds},{planted}")
    return {"reviews.csv": "\n".join(lines) + "\n"}


def test_overruled_reviews_lie_in_the_expected_band_or_not(tmp_path):
    found = measured(RATE, write(tmp_path, reviews(("no", "no", "a", 60, "", 180), ("no", "yes", "b", 90, "", 20))))
    # scipy 1.17.1: binomtest(20, 200).proportion_ci(method="wilson")
    assert (found.value, found.n) == (0.1, 200)
    assert (found.low, found.high) == (
        pytest.approx(0.06567044866909588, abs=1e-12),
        pytest.approx(0.1494058124327174, abs=1e-12),
    )
    assert verdict(found, "between 0.02 and 0.2") is Verdict.PASS
    assert verdict(found, "between 0.2 and 0.4") is Verdict.FAIL
    assert verdict(found, "between 0.08 and 0.2") is Verdict.INCONCLUSIVE
    assert (found.figures["reviews"], found.figures["overrides"], found.figures["median_seconds"]) == (200, 20, "60")
    nobody = measured(RATE, write(tmp_path, reviews(("no", "no", "a", 60, "", 500))))
    assert verdict(nobody, "between 0.02 and 0.2") is Verdict.FAIL  # nobody ever disagrees


def test_planted_errors_are_no_reviews_and_reviews_no_planted_errors(tmp_path):
    files = reviews(("no", "no", "a", 60, "", 40), ("no", "yes", "a", 60, "age", 30), ("no", "no", "a", 60, "false", 5))
    assert measured(RATE, write(tmp_path, files)).n == 45
    found = measured(SEEDED, write(tmp_path, files))
    assert (found.n, found.value) == (30, 1.0)


def test_the_kind_of_error_that_is_caught_least_decides(tmp_path):
    files = reviews(
        ("no", "yes", "a", 60, "income", 95), ("no", "no", "a", 60, "income", 5),
        ("no", "yes", "a", 60, "identity", 30), ("no", "no", "a", 60, "identity", 70),
    )  # fmt: skip
    found = measured(SEEDED, write(tmp_path, files))
    assert found.value == pytest.approx(0.3)
    assert verdict(found, ">= 0.8") is Verdict.FAIL
    assert found.figures == {**found.figures, "planted": 200, "planted_caught": 125}
    few = measured(SEEDED, write(tmp_path, reviews(("no", "yes", "a", 60, "true", 10))))
    assert few.reason is Reason.INSUFFICIENT_DATA


def test_reviews_confirmed_too_fast_have_no_effect(tmp_path):
    real = measured(EFFECT, write(tmp_path, reviews(("no", "no", "a", 45, "", 190), ("no", "yes", "a", 4, "", 10))))
    assert verdict(real, "<= 0.1") is Verdict.PASS  # who deviates at once did look
    fast = measured(EFFECT, write(tmp_path, reviews(("no", "no", "a", 3, "", 150), ("no", "yes", "a", 30, "", 50))))
    assert fast.value == 0.75
    assert verdict(fast, "<= 0.1") is Verdict.FAIL
    assert fast.details["deviation"].startswith("0.2500 [")
    assert fast.details["median seconds with interval"] == "3 [3, 3]"


def test_somebody_who_never_deviates_in_many_reviews_only_agrees(tmp_path):
    files = reviews(("no", "no", "a", 60, "", 300), ("no", "no", "b", 60, "", 280), ("no", "yes", "b", 60, "", 20))
    found = measured(EFFECT, write(tmp_path, files))
    assert found.value == 0.5
    assert measured(EFFECT, write(tmp_path, files), enough=301).value == 0.0
    assert not any("a" == name for group in found.by_group for name in group.group.split())


def test_two_persons_on_one_case_are_compared(tmp_path):
    rows = [f"{AT},no,{'no' if at % 4 else 'yes'},{who},c{at},30," for at in range(40) for who in "ab"]
    rows[0] = rows[0].replace("no,yes", "no,no")
    found = measured(EFFECT, write(tmp_path, {"reviews.csv": "\n".join([HEAD, *rows])}))
    assert found.details["agreement of two reviewers"].startswith("0.9750 [")
    assert found.details["agreement of two reviewers"].endswith("40 pairs")


def test_what_lacks_a_decision_or_a_time_counts_neither_way(tmp_path):
    found = measured(RATE, write(tmp_path, reviews(("no", "", "a", 60, "", 20), ("no", "no", "a", 60, "", 100))))
    assert found.details["cases without an answer"] == "20"
    assert verdict(found, "<= 0.5") is Verdict.INCONCLUSIVE
    found = measured(EFFECT, write(tmp_path, reviews(("no", "no", "a", "", "", 100))))
    assert found.reason is Reason.INSUFFICIENT_DATA
    with pytest.raises(LogUnusable, match="no column 'proposed'"):
        measured(RATE, write(tmp_path, {"reviews.csv": "reviewed_at,final\n"}))


@SETTINGS
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([3, 60])), min_size=30, max_size=60))
def test_rates_follow_from_the_rows(tmp_path, rows):
    files = reviews(*(("no", "yes" if over else "no", "a", seconds, "", 1) for over, seconds in rows))
    folder = write(tmp_path, files)
    assert measured(RATE, folder).value == pytest.approx(sum(over for over, _ in rows) / len(rows))
    quick = sum(not over and seconds < 10 for over, seconds in rows)
    assert measured(EFFECT, folder).value == pytest.approx(quick / len(rows))


@SETTINGS
@given(st.lists(st.booleans(), min_size=20, max_size=50))
def test_planted_errors_caught_are_counted(tmp_path, caught):
    files = reviews(*(("no", "yes" if one else "no", "a", 5, "true", 1) for one in caught))
    found = measured(SEEDED, write(tmp_path, files))
    assert found.value == pytest.approx(sum(caught) / len(caught))


def test_another_spelling_is_no_other_decision(tmp_path):
    files = reviews(("no", "No ", "a", 60, "yes", 40), ("1", "1.0", "a", 60, "", 40))
    assert measured(SEEDED, write(tmp_path, files)).value == 0.0
    assert measured(RATE, write(tmp_path, files)).value == 0.0


def test_a_planted_case_that_stands_there_often_counts_once(tmp_path):
    often = reviews(("no", "yes", "a", 60, "yes", 1))["reviews.csv"]
    row = often.splitlines()[1]
    found = measured(SEEDED, write(tmp_path, {"reviews.csv": often + f"{row}\n" * 58}))
    assert (found.n, found.reason) == (1, Reason.INSUFFICIENT_DATA)


def test_who_only_agrees_does_so_in_every_spelling(tmp_path):
    files = reviews(*((("no", "no", name, 60, "", 100)) for name in ("bo", "Bo", "BO ", "bo\u200b")))
    assert measured(EFFECT, write(tmp_path, files)).value == 1.0
