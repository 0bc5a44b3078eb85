"""What the check of one entry's proof says to somebody who is no engineer."""

from collections.abc import Iterable, Iterator, Mapping

from clerestory.verify.readable.account import plain_moment
from clerestory.verify.verdict import Exit, Verdict

GOOD, BAD, OPEN = "\u2713", "\u2717", "!"
HEADLINES: Mapping[Exit, str] = {
    Exit.FINE: "This entry stands in the log, and the log's key vouches for it.",
    Exit.DOES_NOT_FOLLOW: "This proof does not show that the entry stands in the log. Do not rely on it.",
    Exit.TRUST_UNMET: "This entry stands in the log, but not enough witnesses have seen that log.",
    Exit.NOT_AUTHENTICATED: "The proof agrees with itself, but nobody vouched for it: without a trust file anybody "
    "could have made it.",
}
MEANS: Mapping[Exit, str] = {
    Exit.FINE: "The entry was in the log when it was signed, at this place and with these words. What else the log "
    "holds, such as an entry that takes this one back, no proof of one entry says: ask for the audit pack.",
    Exit.DOES_NOT_FOLLOW: "The entry, the way to the signed root, or the signature is not what was logged. The cause "
    "may be harmless, as a damaged download; it may also be a change on purpose. Ask for the proof again; if the same "
    "is found again, keep both files.",
    Exit.TRUST_UNMET: "What the file says follows, but fewer independent witnesses than you asked for have seen the "
    "log: its owner could show others another one.",
    Exit.NOT_AUTHENTICATED: "It says something about the organisation only once the key is known to be theirs.",
}


def speaks_of(verdict: Verdict) -> bool:
    """Return whether a verdict is about the proof of one entry."""
    return "position" in verdict.integrity


def findings(verdict: Verdict, vouched: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield what was checked, each with its mark; ``vouched`` says who signed and who witnessed."""
    part = verdict.integrity
    if part["verdict"] == "verified":
        said = f"{part['kind']} about {part['entity']}, by {part['actor']}, {plain_moment(str(part['at']))}"
        yield GOOD, f"Entry {part['position']} leads to the signed root: {said}."
    else:
        yield BAD, f"Entry {part['position']} does not lead to the signed root, or is no entry."
    yield from vouched
    yield OPEN, "Its facts and its content are not in a proof; the entry holds their digests."
    yield OPEN, "What else the log holds, and whether this entry was taken back, is not in a proof."
