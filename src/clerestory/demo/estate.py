"""The bank as a whole: its register against the AI that lies in its folders, and reports kept as long as decided."""

import csv
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from clerestory.demo.people import Staff
from clerestory.desk.lists import ListQuery
from clerestory.intake.manifest import read
from clerestory.intake.receive import receive
from clerestory.intake.run import run_check
from clerestory.registers.inventory.queries import ai_systems
from clerestory.store import log
from clerestory.store.clock import now as really_now
from clerestory.store.engine.engine import open_engine
from clerestory.terms.moment import moment_text

REPORT = "record.impact_assessment"
KEPT = '# How long records are kept, as decided in the register.\n\n["class"."impact assessment"]\nkeep = "P10Y"\n'


def check_estate(staff: Staff, folder: Path, systems: Sequence[str], clock: Callable[[], datetime]) -> None:
    """Search the folders for AI, look for the reports in their archive, and watch what runs; push what was found."""
    _export_register(staff, folder)
    _archive_reports(staff, folder)
    shipped = files("clerestory.demo").joinpath("data", "running", "estate.toml")
    (folder / "estate.toml").write_bytes(shipped.read_bytes())
    for manifest in (folder / "estate.toml", *(folder / system_id / "running.toml" for system_id in systems)):
        run = run_check(read(manifest), now=really_now, engine=open_engine("polars"))
        receive(json.loads(run.body()), actor=staff.engineer, now=clock())


def _export_register(staff: Staff, folder: Path) -> None:
    """Write the register as the search reads it: where each system of the inventory lies."""
    with (folder / "ai_register.csv").open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file)
        write.writerow(("id", "uses", "paths"))
        for record in ai_systems(staff.lead, ListQuery()).rows:
            write.writerow((record.system.system_id, "", f"{record.system.system_id}/*"))


def _archive_reports(staff: Staff, folder: Path) -> None:
    """Put every report of an impact assessment into the archive, with a list of what lies there since when."""
    place, organisation_id = folder / "reports", staff.lead.organisation_id
    place.mkdir(exist_ok=True)
    (folder / "retention.toml").write_text(KEPT, encoding="utf-8")
    with (place / "records.csv").open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file)
        write.writerow(("id", "class", "created_at", "path"))
        for row in log.search(organisation_id, log.Search(kind=REPORT, size=50)).rows:
            fact = log.entry(organisation_id, row.entry_id).fact
            name = f"{fact.subject.id}-{fact.entity_version}.txt"
            (place / name).write_bytes(log.content(organisation_id, row.entry_id) or b"")
            write.writerow((row.entry_id, "impact assessment", moment_text(fact.received_at), f"reports/{name}"))
