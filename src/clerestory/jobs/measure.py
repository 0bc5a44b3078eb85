"""``python -m clerestory.jobs.measure FOLDER FILE ENGINE``: one run of a manifest, in a process that can be ended.

The same code as `clerestory check`. Knows no database and no secret of the server. Says on stdout how far it is, one
document a line, and at the end either that the run lies in FILE or which problem kept it from running.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from clerestory.terms.error import ClerestoryError

PATIENCE = 0.5


def main(folder: str, file: str, engine: str = "polars") -> int:
    """Run the manifest of a folder; return 0 where the run is written, 2 where nothing could be run."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    from clerestory.intake import manifest as manifests
    from clerestory.intake.run import run_check
    from clerestory.store.engine.engine import open_engine

    said_at = 0.0

    def tell(what: str, done: int, total: int) -> None:
        nonlocal said_at
        if done >= total or time.monotonic() - said_at > PATIENCE:
            said_at = time.monotonic()
            _say({"what": what, "done": done, "total": total})

    try:
        run = run_check(
            manifests.read(Path(folder)),
            now=lambda: datetime.now(UTC),
            engine=open_engine(engine),
            progress=tell,
        )
        Path(file).write_bytes(run.body())
    except ClerestoryError as error:
        _say({"problem": error.problem, "remedy": error.remedy})
        return 2
    except Exception as error:  # whatever a model or file does, the worker hears of it
        _say({"problem": f"{type(error).__name__}: {error}", "remedy": "Run clerestory check in the folder."})
        return 2
    _say({"what": "written", "done": 1, "total": 1})
    return 0


def _say(document: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _end_with(parent: int) -> None:
    """End when the worker is gone, so that no process stays behind."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
