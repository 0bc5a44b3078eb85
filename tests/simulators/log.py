"""A log in memory: what the store keeps in tables, kept in lists, sealed with the ledger's own functions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from clerestory.ledger import canonical
from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.entry import leaf_of
from clerestory.ledger.leaf import commit_to, digest_of, leaf_bytes
from clerestory.ledger.sign import SigningKey, sign_note, signing_key
from clerestory.ledger.tree import leaf_hash, root
from clerestory.ledger.vkey import vkey_text
from clerestory.terms.evidence import Content, Evidence, Machine, Person, Subject
from clerestory.terms.fact import fact_document, read_fact
from clerestory.terms.ids import EntryId, LeafHash, PersonId
from clerestory.terms.moment import Period

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
KEY = signing_key("clerestory.local/northlight", bytes(range(32)))


@dataclass(frozen=True)
class Held:
    body: bytes
    salt: bytes | None
    media_type: str


@dataclass
class MemoryLog:
    """Implements `report.pack.source.LogSource`."""

    key: SigningKey = KEY
    leaf_list: list[bytes] = field(default_factory=list)
    fact_list: list[bytes] = field(default_factory=list)
    held: dict[int, Held] = field(default_factory=dict)
    signed: str = ""
    stamps: dict[int, bytes] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return self.key.key.name

    @property
    def size(self) -> int:
        return len(self.leaf_list)

    @property
    def note(self) -> str:
        checkpoint = Checkpoint(self.origin, self.size, root(map(leaf_hash, self.leaf_list)))
        return self.signed or sign_note(checkpoint_text(checkpoint), self.key).decode()

    @property
    def verifier_key(self) -> str:
        return vkey_text(self.key.key)

    def leaves(self) -> Iterator[bytes]:
        return iter(self.leaf_list)

    def facts(self) -> Iterator[bytes]:
        return iter(self.fact_list)

    def tokens(self) -> Iterator[tuple[int, bytes]]:
        return iter(sorted(self.stamps.items()))

    def content(self, position: int) -> Held | None:
        return self.held.get(position)

    def append(self, evidence: Evidence, received_at: datetime | None = None) -> EntryId:
        position = self.size
        received_at = received_at or START + timedelta(minutes=position)
        entry_id = EntryId(f"entry-{position:04d}")
        body = canonical.encode(fact_document(evidence, entry_id=entry_id, received_at=received_at))
        commitment = None
        if evidence.content is not None:
            salt = position.to_bytes(32, "big") if evidence.content.personal else None
            commitment = commit_to(evidence.content.body, salt)
            self.held[position] = Held(evidence.content.body, salt, evidence.content.media_type)
        fact = read_fact(canonical.decode(body), leaf_hash=LeafHash("0" * 64), position=None)
        self.leaf_list.append(leaf_bytes(leaf_of(fact, digest_of(body), commitment, received_at)))
        self.fact_list.append(body)
        return entry_id

    def erase(self, *entry_ids: EntryId) -> EntryId:
        for entry_id in entry_ids:
            del self.held[int(entry_id.removeprefix("entry-"))]
        return self.append(record("record.erasure", erased=tuple(entry_ids), ground="GDPR Art. 17"))


MACHINE = Machine("clerestory", "0.1.0", digest_of(b"config"), (digest_of(b"data"), digest_of(b"model")))
PERSON = Person(PersonId("person-0a"), "risk_owner", True, (), "authentication-1")


def record(kind: str, content: Content | None = None, system: str = "credit", **values: object) -> Evidence:
    """Evidence by a person about an AI system."""
    now = Period.at(START - timedelta(hours=1))
    return Evidence(
        kind=kind,
        subject=Subject("ai_system", system),
        produced_by=PERSON,
        observed=now,
        values=values,
        entity=f"{kind.partition('.')[2]}/{system}",
        content=content,
    )


def measured(content: Content | None = None, **values: object) -> Evidence:
    """Evidence by a machine about a model version."""
    now = Period.at(START - timedelta(hours=1))
    return Evidence(
        kind="check",
        subject=Subject("model_version", "credit/0a1b2c"),
        produced_by=MACHINE,
        observed=now,
        values={"check": "fairness.selection-rate-ratio", "verdict": "PASS", "value": "0.91", **values},
        entity="model_version/credit/0a1b2c",
        links=(Subject("ai_system", "credit"),),
        content=content,
    )


def small_log(contents: Sequence[Content] = ()) -> MemoryLog:
    """Twelve entries: records, checks, plain, personal and erased content."""
    log = MemoryLog()
    for number in range(3):
        log.append(record("register.ai_system", name=f"System {number}", system=f"system-{number}"))
    log.append(measured(Content(b'{"verdict":"PASS"}', "application/json")))
    log.append(record("record.policy", Content("Policy für alle\n".encode(), "text/plain"), title="AI policy"))
    log.append(record("record.interview", Content(b"Jane Doe said so", "text/plain", personal=True), about="staff"))
    log.append(measured(value="0.84"))
    gone = log.append(record("record.training", Content(b"attendance of John", "text/csv", personal=True), hours=3))
    log.append(record("record.note", Content(bytes(3000), "application/octet-stream"), note="ä\u20ac\U0001f600"))
    log.erase(gone)
    for content in contents:
        log.append(record("record.attached", content))
    while log.size < 12:
        log.append(measured(value=f"0.{log.size}"))
    return log
