"""Objects of a bucket, from a stand-in on this machine that speaks as much of S3 as a reader asks for."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import polars as pl
import pytest

from clerestory.intake.data import find_dataset
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
