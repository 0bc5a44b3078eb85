"""The decision log: whole against counters, unaltered against roots, in its form, and kept long enough."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.logging.retention import after_months
from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.files import FileUnusable
from clerestory.store.decisions import retention as stored
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write
from tests.simulators.merkle import tree_hash

WHOLE, UNALTERED = "logging.completeness", "logging.integrity"
FORM, KEPT = "logging.schema", "logging.retention"
TODAY = date(2026, 11, 21)  # noon, says AS_OF
SETTINGS = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def entries(days: dict[int, list[int]], writer: str = "w1") -> pl.DataFrame:
    """Give entries of days ago with these counters."""
    rows = [(ago, seq) for ago, counters in days.items() for seq in counters]
    noon = datetime(2026, 11, 21, 9, tzinfo=UTC)
    return pl.DataFrame({
        "decision_id": [f"{writer}-{seq}" for _, seq in rows],
        "ended_at": [noon - timedelta(days=ago) for ago, _ in rows],
        "seq": [seq for _, seq in rows], "writer_id": [writer] * len(rows), "score": [seq / 7 for _, seq in rows],
        "model_version": ["m1"] * len(rows), "status": ["auto"] * len(rows),
    })  # fmt: skip


def root_of(rows: pl.DataFrame) -> str:
    """Compute the root of rows by the recursion of RFC 6962, section 2.1, over the documented form of a row."""
    leaves = []
    for row in rows.iter_rows(named=True):
        pairs = [
            [name, value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value]
            for name, value in sorted(row.items())
        ]
        leaves.append(json.dumps(pairs, separators=(",", ":"), ensure_ascii=False).encode())
    return f"sha256:{tree_hash(leaves).hex()}"


def keep(folder: Path, day: date, rows: pl.DataFrame | None, *, disposed: bool = False, holds: tuple[str, ...] = ()):
    """Lay a day down as the product's own store does: a manifest beside a Parquet file."""
    place = folder / "decisions" / f"day={day}"
    place.mkdir(parents=True, exist_ok=True)
    batch = {"batch_id": f"b-{day}", "rows": 1 if rows is None else rows.height,
             "row_root": "sha256:00" if rows is None else root_of(rows), "file": "b.parquet", "start": 0}  # fmt: skip
    if rows is not None and not disposed:
        rows.write_parquet(place / "b.parquet")
    body = {"batches": [] if disposed else [batch], "disposed": [batch] if disposed else [], "holds": list(holds)}
    (place / "manifest.json").write_text(json.dumps(body), encoding="utf-8")
    return batch


def test_a_log_whose_counters_run_on_is_whole_and_each_gap_counts(tmp_path):
    days = {3: list(range(1, 41)), 2: list(range(41, 81)), 1: list(range(81, 121))}
    keep(tmp_path, TODAY, entries(days))
    found = measured(WHOLE, tmp_path)
    assert (found.value, found.n, found.covers) == (1.0, 120, ("2026-11-18", "2026-11-19", "2026-11-20"))
    days[2] = [*range(41, 51), *range(61, 81)]  # 51 to 60 are missing
    keep(tmp_path, TODAY, entries(days))
    found = measured(WHOLE, tmp_path)
    assert found.value == pytest.approx(110 / 120)
    assert found.covers == ("2026-11-18", "2026-11-20")
    assert (found.figures["expected"], found.figures["recorded"], found.figures["gaps"]) == (120, 110, 1)
    assert verdict(found, ">= 0.99") is Verdict.FAIL


def test_counts_from_elsewhere_find_what_leaves_no_gap(tmp_path):
    keep(tmp_path, TODAY, entries({2: list(range(1, 41)), 1: list(range(41, 81))}))
    write(tmp_path, {"expected.csv": "day,expected\n2026-11-19,40\n2026-11-20,80\n2026-11-18,10\n"})
    found = measured(WHOLE, tmp_path)
    assert found.value == pytest.approx(80 / 130)
    assert {group.group: group.value for group in found.by_group}["2026-11-18"] == 0.0


def test_a_gap_across_the_begin_of_the_window_and_entries_that_are_not_whole_count(tmp_path):
    rows = entries({9: [1, 2, 3], 1: list(range(14, 54))})
    found = measured(WHOLE, _laid(tmp_path, rows))
    assert found.value == pytest.approx(40 / 50)
    empty = rows.with_columns(
        pl.when(pl.col("seq") < 24).then(None).otherwise(pl.col("decision_id")).alias("decision_id")
    )
    assert measured(WHOLE, _laid(tmp_path, empty)).value == pytest.approx(30 / 50)
    twice = pl.concat([entries({1: list(range(1, 41))})] * 2)
    found = measured(WHOLE, _laid(tmp_path, twice))
    assert (found.n, found.value) == (40, 1.0)


