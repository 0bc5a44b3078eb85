"""Data sets are found by path, folder or glob, and named by the digest of their content."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from clerestory.assurance.tally import CategoryCounts, NullCounts
from clerestory.intake.data import Dataset, find_dataset
from clerestory.store.engine.engine import open_engine
from clerestory.store.engine.source import SourceUnreadable

TABLE = pl.DataFrame({"x": [1, 2, 3], "t": ["a", "b", None]})


def count(found: Dataset) -> None:
    """Read all columns of a data set through the engine."""
    requests = [request for name in found.columns for request in (NullCounts(name), CategoryCounts(name, ("1",)))]
    open_engine().tally({"current": found.source}, requests)


def test_the_digest_of_one_file_is_the_sha256_of_its_bytes(tmp_path: Path) -> None:
    TABLE.write_parquet(tmp_path / "x.parquet")
    found = find_dataset("x.parquet", tmp_path, role="test", what="current")
    assert found.digest == "sha256:" + hashlib.sha256((tmp_path / "x.parquet").read_bytes()).hexdigest()
    assert found.columns == {"x": "integer", "t": "text"}


def test_the_digest_of_several_files_is_over_their_sorted_names_and_digests(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / "days" / name).mkdir(parents=True)
        TABLE.write_parquet(tmp_path / "days" / name / "part.parquet")
    one = hashlib.sha256((tmp_path / "days" / "a" / "part.parquet").read_bytes()).hexdigest()
    lines = f"a/part.parquet sha256:{one}\nb/part.parquet sha256:{one}\n"
    expected = "sha256:" + hashlib.sha256(lines.encode()).hexdigest()
    for location in ("days", "days/*/*.parquet", str(tmp_path / "days"), str(tmp_path / "days" / "**" / "*.parquet")):
        assert find_dataset(location, tmp_path, role="test", what="current").digest == expected


def test_names_that_look_like_patterns_are_only_names(tmp_path: Path) -> None:
    folder = tmp_path / "run [1]"
    folder.mkdir()
    TABLE.write_parquet(folder / "a[b]*.parquet")
    found = find_dataset("a[b]*.parquet", folder, role="test", what="current")
    assert found.source.scan().collect().height == 3
    assert find_dataset("*.parquet", folder, role="test", what="current").digest == found.digest


def test_hidden_and_foreign_files_of_a_folder_are_no_data(tmp_path: Path) -> None:
    folder = tmp_path / "days"
    folder.mkdir()
    TABLE.write_parquet(folder / "a.parquet")
    alone = find_dataset("days", tmp_path, role="test", what="current").digest
    for name in (".hidden.parquet", "_SUCCESS.parquet", "README.md"):
        (folder / name).write_text("no table", encoding="utf-8")
    assert find_dataset("days", tmp_path, role="test", what="current").digest != ""
    assert find_dataset("days", tmp_path, role="test", what="current").source.files == (folder / "a.parquet",)
    assert alone


@pytest.mark.parametrize(
    "name,body",
    [
        ("ragged.csv", b"a,b\n1,2\n1,2,3,4\n"),
        ("empty.csv", b""),
        ("bytes.csv", b"a,b\n\xff\xfe,\x80\n"),
        ("text.parquet", b"a,b\n1,2\n"),
    ],
)
def test_broken_files_are_refused_with_their_name(tmp_path: Path, name: str, body: bytes) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(SourceUnreadable, match=name):
        count(find_dataset(name, tmp_path, role="test", what="current"))


def test_files_that_differ_in_format_or_columns_are_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "mixed").mkdir()
    TABLE.write_parquet(tmp_path / "mixed" / "a.parquet")
    TABLE.write_csv(tmp_path / "mixed" / "b.csv")
    with pytest.raises(SourceUnreadable, match="one format"):
        find_dataset("mixed", tmp_path, role="test", what="current")
    (tmp_path / "mixed" / "b.csv").unlink()
    TABLE.rename({"x": "y"}).write_parquet(tmp_path / "mixed" / "b.parquet")
    found = find_dataset("mixed", tmp_path, role="test", what="current")
    with pytest.raises(SourceUnreadable, match="mixed cannot be read"):
        count(found)


def test_a_file_close_by_is_named(tmp_path: Path) -> None:
    TABLE.write_parquet(tmp_path / "decisions.parquet")
    with pytest.raises(SourceUnreadable, match=r"there is 'decisions\.parquet' beside it"):
        find_dataset("decision.parquet", tmp_path, role="test", what="current")


@pytest.mark.parametrize("name", ["a.arrow", "a.feather"])
def test_arrow_files_are_tables(tmp_path: Path, name: str) -> None:
    (tmp_path / "days").mkdir()
    for file in (tmp_path / name, tmp_path / "days" / name, tmp_path / "days" / f"b{name}"):
        TABLE.write_ipc(file)
    found = find_dataset(name, tmp_path, role="test", what="current")
    assert found.digest == "sha256:" + hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert found.columns == {"x": "integer", "t": "text"}
    assert find_dataset("days", tmp_path, role="test", what="current").source.scan().collect().height == 6
    asked = [NullCounts("t"), CategoryCounts("x", ("1",))]
    first, second = (open_engine(engine).tally({"current": found.source}, asked) for engine in ("polars", "duckdb"))
    assert first == second
    (tmp_path / name).write_bytes(b"ARROW1 no more")
    with pytest.raises(SourceUnreadable, match=name):
        find_dataset(name, tmp_path, role="test", what="current")
