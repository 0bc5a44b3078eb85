"""The demo's third system: an assistant for customers. A small program of our own stands in for its language model.

It is registered, asked and attacked like any other. Its known faults are found by the checks and open nonconformities
by the same process as everywhere; one is corrected, the others wait for who tries the demo.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from clerestory.demo import working
from clerestory.demo.assistant.pilot import keep_decisions, run_pilot
from clerestory.demo.people import Staff
from clerestory.intake.asking.entry import Entry
from clerestory.intake.language_model import language_model_version
from clerestory.intake.manifest import read
from clerestory.intake.receive import receive, register
from clerestory.intake.registration import registration
from clerestory.intake.run import run_check
from clerestory.intake.subject import model_subject
from clerestory.registers.nonconformity.commands import record_correction
from clerestory.registers.nonconformity.queries import nonconformities_of_system
from clerestory.registers.nonconformity.rules import Correction
from clerestory.store.clock import now as really_now
from clerestory.store.engine.engine import open_engine

SYSTEM = "customer-assistant"
MANIFESTS = ("assistant.toml", "agent.toml", "pilot.toml")
PROGRAMS = ("stand_in.py", "gate.py")
DEPLOYED = (*PROGRAMS, "help.csv", "prompt.txt")
"""What the pilot runs, as it was approved when it was put there."""
FOLLOWED = "agents.approval-required"


def prepare(folder: Path) -> None:
    """Put both programs, what they work with, and the manifests into a folder, and run the pilot there."""
    folder.mkdir(parents=True, exist_ok=True)
    shipped = files("clerestory.demo")
    for name in PROGRAMS:
        (folder / name).write_bytes(shipped.joinpath("assistant", name).read_bytes())
    for file in shipped.joinpath("data", "assistant").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    approved = (f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in DEPLOYED)
    (folder / "approved.sha256").write_text("".join(approved), encoding="utf-8")
    working.keep_bill(folder, dict.fromkeys(DEPLOYED, "file"))
    run_pilot(folder, really_now)
    _watch(folder)


def _watch(folder: Path) -> None:
    """Keep how long it takes to answer all questions of the task set."""
    lines = (folder / "tasks.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [str(item["prompt"]) for item in map(json.loads, lines) if item["kind"] == "item"]
    entry = Entry(folder, "stand_in:answer")
    try:
        working.watch(folder, lambda: [entry.ask([{"role": "user", "content": text}]) for text in asked], really_now)
    finally:
        entry.close()


def register_assistant(staff: Staff, folder: Path, clock: Callable[[], datetime]) -> None:
    """Register the system with its stand-in and its help texts."""
    for name in MANIFESTS:
        pushed = registration(read(folder / name), now=clock())
        register(json.loads(json.dumps(pushed)), actor=staff.engineer, now=clock())


def check_assistant(staff: Staff, folder: Path, clock: Callable[[], datetime]) -> None:
    """Ask and attack it where it lives, and push what was found: a server runs nothing that a manifest names."""
    model = language_model_version(read(folder / MANIFESTS[0]))
    if model is not None:
        version = model_subject(SYSTEM, model.digest).id
        keep_decisions(folder, staff.engineer.organisation_id, version, clock())
    for name in MANIFESTS:
        run = run_check(read(folder / name), now=really_now, engine=open_engine("polars"))
        receive(json.loads(run.body()), actor=staff.engineer, now=clock())


def follow_up(staff: Staff, clock: Callable[[], datetime]) -> None:
    """Correct what lets refunds through without an officer; its cause is still to be found."""
    found = next(row for row in nonconformities_of_system(staff.cards, SYSTEM) if FOLLOWED in row.title)
    correction = Correction(
        action="Refunds are taken from the assistant's tools; officers ask for them by hand until the rule is mended.",
        done_on=clock().date(),
    )
    record_correction(
        actor=staff.cards, nonconformity_id=found.nonconformity_id, correction=correction, now=clock()
    )  # fmt: skip