def _laid(folder: Path, rows: pl.DataFrame) -> Path:
    keep(folder, TODAY, rows)
    return folder


def test_a_log_without_counter_and_counts_is_refused(tmp_path):
    rows = entries({1: [1, 2]}).drop("seq")
    with pytest.raises(FileUnusable, match="Neither a counter 'seq'"):
        measured(WHOLE, _laid(tmp_path, rows))
    with pytest.raises(FileUnusable, match="no new day with a count"):
        measured(WHOLE, write(tmp_path, {"expected.csv": "day,expected\n2026-11-19,many\n"}))


@SETTINGS
@given(st.sets(st.integers(1, 60), min_size=2))
def test_entries_and_gaps_together_are_what_the_counter_says(tmp_path, kept):
    found = measured(WHOLE, _laid(tmp_path, entries({1: sorted(kept)})))
    assert found.figures["expected"] == max(kept) - min(kept) + 1
    assert found.figures["recorded"] == len(kept)


def test_a_log_as_it_was_logged_is_unaltered_and_every_change_is_found(tmp_path):
    rows = entries({1: list(range(1, 20))})
    batch = keep(tmp_path, TODAY - timedelta(days=1), rows)
    roots = {"roots.csv": f"batch_id,row_root\n{batch['batch_id']},{batch['row_root']}\n"}
    assert verdict(measured(UNALTERED, write(tmp_path, roots), roots="roots.csv")) is Verdict.PASS
    file = tmp_path / "decisions/day=2026-11-20/b.parquet"
    rows.with_columns(status=pl.lit("overridden")).write_parquet(file)
    found = measured(UNALTERED, tmp_path)
    assert "a row was changed" in found.details["batch: broken"]
    rows.head(18).write_parquet(file)
    assert "holds 18 of 19 rows" in measured(UNALTERED, tmp_path).details["batch: broken"]
    file.unlink()
    assert "cannot be read" in measured(UNALTERED, tmp_path).details["batch: broken"]
    assert verdict(found) is Verdict.FAIL
    assert found.figures["window_to"] == "2026-11-21T00:00:00.000000Z"


def test_who_changes_rows_and_manifest_alike_is_found_by_the_evidence_log(tmp_path):
    batch = keep(tmp_path, TODAY - timedelta(days=1), entries({1: list(range(1, 20))}))
    write(tmp_path, {"roots.csv": f"batch_id,row_root\n{batch['batch_id']},{batch['row_root']}\nb-gone,sha256:ab\n"})
    keep(tmp_path, TODAY - timedelta(days=1), entries({1: list(range(1, 19))}))
    assert verdict(measured(UNALTERED, tmp_path)) is Verdict.PASS  # so the docstring warns
    found = measured(UNALTERED, tmp_path, roots="roots.csv")
    assert "was logged with another root" in found.details["batch: broken"]
    assert "b-gone is in the evidence log and not" in found.details["batch: broken"]


def test_rows_that_no_batch_names_and_an_unreadable_manifest_count(tmp_path):
    keep(tmp_path, TODAY - timedelta(days=1), entries({1: [1, 2]}))
    entries({1: [3]}).write_parquet(tmp_path / "decisions/day=2026-11-20/slipped.parquet")
    found = measured(UNALTERED, tmp_path)
    assert "slipped.parquet holds rows that no batch names" in found.details["file: broken"]
    write(tmp_path, {"decisions/day=2026-11-19/manifest.json": "{"})
    assert measured(UNALTERED, tmp_path).value == 2
    assert measured(UNALTERED, tmp_path, manifests="none/*.json").reason is Reason.INSUFFICIENT_DATA


@SETTINGS
@given(st.integers(1, 12), st.integers(0, 11))
def test_any_changed_cell_changes_the_root(tmp_path, size, place):
    rows = entries({1: list(range(size))})
    keep(tmp_path, TODAY - timedelta(days=1), rows)
    assert measured(UNALTERED, tmp_path).value == 0
    changed = rows.with_columns(score=pl.Series([v + (at == place % size) for at, v in enumerate(rows["score"])]))
    changed.write_parquet(tmp_path / "decisions/day=2026-11-20/b.parquet")
    assert measured(UNALTERED, tmp_path).value == 1


