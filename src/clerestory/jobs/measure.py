"""``python -m clerestory.jobs.measure FOLDER FILE ENGINE``: one run of a manifest, in a process that can be ended.

The same code as `clerestory check`, but nothing that the manifest names is run or called. Knows no database and no
secret of the server. Says on stdout how far it is, one document a line, and at the end either that the run lies in FILE
or which problem kept it from running.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from clerestory.terms.error import ClerestoryError

PATIENCE = 0.5


def main(folder: str, file: str, engine: str = "polars") -> int:
    """Run the manifest of a folder; return 0 where the run is written, 2 where nothing could be run."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    out = _own_stdout()
    from clerestory.intake import manifest as manifests
    from clerestory.intake.run import run_check
    from clerestory.store.engine.engine import open_engine

    said_at = 0.0

    def tell(what: str, done: int, total: int) -> None:
        nonlocal said_at
        if done >= total or time.monotonic() - said_at > PATIENCE:
            said_at = time.monotonic()
            _say(out, {"what": what, "done": done, "total": total})

    try:
        run = run_check(
            manifests.read(Path(folder)),
            now=lambda: datetime.now(UTC),
            engine=open_engine(engine),
            progress=tell,
            outside=False,
        )
        Path(file).write_bytes(run.body())
    except ClerestoryError as error:
        _say(out, {"problem": error.problem, "remedy": error.remedy})
        return 2
    except Exception as error:  # whatever a model or file does, the worker hears of it
        _say(out, {"problem": f"{type(error).__name__}: {error}", "remedy": "Run clerestory check in the folder."})
        return 2
    _say(out, {"what": "written", "done": 1, "total": 1})
    return 0


def _own_stdout() -> TextIO:
    """Keep stdout for this file alone: what a model or a library prints goes where the worker does not listen."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _say(out: TextIO, document: Mapping[str, object]) -> None:
    out.write(json.dumps(document) + "\n")
    out.flush()


def _end_with(parent: int) -> None:
    """End when the worker is gone, so that no process stays behind."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
