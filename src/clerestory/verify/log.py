"""Walks a pack's log from its first entry to its last: every leaf hash, every fact against its leaf, the root."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime

from clerestory.ledger import canonical
from clerestory.ledger.entry import leaf_of
from clerestory.ledger.exchange.rotation import Turn, turn_of
from clerestory.ledger.leaf import Leaf, LeafMalformed, digest_of, read_leaf
from clerestory.ledger.tile import WIDTH, TileMalformed, read_bundle
from clerestory.ledger.tree import Frontier, leaf_hash
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Fact, read_fact
from clerestory.terms.ids import LeafHash
from clerestory.terms.moment import moment_text
from clerestory.verify.form import bounds
from clerestory.verify.form.layout import PackUnreadable
from clerestory.verify.verdict import Findings

ERASURE = "record.erasure"
RECHECK = "record.log_recheck"
MOST_MALFORMED = 1_000
ASK = "Ask the log's owner for the original; the changed one proves nothing."


@dataclass(slots=True)
class Walked:
    """What the log of a pack holds, as far as it could be read."""

    frontier: Frontier = field(default_factory=Frontier)
    facts: list[Fact] = field(default_factory=list)
    contents: dict[int, str] = field(default_factory=dict)
    """Position -> commitment of each entry that has content."""
    entry_ids: dict[int, str] = field(default_factory=dict)
    """Position -> entry id, where the facts could be read."""
    positions: dict[str, int] = field(default_factory=dict)
    """Entry id -> its first position."""
    erased: dict[str, int] = field(default_factory=dict)
    """Entry id -> position of the entry that says that its content was erased."""
    turns: list[Turn] = field(default_factory=list)
    """What entries say of the log's own keys; whether they may is not looked at here."""
    roots: dict[int, bytes] = field(default_factory=dict)
    """Root at each size that was asked for."""
    backwards: int = 0
    """How many entries were received before the one that stands before them."""
    first_at: datetime | None = None
    last_at: datetime | None = None

    def place(self, position: int) -> str:
        """Return how a place of the log is named to people."""
        entry_id = self.entry_ids.get(position)
        return f"leaf {position}" if entry_id is None else f"leaf {position}, entry {entry_id}"


def walk(pieces: Iterable[tuple[bytes, bytes]], sizes: Collection[int], findings: Findings) -> Walked:
    """Walk the log piece by piece: a bundle of up to 256 leaves, and the lines of facts that belong to it.

    The roots at ``sizes`` are kept, for comparison with checkpoints that were seen earlier.

    Raises:
        PackUnreadable: the facts hold more values than those of a log of this size, or most entries are none.
    """
    walked = Walked()
    values = 0
    if 0 in sizes:
        walked.roots[0] = walked.frontier.root()
    for number, (bundle, lines) in enumerate(pieces):
        try:
            leaves = read_bundle(bundle)
        except TileMalformed as error:
            findings.add("E_LEAF", f"entries from leaf {number * WIDTH} on", error.problem, ASK)
            leaves = []
        hashes = [leaf_hash(leaf) for leaf in leaves]
        if findings.counts["E_LEAF"] > MOST_MALFORMED:
            raise PackUnreadable("entries", f"More than {MOST_MALFORMED} entries are malformed: this is no log.")
        values += bounds.values_in(lines)
        if values > bounds.fact_values(walked.frontier.size + len(leaves)):
            raise PackUnreadable("payloads/facts", "The facts hold far more values than the facts of such a log do.")
        _walk_piece(walked, leaves, hashes, _split(lines, walked.frontier.size, len(leaves), findings), findings)
        _grow(walked, hashes, sizes)
    return walked


def _grow(walked: Walked, hashes: list[bytes], sizes: Collection[int]) -> None:
    start = walked.frontier.size
    for size in sorted(size for size in sizes if start < size <= start + len(hashes)):
        walked.roots[size] = walked.frontier.extend(hashes[: size - start]).root()
    walked.frontier = walked.frontier.extend(hashes)


def _split(lines: bytes, start: int, leaves: int, findings: Findings) -> list[bytes]:
    """Return the lines of a piece: a few more than it has leaves, so that spare ones are named, but never a flood."""
    count = lines.count(b"\n")
    if count > WIDTH or (count and not leaves):
        findings.add("E_FACTS", f"facts from leaf {start} on", f"{count} facts stand here for {leaves} entries.", ASK)
    elif not lines.endswith(b"\n") and lines:
        findings.add("E_FACTS", f"facts from leaf {start} on", "The lines of facts do not end where a line ends.", ASK)
    return lines.split(b"\n", WIDTH)[: min(count, WIDTH)] if leaves else []


