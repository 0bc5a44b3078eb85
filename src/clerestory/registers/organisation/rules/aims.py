"""The management system as processes that act together, and what it shares with other management systems."""

import tomllib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from clerestory.registers.organisation.rules.record import OrganisationRefused, Process
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

OTHERS = {"iso27001-2022": "ISO/IEC 27001:2022", "iso9001-2015": "ISO 9001:2015"}
"""Other management systems that an organisation may have already, by the id of their framework in the catalogue."""


@dataclass(frozen=True, slots=True)
class UsualProcess:
    """A process to begin with: its id, name, clause, rhythm, and what it takes and gives."""

    process_id: str
    name: str
    clause_family: str
    interval: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """That one process gives what another takes."""

    source: str
    target: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A part that this management system shares with another: which clause of each, and what is used for both."""

    other: str
    requirement: str
    other_clause: str
    process_id: str
    reused: str


@cache
def usual_processes() -> tuple[UsualProcess, ...]:
    """Return the processes to begin with, by clause."""
    text = files("clerestory.registers.organisation.rules").joinpath("usual.toml").read_text(encoding="utf-8")
    return tuple(
        UsualProcess(
            item["id"], item["name"], item["clause"], item["interval"], tuple(item["inputs"]), tuple(item["outputs"])
        )
        for item in tomllib.loads(text)["process"]
    )


def flows(processes: Iterable[Process]) -> tuple[Flow, ...]:
    """Return what goes from one process to another, by the names of what they give and take."""
    found = tuple(processes)
    takers: dict[str, list[str]] = {}
    for process in found:
        for what in process.inputs:
            takers.setdefault(what.casefold(), []).append(process.process_id)
    return tuple(
        Flow(process.process_id, taker, what)
        for process in found
        for what in process.outputs
        for taker in takers.get(what.casefold(), ())
        if taker != process.process_id
    )


def described(processes: Sequence[Process], rhythm: Callable[[str], str]) -> str:
    """Return a first description of how the processes act together, to be made one's own."""
    names = {process.process_id: process.name for process in processes}
    given = flows(processes)
    lines = []
    for process in sorted(processes, key=lambda one: (int(one.clause_family), one.name)):
        told = [f"{process.clause_family} {process.name} ({rhythm(process.interval)})"]
        if process.inputs:
            told.append(f"takes: {', '.join(process.inputs)}")
        if process.outputs:
            told.append(f"gives: {', '.join(process.outputs)}")
        after = dict.fromkeys(names[flow.target] for flow in given if flow.source == process.process_id)
        if after:
            told.append(f"goes on to: {', '.join(after)}")
        lines.append("- " + "; ".join(told) + ".")
    return "\n".join(lines)


def check_shared(shared: Shared, requirements: Collection[str], processes: Collection[str]) -> None:
    """Refuse another system, a clause or a process that is not known, and a part that names nothing that is reused."""
    if shared.other not in OTHERS:
        raise OrganisationRefused(
            _("{other!r} is no management system that is known.", other=shared.other),
            _("Use: {said}.", said=_said(OTHERS)),
        )
    if shared.requirement not in requirements:
        raise OrganisationRefused(
            _("{requirement!r} is no clause of ISO/IEC 42001.", requirement=shared.requirement),
            _("Choose one of the list."),
        )
    if shared.process_id and shared.process_id not in processes:
        raise OrganisationRefused(
            _("There is no process {process_id!r}.", process_id=shared.process_id), _("Register it, or leave it empty.")
        )
    plain(shared.other_clause, _("clause of the other system"), longest=40)
    plain(shared.reused, _("document or record that is used for both"), longest=400)


def _said(names: Iterable[str]) -> str:
    return ", ".join(names)
