"""Jobs of monitors: puts due runs into the queue, and does one: measured in a process of its own, received here.

The server reads the data itself, so its results say so. A run that cannot be done is kept, told and never a pass.
"""

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.notice import notify
from clerestory.desk.people import itself, machine_for
from clerestory.intake.receive.run import SERVER, Receipt, receive
from clerestory.intake.watch.order import WatchOrder
from clerestory.jobs.queue import Interrupted, enqueue, stopping
from clerestory.jobs.watch import rehash
from clerestory.jobs.watch.decisions import window_order
from clerestory.jobs.watch.silence import note_silences, readers
from clerestory.ledger.canonical import decode
from clerestory.registers.monitoring.commands import Came, begin_run, finish_run, note_progress, plan_due_runs
from clerestory.registers.monitoring.queries import Order, folder_of, order_of
from clerestory.registers.monitoring.rules import CheckResult, Outcome, Watch, outcome_of
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document
from clerestory.terms.ids import EntryId
from clerestory.terms.moment import Period

MOST_ATTEMPTS = 3
FOLLOW = 1.0
_CHANGED = "Evidence of a change since the reference:"
TITLES = {
    Outcome.FAIL: _("Monitor of {system}: a check failed"),
    Outcome.INCONCLUSIVE: _("Monitor of {system}: no conclusion"),
    Outcome.COULD_NOT_RUN: _("Monitor of {system}: could not run"),
    Outcome.PASS: _("Monitor of {system}: passes again"),
}


class RunImpossible(ClerestoryError):
    """A monitor's run could not be done."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the process of a run wrote: the document of the run, what it has no place for, and when it was measured."""

    document: Document
    more: Mapping[str, Any]
    observed: Period


def start_due() -> None:
    """Put the runs that are due or were asked for into the queue, each once; silence until now is kept before."""
    note_silences()
    with atomic():
        for run_id in plan_due_runs(now=clock.now()):
            enqueue("rerun", run_id)


def rerun(run_id: str) -> None:
    """Do one run; again where it was cut off, and nothing where it is done."""
    order = order_of(run_id)
    if order is None or order.is_done:
        return
    server = itself(order.organisation_id)
    attempts = begin_run(actor=server, run_id=run_id, now=clock.now())
    if attempts == 0:
        return
    try:
        if attempts > MOST_ATTEMPTS:
            raise RunImpossible("The run was cut off several times.", "Look at the server's memory and its log.")
        machine = _machine(order)
        found = _measured(order, server)
        with atomic():
            _finish(order, server, _received(order, machine, found))
    except ClerestoryError as error:
        _finish(order, server, Came(outcome=Outcome.COULD_NOT_RUN, reason=f"{error.problem} {error.remedy}"))


def _machine(order: Order) -> Actor:
    machine = machine_for(order.organisation_id, order.owner, scopes=frozenset({"push"}))
    if machine is None:
        raise RunImpossible("The owner of the monitor is no member any more.", "Give it another owner.")
    return machine


def _measured(order: Order, server: Actor) -> Found:
    """Measure in a process of its own, within the time limit, and return what it wrote."""
    folder = folder_of(order.organisation_id, order.monitor.folder)
    started_at = clock.now()
    with tempfile.TemporaryDirectory(prefix="clerestory-run-") as scratch:
        file = Path(scratch) / "run.json"
        ordered = Path(scratch) / "order.json"
        _asked(order, started_at).write(ordered)
        problem = ""
        with _process(folder, file, ordered) as process:
            for said in _lines(process):
                problem = str(said.get("problem", "")) and f"{said['problem']} {said.get('remedy', '')}"
                if "what" in said:
                    note_progress(
                        actor=server, run_id=order.run_id, what=str(said["what"]),
                        done=int(str(said["done"])), total=int(str(said["total"])),
                    )  # fmt: skip
            code = process.wait()
        if code != 0 or not file.is_file():
            raise RunImpossible(
                problem or f"The process of the run ended with code {code}.", "" if problem else "Look at the memory."
            )
        document = decode(file.read_bytes())
        more = json.loads(file.with_name(f"{file.name}.more").read_bytes())
    system = more.get("system") or cast("Mapping[str, object]", document.get("system", {})).get("id")
    if system != order.monitor.system_id:
        raise RunImpossible(
            f"The manifest is about {system}, and the monitor about {order.monitor.system_id}.",
            "Correct the manifest, or end the monitor.",
        )
    return Found(document, more, Period(started_at, clock.now()))


def _asked(order: Order, now: datetime) -> WatchOrder:
    monitor = order.monitor
    if monitor.watches is Watch.DECISIONS:
        return replace(window_order(order, now), opened=settings.RUN_SOURCES)
    return WatchOrder(watches=str(monitor.watches), checks=monitor.checks, opened=settings.RUN_SOURCES)