def reconciled(walked: Walked) -> dict[str, object]:
    """Return what the log itself says of the last time that it was compared with the rows of the registers.

    That is the word of its owner's server: no pack can prove it, and a finding is passed on, not hidden.
    """
    found = next((fact for fact in reversed(walked.facts) if fact.kind == RECHECK), None)
    if found is None:
        return {"verdict": "never compared"}
    counts = {name: found.values.get(name) for name in ("size", "rows", "problems")}
    sound = all(isinstance(count, int) and not isinstance(count, bool) for count in counts.values())
    fits = sound and found.values.get("outcome") == "fits" and counts["problems"] == 0
    part: dict[str, object] = {
        "verdict": "fit" if fits else "do not fit",
        "at": moment_text(found.observed.end),
        "leaf": found.position,
        "entry": found.entry_id,
    }
    return {**part, **counts} if sound else part


def _walk_piece(
    walked: Walked, leaves: list[bytes], hashes: list[bytes], lines: list[bytes], findings: Findings
) -> None:
    start = walked.frontier.size
    digests = [digest_of(line) for line in lines]
    line_of = {digest: number for number, digest in enumerate(digests)}
    used: set[int] = set()
    shifted = False
    for offset, (data, hashed) in enumerate(zip(leaves, hashes, strict=True)):
        position = start + offset
        try:
            leaf = read_leaf(data)
        except LeafMalformed as error:
            used.add(offset)
            findings.add("E_LEAF", f"leaf {position}", error.problem, ASK)
            continue
        if leaf.content is not None:
            walked.contents[position] = leaf.content
        number = line_of.get(leaf.facts)
        if number is None:
            used.add(offset)
            _missing_facts(position, leaf, lines[offset] if offset < len(lines) else None, findings)
            continue
        used.add(number)
        shifted |= number != offset
        _take(walked, position, leaf, LeafHash(hashed.hex()), lines[number], findings)
    _judge_lines(start, lines, used, shifted, findings)


def _missing_facts(position: int, leaf: Leaf, line: bytes | None, findings: Findings) -> None:
    what = "are missing" if line is None else "are not those that the entry commits to"
    findings.add(
        "E_FACTS",
        f"leaf {position}, {leaf.kind} of {leaf.entity}",
        f"The facts of this entry {what}. Facts can be neither withheld nor erased.",
        ASK,
    )


def _judge_lines(start: int, lines: list[bytes], used: set[int], shifted: bool, findings: Findings) -> None:
    spare = [number for number in range(len(lines)) if number not in used]
    for number in spare:
        findings.add(
            "E_FACTS",
            f"facts in line {start + number}, {_entry_id(lines[number])}",
            "These facts belong to no entry of the log.",
            ASK,
        )
    if shifted and not spare:
        findings.add("E_FACTS", f"facts from leaf {start} on", "The facts are not in the order of their entries.", ASK)


def _entry_id(line: bytes) -> str:
    try:
        return f"entry {bounds.decode(line, bounds.FACT_VALUES).get('entry_id')}"
    except canonical.NotCanonical:
        return "unreadable"


def _take(walked: Walked, position: int, leaf: Leaf, hashed: LeafHash, line: bytes, findings: Findings) -> None:
    try:
        fact = read_fact(
            bounds.decode(line, bounds.FACT_VALUES),
            leaf_hash=hashed,
            position=position,
            has_content=leaf.content is not None,
        )
        expected = leaf_of(fact, leaf.facts, leaf.content, fact.received_at)
        turn = turn_of(fact)
    except ClerestoryError as error:
        findings.add("E_FACTS", f"leaf {position}, {leaf.kind} of {leaf.entity}", error.problem, ASK)
        return
    walked.entry_ids[position] = fact.entry_id
    where = walked.place(position)
    if expected != leaf:
        odd = [item.name for item in fields(Leaf) if getattr(expected, item.name) != getattr(leaf, item.name)]
        findings.add("E_FACTS", where, f"Entry and facts contradict each other in: {', '.join(odd)}.", ASK)
    first = walked.positions.setdefault(fact.entry_id, position)
    if first != position:
        findings.add("E_ENTRY", where, f"The entry id stands in the log twice, first at leaf {first}.", ASK)
        return
    if walked.last_at is not None and fact.received_at < walked.last_at:
        walked.backwards += 1
    walked.last_at = fact.received_at
    walked.first_at = walked.first_at or fact.received_at
    erased = fact.values.get("erased")
    if fact.kind == ERASURE and isinstance(erased, tuple):
        for entry_id in erased:
            walked.erased.setdefault(entry_id, position)
    if turn is not None:
        walked.turns.append(turn)
    walked.facts.append(fact)
