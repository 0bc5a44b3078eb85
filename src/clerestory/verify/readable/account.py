"""What a pack says, put in order for people: each requirement with its status in words, why, records, missing.

Made from manifest, claims, facts, openings and catalogue alone; total, so that forged documents give odd pages and
never an error.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.framework import Framework, Requirement
from clerestory.ledger import canonical
from clerestory.ledger.tile import WIDTH
from clerestory.terms.evidence import FactValue, Machine
from clerestory.terms.fact import Fact
from clerestory.terms.moment import moment_text
from clerestory.verify.form.layout import Manifest, Opening, facts_name, manifest_document

Claims = Mapping[str, Mapping[str, Mapping[str, object]]]
MOST_LETTERS = 2_000
"""Of one value of a fact; the rest stands in the facts of the pack."""
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
_HEADS = ("record.", "register.", "decision.", "approval.", "runtime.", "check.")
WORDS: Mapping[str, str] = {
    "CONFORMS": "conforms",
    "NONCONFORMING": "nonconforming",
    "STALE": "stale",
    "NOT_EVIDENCED": "not evidenced",
    "NOT_APPLICABLE": "not applicable",
}
"""Statuses in the order in which they are counted."""
MEANINGS: Mapping[str, str] = {
    "CONFORMS": "Current records show that every rule of this requirement holds.",
    "NONCONFORMING": "A current record shows that a rule of this requirement does not hold.",
    "STALE": "It was shown once, but records have aged, were taken back, or something changed since.",
    "NOT_EVIDENCED": "The records show neither that this requirement is met nor that it is not.",
    "NOT_APPLICABLE": "An approved decision in the log leaves this requirement out, with its reason.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry of the log that a status rests on."""

    number: int
    entry_id: str
    leaf_hash: str
    name: str
    meaning: str
    about: str
    outcome: str
    facts: tuple[tuple[str, str], ...]
    facts_member: str
    facts_line: int
    content: str
    content_member: str = ""

    @property
    def position(self) -> int:
        """Its leaf; counting starts at 0."""
        return self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One requirement. ``records`` are the numbers of known entries, ``unknown`` ids that the log does not have."""

    id: str
    title: str
    status: str
    covered: str
    asked: str
    why: str
    missing: tuple[str, ...]
    ages: str
    records: tuple[int, ...]
    unknown: tuple[str, ...]

    @property
    def word(self) -> str:
        """The status in words."""
        return WORDS.get(self.status, self.status)


@dataclass(frozen=True, slots=True)
class Group:
    """A clause or an area of controls."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One framework."""

    name: str
    groups: tuple[Group, ...]

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many requirements have each status; each known status is named."""
        found = Counter(line.status for group in self.groups for line in group.lines)
        return tuple((status, found[status]) for status in (*WORDS, *sorted(found.keys() - WORDS.keys())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything that the pages for people say."""

    origin: str
    name: str = ""
    """What the organisation calls itself; empty where the pack does not hold it."""
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    records: Mapping[int, Record]
    kinds: tuple[tuple[str, int, str], ...]
    """Name, number and day of the newest of each kind of entry in the log."""
    at: str = ""
    keys: tuple[str, ...] = field(default=())

    @property
    def title(self) -> str:
        """Whose pack it is: the organisation's name, or else the name of its log."""
        return self.name or self.origin


def account_of(
    manifest: Manifest,
    claims: Claims,
    openings: Sequence[Opening],
    catalogue: Catalogue,
    facts: Sequence[Fact],
    name: str = "",
) -> Account:
    """Put in order what a pack says."""
    by_id: dict[str, Fact] = {fact.entry_id: fact for fact in facts}
    opened = {opening.position: opening for opening in openings}
    sections = tuple(_section(framework, statuses, catalogue, by_id) for framework, statuses in sorted(claims.items()))
    wanted = {
        number for section in sections for group in section.groups for line in group.lines for number in line.records
    }
    known = (fact for fact in facts if fact.position in wanted)
    return Account(
        origin=clean(manifest.origin),
        name=clean(name),
        facts=tuple(_contents(manifest, openings, clean(name))),
        sections=sections,
        records=dict(_record(fact, opened, catalogue) for fact in known),
        kinds=tuple(_kinds(facts)),
        at=plain_moment(manifest.at),
        keys=tuple(map(clean, manifest.keys)),
    )


def plain_moment(text: str) -> str:
    """Return a moment of a document as people write it: ``2026-11-21 23:59:59 UTC``."""
    return f"{clean(text[:19]).replace('T', ' ')} UTC"


def clean(text: object) -> str:
    """Return text without letters that do something instead of being seen; the same on every version of Python."""
    return _UNSEEN.sub("\ufffd", str(text))


def kind_name(kind: str) -> str:
    """Return the name of a kind as people say it: ``record.risk_acceptance`` is a risk acceptance."""
    bare = kind
    for head in _HEADS:
        bare = bare.removeprefix(head)
    bare = clean(bare).replace("_", " ").replace(".", " ").strip()
    if kind.startswith("approval."):
        bare = f"{bare} approval"
    words = ("AI" if word == "ai" else word for word in bare.split(" "))
    said = " ".join(words)
    return said[:1].upper() + said[1:]


