"""`clerestory push` against a real server: what it sends, what it shows, and what it does when something is wrong."""

import json
import sys
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from clerestory.cli.main import run
from clerestory.cli.measure.remote import ServerUnusable, address
from clerestory.desk.entrance.tokens import create_token
from clerestory.ledger.canonical import encode
from clerestory.registers.data.queries import criteria_versions
from clerestory.store import clock, log
from clerestory.store.log import Search
from tests.intake.loans import ran, registered, write
from tests.organisation import found


@pytest.fixture
def owner(transactional_db):
    """Give the owner of an organisation that a server can see."""
    return found()


@pytest.fixture
def folder(tmp_path):
    """Give a folder in which `clerestory check` ran some minutes ago."""
    path = write(tmp_path / "loans")
    (path / ".clerestory").mkdir()
    body = encode(ran(path, at=clock.now() - timedelta(minutes=5)))
    (path / ".clerestory" / "last-run.json").write_bytes(body)
    return path


@pytest.fixture
def cli(monkeypatch, capsys):
    """Run the command line: ``code, out, err = cli("push", ...)``."""
    monkeypatch.delenv("CLERESTORY_TOKEN", raising=False)
    monkeypatch.delenv("CLERESTORY_SERVER", raising=False)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clerestory", *map(str, arguments)])
        try:
            run()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def secret(actor, *scopes: str) -> str:
    return create_token(actor=actor, name="ci", scopes=scopes, now=clock.now())[0]


def test_a_run_is_pushed_and_shown_with_its_entries(owner, live_server, folder, cli):
    code, out, err = cli("push", folder, "--server", live_server.url, "--token", secret(owner, "push"), "--json")
    assert code == 0, err
    receipt = json.loads(out)
    assert log.search(owner.organisation_id, Search(kind="check")).total == 5
    assert receipt["checks"][0]["entry_id"] in err
    assert "Registered: ai_system:credit-scoring" in err
    again = json.loads(cli("push", folder, "--server", live_server.url, "--token", secret(owner, "push"), "--json")[1])
    assert again["already_received"]


def test_registering_before_a_check_proposes_the_limits(owner, live_server, folder, cli, monkeypatch):
    monkeypatch.setenv("CLERESTORY_TOKEN", secret(owner, "push"))
    monkeypatch.setenv("CLERESTORY_SERVER", live_server.url)
    code, out, err = cli("push", folder, "--register")
    version = registered(folder)["data"]["current"]["id"]
    assert code == 0, err
    assert f"/data/version/{version}/" in out
    assert "labels" in out
    assert log.search(owner.organisation_id, Search(kind="check")).total == 0
    assert len(criteria_versions(owner, version)) == 1


def test_an_edited_run_is_refused_with_check_and_field(owner, live_server, folder, cli):
    file = folder / ".clerestory" / "last-run.json"
    document = json.loads(file.read_bytes())
    document["checks"][-1]["measurement"]["value"] = "1"
    file.write_bytes(encode(document))
    code, out, err = cli("push", folder, "--server", live_server.url, "--token", secret(owner, "push"))
    assert (code, out) == (2, "")
    assert document["checks"][-1]["name"] in err
    assert "measurement.value" in err
    assert log.search(owner.organisation_id, Search(kind="check")).total == 0


def test_a_wrong_or_weak_token_is_refused(owner, live_server, folder, cli):
    for token in ("clr_wrong", secret(owner, "read")):
        code, _, err = cli("push", folder, "--server", live_server.url, "--token", token)
        assert code == 2
        assert "Remedy" in err
        assert token not in err


def test_without_a_token_nothing_is_sent(folder, cli):
    code, _, err = cli("push", folder, "--server", "http://localhost:9")
    assert code == 2
    assert "CLERESTORY_TOKEN" in err


@pytest.mark.parametrize("body", [None, b"", b"{}\n", b"not json"])
def test_without_a_run_as_check_writes_it_nothing_is_sent(tmp_path, cli, body):
    (tmp_path / ".clerestory").mkdir()
    if body is not None:
        (tmp_path / ".clerestory" / "last-run.json").write_bytes(body)
    code, _, err = cli("push", tmp_path, "--server", "http://localhost:9", "--token", "clr_x")
    assert code == 2
    assert "clerestory check" in err


def test_without_a_server_named_push_goes_where_the_environment_says(folder, cli, monkeypatch):
    for name in ("CLERESTORY_SERVER", "CLERESTORY_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORT", "9")
    assert "http://localhost:9 cannot be reached" in cli("push", folder, "--token", "clr_x")[2]
    monkeypatch.setenv("CLERESTORY_URL", "http://127.0.0.1:9")
    assert "http://127.0.0.1:9 cannot be reached" in cli("push", folder, "--token", "clr_x")[2]


def test_a_server_that_cannot_be_reached_is_named(folder, cli):
    code, _, err = cli("push", folder, "--server", "http://localhost:9", "--token", "clr_x")
    assert code == 2
    assert "http://localhost:9 cannot be reached" in err


@pytest.mark.parametrize("server", ["", "localhost:8000", "ftp://host", "file:///etc/passwd", "https://"])
def test_what_is_no_address_is_refused(server):
    with pytest.raises(ServerUnusable, match="no address"):
        address(server)


def test_a_token_is_not_sent_unencrypted_to_another_machine():
    with pytest.raises(ServerUnusable, match="not encrypted"):
        address("http://clerestory.example.org")
    assert address("https://clerestory.example.org/") == "https://clerestory.example.org"


class Elsewhere(BaseHTTPRequestHandler):
    """Answers as no Clerestory does; ``answer`` is set by the test, ``tokens`` what it was sent."""

    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"")
    paths: list[str] = []

    def do_POST(self) -> None:
        self.paths.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, body = self.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere():
    """Give the address of a server of another kind."""
    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    Thread(target=server.serve_forever, daemon=True).start()
    Elsewhere.paths = []
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "answer",
    [(200, {}, b"<html>hello"), (200, {}, b"[]"), (404, {}, b"nope"), (500, {}, b"{}"), (204, {}, b"")],
)
def test_what_is_no_clerestory_is_told(folder, cli, elsewhere, answer):
    Elsewhere.answer = answer
    code, out, err = cli("push", folder, "--server", elsewhere, "--token", "clr_x")
    assert (code, out) == (2, "")
    assert "Clerestory does" in err


def test_a_redirect_is_not_followed_so_that_the_token_stays(folder, cli, elsewhere):
    Elsewhere.answer = (307, {"Location": f"{elsewhere}/thief"}, b"")
    code, _, _ = cli("push", folder, "--server", elsewhere, "--token", "clr_x")
    assert code == 2
    assert Elsewhere.paths == ["/api/v1/intake/runs"]
