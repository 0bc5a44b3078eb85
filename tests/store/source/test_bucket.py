"""Objects of a bucket, from a stand-in on this machine that speaks as much of S3 as a reader asks for."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import polars as pl
import pytest

from clerestory.assurance.tally import (
    MISSING,
    CountCell,
    DistinctRows,
    DuplicateTally,
    GroupCounts,
    GroupTally,
    Moments,
    MomentsTally,
    NullCounts,
    NullTally,
    SchemaColumns,
    SchemaTally,
)
from clerestory.intake.data import find_dataset
from clerestory.store.engine.engine import open_engine
from clerestory.store.engine.source import SourceUnreadable

TABLE = pl.DataFrame({"x": [1, 2, 3], "t": ["a", "b", None]})


class Bucket(BaseHTTPRequestHandler):
    """Answers HEAD, GET with a range, and the list of objects below a prefix, but of nothing that is locked."""

    objects: dict[str, bytes] = {}
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer with the length of an object."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer with an object, a part of it, or the list."""
        parts = urlsplit(self.path)
        if "Credential=reader/" not in self.headers.get("Authorization", "") or parts.path.startswith("/locked/"):
            return self.answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        if "list-type" in parse_qs(parts.query):
            return self.answer(200, self.listing(parse_qs(parts.query).get("prefix", [""])[0]))
        body = self.objects.get(unquote(parts.path).removeprefix("/bucket/"))
        if body is None:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        start, end = 0, len(body) - 1
        asked = self.headers.get("Range", "").removeprefix("bytes=")
        if asked:
            first, _, last = asked.partition("-")
            start, end = (int(first), min(int(last or end), end)) if first else (max(len(body) - int(last), 0), end)
        return self.answer(206 if asked else 200, body[start : end + 1], f"bytes {start}-{end}/{len(body)}")

    def listing(self, prefix: str) -> bytes:
        """Write the list of objects below a prefix."""
        items = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(body)}</Size><ETag>&quot;1&quot;</ETag>"
            "<LastModified>2026-11-21T00:00:00.000Z</LastModified></Contents>"
            for key, body in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        head = '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>'
        return f"{head}{items}</ListBucketResult>".encode()

    def answer(self, status: int, body: bytes, part: str = "") -> None:
        """Send an answer."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Sat, 21 Nov 2026 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        if part:
            self.send_header("Content-Range", part)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, bytes]]:
    """Give the objects of a bucket that a server on this machine holds; Polars keeps what it knows of a bucket."""
    monkeypatch = pytest.MonkeyPatch()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "reader",
        "AWS_SECRET_ACCESS_KEY": "not so secret",
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    Bucket.objects = {}
    yield Bucket.objects
    monkeypatch.undo()
    server.shutdown()
    thread.join()
    server.server_close()


def parquet(table: pl.DataFrame) -> bytes:
    """Write a table as Parquet."""
    body = BytesIO()
    table.write_parquet(body)
    return body.getvalue()


def laid_everywhere(table: pl.DataFrame, folder: Path, bucket: dict[str, bytes]) -> list[str]:
    """Write the same rows in every form that is read; return where they lie."""
    import duckdb

    (folder / "parts").mkdir()
    (folder / "delta" / "_delta_log").mkdir(parents=True)
    table.write_csv(folder / "x.csv")
    table.write_parquet(folder / "x.parquet")
    table.write_ipc(folder / "x.arrow")
    for at, part in enumerate((table[:1], table[1:])):
        part.write_parquet(folder / "parts" / f"{at}.parquet")
        part.write_parquet(folder / "delta" / f"{at}.parquet")
    table.write_parquet(folder / "delta" / "removed.parquet")
    columns = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in
               (("x", "long"), ("t", "string"))]  # fmt: skip
    actions = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": {"id": "1", "format": {"provider": "parquet"}, "partitionColumns": [],
                      "schemaString": json.dumps({"type": "struct", "fields": columns})}},
        *({"add": {"path": name, "partitionValues": {}}} for name in ("removed.parquet", "0.parquet", "1.parquet")),
        {"remove": {"path": "removed.parquet"}},
    ]  # fmt: skip
    (folder / "delta" / "_delta_log" / f"{0:020}.json").write_text("\n".join(map(json.dumps, actions)))
    with duckdb.connect(str(folder / "x.duckdb")) as connection:
        connection.execute(f"CREATE TABLE rows AS SELECT * FROM '{folder}/x.parquet'")
    bucket["all/x.parquet"] = parquet(table)
    return [
        "x.csv", "x.parquet", "parts", "parts/*.parquet", "x.arrow", "delta+file:delta", "duckdb:x.duckdb#rows",
        "s3://bucket/all/x.parquet",
    ]  # fmt: skip


def test_the_same_rows_give_the_same_counts_wherever_they_lie(bucket: dict[str, bytes], tmp_path: Path) -> None:
    asked = [SchemaColumns(), NullCounts("t"), GroupCounts(("t", "x")), Moments("x"), DistinctRows(("x", "t"))]
    table = pl.concat([TABLE, TABLE[1:]])
    for location in laid_everywhere(table, tmp_path, bucket):
        source = find_dataset(location, tmp_path, role="test", what="current").source
        counted = open_engine().tally({"current": source}, asked)
        assert not counted.refused
        assert counted.tallies[asked[0]] == SchemaTally((("x", "integer"), ("t", "text")), 5), location
        assert counted.tallies[asked[1]] == NullTally(rows=5, missing=2)
        cells = (CountCell((MISSING, "3"), 2), CountCell(("a", "1"), 1), CountCell(("b", "2"), 2))
        assert counted.tallies[asked[2]] == GroupTally(cells)
        expected = MomentsTally(rows=5, missing=0, infinite=0, total=11, squares=27, minimum=1, maximum=3)
        assert counted.tallies[asked[3]] == expected
        assert counted.tallies[asked[4]] == DuplicateTally(rows=5, distinct=3, incomplete=0)


def test_objects_are_brought_and_named_by_the_digest_of_their_rows(bucket: dict[str, bytes], tmp_path: Path) -> None:
    bucket["all/x.parquet"] = parquet(TABLE)
    bucket["days/a b.parquet"] = parquet(TABLE[:1])
    bucket["days/b.parquet"] = parquet(TABLE[1:])
    bucket["x.csv"] = TABLE.write_csv().encode()
    found = [
        find_dataset(f"s3://bucket/{key}", tmp_path, role="test", what="current")
        for key in ("all/x.parquet", "days/*.parquet", "x.csv")
    ]
    assert len({dataset.digest for dataset in found}) == 1
    assert found[0].columns == {"x": "integer", "t": "text"}
    assert found[1].source.scan().collect().equals(TABLE)


@pytest.mark.parametrize(
    "location, said",
    [
        ("s3://bucket/gone.parquet", "cannot be read"),
        ("s3://bucket/bad.parquet", "cannot be read"),
        ("s3://bucket/folder", "names no table in a bucket"),
        ("s3://key:secret@bucket/x.parquet", "holds keys or settings"),
    ],
)
def test_a_wrong_object_is_one_clear_error(bucket: dict[str, bytes], tmp_path: Path, location: str, said: str) -> None:
    bucket["bad.parquet"] = b"no table at all"
    with pytest.raises(SourceUnreadable, match=said) as refused:
        find_dataset(location, tmp_path, role="test", what="current")
    assert "secret" not in refused.value.problem


def test_an_object_without_rights_is_one_clear_error(bucket: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="cannot be read") as refused:
        find_dataset("s3://locked/x.parquet", tmp_path, role="test", what="current")
    assert "AWS_ACCESS_KEY_ID" in refused.value.remedy
