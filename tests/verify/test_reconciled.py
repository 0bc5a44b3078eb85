"""What the log says of its comparison with the registers' rows is a verdict of its own, in words and for machines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.terms.evidence import Machine, Subject
from clerestory.terms.moment import Period
from clerestory.verify.verdict import Exit
from clerestory.verify.words import page
from tests.simulators.log import START, record, small_log
from tests.simulators.pack import codes, judged, pack_of

FITS = {"outcome": "fits", "size": 12, "root": "ab" * 32, "waiting": 0, "rows": 31, "problems": 0}
NOT = FITS | {"outcome": "does_not_fit", "problems": 2, "found": ("E_ROWLESS entry-0003", "E_UNNAMED risk_risk 7")}
AT = START + timedelta(hours=3)


def looked_at(*results):
    """Give a pack whose log was compared so often, last with the last result."""
    log = small_log()
    for hours, values in enumerate(results):
        at = Period.at(AT + timedelta(hours=hours))
        said = replace(
            record("record.log_recheck", **values),
            subject=Subject("organisation", "northlight"),
            produced_by=Machine("clerestory", "0.1.0"),
            observed=at,
            entity=f"log_recheck/{hours}",
        )
        log.append(said, at.end)
    return pack_of(log)


def test_the_last_comparison_is_told_with_its_moment_size_and_place(tmp_path):
    verdict = judged(looked_at(NOT, FITS), tmp_path)
    assert verdict.exit_code == Exit.FINE
    assert verdict.completeness == {
        "verdict": "complete inside the log",
        "rows": {
            "verdict": "fit",
            "at": "2026-11-01T12:00:00.000000Z",
            "leaf": 13,
            "entry": "entry-0013",
            "size": 12,
            "rows": 31,
            "problems": 0,
        },
        "beyond": "rows never logged: not provable by a pack",
    }
    assert "31 rows and 12 entries fitted" in " ".join(page(verdict, "x").split())


def test_a_comparison_that_found_something_is_passed_on_and_the_pack_itself_still_follows(tmp_path):
    verdict = judged(looked_at(FITS, NOT), tmp_path)
    assert (verdict.exit_code, verdict.follows, codes(verdict)) == (Exit.FINE, True, set())
    rows = verdict.completeness["rows"]
    assert (rows["verdict"], rows["problems"], rows["entry"]) == ("do not fit", 2, "entry-0013")
    assert "2 things did not fit. Ask what they were: leaf 13, entry-0013" in " ".join(page(verdict, "x").split())


def test_a_log_that_was_never_compared_says_so(tmp_path):
    verdict = judged(pack_of(small_log()), tmp_path)
    assert verdict.completeness["rows"] == {"verdict": "never compared"}
    assert "does not say that its owner ever compared it" in " ".join(page(verdict, "x").split())


@pytest.mark.parametrize(
    "values",
    [
        FITS | {"problems": 1},
        FITS | {"problems": "0"},
        FITS | {"rows": True},
        {"outcome": "fits"},
        FITS | {"outcome": "x"},
    ],
)
def test_a_result_that_contradicts_itself_or_lacks_a_number_is_none_that_fits(values, tmp_path):
    verdict = judged(looked_at(values), tmp_path)
    assert verdict.completeness["rows"]["verdict"] == "do not fit"
    assert page(verdict, "x")