def test_entries_in_their_form_pass_and_an_empty_or_wrong_field_counts(tmp_path):
    rows = entries({1: list(range(1000))})
    assert verdict(measured(FORM, _laid(tmp_path, rows)), "<= 0.02") is Verdict.PASS
    bad = rows.with_columns(pl.when(pl.col("seq") < 50).then(None).otherwise(pl.col("status")).alias("status"))
    found = measured(FORM, _laid(tmp_path, bad))
    assert found.value == 0.05
    assert verdict(found, "<= 0.02") is Verdict.FAIL
    found = measured(FORM, _laid(tmp_path, rows.drop("model_version")))
    assert {group.group: group.value for group in found.by_group}["model_version (text)"] == 1.0


@pytest.mark.parametrize(
    "kind, good, bad",
    [
        ("integer", "12", "12.5"), ("number", "-0.5", "half"), ("boolean", "true", "perhaps"),
        ("moment", "2026-11-20T10:00:00Z", "at noon"), ("date", "2026-11-20", "2026-11-31"), ("text", "a", " "),
    ],
)  # fmt: skip
def test_a_field_is_of_its_type_or_not(tmp_path, kind, good, bad):
    for value, share in ((good, 0.0), (bad, 1.0)):
        log = "ended_at,field\n" + f"2026-11-20T10:00:00Z,{value}\n" * 40
        found = measured(FORM, write(tmp_path, {"log.csv": log}), log="log.csv", fields={"field": kind})
        assert found.value == share
    with pytest.raises(FileUnusable, match="No file matches"):
        measured(FORM, tmp_path)


@SETTINGS
@given(st.lists(st.booleans(), min_size=30, max_size=60))
def test_the_share_without_the_field_follows_from_the_entries(tmp_path, filled):
    log = "ended_at,status\n" + "".join(f"2026-11-20T10:00:00Z,{'auto' if one else ''}\n" for one in filled)
    found = measured(FORM, write(tmp_path, {"log.csv": log}), log="log.csv", fields={"status": "text"})
    assert found.value == pytest.approx(filled.count(False) / len(filled))


def test_a_log_of_every_day_is_kept_and_one_disposed_of_too_early_is_not(tmp_path):
    for ago in range(1, 11):
        keep(tmp_path, TODAY - timedelta(days=ago), entries({ago: [ago]}))
    keep(tmp_path, date(2026, 5, 21), None, disposed=True)  # six months ago to the day
    found = measured(KEPT, tmp_path, since="2026-11-11T00:00:00Z")
    assert (verdict(found), found.n) == (Verdict.PASS, 11)
    keep(tmp_path, date(2026, 5, 22), None, disposed=True)
    found = measured(KEPT, tmp_path, since="2026-11-11T00:00:00Z")
    assert found.details["day: broken"] == "2026-05-22: 1 batches were disposed of too early"
    assert verdict(found) is Verdict.FAIL


def test_a_day_that_is_gone_is_told_from_a_quiet_one(tmp_path):
    keep(tmp_path, TODAY - timedelta(days=3), entries({3: [1]}))
    keep(tmp_path, TODAY - timedelta(days=1), entries({1: [2]}))
    assert verdict(measured(KEPT, tmp_path)) is Verdict.INCONCLUSIVE
    write(tmp_path, {"expected.csv": "day,expected\n2026-11-19,0\n"})
    assert verdict(measured(KEPT, tmp_path)) is Verdict.PASS
    write(tmp_path, {"expected.csv": "day,expected\n2026-11-19,9\n"})
    assert "9 decisions are not there" in measured(KEPT, tmp_path).details["day: broken"]
    (tmp_path / "decisions/day=2026-11-20/b.parquet").unlink()
    assert "gone without a tombstone" in measured(KEPT, tmp_path).details["day: broken"]


def test_personal_data_are_not_kept_past_the_ceiling_but_for_a_hold(tmp_path):
    old = date(2025, 10, 1)
    keep(tmp_path, old, entries({1: [1]}))
    quiet = "".join(f"{date(2026, 5, 21) + timedelta(days=at)},0\n" for at in range(184))
    write(tmp_path, {"expected.csv": f"day,expected\n{quiet}"})
    assert verdict(measured(KEPT, tmp_path)) is Verdict.PASS
    assert verdict(measured(KEPT, tmp_path, ceiling_months=12)) is Verdict.FAIL
    keep(tmp_path, old, entries({1: [1]}), holds=("case 7",))
    assert verdict(measured(KEPT, tmp_path, ceiling_months=12)) is Verdict.PASS


