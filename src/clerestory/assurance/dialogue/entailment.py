"""Whether sources support a claim, by words: an own scorer that runs everywhere, measured before it is believed.

A claim is supported where one place of the sources, one or two sentences long, holds nearly all of its words and all of
its numbers, the sources know its names, and the place denies where the claim denies. It reads words, not meaning: a
paraphrase in other words counts as unsupported.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from clerestory.assurance.dialogue.reading import plain, sentences, words

COVERED = 0.8
"""Share of a claim's content words that a place must hold."""
_LITTLE = """
a an and are as at be been being but by can could did do does for from had has have he her here him his how i if in
into is it its me my no not of on one or our hers theirs she should so some such than that the their them then there
these they this those to too up us very was we were what when where which while who whom whose why will with would you
your according also answer document documents source sources text says said states stated mentions
"""
_STOP = frozenset(_LITTLE.split())
_COUNT = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty
"""
_NUMBERS = {word: str(at) for at, word in enumerate(_COUNT.split())} | {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "hundred": "100", "thousand": "1000", "dozen": "12",
}  # fmt: skip
_DENIALS = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|isn't|aren't|wasn't|weren't|doesn't|don't|didn't|can't|cannot|won't)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r",|;|\band\b|\bbut\b|\bwhile\b")
_NAME = re.compile(r"(?<![.!?\"'] )(?<!^)\b[A-Z][a-z]{2,}\b")
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
_TALK = re.compile(
    r"^(?:i|i'm|i've|please|sorry|thank|thanks|let me|if you|you (?:asked|may|might|can|could)|feel free"
    r"|would you|hope)\b",
    re.IGNORECASE,
)
_ABSTAINS = re.compile(
    r"\b(?:(?:do|does|did)(?: not|n't) (?:say|state|mention|tell|contain|give|include|specify|know|cover|provide)"
    r"|(?:is|are|was|were)(?: not|n't) (?:stated|mentioned|given|specified|said|known|provided|covered|in the)"
    r"|no (?:information|mention|answer|details?) |not enough information"
    r"|cannot (?:be )?(?:answer|tell|say|determine|find)"
    r"|can't (?:answer|tell|say|determine|find)|unable to (?:answer|tell|determine|find)|unknown from)",
    re.IGNORECASE,
)


def claims(reply: str) -> list[str]:
    """Return the sentences of a reply that claim something: no question, no talk, no word that there is no answer."""
    return [
        part
        for part in sentences(plain(reply))
        if (_content(part) or _numbers(part))
        and not part.endswith("?")
        and not abstains(part)
        and not _TALK.match(part)
    ]


def abstains(text: str) -> bool:
    """Return whether a text says that the sources give no answer."""
    return _ABSTAINS.search(plain(text)) is not None


def supported(claim: str, sources: Sequence[str], *, covered: float = COVERED) -> bool:
    """Return whether one place of the sources supports a claim."""
    wanted, numbers = _content(claim), _numbers(claim)
    everything = set().union(*(_content(source) for source in sources))
    if not (wanted or numbers) or not _names(claim) <= everything:
        return False
    parts = [part for source in sources for part in sentences(plain(source))]
    for at in range(len(parts)):
        for place in (parts[at : at + 1], parts[at : at + 2]):
            there, nearest = set().union(*map(_content, place)), _nearest(wanted, place)
            if len((wanted - _names(claim)) - there) <= (1 - covered) * len(wanted) and numbers <= _numbers(nearest):
                clause = _nearest(wanted, _CLAUSE.split(nearest))
                if _denied(claim) == _denied(clause):
                    return True
    return False


def _nearest(wanted: frozenset[str], parts: Sequence[str]) -> str:
    return max(parts, key=lambda part: len(wanted & _content(part)))


@lru_cache(maxsize=4_096)
def _content(text: str) -> frozenset[str]:
    return frozenset(
        _stem(word) for word in words(text) if word not in _STOP and word not in _NUMBERS and not word.isdigit()
    )


def _numbers(text: str) -> set[str]:
    written = {match.replace(",", "") for match in _DIGITS.findall(text)}
    return written | {_NUMBERS[word] for word in words(text) if word in _NUMBERS and word != "one"}


def _names(text: str) -> set[str]:
    return {_stem(name.lower()) for name in _NAME.findall(text)}


def _denied(text: str) -> bool:
    return len(_DENIALS.findall(plain(text))) % 2 == 1


def _stem(word: str) -> str:
    """Return a word without its most common endings, so that "opened" and "opens" are alike."""
    word = word.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] in "ey" else word
