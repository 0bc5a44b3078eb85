"""``python -m clerestory.jobs.measure FOLDER FILE ENGINE ORDER``: one run of a monitor, in a process that can be ended.

The same code as `clerestory check`, but nothing that the manifest names is run or called. Knows no database and no
secret of the server; ORDER is a file that says what is watched (`intake.watch.order`). Says on stdout how far it is,
one document a line, and at the end either that the run lies in FILE or which problem kept it from running. What the
run's document has no place for lies beside it, in FILE.more.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from clerestory.terms.error import ClerestoryError

PATIENCE = 0.5


Tell = Callable[[str, int, int], None]


def main(folder: str, file: str, engine: str = "polars", order: str = "") -> int:
    """Run the manifest of a folder; return 0 where the run is written, 2 where nothing could be run."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    out = _own_stdout()
    said_at = 0.0

    def tell(what: str, done: int, total: int) -> None:
        nonlocal said_at
        if done >= total or time.monotonic() - said_at > PATIENCE:
            said_at = time.monotonic()
            _say(out, {"what": what, "done": done, "total": total})

    try:
        _run(Path(folder), Path(file), engine, Path(order) if order else None, tell)
    except ClerestoryError as error:
        _say(out, {"problem": error.problem, "remedy": error.remedy})
        return 2
    except Exception as error:  # whatever a model or file does, the worker hears of it
        _say(out, {"problem": f"{type(error).__name__}: {error}", "remedy": "Run clerestory check in the folder."})
        return 2
    _say(out, {"what": "written", "done": 1, "total": 1})
    return 0


def _run(folder: Path, file: Path, engine: str, ordered: Path | None, tell: Tell) -> None:
    from clerestory.intake import manifest as manifests
    from clerestory.intake.run import run_check
    from clerestory.intake.watch import order as orders
    from clerestory.store.engine.engine import open_engine

    order = orders.WatchOrder() if ordered is None else orders.read_order(ordered)
    manifest = manifests.read(folder)
    more: Mapping[str, object] = {}
    if order.watches == orders.FILES:
        from clerestory.intake.watch.files import hash_again

        more = hash_again(manifest, tell, order.opened)
        file.write_bytes(b"{}")
    elif order.watches == orders.DECISIONS:
        from clerestory.intake.watch.window import watch

        watched = watch(manifest, order, now=_now, engine=open_engine(engine), progress=tell)
        more = watched.document()
        file.write_bytes(watched.run.body())
    else:
        manifest = replace(manifest, checks=orders.chosen_checks(manifest, order.checks))
        run = run_check(
            manifest, now=_now, engine=open_engine(engine), progress=tell, outside=False, opened=order.opened
        )
        file.write_bytes(run.body())
    file.with_name(f"{file.name}.more").write_text(json.dumps(more), encoding="utf-8")


def _now() -> datetime:
    return datetime.now(UTC)


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
    sys.exit(main(*sys.argv[1:5]))
