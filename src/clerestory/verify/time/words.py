"""What each kind of time proves, and what it does not, in words: *existed not later than*, and never more."""

from collections.abc import Iterator, Mapping

from clerestory.verify.readable.account import plain_moment
from clerestory.verify.single_words import GOOD, OPEN

_CLAIM = "When an entry was made is the log's own word."


def findings(part: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield a mark and a sentence for each kind of time that a pack holds."""
    tokens = part.get("tokens")
    held: Mapping[str, object] = tokens if isinstance(tokens, Mapping) else {}
    if "exists_since" in part:
        moment = plain_moment(str(part["exists_since"]))
        yield GOOD, f"All entries existed not later than {moment}: a witness saw them then. {_CLAIM}"
    yield from _stamped(held)
    if part["verdict"] == "claimed by the log alone":
        yield OPEN, f"No proof of time that could be checked. {_CLAIM}"
    if part.get("claimed_later"):
        text = f"Entries that claim to be later than they are proven to have existed: {part['claimed_later']}"
        yield OPEN, f"{text}. A clock was wrong; their place in the log does not depend on it."


def _stamped(tokens: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    proven = tokens.get("proven")
    if isinstance(proven, list) and proven:
        last = proven[-1]
        moment = plain_moment(str(last["not_after"]))
        text = f"The first {last['size']} entries existed not later than {moment}: a token of {last['authority']}"
        more = "" if len(proven) == 1 else f" ({len(proven)} tokens in all, of earlier sizes too)"
        yield GOOD, f"{text}{more}. {_CLAIM}"
    elif tokens.get("verdict") == "present, not checked":
        text = f"Time tokens: {tokens['count']} present, not checked, since the trust file names no authority"
        yield OPEN, f"{text} for time."
    if tokens.get("unknown"):
        yield OPEN, f"Time tokens by an authority that the trust file does not name: {tokens['unknown']}."
    if tokens.get("backwards"):
        yield OPEN, f"Time tokens over more entries that are older than one over fewer: {tokens['backwards']}."
