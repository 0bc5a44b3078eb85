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
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor, product
from clerestory.desk.notice import administrators, notify
from clerestory.desk.people import machine_for
from clerestory.intake.receive.run import SERVER, Receipt, receive
from clerestory.intake.run import tool_version
from clerestory.jobs.queue import Interrupted, enqueue, stopping
from clerestory.ledger.canonical import decode
from clerestory.registers.monitoring.commands import begin_run, finish_run, note_progress, plan_due_runs
from clerestory.registers.monitoring.queries import Order, folder_of, order_of
from clerestory.registers.monitoring.rules import CheckResult, Outcome, outcome_of
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document
from clerestory.terms.ids import EntryId, PersonId

MOST_ATTEMPTS = 3
FOLLOW = 1.0
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
    """What a run found, before it is kept."""

    receipt: Receipt
    results: tuple[CheckResult, ...]
    inputs: str


def start_due() -> None:
    """Put the runs that are due or were asked for into the queue, each once."""
    with atomic():
        for run_id in plan_due_runs(now=clock.now()):
            enqueue("rerun", run_id)


def rerun(run_id: str) -> None:
    """Do one run; again where it was cut off, and nothing where it is done."""
    order = order_of(run_id)
    if order is None or order.is_done:
        return
    server = product(order.organisation_id, tool_version())
    attempts = begin_run(actor=server, run_id=run_id, now=clock.now())
    if attempts == 0:
        return
    try:
        if attempts > MOST_ATTEMPTS:
            raise RunImpossible("The run was cut off several times.", "Look at the server's memory and its log.")
        machine = _machine(order)
        document = _measured(order, server)
        _receive(order, server, machine, document)
    except ClerestoryError as error:
        _finish(order, server, Outcome.COULD_NOT_RUN, reason=f"{error.problem} {error.remedy}")


def _machine(order: Order) -> Actor:
    machine = machine_for(order.organisation_id, order.owner, scopes=frozenset({"push"}))
    if machine is None:
        raise RunImpossible("The owner of the monitor is no member any more.", "Give it another owner.")
    return machine


def _measured(order: Order, server: Actor) -> Document:
    """Measure in a process of its own, within the time limit, and return the document of the run."""
    folder = folder_of(order.organisation_id, order.monitor.folder)
    with tempfile.TemporaryDirectory(prefix="clerestory-run-") as scratch:
        file = Path(scratch) / "run.json"
        problem = ""
        with _process(folder, file) as process:
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
    system = cast("Mapping[str, object]", document.get("system", {})).get("id")
    if system != order.monitor.system_id:
        raise RunImpossible(
            f"The manifest is about {system}, and the monitor about {order.monitor.system_id}.",
            "Correct the manifest, or end the monitor.",
        )
    return document


@contextmanager
def _process(folder: Path, file: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # -P: a file of the folder that is called as a module is never run
        [sys.executable, "-P", "-m", "clerestory.jobs.measure", str(folder), str(file), settings.ENGINE],
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


def _receive(order: Order, server: Actor, machine: Actor, document: Document) -> None:
    with atomic():
        receipt = receive(document, actor=machine, now=clock.now(), run_mode=SERVER)
        results = _results(document, receipt)
        _finish(order, server, outcome_of(results), results=results, inputs=_inputs(document))


def _finish(
    order: Order,
    server: Actor,
    outcome: Outcome,
    *,
    reason: str = "",
    results: tuple[CheckResult, ...] = (),
    inputs: str = "",
) -> None:
    """Keep the run and tell of it, together."""
    with atomic():
        before = finish_run(
            actor=server, run_id=order.run_id, outcome=outcome, now=clock.now(), reason=reason, results=results,
            inputs=inputs,
        )  # fmt: skip
        if before is None or (outcome is Outcome.PASS and before in ("", Outcome.PASS)):
            return
        notify(
            organisation_id=order.organisation_id,
            to=_readers(order),
            topic="monitor",
            title=format_lazy(TITLES[outcome], system=order.monitor.system_id),
            text=reason or _said(results),
            url=f"/monitoring/{order.monitor.monitor_id}/",
            key=f"monitor-run/{order.run_id}",
            entries=[EntryId(result.entry_id) for result in results if result.entry_id],
        )


def _readers(order: Order) -> tuple[PersonId, ...]:
    """Return the owner, or the administrators where the owner left."""
    if machine_for(order.organisation_id, order.owner, scopes=frozenset()) is not None:
        return (order.owner,)
    return administrators(order.organisation_id)


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
