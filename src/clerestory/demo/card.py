"""The demo's second system: registered, limits agreed, checked for September and October, and followed up.

Its failing checks open nonconformities by the same process as everywhere. Correction and cause are what the demo's
people say of one; corrective action and effect stay open, for who tries the demo.
"""

import json
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from polars import read_parquet as read_rows

from clerestory.demo import offers, working
from clerestory.demo.offers import train_offers
from clerestory.demo.people import Staff
from clerestory.intake.manifest import read
from clerestory.intake.receive import receive, register
from clerestory.intake.registration import registration
from clerestory.intake.run import run_check
from clerestory.registers.nonconformity.commands import analyse_cause, record_correction
from clerestory.registers.nonconformity.queries import nonconformities_of_system
from clerestory.registers.nonconformity.rules import SIMILAR, Cause, Correction
from clerestory.store.clock import now as really_now
from clerestory.store.engine.engine import open_engine

SYSTEM = "card-offers"
MANIFESTS = {"september": "card_offers.toml", "october": "card_offers_october.toml", "privacy": "card_privacy.toml"}
MONTHS = ("september", "october")
FOLLOWED = "fairness.selection-rate-ratio"
CAUSE = (
    "The model learned that married men earn more from the columns on marriage and family, and so offers to a third as"
    " many women. Sex itself is no feature."
)
LOOKED_FOR = (
    "Credit scoring uses neither marriage nor family; its ratio by sex passes.",
    "There is no earlier version in use.",
    "Loans and overdrafts are offered by officers without a model.",
)


def prepare(folder: Path, clock: Callable[[], datetime]) -> None:
    """Train the model, put the manifests beside it, and keep what it is made of and how it works."""
    made = train_offers(folder)
    (folder / "offers.py").write_bytes(Path(offers.__file__).read_bytes())
    parts = {"model.onnx": "machine-learning-model"} | {file.name: "data" for file in folder.glob("*.parquet")}
    working.keep_bill(folder, parts)
    month = read_rows(made.september)
    working.try_cheating(SYSTEM, folder, month, offers.OFFER_FROM)
    working.watch_scoring(folder, month, clock)
    for name in MANIFESTS.values():
        text = files("clerestory.demo").joinpath("data", name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")


def register_card_offers(staff: Staff, folder: Path, clock: Callable[[], datetime]) -> None:
    """Register the system with its model and its data, and propose the limits that the manifests name."""
    for name in (MANIFESTS[month] for month in MONTHS):
        pushed = registration(read(folder / name), now=clock())
        register(json.loads(json.dumps(pushed)), actor=staff.engineer, now=clock())


def check_card_offers(staff: Staff, folder: Path, what: str, clock: Callable[[], datetime]) -> None:
    """Check a month, or what the model gives away, and push what was found."""
    run = run_check(read(folder / MANIFESTS[what]), now=really_now, engine=open_engine("polars"))
    receive(json.loads(run.body()), actor=staff.engineer, now=clock())


def follow_up(staff: Staff, clock: Callable[[], datetime]) -> None:
    """Correct what the failing selection rates stand for, and find the cause; the next step is open."""
    found = next(row for row in nonconformities_of_system(staff.cards, SYSTEM) if FOLLOWED in row.title)
    record_correction(
        actor=staff.cards,
        nonconformity_id=found.nonconformity_id,
        correction=Correction(
            action="Offers by the model are stopped; officers look at each customer until it is corrected.",
            done_on=clock().date(),
        ),
        now=clock(),
    )
    cause = Cause(
        cause=CAUSE, method="comparison of cases", similar=tuple(zip(SIMILAR, LOOKED_FOR, strict=True))
    )  # fmt: skip
    analyse_cause(actor=staff.engineer, nonconformity_id=found.nonconformity_id, cause=cause, now=clock())
