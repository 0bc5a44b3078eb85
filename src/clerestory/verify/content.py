"""Content against its commitment: verified, erased as the log says, withheld as the scope allows, or failed."""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from clerestory.ledger.leaf import SALT_SIZE
from clerestory.verify.form.archive import Archive, MemberDamaged
from clerestory.verify.form.layout import Opening
from clerestory.verify.log import ASK, Walked
from clerestory.verify.verdict import Findings

SALTED = "hmac-sha256:"
SCOPES = ("all", "without-personal", "none")
"""Which contents a pack holds: all; all but the salted ones, which are personal or easy to guess; none."""


@dataclass(slots=True)
class Contents:
    """How the contents of a pack stand, by position of their entry."""

    verified: int = 0
    withheld: int = 0
    failed: int = 0
    erased: list[tuple[int, int]] = field(default_factory=list)
    """(position, position of the entry that says so)."""


def check_contents(
    archive: Archive, openings: Sequence[Opening], scope: str, walked: Walked, findings: Findings
) -> Contents:
    """Check every content that the log commits to, whether it is in the pack or not."""
    contents = Contents()
    opened = {opening.position: opening for opening in openings}
    for position in sorted(walked.contents.keys() | opened.keys()):
        opening, commitment = opened.get(position), walked.contents.get(position)
        before = sum(findings.counts.values())
        if opening is None or commitment is None:
            findings.add(
                "E_CONTENT",
                walked.place(position),
                "The pack does not say what became of this content."
                if opening is None
                else "The pack holds content that no entry commits to.",
                ASK,
            )
        elif opening.commitment != commitment:
            findings.add("E_CONTENT", walked.place(position), "The entry commits to another content.", ASK)
        else:
            _check(archive, opening, scope, walked, contents, findings)
        contents.failed += sum(findings.counts.values()) > before
    return contents


def _check(
    archive: Archive, opening: Opening, scope: str, walked: Walked, contents: Contents, findings: Findings
) -> None:
    position, where = opening.position, walked.place(opening.position)
    erased_by = walked.erased.get(walked.entry_ids.get(position, ""))
    if opening.state == "present" and erased_by is not None:
        findings.add(
            "E_ERASURE",
            where,
            f"Leaf {erased_by} says that this content was erased, but it is in the pack.",
            "Do not use the content; tell the log's owner that it still exists.",
        )
    elif opening.state == "present":
        if holds(archive, opening):
            contents.verified += 1
        else:
            findings.add(
                "E_CONTENT",
                where,
                f"The content in {opening.name} is missing or is not what the entry commits to.",
                ASK,
            )
    elif erased_by is not None:
        contents.erased.append((position, erased_by))
    elif position not in walked.entry_ids:
        contents.failed += 1  # its facts are named already; what was said about its content cannot be told
    elif opening.state == "erased":
        findings.add(
            "E_ERASURE",
            where,
            "The content is said to be erased, but no entry of the log says so.",
            "Ask the log's owner for the content, or for the record of its erasure.",
        )
    elif scope == "none" or (scope == "without-personal" and opening.commitment.startswith(SALTED)):
        contents.withheld += 1
    else:
        findings.add("E_CONTENT", where, f"The content is in scope ({scope}) but is not in the pack.", ASK)


def holds(archive: Archive, opening: Opening) -> bool:
    """Say whether a pack holds the content that an opening commits to."""
    if opening.name not in archive.members:
        return False
    try:
        return commitment_of(archive.chunks(opening.name), opening.salt) == opening.commitment
    except MemberDamaged:
        return False


def commitment_of(chunks: Iterable[bytes], salt: bytes | None) -> str:
    """Return the commitment to content that comes in pieces; empty for a salt of the wrong length."""
    if salt is not None and len(salt) != SALT_SIZE:
        return ""
    hasher = sha256() if salt is None else hmac.new(salt, digestmod=sha256)
    for chunk in chunks:
        hasher.update(chunk)
    return ("sha256:" if salt is None else SALTED) + hasher.hexdigest()
