"""`clerestory witness` in processes of its own: it answers as the text says, and never goes back."""

import http.client
import json
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from clerestory.cli.witness.serving import MOST, Server
from clerestory.ledger import note, sign, tree, vkey
from clerestory.ledger.checkpoint import read_signed_checkpoint
from clerestory.ledger.exchange.witness import LARGEST, origin_hash, read_answer
from clerestory.store.witness import keeping
from clerestory.store.witness.keeping import Keeping
from tests.cli.conftest import Clerestory
from tests.simulators.witnessed import OWN, ask, history, trust_file, witness

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/ledger/witness.json").read_text())
NAME = "auditor.example/witness"
LOG = history()
SHOWN = f"/{origin_hash(OWN.key.name)}/checkpoint"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keeping.make(tmp_path / "witness", NAME)
    return tmp_path / "witness"


def public(folder: Path) -> vkey.VerifierKey:
    return Keeping(folder).key.key


class Near:
    """A witness in this process, for what is about the protocol and not about processes."""

    def __init__(self, folder: Path, **more: object) -> None:
        logs = {OWN.key.name: (OWN.key,), VECTORS["origin"]: (_sigsum(),)}
        self.server = Server(("127.0.0.1", 0), Keeping(folder), logs, **more)
        self.port = self.server.server_address[1]

    def __enter__(self) -> int:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return int(self.port)

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def _sigsum() -> vkey.VerifierKey:
    return vkey.VerifierKey(VECTORS["origin"], vkey.ED25519, bytes.fromhex(VECTORS["log_key"]))


def test_the_key_is_made_once_for_its_owner_only_and_printed_as_one_line(clerestory: Clerestory, tmp_path: Path):
    made = clerestory("witness", "init", tmp_path / "w", "--name", NAME)
    key = vkey.read_vkey(made.out.strip())
    assert (made.code, key.name, key.kind) == (0, NAME, vkey.COSIGNATURE)
    assert clerestory("witness", "key", tmp_path / "w").out == made.out
    assert json.loads(clerestory("witness", "key", tmp_path / "w", "--json").out) == {"key": made.out.strip()}
    secret = tmp_path / "w" / "witness.skey"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    again = clerestory("witness", "init", tmp_path / "w", "--name", NAME)
    assert (again.code, "holds a witness already" in again.err) == (2, True)
    assert clerestory("witness", "key", tmp_path / "w").out == made.out


@pytest.mark.parametrize(
    "harm, said",
    [
        ("nothing", "holds no witness"),
        ("memory", "has lost its memory"),
        ("mode", "can be read by others"),
        ("log key", "is a log's key"),
        ("garbage", "malformed"),
    ],
)
def test_a_folder_that_holds_no_whole_witness_is_refused_with_one_clear_error(clerestory, folder, harm, said):
    secret = folder / "witness.skey"
    if harm == "nothing":
        secret.unlink()
    elif harm == "memory":
        (folder / "witness.sqlite3").unlink()
    elif harm == "mode":
        secret.chmod(0o640)
    else:
        secret.write_text(sign.skey_text(OWN) + "\n" if harm == "log key" else "PRIVATE+KEY+x\n")
    told = clerestory("witness", "serve", folder, "--logs", trust_file(folder.parent))
    assert told.code == 2
    assert said in told.err
    assert told.err.count("Problem:") == 1


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"{}", b"witness w nothing\nquorum w\n"])
def test_a_file_that_names_no_log_is_refused_and_named(clerestory, folder, content):
    file = folder.parent / "logs.txt"
    if content is not None:
        file.write_bytes(content)
    told = clerestory("witness", "serve", folder, "--logs", file)
    assert (told.code, str(file) in told.err) == (2, True)


