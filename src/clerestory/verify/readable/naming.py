"""What an organisation calls itself, as the pages for people say it: the content of its newest entry, never a guess."""

from collections.abc import Sequence

from clerestory.terms.fact import Fact
from clerestory.terms.moment import moment_text
from clerestory.verify.form.layout import Manifest, Opening

KIND = "register.organisation"
NAMED_SINCE = 3
"""The number of the first pages that say a name; those of older packs do not."""
LONGEST = 1_000
"""Bytes of a content that can be a name."""


def opening_of_name(manifest: Manifest, facts: Sequence[Fact], openings: Sequence[Opening]) -> Opening | None:
    """Return where the pack holds the name that the organisation had at its moment; None where it holds none."""
    if manifest.page < NAMED_SINCE:
        return None
    known = (fact for fact in facts if fact.kind == KIND and moment_text(fact.received_at) <= manifest.at)
    newest = max((fact.position for fact in known if fact.position is not None), default=None)
    found = (opening for opening in openings if opening.position == newest and opening.state == "present")
    return next(found, None)


def read_name(body: bytes) -> str:
    """Return the name that a content says, in one line; empty if it says none."""
    text = body[: LONGEST + 1].decode(errors="replace")
    return "" if len(body) > LONGEST else " ".join(text.split())
