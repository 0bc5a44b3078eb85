"""Use against its purpose, and attempts against the rights granted."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.files import FileUnusable
from clerestory.intake.running.rows import LogUnusable
from clerestory.terms.moment import moment_text
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

PURPOSE, ACCESS = "use.purpose-conformity", "use.access-enforcement"
AT = moment_text(datetime(2026, 11, 21, 12, tzinfo=UTC) - timedelta(days=2))
DECLARED = """
[[use]]
column = "purpose"
allowed = ["consumer credit", "car loan"]
[[use]]
column = "region"
allowed = ["EU"]
"""
SETTINGS = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def uses(*rows: tuple[str, str, int], declared: str = DECLARED) -> dict[str, str]:
    lines = ["used_at,purpose,region"]
    for purpose, region, times in rows:
        lines += [f"{AT},{purpose},{region}"] * times
    return {"purpose.toml": declared, "uses.csv": "\n".join(lines) + "\n"}


def test_use_outside_the_purpose_is_a_share_with_its_interval(tmp_path):
    found = measured(PURPOSE, write(tmp_path, uses(("car loan", "EU", 995), ("tenant rating", "EU", 5))))
    # scipy 1.17.1: binomtest(5, 1000).proportion_ci(method="wilson")
    assert (found.value, found.n) == (0.005, 1000)
    assert (found.low, found.high) == (
        pytest.approx(0.0021375355273244604, abs=1e-12),
        pytest.approx(0.011650955373375113, abs=1e-12),
    )
    assert verdict(found, "<= 0.02") is Verdict.PASS
    assert verdict(found, "<= 0.001") is Verdict.FAIL
    assert found.figures["outside_purpose"] == 5
    assert found.details["outside"] == "purpose=tenant rating: 5"
    other = measured(PURPOSE, write(tmp_path, uses(("car loan", "US", 100))))
    assert verdict(other, "<= 0.02") is Verdict.FAIL


def test_use_that_names_no_purpose_counts_neither_way_and_bounds_the_verdict(tmp_path):
    found = measured(PURPOSE, write(tmp_path, uses(("car loan", "EU", 900), ("", "EU", 100))))
    assert (found.value, found.n) == (0.0, 900)
    assert verdict(found, "<= 0.02") is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("declared", ["", '[[use]]\ncolumn = "purpose"\n', '[[use]]\nallowed = ["a"]\n'])
def test_a_purpose_that_nobody_declared_is_refused(tmp_path, declared):
    with pytest.raises(FileUnusable):
        measured(PURPOSE, write(tmp_path, uses(declared=declared)))
    with pytest.raises(LogUnusable, match="no column 'tariff'"):
        measured(PURPOSE, write(tmp_path, uses(declared='[[use]]\ncolumn = "tariff"\nallowed = ["a"]\n')))


@SETTINGS
@given(st.lists(st.sampled_from(["car loan", "consumer credit", "marketing"]), min_size=30, max_size=80))
def test_the_share_outside_follows_from_the_rows(tmp_path, purposes):
    found = measured(PURPOSE, write(tmp_path, uses(*((purpose, "EU", 1) for purpose in purposes))))
    assert found.value == pytest.approx(purposes.count("marketing") / len(purposes))


RIGHTS = "role,action,object\nofficer,score,*\nadmin,*,model\nauditor,read,log\n"


def attempts(*rows: str, rights: str = RIGHTS) -> dict[str, str]:
    lines = ["at,role,action,object,decision", *(f"{AT},{row}" for row in rows)]
    return {"rights.csv": rights, "attempts.csv": "\n".join(lines) + "\n"}


def test_attempts_that_were_denied_as_due_pass_and_one_allowed_wrongly_fails(tmp_path):
    fine = attempts("officer,score,case 1,allowed", "officer,change,model,denied", ",score,case 1,denied")
    found = measured(ACCESS, write(tmp_path, fine))
    assert verdict(found) is Verdict.PASS
    assert (found.figures["denied_as_due"], found.figures["allowed_wrongly"]) == (2, 0)
    bad = attempts("officer,change,model,allowed", "admin,change,model,allowed", "auditor,read,log,denied")
    found = measured(ACCESS, write(tmp_path, bad))
    assert verdict(found) is Verdict.FAIL
    assert found.details["without the right: broken"] == "change model by officer was allowed"
    assert found.details["denied although granted"] == "1"


def test_a_lock_that_nobody_tried_proves_nothing(tmp_path):
    found = measured(ACCESS, write(tmp_path, attempts("officer,score,case 1,allowed")))
    assert found.reason is Reason.INSUFFICIENT_DATA
    found = measured(ACCESS, write(tmp_path, attempts("officer,change,model,denied", "officer,change,model,error")))
    assert verdict(found) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("rights", ["role,action,object\n", "role,action,object\n,score,x\n", "role,action\na,b\n"])
def test_rights_that_grant_nothing_are_refused(tmp_path, rights):
    with pytest.raises(FileUnusable):
        measured(ACCESS, write(tmp_path, attempts(rights=rights)))


@SETTINGS
@given(st.lists(st.tuples(st.sampled_from(["officer", "admin", ""]), st.sampled_from(["score", "change"]),
                          st.booleans()), min_size=1, max_size=20))  # fmt: skip
def test_as_many_count_as_were_allowed_without_the_right(tmp_path, tried):
    rows = [f"{role},{action},model,{'allowed' if let else 'denied'}" for role, action, let in tried]
    right = {("officer", "score"), ("admin", "score"), ("admin", "change")}
    without = [let for role, action, let in tried if (role, action) not in right]
    found = measured(ACCESS, write(tmp_path, attempts(*rows)))
    assert found.n == len(without)
    assert found.value == (sum(without) if without else None)