def test_a_port_that_is_taken_is_said(clerestory, folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = clerestory("witness", "serve", folder, "--port", port, "--logs", trust_file(folder.parent))
    assert (told.code, "cannot listen" in told.err) == (2, True)


def test_the_published_script_of_another_witness_is_answered_over_the_network(folder):
    with Near(folder) as port:
        for number, step in enumerate(VECTORS["steps"]):
            answered = ask(port, step["request"].encode())
            assert answered.status == (404 if number == 2 else step["status"]), step
            if step["body"]:
                assert (answered.kind, answered.body.decode()) == ("text/x.tlog.size", step["body"])
            if answered.status == 200:
                _, _, text = step["request"].partition("\n\n")
                line, said = read_answer(note.read_note(text.encode()), answered.body, public(folder))
                assert (line.name, said.at > 1_700_000_000) == (NAME, True)


def test_what_was_cosigned_last_is_shown_with_the_signatures_of_log_and_witness(folder, clerestory):
    with Near(folder) as port:
        assert ask(port, b"", "GET", SHOWN).status == 404
        answered = ask(port, LOG.request(0, 5))
        shown = ask(port, b"", "GET", SHOWN)
    checkpoint, signed = read_signed_checkpoint(shown.body)
    assert (shown.status, checkpoint.size, sign.verify_note(signed, [OWN.key])) == (200, 5, (OWN.key,))
    assert shown.body.endswith(b"\n" + answered.body)
    seen = json.loads(clerestory("witness", "seen", folder, "--json").out)["logs"]
    assert [(row["origin"], row["size"], row["note"]) for row in seen] == [(OWN.key.name, 5, shown.body.decode())]
    assert "5 entries" in clerestory("witness", "seen", folder).out


def test_a_fork_that_the_real_key_signed_is_refused_by_409_and_422(folder):
    other = history(b"rewritten")
    with witness(folder, trust_file(folder.parent)) as port:
        assert ask(port, LOG.request(0, 300)).status == 200
        conflict = ask(port, other.request(0, 310))
        assert (conflict.status, conflict.body) == (409, b"300\n")
        assert ask(port, other.request(300, 310)).status == 422
        assert ask(port, other.request(300, 300)).status == 422
        assert ask(port, LOG.request(200, 250)).status == 409
        assert ask(port, LOG.request(300, 310)).status == 200


def test_killed_between_keeping_and_answering_a_witness_remembers_and_goes_on(folder):
    told = [sys.executable, "-m", "tests.cli.witness.killed", str(folder), vkey.vkey_text(OWN.key)]
    sizes = [1, 256, 257]
    for old, size in zip([0, *sizes], sizes, strict=False):
        with subprocess.Popen(told, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with pytest.raises((ConnectionError, http.client.HTTPException)):
                ask(port, LOG.request(old, size))
        assert process.returncode == -9
        assert [row.size for row in Keeping(folder).seen()] == [size]
    with witness(folder, trust_file(folder.parent)) as port:
        assert ask(port, LOG.request(256, 257)).body == b"257\n"
        assert ask(port, history(b"rewritten").request(257, 257)).status == 422
        assert ask(port, LOG.request(257, 257)).status == 200


def test_of_two_histories_that_are_sent_at_once_to_two_processes_one_alone_is_cosigned(folder):
    other, file = history(b"rewritten"), trust_file(folder.parent)
    winners = []
    with witness(folder, file) as one, witness(folder, file) as two, ThreadPoolExecutor(6) as pool:
        told = [(one, LOG), (two, other), (two, LOG), (one, other), (one, LOG), (two, other)]
        for old, size in ((0, 10), (10, 20)):
            found = list(pool.map(lambda t, old=old, size=size: ask(t[0], t[1].request(old, size)), told))
            assert {answer.status for answer in found} <= {200, 409, 422}
            winners += [told[place][1] for place, answer in enumerate(found) if answer.status == 200]
    assert len(winners) == 2
    assert winners[0] is winners[1]
    assert [row.root for row in Keeping(folder).seen()] == [tree.root(winners[0].leaves[:20])]


def test_a_second_is_never_earlier_than_that_of_the_last_cosignature(folder):
    clock = iter([2_000_000_000, 1_000_000_000, 2_000_000_009])
    with Near(folder, now=lambda: next(clock)) as port:
        times = [
            read_answer(note.read_note(LOG.note(size)), ask(port, LOG.request(old, size)).body, public(folder))[1].at
            for old, size in ((0, 1), (1, 2), (2, 3))
        ]
    assert times == [2_000_000_000, 2_000_000_000, 2_000_000_009]


def test_nothing_is_cosigned_that_cannot_be_kept(folder):
    with Near(folder) as port:
        with closing(sqlite3.connect(folder / "witness.sqlite3")) as memory:
            memory.execute("DROP TABLE cosigned")
        assert ask(port, LOG.request(0, 3)).status == 503
        assert ask(port, b"", "GET", SHOWN).status == 503


def test_other_names_methods_and_lengths_are_refused(folder):
    with Near(folder) as port:
        assert ask(port, LOG.request(0, 3), path="/").status == 404
        assert ask(port, LOG.request(0, 3), path="/add-checkpoint/").status == 404
        assert ask(port, b"", "GET", "/add-checkpoint").status == 404
        assert ask(port, b"", "GET", SHOWN.upper()).status == 404
        assert ask(port, b"", "PUT").status == 501
        assert ask(port, b"x" * (LARGEST + 1)).status == 413
        assert ask(port, b"old 0\n\n").status == 400
        assert _raw(port, b"POST /add-checkpoint HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 411 ")
        chunked = b"POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        assert _raw(port, chunked).startswith(b"HTTP/1.1 411 ")
        wrong = b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -5\r\n\r\n"
        assert _raw(port, wrong).startswith(b"HTTP/1.1 411 ")
        assert ask(port, LOG.request(0, 3)).status == 200


def test_who_only_drips_is_cut_and_who_comes_in_great_number_does_not_stop_the_witness(folder):
    with Near(folder, whole=0.5) as port:
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(MOST + 8)]
        for connection in slow:
            connection.settimeout(30)
            connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\nold")
        assert {_end(connection) for connection in slow} == {b""}
        assert ask(port, LOG.request(0, 3)).status == 200


def _end(connection: socket.socket) -> bytes:
    with connection:
        try:
            return connection.recv(100)
        except ConnectionError:
            return b""


def _raw(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        return connection.recv(4096)
