"""A sample of the entries of a pack, drawn so that whoever has the pack, the seed and the number draws the same one.

The signed root goes into the draw: a seed that the auditor says after the pack was received cannot be prepared for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from clerestory.ledger import canonical
from clerestory.ledger.checkpoint import read_signed_checkpoint
from clerestory.ledger.tile import WIDTH
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Fact
from clerestory.terms.moment import moment_text
from clerestory.verify.form import layout
from clerestory.verify.form.archive import Archive
from clerestory.verify.log import walk
from clerestory.verify.verdict import Findings

DOMAIN = "clerestory-sample/v1"
LONGEST_SEED = 200


class SampleImpossible(ClerestoryError):
    """The pack holds nothing to draw from, or number or seed are not usable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One entry of a sample, and where in the pack its facts and its content are."""

    position: int
    entry_id: str
    kind: str
    subject: str
    received_at: str
    facts: str
    line: int
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Entries in the order of the log, out of so many; ``kind`` is empty where all kinds were drawn from."""

    seed: str
    root: str
    kind: str
    population: int
    drawn: tuple[Drawn, ...]

    def document(self) -> dict[str, object]:
        """Write the sample as the document of ``--json``."""
        names = Drawn.__slots__
        return {
            "method": DOMAIN,
            "seed": self.seed,
            "root": self.root,
            "kind": self.kind,
            "population": self.population,
            "count": len(self.drawn),
            "entries": [{name: getattr(one, name) for name in names} for one in self.drawn],
        }


def draw(positions: Iterable[int], count: int, seed: str, root: bytes) -> list[int]:
    """Return the places whose SHA-256 over method, seed, root and place is smallest, in the order of the log.

    Formula: the ``count`` smallest of ``SHA-256("clerestory-sample/v1\\n" seed "\\n" root "\\n" place "\\n")``, root in
    hexadecimal and place in decimal: a simple random sample without replacement, and the first of any larger one with
    the same seed.
    """

    def rank(place: int) -> bytes:
        return sha256(f"{DOMAIN}\n{seed}\n{root.hex()}\n{place}\n".encode()).digest()

    return sorted(sorted(positions, key=rank)[:count])


def sample(path: Path, count: int, seed: str, kind: str = "") -> Sample:
    """Draw entries out of a pack that was checked before.

    Raises:
        SampleImpossible: count or seed is not usable, or the pack holds no entry of the kind.
    """
    if count < 1 or not 1 <= len(seed) <= LONGEST_SEED or not seed.isprintable():
        raise SampleImpossible(
            "A sample needs a number of at least 1 and a seed of 1 to 200 letters on one line.",
            "Say a seed that nobody could know before the pack was made, such as the day and a thrown number.",
        )
    with path.open("rb") as file:
        archive = Archive(file)
        checkpoint, _ = read_signed_checkpoint(archive.read(layout.CHECKPOINT))
        walked = walk(_pieces(archive), (), Findings())
        contents = _contents(archive)
    facts = {fact.position: fact for fact in walked.facts if fact.position is not None and kind in ("", fact.kind)}
    if not facts or walked.frontier.root() != checkpoint.root:
        kinds = ", ".join(sorted(Counter(fact.kind for fact in walked.facts)))
        raise SampleImpossible(
            f"The pack holds no entry of the kind {kind!r} that could be drawn.", f"Use one of: {kinds or 'none'}."
        )
    places = draw(facts, count, seed, checkpoint.root)
    drawn = tuple(_drawn(place, facts[place], contents.get(place, "none")) for place in places)
    return Sample(seed=seed, root=checkpoint.root.hex(), kind=kind, population=len(facts), drawn=drawn)


def page(found: Sample, name: str) -> str:
    """Return the sample as text."""
    of = f"entries of the kind {found.kind}" if found.kind else "entries"
    lines = ["", f"Sample   {name}", "", f"{len(found.drawn)} of {found.population} {of}, seed {found.seed!r}"]
    lines += [f"root {found.root}", ""]
    for one in found.drawn:
        lines.append(f"{one.position:>8}  {one.entry_id}  {one.kind}  {one.subject}  {one.received_at}")
        lines.append(f"          facts {one.facts}, line {one.line}; content {one.content}")
    lines += ["", "Whoever has this pack, the seed and the number draws the same entries.", ""]
    return "\n".join("".join(letter if letter.isprintable() else "\ufffd" for letter in line) for line in lines)


def _pieces(archive: Archive) -> Iterator[tuple[bytes, bytes]]:
    bundles = [name for name in archive.members if name.startswith("entries/")]
    for index, name in enumerate(bundles):
        yield archive.read(name), archive.read(layout.facts_name(index))


def _contents(archive: Archive) -> dict[int, str]:
    openings = layout.read_openings(canonical.decode(archive.read(layout.OPENINGS)))
    return {one.position: one.name if one.state == "present" else one.state for one in openings}


def _drawn(place: int, fact: Fact, content: str) -> Drawn:
    index, line = divmod(place, WIDTH)
    return Drawn(
        position=place,
        entry_id=str(fact.entry_id),
        kind=fact.kind,
        subject=str(fact.subject),
        received_at=moment_text(fact.received_at),
        facts=layout.facts_name(index),
        line=line + 1,
        content=content,
    )
