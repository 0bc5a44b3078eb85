"""A witness that kills itself after keeping and before answering: ``python -m tests.cli.witness.killed``."""

import os
import signal
import sys
from pathlib import Path

from clerestory.cli.witness.serving import Server
from clerestory.ledger.vkey import read_vkey
from clerestory.store.witness.keeping import Keeping


def main(folder: str, log: str) -> None:
    """Serve one log from a folder, and die where nobody can know yet what was kept."""
    key = read_vkey(log)
    server = Server(
        ("127.0.0.1", 0),
        Keeping(Path(folder)),
        {key.name: (key,)},
        kept=lambda: os.kill(os.getpid(), signal.SIGKILL),
    )
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
