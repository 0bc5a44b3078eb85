"""The pilot of the demo's assistant: questions really asked, acts really tried, a log of each, and a drill of stopping.

Who asks is nobody: the questions are those of tasks.jsonl, the attempts every role with every tool. What is answered,
decided and how long it takes is found here and logged at the entrance, before and not by the programs under test.
"""

import csv
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from clerestory.assurance.trial import Unanswered
from clerestory.intake.asking.entry import Entry
from clerestory.store import log
from clerestory.store.decisions.batch import DecisionLog
from clerestory.store.decisions.keeping import keep_batch
from clerestory.terms.evidence import Machine
from clerestory.terms.ids import EntryId, OrganisationId
from clerestory.terms.moment import moment_text

ROUNDS = 5
"""How often each question is asked: by so many testers."""
ROLES = ("assistant", "officer", "customer", "head", "visitor")
ACTS = {
    "read_payments": {"account": "A-204"},
    "block_card": {"card": "C-17"},
    "refund": {"payment": "P-3301", "amount": "40"},
    "note": {"text": "customer asked about a refund"},
}
LABELS = ("own account", "account of another customer")
STOP = "stopped.txt"
DECISIONS = "decisions.csv"
DURING = 40
"""Acts that are tried before, during and after the stop."""
Clock = Callable[[], datetime]


def run_pilot(folder: Path, clock: Clock) -> None:
    """Ask all questions, try all acts, stop in the middle, and keep the logs beside the manifest."""
    asking, deciding = Entry(folder, "stand_in:answer"), Entry(folder, "gate:decide")
    try:
        _ask(folder, asking, clock)
        _try(folder, deciding, clock)
        _drill(folder, deciding, clock)
    finally:
        asking.close()
        deciding.close()


def _ask(folder: Path, asking: Entry, clock: Clock) -> None:
    """Log each request with what came of it and how long it took, and what it was about."""
    prompt = {"role": "system", "content": (folder / "prompt.txt").read_text(encoding="utf-8")}
    lines = (folder / "tasks.jsonl").read_text(encoding="utf-8").splitlines()
    items = [item for item in map(json.loads, lines) if item["kind"] == "item"]
    requests, uses = list[Sequence[object]](), list[Sequence[object]]()
    for item in items * ROUNDS:
        started = time.monotonic()
        try:
            asking.ask([prompt, {"role": "user", "content": item["prompt"]}])
            status = "200"
        except Unanswered:
            status = "error"
        at = moment_text(clock())
        requests.append((at, status, f"{time.monotonic() - started:.6f}"))
        uses.append((at, item.get("topic", item["skill"])))
    _keep(folder / "requests.csv", ("at", "status", "seconds"), requests)
    _keep(folder / "uses.csv", ("used_at", "topic"), uses)


def _try(folder: Path, deciding: Entry, clock: Clock) -> None:
    """Log what is decided where each role tries each tool on its own and on another's account."""
    tried = [
        (moment_text(clock()), role, tool, label, _decided(deciding, role, tool, label)["decision"])
        for role in ROLES
        for tool in ACTS
        for label in LABELS
    ]
    _keep(folder / "attempts.csv", ("at", "role", "action", "object", "decision"), tried)


def _drill(folder: Path, deciding: Entry, clock: Clock) -> None:
    """Stop the acts of the assistant while they go on, and let two people lift the stop."""
    decisions, commands = list[Sequence[object]](), list[Sequence[object]]()

    def go_on() -> None:
        for _ in range(DURING):
            said = _decided(deciding, "assistant", "note", LABELS[0])
            status = "withheld" if said["text"] == "stopped" else said["decision"]
            count = len(decisions) + 1
            decisions.append((moment_text(clock()), status, f"pilot-{count:04d}", count, "gate"))

    def order(command: str, actor: str) -> None:
        commands.append(("stop of the pilot", moment_text(clock()), command, actor))

    go_on()
    order("stop", "head of cards")
    (folder / STOP).touch()
    go_on()
    (folder / STOP).unlink()
    order("resume", "head of cards")
    order("resume", "chief risk officer")
    go_on()
    _keep(folder / DECISIONS, ("ended_at", "status", "decision_id", "seq", "writer_id"), decisions)
    _keep(folder / "control.csv", ("drill", "at", "command", "actor"), commands)


def keep_decisions(folder: Path, organisation_id: OrganisationId, model_version: str, now: datetime) -> None:
    """Keep what was decided in the drill in the decision log, and write beside it what the evidence log says of it."""
    rows = pl.read_csv(folder / DECISIONS).with_columns(
        pl.col("ended_at").str.to_datetime(time_unit="us", time_zone="UTC"),
        pl.lit(model_version).alias("model_version"),
    )
    place = DecisionLog(folder, organisation_id, model_version.partition("/")[0], model_version)
    batch = keep_batch(place, now.date(), "pilot", rows, by=Machine("pilot", "1"), now=now)
    said = log.entry(organisation_id, EntryId(batch.entry_id)).fact.values
    _keep(folder / "roots.csv", ("batch_id", "row_root"), [(said["batch_id"], said["row_root"])])


def _decided(deciding: Entry, role: str, tool: str, label: str) -> Mapping[str, Any]:
    act = {
        "principal": role, "tool": tool, "arguments": ACTS[tool], "context": {"label": label}, "approved_by": "head",
        "key": "",
    }  # fmt: skip
    said = deciding.ask(act)
    if not isinstance(said, dict):
        raise TypeError("the gate answers with a table")
    return said


def _keep(file: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as written:
        csv.writer(written, lineterminator="\n").writerows([names, *rows])