@pytest.mark.parametrize("given_months", [{"keep_months": 5}, {"keep_months": 12, "ceiling_months": 11}])
def test_a_shorter_time_than_the_law_asks_is_refused(tmp_path, given_months):
    with pytest.raises(FileUnusable, match="six months"):
        measured(KEPT, tmp_path, **given_months)
    assert measured(KEPT, tmp_path).reason is Reason.INSUFFICIENT_DATA


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
def test_months_are_those_of_the_store_that_disposes(day, months):
    assert after_months(day, months) == stored.after_months(day, months)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
def test_months_are_those_of_the_calendar_of_polars(day, months):
    assert after_months(day, months) == pl.Series([day]).dt.offset_by(f"{months}mo")[0]


@SETTINGS
@given(st.integers(170, 200))
def test_a_disposal_is_too_early_exactly_where_the_calendar_of_polars_says_so(tmp_path_factory, ago):
    folder, day = tmp_path_factory.mktemp("one"), TODAY - timedelta(days=ago)
    keep(folder, day, None, disposed=True)
    keep(folder, TODAY - timedelta(days=1), entries({1: [1]}))
    allowed = pl.Series([TODAY]).dt.offset_by("-6mo")[0]
    assert measured(KEPT, folder, since="2026-11-20T00:00:00Z").value == float(day > allowed)


def test_the_digest_of_nothing_is_the_root_of_no_rows():
    assert root_of(entries({})) == f"sha256:{hashlib.sha256(b'').hexdigest()}"  # RFC 6962, section 2.1


def test_entries_that_nothing_counts_are_no_pass(tmp_path):
    rows = entries({2: list(range(1, 41)), 1: list(range(41, 81))})
    for nothing in (None, -1.0, 0.5, 1e18):
        silent = rows.with_columns(seq=pl.lit(nothing, dtype=pl.Float64))
        assert measured(WHOLE, _laid(tmp_path, silent)).reason is Reason.INSUFFICIENT_DATA
        write(tmp_path, {"expected.csv": "day,expected\n2026-11-19,40\n"})
        found = measured(WHOLE, tmp_path)  # the other day is not counted anywhere
        assert verdict(found, ">= 0.5") is Verdict.INCONCLUSIVE
        (tmp_path / "expected.csv").unlink()


def test_a_writer_that_begins_anew_under_its_name_hides_no_loss(tmp_path):
    again = pl.concat([entries({2: list(range(1, 61))}), entries({1: [*range(1, 11), *range(51, 61)]})])
    found = measured(WHOLE, _laid(tmp_path, again))
    assert verdict(found, ">= 0.99") is Verdict.FAIL
    assert found.details["entries whose counter another entry has"] == "20"


@pytest.mark.parametrize("count", ["\u00b2", "9" * 5000, "-1", "1e3"])
def test_a_count_that_is_none_is_refused(tmp_path, count):
    with pytest.raises(FileUnusable, match="no new day with a count"):
        measured(WHOLE, write(tmp_path, {"expected.csv": f"day,expected\n2026-11-19,{count}\n"}))


def test_rows_behind_those_of_a_batch_are_found(tmp_path):
    rows = entries({1: list(range(1, 20))})
    batch = keep(tmp_path, TODAY - timedelta(days=1), rows)
    place = tmp_path / "decisions/day=2026-11-20"
    pl.concat([rows, rows.head(1)]).write_parquet(place / "b.parquet")
    found = measured(UNALTERED, tmp_path)
    assert verdict(found) is Verdict.FAIL
    assert "b.parquet holds rows that no batch names" in found.details["file: broken"]
    body = {"batches": [batch | {"rows": 10**15}], "disposed": [], "holds": []}
    (place / "manifest.json").write_text(json.dumps(body), encoding="utf-8")
    assert verdict(measured(UNALTERED, tmp_path)) is Verdict.FAIL


@pytest.mark.parametrize("given", [{"keep_months": 999_999_999}, {"ceiling_months": 999_999_999}])
def test_months_beyond_any_calendar_are_refused(tmp_path, given):
    keep(tmp_path, TODAY, entries({1: [1, 2]}))
    with pytest.raises(FileUnusable, match="would be kept for"):
        measured(KEPT, tmp_path, **given)
