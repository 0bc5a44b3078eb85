"""Status, evidence and systems over the API: the same queries as the screens."""

from collections.abc import Mapping
from datetime import datetime

from ninja import Field, Query, Router, Schema

from clerestory.desk.approval import revoke
from clerestory.desk.request import MemberRequest
from clerestory.judgement.document import judgement_document, why_document
from clerestory.report import evidence
from clerestory.report.board import HOME, statuses_of
from clerestory.report.evidence import EntryPage, LogLine
from clerestory.report.requirement import requirement as why_of
from clerestory.report.system import CheckLine, system_page
from clerestory.store import clock
from clerestory.store.log import Search
from clerestory.terms.fact import Document
from clerestory.terms.ids import EntryId, FrameworkId
from clerestory.terms.moment import moment_text, read_at

router = Router()


class Coverage(Schema):
    """So many of so many."""

    have: int
    need: int


class RequirementOut(Schema):
    """Derived status of one requirement."""

    id: str
    title: str
    conformity: str = Field(description="CONFORMS, NONCONFORMING, STALE, NOT_EVIDENCED or NOT_APPLICABLE")
    coverage: Coverage
    because: list[str] = Field(description="Entries that the status rests on")
    missing: list[str]
    stale_on: str = Field(description="The day on which it ages, empty where nothing does")


class StatusOut(Schema):
    """All requirements of a framework as of one moment."""

    framework: str
    at: str
    requirements: list[RequirementOut]


class EntryLineOut(Schema):
    """One line of the log."""

    entry_id: str
    position: int | None
    leaf_hash: str
    kind: str
    check: str
    subject_kind: str
    subject_id: str
    verdict: str
    observed_at: datetime
    received_at: datetime


class EntriesOut(Schema):
    """One page of the log, newest first."""

    total: int
    page: int
    entries: list[EntryLineOut]


class EntryOut(Schema):
    """One entry with its proof."""

    entry_id: str
    position: int | None
    leaf_hash: str
    leaf: str = Field(description="The bytes that are hashed: canonical JSON")
    facts: str = Field(description="The facts that the leaf commits to: canonical JSON")
    content: str = Field(description="none, held or erased")
    revoked_by: str | None
    inclusion: list[str] = Field(description="Hashes from the leaf to the root, RFC 6962")
    checkpoint: str = Field(description="Signed note over size and root, empty until the entry is sealed")


class PointOut(Schema):
    """One result of a check."""

    entry_id: str
    observed_at: datetime
    value: float | None
    low: float | None
    high: float | None
    n: int
    verdict: str
    reason: str
    taken_back: bool


class CheckLineOut(Schema):
    """Results of one check over time."""

    check: str
    family: str
    criterion: str
    source: str
    data_role: str
    slice: str
    results: list[PointOut]


class SystemOut(Schema):
    """An AI system with its checks and what it still lacks."""

    system_id: str
    name: str
    purpose: str
    stage: str
    tier: str | None
    checks: list[CheckLineOut]
    missing: Mapping[str, list[str]] = Field(description="By requirement of ISO/IEC 42001")


class RevocationIn(Schema):
    """Why an entry no longer counts."""

    reason: str


class RevocationOut(Schema):
    """The entry that took the other one back."""

    revoked_by: str


class EntriesIn(Schema):
    """What of the log is asked for."""

    q: str = ""
    kind: str = ""
    verdict: str = ""
    page: int = Field(1, ge=1, le=1_000_000)


@router.get("/status", response=StatusOut, tags=["status"], summary="Status of every requirement")
def status(request: MemberRequest, framework: str = HOME, at: str = "") -> Document:
    """Return the derived status of every requirement, now or ``at`` a moment; a day means its end in UTC here."""
    moment = read_at(at) if at else clock.now()
    return judgement_document(statuses_of(request.actor, FrameworkId(framework), at=moment, live=not at))


