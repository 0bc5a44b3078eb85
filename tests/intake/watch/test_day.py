"""A day of decisions is one table of one form, whatever batches it came in; later outcomes find their decisions."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.intake.watch.day import OutcomesUnjoined, day_source, form_of
from clerestory.intake.watch.order import CheckGone, DayOrder, Part, WatchOrder, chosen_checks, read_order
from clerestory.store.engine.source import SourceUnreadable


def batch(folder: Path, name: str, **columns: object) -> Part:
    file = folder / f"{name}.parquet"
    frame = pl.DataFrame(columns)
    frame.write_parquet(file)
    return Part(str(file), 0, frame.height)


def table(folder: Path, *parts: Part, keys: tuple[str, ...] = ("id",), label: str | None = "repaid") -> pl.DataFrame:
    day = DayOrder("2026-11-20", "sha256:1", parts)
    form = form_of([day], keys=keys, label=label, reference=None)
    return day_source(day, form, folder).scan().collect()


def test_of_two_outcomes_the_later_counts_and_who_has_none_keeps_what_the_decision_said(tmp_path):
    decided = batch(tmp_path, "a", id=[1, 2, 3], score=[0.1, 0.5, 0.9], repaid=[None, None, 1])
    first, second = batch(tmp_path, "b", id=[1, 2], repaid=[0, 0]), batch(tmp_path, "c", id=[2, 9], repaid=[1, 1])
    found = table(tmp_path, decided, first, second).sort("id")
    assert found.to_dict(as_series=False) == {"id": [1, 2, 3], "repaid": [0, 1, 1], "score": [0.1, 0.5, 0.9]}


def test_batches_of_unlike_columns_are_one_table_and_a_part_of_a_file_is_that_part(tmp_path):
    whole = batch(tmp_path, "whole", id=[1, 2, 3, 4], score=[1, 0, 1, 0])
    part, more = Part(whole.file, 1, 2), batch(tmp_path, "more", id=[7], score=[0.5], note=["x"])
    found = table(tmp_path, part, more, label=None)
    assert found["id"].to_list() == [2, 3, 7]
    assert found["score"].to_list() == [0.0, 1.0, 0.5]
    assert found["note"].to_list() == [None, None, "x"]


def test_one_whole_batch_is_read_where_it_lies(tmp_path):
    part = batch(tmp_path, "whole", id=[1], score=[0.5])
    day = DayOrder("2026-11-20", "sha256:1", (part,))
    form = form_of([day], keys=(), label=None, reference=None)
    assert day_source(day, form, tmp_path / "scratch").files == (Path(part.file),)


def test_what_cannot_be_one_table_is_refused(tmp_path):
    numbers, texts = batch(tmp_path, "n", id=[1], x=[1.0]), batch(tmp_path, "t", id=[2], x=["a"])
    with pytest.raises(SourceUnreadable, match="'x' is"):
        table(tmp_path, numbers, texts)
    outcomes = batch(tmp_path, "o", id=[1], repaid=[1])
    with pytest.raises(OutcomesUnjoined, match="no decisions"):
        table(tmp_path, outcomes)
    with pytest.raises(OutcomesUnjoined, match="no key"):
        table(tmp_path, numbers, batch(tmp_path, "l", repaid=[1]), keys=())
    with pytest.raises(SourceUnreadable):
        table(tmp_path, Part(str(tmp_path / "gone.parquet"), 0, 1))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1)), max_size=30))
def test_outcomes_add_no_row_and_lose_none(tmp_path_factory, brought):
    folder = tmp_path_factory.mktemp("day")
    parts = [batch(folder, "decided", id=list(range(10)), score=[0.5] * 10)]
    if brought:
        ids, labels = zip(*brought, strict=True)
        parts.append(batch(folder, "late", id=list(ids), repaid=list(labels)))
    found = table(folder, *parts).sort("id")
    assert found["id"].to_list() == list(range(10))
    assert found["repaid"].to_list() == [dict(brought).get(at) for at in range(10)]


def test_an_order_is_read_as_it_was_written(tmp_path):
    order = WatchOrder(
        watches="decisions", checks=("a <= 0",), model_version="m/1", window_from="2026-11-20",
        counts_from="2026-11-01", days=(DayOrder("2026-11-02", "sha256:1", (Part("f", 0, 3),)),), opened=("s3://b",),
    )  # fmt: skip
    order.write(tmp_path / "order.json")
    assert read_order(tmp_path / "order.json") == order
    assert (order.window, len(order.gathered)) == ((), 1)


def test_a_chosen_check_that_is_gone_is_said(tmp_path):
    from clerestory.intake.manifest import read
    from tests.intake.loans import write

    manifest = read(write(tmp_path))
    assert len(chosen_checks(manifest, ())) == 5
    (one,) = chosen_checks(manifest, ("fairness.selection-rate-ratio >= 0.6",))
    assert one.name == "fairness.selection-rate-ratio"
    with pytest.raises(CheckGone, match=r"0\.7"):
        chosen_checks(manifest, ("fairness.selection-rate-ratio >= 0.7",))