def _contents(manifest: Manifest, openings: Sequence[Opening], name: str) -> Iterator[tuple[str, str]]:
    states = Counter(opening.state for opening in openings)
    digest = sha256(canonical.encode(manifest_document(manifest))).hexdigest()
    content = f"{states['present']} here, {states['erased']} erased, {states['withheld']} withheld"
    if name:
        yield "Organisation", name
    yield "Log", clean(manifest.origin)
    yield "Statuses as of", plain_moment(manifest.at)
    yield "Written", f"{plain_moment(manifest.written_at)} by {clean(manifest.tool)}"
    yield "Entries", str(manifest.size)
    yield "Content", f"{content} (scope: {clean(manifest.scope)})"
    for key in manifest.keys:
        yield "Key (compare!)", clean(key)
    yield "Manifest", f"sha256 {digest}"


def _section(
    framework: str, statuses: Mapping[str, Mapping[str, object]], catalogue: Catalogue, facts: Mapping[str, Fact]
) -> Section:
    known = next((item for key, item in catalogue.frameworks.items() if key == framework), None)
    order = _order(known)
    groups: dict[str, list[Line]] = {}
    last = len(order)
    for requirement in sorted(statuses, key=lambda item: (order.get(item, (last, None))[0], item)):
        entry = order.get(requirement, (last, None))[1]
        line = _line(requirement, entry, statuses[requirement], facts)
        groups.setdefault(clean(entry.group) if entry else "Others", []).append(line)
    name = framework if known is None else known.name
    return Section(clean(name), tuple(Group(title, tuple(lines)) for title, lines in groups.items()))


def _order(framework: Framework | None) -> Mapping[str, tuple[int, Requirement | None]]:
    listed = () if framework is None else framework.requirements
    return {str(requirement.id): (place, requirement) for place, requirement in enumerate(listed)}


def _line(requirement: str, entry: Requirement | None, status: Mapping[str, object], facts: Mapping[str, Fact]) -> Line:
    conformity = clean(status.get("conformity", ""))
    coverage = status.get("coverage")
    covered = f"{coverage.get('have')} of {coverage.get('need')}" if isinstance(coverage, Mapping) else ""
    because = _texts(status.get("because"))
    found = [facts[item] for item in because if item in facts]
    return Line(
        id=clean(requirement),
        title=clean(entry.title) if entry else "",
        status=conformity,
        covered=clean(covered),
        asked=clean(entry.intent) if entry else "",
        why=MEANINGS.get(conformity, ""),
        missing=tuple(clean(item).replace("`", "") for item in _texts(status.get("missing"))),
        ages=clean(status.get("stale_on", "")),
        records=tuple(dict.fromkeys(fact.position for fact in found if fact.position is not None)),
        unknown=tuple(clean(item) for item in because if item not in facts),
    )


def _record(fact: Fact, opened: Mapping[int, Opening], catalogue: Catalogue) -> tuple[int, Record]:
    number = fact.position or 0
    kind, opening = catalogue.kinds.get(fact.kind), opened.get(number)
    content, member = "no content belongs to it", ""
    if opening is not None and opening.state == "present":
        content, member = "in this pack", opening.name
    elif opening is not None:
        content = "erased, as the log says" if opening.state == "erased" else "withheld from this pack"
    check = fact.values.get("check")
    return number, Record(
        number=number,
        entry_id=clean(fact.entry_id),
        leaf_hash=clean(fact.leaf_hash),
        name=clean(check) if isinstance(check, str) and check else kind_name(fact.kind),
        meaning=clean(kind.meaning) if kind else "",
        about=f"{kind_name(fact.subject.kind)} {clean(fact.subject.id)}",
        outcome=clean(fact.values.get("verdict", "")),
        facts=tuple(_said(fact)),
        facts_member=facts_name(number // WIDTH),
        facts_line=number % WIDTH + 1,
        content=content,
        content_member=member,
    )


def _said(fact: Fact) -> Iterator[tuple[str, str]]:
    start, end = (plain_moment(moment_text(moment)) for moment in (fact.observed.start, fact.observed.end))
    yield "Observed", end if start == end else f"{start} to {end}"
    yield "Received", plain_moment(moment_text(fact.received_at))
    maker = fact.produced_by
    if isinstance(maker, Machine):
        yield "Made by", clean(f"{maker.tool} {maker.version}")
    else:
        yield "Made by", f"{clean(maker.person_id)} as {clean(maker.role).replace('_', ' ')}"
    if fact.approval is not None:
        approved = plain_moment(moment_text(fact.approval.approved_at))
        yield "Approved by", f"{clean(fact.approval.person_id)} as {clean(fact.approval.role)}, {approved}"
    for name, value in fact.values.items():
        text = clean(_plain(value))
        cut = text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]} [...]"
        yield clean(name).replace("_", " "), cut


def _plain(value: FactValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "-"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {item}" for key, item in value.items()) or "-"
    return str(value) or "-"


def _kinds(facts: Iterable[Fact]) -> Iterator[tuple[str, int, str]]:
    counts: Counter[str] = Counter()
    newest: dict[str, str] = {}
    for fact in facts:
        counts[fact.kind] += 1
        newest[fact.kind] = max(newest.get(fact.kind, ""), moment_text(fact.received_at)[:10])
    yield from ((kind_name(kind), counts[kind], newest[kind]) for kind in sorted(counts))


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return tuple(item for item in items if isinstance(item, str))