@router.get(
    "/status/{framework}/{requirement}",
    response=dict[str, object],
    tags=["status"],
    summary="Why a requirement stands where it stands",
)
def why(request: MemberRequest, framework: str, requirement: str, at: str = "") -> Document:
    """Return one requirement with its rules, needs, members and entries, and what else can be shown for it."""
    moment = read_at(at) if at else clock.now()
    found = why_of(request.actor, FrameworkId(framework), requirement, at=moment)
    said = (
        {"id": found.requirement.id, "title": found.requirement.title}
        if found.status is None
        else why_document(found.status)
    )
    reused = [
        {"id": item.aspect.source, "relation": item.aspect.relation, "conformity": str(item.aspect.conformity)}
        for item in found.reused
    ]
    return {**said, "framework": framework, "at": moment_text(moment), "reused": reused}


@router.get("/evidence", response=EntriesOut, tags=["evidence"], summary="Search the evidence log")
def entries(request: MemberRequest, what: Query[EntriesIn]) -> EntriesOut:
    """Return one page of entries, newest first."""
    search = Search(text=what.q, kind=what.kind, verdict=what.verdict, page=what.page, size=100)
    page = evidence.entries(request.actor, search)
    return EntriesOut(total=page.total, page=page.page, entries=[_line(line) for line in page.rows])


@router.get("/evidence/{entry_id}", response=EntryOut, tags=["evidence"], summary="One entry with its proof")
def entry(request: MemberRequest, entry_id: str) -> EntryOut:
    """Return one entry: what was sealed, its place, and the hashes that lead to the signed root."""
    return _entry(evidence.entry(request.actor, entry_id))


@router.post("/evidence/{entry_id}/revoke", response=RevocationOut, tags=["evidence"], summary="Take an entry back")
def take_back(request: MemberRequest, entry_id: str, body: RevocationIn) -> RevocationOut:
    """Log that an entry no longer counts: a failed or inconclusive result only once a second person approved that.

    Asks for a person who signed in within the last minutes; tokens never may.
    """
    return RevocationOut(revoked_by=revoke(actor=request.actor, entry_id=EntryId(entry_id), reason=body.reason))


@router.get(
    "/systems/{system_id}/checks", response=SystemOut, tags=["systems"], summary="Checks of an AI system over time"
)
def system(request: MemberRequest, system_id: str, at: str = "") -> SystemOut:
    """Return a system with all results of its checks, the worst first, and what its requirements still lack."""
    page = system_page(request.actor, system_id, at=read_at(at) if at else clock.now())
    held = page.record.system
    return SystemOut(
        system_id=held.system_id,
        name=held.name,
        purpose=held.purpose,
        stage=str(held.stage),
        tier=None if page.record.tier is None else str(page.record.tier),
        checks=[_check(line) for line in page.checks],
        missing={lack.requirement: [item.text for item in lack.items] for lack in page.lacks},
    )


def _line(line: LogLine) -> EntryLineOut:
    found = line.entry
    return EntryLineOut(
        entry_id=found.entry_id,
        position=found.position,
        leaf_hash=found.leaf_hash,
        kind=found.kind,
        check=line.check,
        subject_kind=found.subject.kind,
        subject_id=found.subject.id,
        verdict=found.verdict,
        observed_at=found.observed_at,
        received_at=found.received_at,
    )


def _entry(page: EntryPage) -> EntryOut:
    record, sealed = page.record, page.sealed
    return EntryOut(
        entry_id=record.entry_id,
        position=record.position,
        leaf_hash=record.leaf_hash,
        leaf=record.leaf.decode(),
        facts=record.facts.decode(),
        content=record.content_state,
        revoked_by=page.revoked_by,
        inclusion=list(sealed.path) if sealed else [],
        checkpoint=sealed.checkpoint.note if sealed else "",
    )


def _check(line: CheckLine) -> CheckLineOut:
    return CheckLineOut(
        check=line.check,
        family=line.family,
        criterion=line.criterion,
        source=line.source,
        data_role=line.data_role,
        slice=line.slice,
        results=[
            PointOut(
                entry_id=point.entry_id,
                observed_at=point.at,
                value=point.value,
                low=point.low,
                high=point.high,
                n=point.n,
                verdict=str(point.verdict),
                reason=point.reason,
                taken_back=point.taken_back,
            )
            for point in line.points
        ],
    )
