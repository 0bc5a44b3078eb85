"""A result of a check that a risk relies on: while it does not pass, it takes nothing away from the risk any more."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Row, newest
from clerestory.processes.process import Process
from clerestory.registers.risk.commands import note_bearings
from clerestory.registers.risk.queries.residual import measures_relied_on
from clerestory.registers.risk.rules.residual import Bearing
from clerestory.store.facts import judging
from clerestory.store.handover import Head
from clerestory.terms.evidence import Subject
from clerestory.terms.fact import Fact
from clerestory.terms.status import Verdict

CURRENT = timedelta(days=90)
"""A result older than this shows nothing about now (8.3 in the rules asks for P90D)."""
TAKES_BACK = ("record.revocation", "record.erasure")


def wants(head: Head) -> bool:
    """Tell whether an entry is a result of a check, or takes one back."""
    return head.kind in load().result_kinds or head.kind in TAKES_BACK


def follow(actor: Actor, fact: Fact, now: datetime) -> None:
    """Derive anew what remains of the risks that rely on the check, by all its current results."""
    relied = [name for name in measures_relied_on(actor) if "|" in name]
    if fact.kind not in TAKES_BACK:
        relied = [name for name in relied if _is_about(name, fact)]
    if relied:
        with judging(actor.organisation_id) as index:
            found = tuple(bearing_of_check(index, name, now) for name in relied)
        note_bearings(actor=actor, bearings=found, now=now)


def bearing_of_check(index: FactIndex, name: str, now: datetime) -> Bearing:
    """Return how a check stands at what it runs on, ``check|kind:id``: its worst current result, or that it aged."""
    check, _, runs_on = name.partition("|")
    kind, _, subject_id = runs_on.partition(":")
    node = index.nodes.get(Subject(kind, subject_id))
    keys = [] if node is None else _keys(node.results, index.canonical_check(check))
    rows = [row for row in map(newest, keys) if row is not None]
    if not rows:
        return Bearing(measure=name, state="MISSING", reason="No result is in the log.")
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        found = next((row for row in rows if row.verdict == verdict), None)
        if found is not None:
            return Bearing(measure=name, state=str(verdict), reason=_said(found), since=found.fact.received_at)
    oldest = min(rows, key=lambda row: row.end)
    if now - oldest.end > CURRENT:
        # house: allow organisation-day: evidence speaks of days in UTC
        return Bearing(measure=name, state="AGED", reason=f"Its newest result is of {oldest.end.date().isoformat()}.")
    return Bearing(measure=name, state=str(Verdict.PASS), since=oldest.fact.received_at)


def _keys(results: dict[tuple[str, str], list[list[Row]]], check: str) -> list[Iterable[Row]]:
    return [rows for kind in load().result_kinds for rows in results.get((kind, check), ())]


def _said(row: Row) -> str:
    criterion, value = row.value("criterion") or "", row.value("value")
    measured = "nothing was measured" if value is None else f"measured {float(str(value)):.4g}"
    return f"{criterion}: {measured}.".removeprefix(": ")


def _is_about(name: str, fact: Fact) -> bool:
    check, _, runs_on = name.partition("|")
    present = {alias: one.name for one in load().checks.values() for alias in one.aliases}
    said = str(fact.values.get("check", ""))
    return present.get(said, said) == present.get(check, check) and runs_on == str(fact.subject)


PROCESS = Process(name="measures of risks", wants=wants, follow=follow)
