"""Delta tables against what their own writer reads (tests/vectors/delta)."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from clerestory.assurance.tally import GroupCounts, NullCounts, SchemaColumns
from clerestory.intake.data import find_dataset
from clerestory.store.engine.engine import open_engine
from clerestory.store.source.trouble import SourceUnreadable

VECTOR = Path(__file__).parents[2] / "vectors" / "delta"
TABLE = VECTOR / "table"


def rows(location: str, folder: Path = VECTOR) -> list[dict[str, object]]:
    """Read a data set whole."""
    found = find_dataset(location, folder, role="test", what="current")
    return json.loads(found.source.scan().sort("id").collect().write_json())


@pytest.mark.parametrize("version", range(5))
def test_every_version_has_the_rows_that_its_writer_reads(version: int) -> None:
    answers = json.loads((VECTOR / "answers.json").read_text(encoding="utf-8"))
    assert rows(f"delta+file:table#version={version}") == answers[str(version)]
    if version == 4:
        assert rows(f"delta+file://{TABLE}") == answers["4"]


def test_the_checkpoint_alone_tells_the_same_as_all_commits_before_it(tmp_path: Path) -> None:
    whole = rows("delta+file:table#version=3")
    shutil.copytree(TABLE, tmp_path / "table")
    for version in range(4):
        (tmp_path / "table" / "_delta_log" / f"{version:020}.json").unlink()
    assert rows("delta+file:table#version=3", tmp_path) == whole
    assert len(rows("delta+file:table", tmp_path)) == len(whole) + 1
    with pytest.raises(SourceUnreadable, match="has no version 2; the newest is 4"):
        rows("delta+file:table#version=2", tmp_path)


def test_versions_differ_by_digest_and_one_version_does_not() -> None:
    digests = {
        location: find_dataset(location, VECTOR, role="test", what="current").digest
        for location in ("delta+file:table#version=1", "delta+file:table#version=4", "delta+file:table")
    }
    assert len(set(digests.values())) == 2
    assert digests["delta+file:table"] == digests["delta+file:table#version=4"]


def test_all_engines_count_partitions_and_late_columns_alike() -> None:
    source = find_dataset("delta+file:table", VECTOR, role="test", what="current").source
    asked = [SchemaColumns(), GroupCounts(("day", "kind")), NullCounts("extra"), GroupCounts(("extra",))]
    first, second = (open_engine(name).tally({"current": source}, asked) for name in ("polars", "duckdb"))
    assert first == second
    assert not first.refused


def test_a_table_without_partitions_is_its_files(tmp_path: Path) -> None:
    write_table(tmp_path, ["a.parquet", "b%20c.parquet"])
    for name in ("a", "b c", "gone"):
        pl.DataFrame({"id": [len(name)]}).write_parquet(tmp_path / f"{name}.parquet")
    found = find_dataset(f"delta+file:{tmp_path}", tmp_path, role="test", what="current")
    assert found.source.format == "parquet"
    assert [file.name for file in found.source.files] == ["a.parquet", "b c.parquet"]


def write_table(folder: Path, paths: list[str], **protocol: object) -> Path:
    """Write the log of a table with one column; return its only commit."""
    log = folder / "_delta_log"
    log.mkdir()
    schema = {"type": "struct", "fields": [{"name": "id", "type": "long", "nullable": True, "metadata": {}}]}
    actions = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2, **protocol}},
        {"metaData": {"id": "x", "schemaString": json.dumps(schema), "partitionColumns": [], "configuration": {}}},
        *({"add": {"path": path, "partitionValues": {}, "size": 1, "dataChange": True}} for path in paths),
    ]
    file = log / f"{0:020}.json"
    file.write_text("\n".join(map(json.dumps, actions)), encoding="utf-8")
    return file


def test_what_changes_the_meaning_of_files_is_refused(tmp_path: Path) -> None:
    commit = write_table(tmp_path, ["a.parquet"], readerFeatures=["variantType", "timestampNtz"])
    pl.DataFrame({"id": [1]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(SourceUnreadable, match="not read here: variantType"):
        rows("delta+file:.", tmp_path)
    lines = commit.read_text(encoding="utf-8").replace("variantType", "deletionVectors").splitlines()
    commit.write_text("\n".join(lines), encoding="utf-8")
    assert len(rows("delta+file:.", tmp_path)) == 1
    add = json.loads(lines[-1])
    add["add"]["deletionVector"] = {"storageType": "u", "pathOrInlineDv": "x", "sizeInBytes": 1, "cardinality": 1}
    commit.write_text("\n".join([*lines[:-1], json.dumps(add)]), encoding="utf-8")
    with pytest.raises(SourceUnreadable, match="not read here: deletionVectors"):
        rows("delta+file:.", tmp_path)
    commit.write_text("\n".join(lines).replace('{}, "size', '{}, "x').replace(
        '"configuration": {}', '"configuration": {"delta.columnMapping.mode": "name"}'), encoding="utf-8")  # fmt: skip
    with pytest.raises(SourceUnreadable, match="not read here: columnMapping"):
        rows("delta+file:.", tmp_path)


@pytest.mark.parametrize(
    "location, said",
    [
        ("delta+file:nothing", "is no Delta table: there is no log"),
        ("delta+file:table#version=9", "has no version 9; the newest is 4"),
        ("delta+file:table#v3", "names no version"),
    ],
)
def test_a_wrong_address_is_one_clear_error(location: str, said: str) -> None:
    with pytest.raises(SourceUnreadable, match=said):
        rows(location)


def test_a_missing_file_or_commit_is_named(tmp_path: Path) -> None:
    shutil.copytree(TABLE, tmp_path / "table")
    log = tmp_path / "table" / "_delta_log"
    (log / f"{1:020}.json").write_text("{", encoding="utf-8")
    with pytest.raises(SourceUnreadable, match=r"00001\.json in its log is no list of actions"):
        rows("delta+file:table#version=2", tmp_path)
    (log / f"{1:020}.json").unlink()
    with pytest.raises(SourceUnreadable, match="version 1 is missing"):
        rows("delta+file:table#version=2", tmp_path)
    next(iter((tmp_path / "table" / "day=2026-11-03").rglob("*.parquet"))).unlink()
    with pytest.raises(
        SourceUnreadable, match=r"names part-00000-.* in its log at version 4, and the file is not there"
    ):
        rows("delta+file:table", tmp_path)
