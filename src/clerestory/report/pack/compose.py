"""Composes a pack out of a log, a catalogue and a moment; writes into any binary file, and reads no clock.

Refuses to pack a log whose entries do not lead to its own checkpoint.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import BinaryIO

from clerestory import __version__
from clerestory.catalogue.catalogue import Catalogue
from clerestory.ledger import canonical
from clerestory.ledger.checkpoint import Checkpoint, read_signed_checkpoint
from clerestory.ledger.leaf import digest_of, read_leaf
from clerestory.ledger.tile import WIDTH, bundle_bytes, piece_widths
from clerestory.ledger.tree import Frontier, leaf_hash
from clerestory.report.pack.source import LogSource
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Fact, read_fact
from clerestory.terms.ids import LeafHash
from clerestory.terms.moment import moment_text
from clerestory.terms.sentence import gettext as _
from clerestory.verify.content import SALTED, SCOPES, commitment_of
from clerestory.verify.derivation import Judge, derive, statuses_document
from clerestory.verify.form import layout
from clerestory.verify.form.archive import ArchiveWriter
from clerestory.verify.log import ERASURE
from clerestory.verify.readable.naming import opening_of_name, read_name
from clerestory.verify.readable.pages import PAGE, pages


class LogInconsistent(ClerestoryError):
    """What the log holds is not what it signed."""


class ScopeUnknown(ClerestoryError):
    """A pack was asked for with a scope that does not exist."""


@dataclass(frozen=True, slots=True)
class Packing:
    """What a pack is to hold: ``at`` is the moment of its statuses, ``now`` the one of its writing."""

    at: datetime
    now: datetime
    scope: str = "without-personal"


@dataclass(slots=True)
class _Leaves:
    hashes: list[bytes] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    contents: dict[int, str] = field(default_factory=dict)


class _Writer:
    def __init__(self, file: BinaryIO) -> None:
        self.archive = ArchiveWriter(file)
        self.packed: list[layout.Packed] = []

    def add(self, name: str, data: bytes) -> None:
        self.archive.add(name, data)
        self.packed.append(layout.Packed(name, len(data), "sha256:" + sha256(data).hexdigest()))


def compose(log: LogSource, catalogue: Catalogue, packing: Packing, file: BinaryIO, *, judge: Judge = derive) -> None:
    """Write the pack of a log into a file.

    Raises:
        LogInconsistent: leaves, facts or contents are not those that the checkpoint and the leaves commit to.
        ScopeUnknown: the scope is none of ``all``, ``without-personal`` and ``none``.
        TooLarge: the pack would have more than 65,534 members or 4 GB.
    """
    if packing.scope not in SCOPES:
        raise ScopeUnknown(
            _("There is no scope {scope!r}.", scope=packing.scope),
            _("Use one of: {choices}.", choices=", ".join(SCOPES)),
        )
    checkpoint, _signature = read_signed_checkpoint(log.note.encode())
    writer = _Writer(file)
    writer.add(layout.CHECKPOINT, log.note.encode())
    leaves = _write_entries(log, checkpoint, writer)
    facts = _write_facts(log, leaves, writer)
    for size, token in log.tokens():
        writer.add(layout.token_name(size), token)
    openings = _openings(log, leaves, facts, packing.scope)
    writer.add(layout.OPENINGS, canonical.encode(layout.openings_document(openings)))
    _write_contents(log, openings, writer)
    claims = judge(catalogue, facts, packing.at)
    writer.add(layout.CATALOGUE, canonical.encode(catalogue.document))
    writer.add(layout.STATUSES, canonical.encode(statuses_document(claims, moment_text(packing.at))))
    manifest = layout.Manifest(
        origin=checkpoint.origin,
        size=checkpoint.size,
        at=moment_text(packing.at),
        written_at=moment_text(packing.now),
        tool=f"clerestory {__version__}",
        page=PAGE,
        scope=packing.scope,
        keys=(log.verifier_key,),
        members=tuple(writer.packed),
    )
    writer.add(layout.MANIFEST, canonical.encode(layout.manifest_document(manifest)))
    named = opening_of_name(manifest, facts, openings)
    held = None if named is None else log.content(named.position)
    called = "" if held is None else read_name(held.body)
    for name, page in pages(manifest, claims, openings, catalogue, facts, called).items():
        writer.add(name, page)
    writer.archive.close()


def _write_entries(log: LogSource, checkpoint: Checkpoint, writer: _Writer) -> _Leaves:
    leaves, frontier = _Leaves(), Frontier()
    source = log.leaves()
    for index, width in piece_widths(checkpoint.size):
        piece = list(islice(source, width))
        hashes = [leaf_hash(data) for data in piece]
        for data in piece:
            leaf = read_leaf(data)
            if leaf.content is not None:
                leaves.contents[len(leaves.facts)] = leaf.content
            leaves.facts.append(leaf.facts)
        leaves.hashes += hashes
        frontier = frontier.extend(hashes)
        writer.add(layout.entries_name(index, width), bundle_bytes(piece))
    if (frontier.size, frontier.root()) != (checkpoint.size, checkpoint.root):
        raise _inconsistent(_("its {size} entries do not lead to the root that was signed", size=frontier.size))
    return leaves


def _write_facts(log: LogSource, leaves: _Leaves, writer: _Writer) -> list[Fact]:
    facts: list[Fact] = []
    for index, lines in enumerate(_pieces(islice(log.facts(), len(leaves.facts)))):
        for line in lines:
            position = len(facts)
            if digest_of(line) != leaves.facts[position]:
                raise _inconsistent(
                    _("the facts of leaf {position} are not those that it commits to", position=position)
                )
            facts.append(
                read_fact(
                    canonical.decode(line),
                    leaf_hash=LeafHash(leaves.hashes[position].hex()),
                    position=position,
                    has_content=position in leaves.contents,
                )
            )
        writer.add(layout.facts_name(index), b"".join(line + b"\n" for line in lines))
    if len(facts) != len(leaves.facts):
        raise _inconsistent(_("{count} entries have no facts", count=len(leaves.facts) - len(facts)))
    return facts


def _openings(log: LogSource, leaves: _Leaves, facts: Sequence[Fact], scope: str) -> list[layout.Opening]:
    erased = {entry_id for fact in facts if fact.kind == ERASURE for entry_id in _texts(fact.values.get("erased"))}
    openings = []
    for position, commitment in leaves.contents.items():
        if facts[position].entry_id in erased:
            openings.append(layout.Opening(position, "erased", commitment))
        elif scope == "none" or (scope == "without-personal" and commitment.startswith(SALTED)):
            openings.append(layout.Opening(position, "withheld", commitment))
        else:
            held = log.content(position)
            if held is None:
                raise _inconsistent(
                    _(
                        "the content of leaf {position} is missing, and no entry says that it was erased",
                        position=position,
                    )
                )
            openings.append(layout.Opening(position, "present", commitment, held.media_type, held.salt))
    return openings


def _write_contents(log: LogSource, openings: Sequence[layout.Opening], writer: _Writer) -> None:
    for opening in openings:
        if opening.state == "present":
            held = log.content(opening.position)
            if held is None or commitment_of((held.body,), held.salt) != opening.commitment:
                raise _inconsistent(
                    _("the content of leaf {position} is not the one that it commits to", position=opening.position)
                )
            writer.add(opening.name, held.body)


def _pieces(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    while piece := list(islice(lines, WIDTH)):
        yield piece


def _texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _inconsistent(reason: str) -> LogInconsistent:
    return LogInconsistent(
        _("The log cannot be packed: {reason}.", reason=reason),
        _("Run: clerestory ledger verify. Then restore what it names from the backup."),
    )
