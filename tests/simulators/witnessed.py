"""A log of our own making whose history can be told in two ways, and witnesses in processes of their own."""

import http.client
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from clerestory.cli.witness.serving import Server
from clerestory.ledger import sign, tree
from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.exchange.witness import request_bytes
from clerestory.ledger.sign import SigningKey
from clerestory.ledger.vkey import VerifierKey, vkey_text
from clerestory.store.witness import keeping

OWN = sign.signing_key("log.example/one", bytes(range(32)))
PROGRAM = "from clerestory.cli.main import run; run()"


@dataclass(frozen=True)
class History:
    """The leaves of a log, signed with the one key at any size."""

    leaves: Sequence[bytes]
    key: sign.SigningKey = OWN

    def note(self, size: int) -> bytes:
        """Return the signed checkpoint of a size."""
        root = tree.root(self.leaves[:size])
        return sign.sign_note(checkpoint_text(Checkpoint(self.key.key.name, size, root)), self.key)

    def request(self, old: int, size: int) -> bytes:
        """Return what is sent to a witness that saw the old size."""
        nodes = tree.nodes_of(self.leaves[:size])
        proof = tree.consistency_proof(old, size, nodes) if 0 < old < size else ()
        return request_bytes(old, proof, self.note(size))


def history(first: bytes = b"first", leaves: int = 600) -> History:
    """Return a history that begins with an entry of one's choice and goes on as every other."""
    return History([tree.leaf_hash(first), *(tree.leaf_hash(bytes(str(n), "ascii")) for n in range(1, leaves))])


class Answered(NamedTuple):
    """What a witness said."""

    status: int
    kind: str
    body: bytes


def ask(port: int, body: bytes, method: str = "POST", path: str = "/add-checkpoint") -> Answered:
    """Send one request to a witness of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body=body)
        answer = connection.getresponse()
        return Answered(answer.status, answer.getheader("Content-Type") or "", answer.read())
    finally:
        connection.close()


@contextmanager
def witness(folder: Path, *trust: Path) -> Iterator[int]:
    """Run `clerestory witness serve` in a process of its own and give its port."""
    words = [sys.executable, "-c", PROGRAM, "witness", "serve", str(folder), "--port", "0"]
    for file in trust:
        words += ["--logs", str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().rpartition(":")[2])
        finally:
            process.terminate()


@contextmanager
def nearby(folder: Path, *logs: VerifierKey, name: str = "auditor.example/witness") -> Iterator[tuple[str, SigningKey]]:
    """Run a witness in a thread of this process; give the address and the key."""
    key = keeping.make(folder, name)
    with Server(("127.0.0.1", 0), keeping.Keeping(folder), {log.name: (log,) for log in logs}) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", key
        finally:
            server.shutdown()


def trust_file(folder: Path, key: sign.SigningKey = OWN) -> Path:
    """Write a file that names the log's key alone."""
    file = folder / "log.txt"
    file.write_text(vkey_text(key.key) + "\n")
    return file