@contextmanager
def _process(folder: Path, file: Path, ordered: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # -P: a file of the folder that is called as a module is never run
        [sys.executable, "-P", "-m", "clerestory.jobs.measure", str(folder), str(file), settings.ENGINE, str(ordered)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=settings.RUN_ENVIRONMENT,
        cwd=folder,
        encoding="utf-8",
        errors="replace",
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _lines(process: subprocess.Popen[str]) -> Iterator[Mapping[str, object]]:
    """Yield what the process says, at most one a second of how far it is; end it where it takes too long."""
    lines: queue.Queue[str | None] = queue.Queue()
    stream = process.stdout
    if stream is None:
        return

    def listen() -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=listen, daemon=True).start()
    ends, next_at = time.monotonic() + settings.RUN_LIMIT, 0.0
    while True:
        try:
            line = lines.get(timeout=FOLLOW)
        except queue.Empty:
            line = ""
        if line is None:
            return
        if stopping.is_set():
            raise Interrupted
        if time.monotonic() > ends:
            raise RunImpossible(
                f"The run took longer than {settings.RUN_LIMIT} seconds.",
                "Measure less, or set CLERESTORY_RUN_LIMIT.",
            )
        said = _read(line)
        if "problem" in said or (said and time.monotonic() >= next_at):
            next_at = time.monotonic() + FOLLOW
            yield said


def _read(line: str) -> Mapping[str, object]:
    """Read one line of the process; what is no document of it is nothing."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _received(order: Order, machine: Actor, found: Found) -> Came:
    """Bring in what a run found and return what it came to, in the caller's transaction."""
    if order.monitor.watches is Watch.FILES:
        return rehash.came_of(order, machine, found.more, found.observed, clock.now())
    is_window = order.monitor.watches is Watch.DECISIONS
    receipt = receive(found.document, actor=machine, now=clock.now(), run_mode=SERVER, is_window=is_window)
    results = _results(found.document, receipt)
    alarms = tuple(found.more.get("alarms", ()))
    outcome = Outcome.FAIL if alarms else outcome_of(results)
    model = cast("Mapping[str, object]", found.document.get("model") or {})
    return Came(
        outcome=outcome,
        reason=f"{_CHANGED} {', '.join(alarms)}" if alarms else "",
        results=results,
        inputs=_inputs(found.document),
        model_digest=str(model.get("artefact_digest", "")),
        alarms=alarms,
        counted=found.more,
    )


def _finish(order: Order, server: Actor, came: Came) -> None:
    """Keep the run and tell of it, together."""
    with atomic():
        before = finish_run(actor=server, run_id=order.run_id, came=came, now=clock.now())
        if before is None or (came.outcome is Outcome.PASS and before in ("", Outcome.PASS)):
            return
        notify(
            organisation_id=order.organisation_id,
            to=readers(order.organisation_id, order.monitor),
            topic="monitor",
            title=format_lazy(TITLES[came.outcome], system=order.monitor.system_id),
            text="\n".join(part for part in (came.reason, _said(came.results)) if part),
            url=f"/monitoring/{order.monitor.monitor_id}/",
            key=f"monitor-run/{order.run_id}",
            entries=[EntryId(result.entry_id) for result in came.results if result.entry_id],
        )


def _said(results: tuple[CheckResult, ...]) -> str:
    """Say which checks did not pass, one a line, by their names and numbers."""
    lines = [
        " · ".join(part for part in (result.verdict or "–", result.name, result.slice, result.criterion) if part)
        for result in results
        if result.verdict != Outcome.PASS
    ]
    return "\n".join(lines[:20])


def _results(document: Document, receipt: Receipt) -> tuple[CheckResult, ...]:
    written = cast("list[Mapping[str, object]]", document["checks"])
    found = []
    for check, item in zip(receipt.checks, written, strict=True):
        numbers = cast("Mapping[str, object]", item.get("measurement") or {})
        found.append(
            CheckResult(
                name=check.name,
                slice=check.slice,
                criterion=check.criterion,
                verdict=str(check.verdict or ""),
                value=_number(numbers.get("value")),
                low=_number(numbers.get("low")),
                high=_number(numbers.get("high")),
                n=int(str(numbers["n"])) if "n" in numbers else None,
                reason=check.reason,
                entry_id=check.entry_id or "",
            )
        )
    return tuple(found)


def _inputs(document: Document) -> str:
    """Return one digest of what was measured, to tell a run on new data from one on the same."""
    import hashlib

    data = cast("Mapping[str, Mapping[str, object]]", document["data"])
    digests = sorted(str(dataset["content_digest"]) for dataset in data.values())
    model = cast("Mapping[str, object]", document.get("model") or {})
    return hashlib.sha256("|".join([*digests, str(model.get("artefact_digest", ""))]).encode()).hexdigest()


def _number(text: object) -> float | None:
    return None if text is None else float(str(text))
