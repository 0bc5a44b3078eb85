"""Counts of days are kept and replaced one by one; what cannot be told on every day is left out, and named."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

from clerestory.assurance import tally as t
from clerestory.intake.watch.change import BINS, Change, Gathered

ASK = t.TwoSample("home", BINS)
BEFORE = (300, 200)


def counted(own: int, rent: int, other: int = 0) -> dict[t.TwoSample, t.Tally]:
    categories = ("own", "rent", "tent") if other else ("own", "rent")
    now = (own, rent, other) if other else (own, rent)
    before = (*BEFORE, 0) if other else BEFORE
    return {ASK: t.TwoCategoryTally(categories=categories, reference=before, current=now)}


def gathered(folder: Path, *, since: str = "2026-11-01", reference: str = "sha256:1") -> Gathered:
    return Gathered(folder / "change.json", since=since, reference=reference)


def by_hand(days: list[list[int]]) -> float:
    """The evidence of the first day, written out: half of it afresh, half as before, over the best of all shares."""

    def mixture(counts: list[int]) -> float:
        c, k = np.array(counts), len(counts)
        return float(gammaln(k / 2) - gammaln(c.sum() + k / 2) + (gammaln(c + 0.5) - gammaln(0.5)).sum())

    old, both = [*BEFORE, 0, 0], [b + d for b, d in zip([*BEFORE, 0, 0], days[0], strict=True)]
    best = float(xlogy(both, both).sum() - xlogy(sum(both), sum(both)))
    return float(np.logaddexp(np.log(0.5) + mixture(old) + mixture(days[0]), np.log(0.5) + mixture(both))) - best


def test_the_evidence_of_a_day_is_the_one_written_out_by_hand(tmp_path):
    one = gathered(tmp_path)
    assert one.take("2026-11-02", "sha256:a", counted(60, 40))
    change = one.change()
    assert change.columns["home"][0] == pytest.approx(by_hand([[60, 40, 0, 0]]))
    assert change.threshold == pytest.approx(np.log(1 / 0.05)) and change.alarms == ()


def test_a_day_that_changed_replaces_its_counts_and_the_same_again_changes_nothing(tmp_path):
    one = gathered(tmp_path)
    one.take("2026-11-02", "sha256:a", counted(60, 40))
    one.take("2026-11-03", "sha256:b", counted(55, 45))
    one.keep()
    again = gathered(tmp_path)
    assert not again.take("2026-11-02", "sha256:a", {}) and again.change() == one.change()
    assert again.take("2026-11-02", "sha256:c", counted(10, 90))
    fresh = gathered(tmp_path / "elsewhere")
    fresh.take("2026-11-03", "sha256:b", counted(55, 45))
    fresh.take("2026-11-02", "sha256:c", counted(10, 90))
    assert again.change() == fresh.change(), "in whatever order the days came"
    assert again.change().alarms == ("home",)


def test_a_category_that_the_reference_lacks_is_evidence_and_its_number_does_not_depend_on_what_came(tmp_path):
    one = gathered(tmp_path)
    one.take("2026-11-02", "sha256:a", counted(60, 40))
    one.take("2026-11-03", "sha256:b", counted(40, 30, other=30))
    change = one.change()
    assert change.left_out == () and change.alarms == ("home",)


def test_another_reference_or_another_beginning_begins_anew_and_a_broken_file_too(tmp_path):
    one = gathered(tmp_path)
    one.take("2026-11-02", "sha256:a", counted(60, 40))
    one.keep()
    assert gathered(tmp_path).change().days == ("2026-11-02",)
    assert gathered(tmp_path, since="2026-11-05").change().days == ()
    assert gathered(tmp_path, reference="sha256:2").change().days == ()
    (tmp_path / "change.json").write_text("[]")
    assert gathered(tmp_path).change() == Change((), {}, pytest.approx(np.log(1 / 0.05)), ())


def test_a_column_with_too_many_categories_or_missing_on_a_day_is_left_out_and_named(tmp_path):
    one = gathered(tmp_path)
    many = t.TwoCategoryTally(categories=("a",), reference=(5,), current=(5,), reference_other=9)
    one.take("2026-11-02", "sha256:a", {**counted(60, 40), t.TwoSample("street", BINS): many})
    assert one.change().left_out == ("street",)
    one.take("2026-11-03", "sha256:b", {})
    assert set(one.change().left_out) == {"home", "street"} and one.change().alarms == ()


def test_an_alarm_does_not_go_away_because_its_column_did(tmp_path):
    one = gathered(tmp_path)
    one.take("2026-11-02", "sha256:a", counted(10, 90))
    before = one.change()
    one.take("2026-11-03", "sha256:b", {})
    one.take("2026-11-04", "sha256:c", counted(60, 40))
    after = one.change()
    assert before.alarms == after.alarms == ("home",) and after.left_out == ("home",)
    assert after.columns["home"] == before.columns["home"] * 3
